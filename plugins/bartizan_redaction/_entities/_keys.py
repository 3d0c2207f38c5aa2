"""JWT and PRIVATE_KEY: secrets that may be thousands of characters long.

The longest finding is as long as the longest cluster that the engine applies (65,536). A value that goes on beyond that is found
twice, the second time one character further to the right: the two unite to a cluster that the engine refuses. So an over-long key
never leaks its tail; the text is not let through.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import ALONE, REACH, Entity, edge, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Resolve, Span

LONG_SPAN: Final = 65_536
_TOO_LONG: Final = LONG_SPAN + 1

_JWT: Final = re.compile(
    rf"{ALONE}eyJ[A-Za-z0-9_-]{{5,}}+\.(?:ey[A-Za-z0-9_-]{{6,}}+\.[A-Za-z0-9_-]*+"
    r"|[A-Za-z0-9_-]*+\.[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{2,}+\.[A-Za-z0-9_-]{8,}+)"
)
_JWT_BEGUN: Final = re.compile(rf"{ALONE}eyJ[A-Za-z0-9_-]{{5,}}+(?:\.(?:ey?[A-Za-z0-9_-]*+)?)?")
_JWT_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_JWT_OPENS: Final = re.compile(rf"{ALONE}eyJ")
_JOINED: Final = re.compile(r"[A-Za-z0-9_-]{16}")


def _both(entity: Entity) -> tuple[Entity, Entity]:
    """The entity, its findings cut to the longest there may be; and its twin, which finds longer ones again, one further on."""
    whole = entity.resolve

    def cut(text: str, pivot: int) -> Span | None:
        span = whole(text, pivot)
        return None if span is None else (span[0], min(span[1], span[0] + LONG_SPAN))

    def beyond(text: str, pivot: int) -> Span | None:
        # A text that ends before holds no such value: asking again would only cost time.
        span = whole(text, pivot) if len(text) - pivot >= _TOO_LONG else None
        return None if span is None or span[1] - span[0] < _TOO_LONG else (span[0] + 1, span[1])

    resolvers: tuple[Resolve, Resolve] = (cut, beyond)
    first, second = (replace(entity, resolve=resolve) for resolve in resolvers)
    return first, second


def _jwt(text: str, begin: int) -> Span | None:
    # Inside a long run of its alphabet it is that run's business; this also keeps one run from being read over and over.
    if _JOINED.match(text, begin - 16, begin) if begin >= 16 else False:  # noqa: PLR2004 (said in words beside it)
        return None
    limit = begin + _TOO_LONG
    found = _JWT.match(text, begin, limit)
    if found is not None:
        return found.span()
    begun = _JWT_BEGUN.match(text, begin, limit)
    return None if begun is None or begun.end() < limit else begun.span()


def _jwt_unfinished(text: str, start: int) -> int:
    """The first `eyJ` from which nothing but a token's characters follows."""
    size = len(text)
    if text.find("eyJ", start) < 0:
        return size
    run = len(text.rstrip(_JWT_CHARACTERS))
    found = _JWT_OPENS.search(text, max(start, run, size - LONG_SPAN - REACH))
    # The letters `e` and `ey` alone may become one; runs that short are held back anyway.
    return size if found is None else found.start()


JWT: Final = Entity(
    label="JWT",
    groups=groups("secrets", "web"),
    why="a JSON web token",
    source="RFC 7519, RFC 7515 (JWS compact form, two JSON segments and a signature), RFC 7516 (JWE compact form, five segments)",
    gate=edge(r"eyJ[A-Za-z0-9_-]{5}"),
    begins="ey",
    resolve=_jwt,
    max_span=LONG_SPAN,
    unfinished=_jwt_unfinished,
)

