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
_HEADER: Final = re.compile(rf"-----BEGIN {_LABEL}-----")
_HEADER_BEGUN: Final = re.compile(r"-----BEGIN[ A-Z0-9]{0,70}-{0,5}\Z")
_FOOTER: Final = re.compile(r"-----END [A-Z0-9 ]{1,64}-----")
_FOOTER_BEGUN: Final = re.compile(r"-{1,5}\Z|-----E(?:N(?:D(?: [A-Z0-9 ]{0,64}-{0,5})?)?)?\Z")
# Base64, white space, RFC 1421 headers, and what wraps the lines in code, JSON and mails: quotes, commas, `\n`, `>`.
_BODY: Final = re.compile(
    r"(?:\s{0,4}(?:Version|Comment|Hash|Charset):[^\r\n\\]{0,200})*[A-Za-z0-9+/=\s\\\"',|>:]*+(?:-(?!-)[A-Za-z0-9+/=\s\\\"',|>:]*+)*+"
)
_KEY_LINE: Final = re.compile(r"[A-Za-z0-9+/=]{16}")
_LINES: Final = 1024


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
    begin = text.rfind("-----BEGIN", max(start, size - LONG_SPAN - REACH))
    if begin < 0:
        return size
    header = _HEADER.match(text, begin)
    if header is None:
        return begin if _HEADER_BEGUN.match(text, begin) else size
    end = _body_end(text, header.end(), size)
    return begin if end == size or _FOOTER_BEGUN.match(text, end) else size


PRIVATE_KEY: Final = Entity(
    label="PRIVATE_KEY",
    groups=groups("secrets", "keys"),
    why="a private key in PEM",
    source="RFC 7468 (textual encodings), RFC 1421 (encapsulated headers), RFC 4880 6.2 (PGP armor), OpenSSH PROTOCOL.key",
    gate=rf"-----BEGIN {_LABEL}-----",
    begins="--",
    resolve=_pem,
    max_span=LONG_SPAN,
    unfinished=_pem_unfinished,
)
ENTITIES: Final = (*_both(JWT), *_both(PRIVATE_KEY))