_LABEL: Final = r"(?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?"
_SSH2: Final = "SSH2 (?:ENCRYPTED )?PRIVATE KEY"
_HEADER: Final = re.compile(rf"-----BEGIN {_LABEL}-----|---- BEGIN {_SSH2} ----")
_HEADER_BEGUN: Final = re.compile(r"-----BEGIN[ A-Z0-9]{0,70}-{0,5}\Z|---- BEGIN[ A-Z0-9]{0,40}-{0,4}\Z")
_SSH2_BEGUN: Final = re.compile(r"---- (?:B(?:E(?:GI?)?)?)?\Z")
_FOOTER: Final = re.compile(rf"-----END [A-Z0-9 ]{{1,64}}-----|---- END {_SSH2} ----")
_FOOTER_BEGUN: Final = re.compile(
    r"-{1,5}\Z|-----E(?:N(?:D(?: [A-Z0-9 ]{0,64}-{0,5})?)?)?\Z|---- (?:E(?:N(?:D(?: [A-Z0-9 ]{0,40}-{0,4})?)?)?)?\Z"
)
# Base64, white space, RFC 1421 headers, and what wraps the lines in code, JSON and mails: quotes, commas, `\n`, `>`.
_BODY: Final = re.compile(
    r"(?:\s{0,4}(?:Version|Comment|Hash|Charset):[^\r\n\\]{0,200})*[A-Za-z0-9+/=\s\\\"',|>:]*+(?:-(?!-)[A-Za-z0-9+/=\s\\\"',|>:]*+)*+"
)
_KEY_LINE: Final = re.compile(r"[A-Za-z0-9+/=]{16}")
_LINES: Final = 1024
_SSH2_GLIMPSE: Final = 10
_EDGE: Final = 160


def _body_end(text: str, header_end: int, limit: int) -> int:
    found = _BODY.match(text, header_end, limit)
    return header_end if found is None else found.end()


def _pem(text: str, begin: int) -> Span | None:
    header = _HEADER.match(text, begin)
    if header is None:
        return None
    limit = begin + _TOO_LONG
    end = _body_end(text, header.end(), limit)
    footer = _FOOTER.match(text, end)
    if footer is not None:
        return begin, min(footer.end(), limit)
    # Not closed: a key all the same if anything like key material follows; the header alone is only talked about.
    return (begin, end) if _KEY_LINE.search(text, header.end(), min(end, header.end() + _LINES)) else None


def _pem_unfinished(text: str, start: int) -> int:
    """The last header, if nothing has ended its block yet; an earlier one can't be open, for no block holds five hyphens."""
    size = len(text)
    left = max(start, size - LONG_SPAN - REACH)
    begin = max(text.rfind("-----BEGIN", left), text.rfind("---- BEGIN", left))
    if begin < 0:
        begun = _SSH2_BEGUN.search(text, max(start, size - _SSH2_GLIMPSE))
        return size if begun is None else begun.start()
    header = _HEADER.match(text, begin)
    if header is None:
        return begin if _HEADER_BEGUN.match(text, begin) else size
    end = _body_end(text, header.end(), size)
    return begin if end == size or _FOOTER_BEGUN.match(text, end) else size


PRIVATE_KEY: Final = Entity(
    label="PRIVATE_KEY",
    groups=groups("secrets", "keys"),
    why="a private key in PEM",
    source="RFC 7468 (textual encodings), RFC 1421 (encapsulated headers), RFC 4880 6.2 (PGP armor), OpenSSH PROTOCOL.key, ssh.com's SSH2",
    gate=rf"-----BEGIN {_LABEL}-----|---- BEGIN {_SSH2} ----",
    begins="--",
    resolve=_pem,
    max_span=LONG_SPAN,
    unfinished=_pem_unfinished,
)
_CHUNK: Final = 16_384
_NEAR_END: Final = 480
# Read backwards, for what is known is where such lines end: a line's characters, line ends (also escaped ones), indentation.
_CHARACTER: Final = r"(?:(?!n\\)[A-Za-z0-9+/=])"
_BREAK: Final = r"[ \t>]{0,8}+(?:\n\r?|n\\(?:r\\)?)"
_KEY_LINES: Final = (
    rf"(?:{_BREAK}{_CHARACTER}{{1,15}}+(?!{_CHARACTER})){{0,2}}(?:{_BREAK}{_CHARACTER}{{16,128}}+(?!{_CHARACTER}))++"
)
_LINES_BEFORE: Final = re.compile(_KEY_LINES)
_LINES_AT_END: Final = re.compile(
    rf"(?:(?:(?:-{{0,5}}[A-Z0-9 ]{{0,70}})?DNE|NE|E)? ?-{{1,5}}|\r|\\r\\|r\\|\\)?(?:{_CHARACTER}{{0,128}}+(?!{_CHARACTER}))?{_KEY_LINES}"
)
_HEADER_NEAR: Final = re.compile("PRIVATE KEY(?: BLOCK)? ?----")


def _tail(text: str, pivot: int) -> Span | None:
    """The end of a key whose beginning is not there, as in a text cut into chunks."""
    footer = _FOOTER.match(text, pivot)
    if footer is None:
        return None
    farthest = footer.end() - _CHUNK
    found = _LINES_BEFORE.match(text[max(0, farthest - _EDGE) : pivot][::-1])
    # No key has that many lines: what has, or a part of it, isn't taken for the end of one.
    if found is None or pivot - found.end() < farthest:
        return None
    begin = pivot - found.end()
    whole = _HEADER_NEAR.search(text, max(0, begin - REACH), begin)
    return (begin, footer.end()) if whole is None else None


def _tail_unfinished(text: str, start: int) -> int:
    """The first of the lines of base64 that the text ends with: a footer may follow."""
    size = len(text)
    found = _LINES_AT_END.match(text[-_NEAR_END:][::-1])
    if found is None:
        return size
    if found.end() > _NEAR_END - _EDGE:
        found = _LINES_AT_END.match(text[-_CHUNK:][::-1]) or found
    return max(start, size - found.end())


PRIVATE_KEY_END: Final = replace(
    PRIVATE_KEY,
    why="the end of a private key in PEM",
    gate=rf"-----END {_LABEL}-----|---- END {_SSH2} ----",
    resolve=_tail,
    max_span=_CHUNK,
    unfinished=_tail_unfinished,
)
_NEW_LINE: Final = r"(?:\r?\n|\\r\\n|\\n)"
_PUTTY_NAMES: Final = r"(?:Encryption|Comment|Key-Derivation|Argon2-[A-Za-z]{1,12}|Public-Lines|Private-Lines)"
_PUTTY: Final = re.compile(
    rf"PuTTY-User-Key-File-[1-3]: ?[a-z0-9@.-]{{3,64}}+(?P<lines>(?:{_NEW_LINE}{{1,2}}+(?:{_PUTTY_NAMES}: ?[^\r\n\\]{{0,200}}+"
    rf"|(?!Private-)[A-Za-z0-9+/=]{{1,128}}+))*+)(?:{_NEW_LINE}{{1,2}}+Private-(?:MAC|Hash): ?[0-9a-f]{{1,128}}+)?"
)
_PUTTY_BEGINS: Final = "PuTTY-User-Key-File-"
_PUTTY_LINE: Final = 256


def _putty(text: str, begin: int) -> Span | None:
    found = _PUTTY.match(text, begin, begin + _TOO_LONG)
    return None if found is None or _KEY_LINE.search(found["lines"]) is None else found.span()


def _putty_unfinished(text: str, start: int) -> int:
    """The last header, if its lines may still go on."""
    size = len(text)
    begin = text.rfind(_PUTTY_BEGINS, max(start, size - LONG_SPAN - REACH))
    if begin < 0:
        return size
    found = _PUTTY.match(text, begin)
    return begin if size - (begin if found is None else found.end()) <= _PUTTY_LINE else size


PUTTY_KEY: Final = Entity(
    label="PRIVATE_KEY",
    groups=groups("secrets", "keys"),
    why="a private key in PuTTY's form",
    source="PuTTY manual, appendix C, 'PPK file format'",
    gate=edge(_PUTTY_BEGINS + r"[1-3]:"),
    begins="Pu",
    resolve=_putty,
    max_span=LONG_SPAN,
    unfinished=_putty_unfinished,
)
ENTITIES: Final = (*_both(JWT), *_both(PRIVATE_KEY), PRIVATE_KEY_END, *_both(PUTTY_KEY))
