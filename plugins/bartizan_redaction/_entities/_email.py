"""EMAIL_ADDRESS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import Entity, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_LOCAL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-'"
_LOCAL_LENGTH: Final = 64
_DOMAIN_LENGTH: Final = 255
_SPACED_SCRIPTS: Final = "\u0e00"
"""Letters before this code point belong to scripts that put spaces between words; Thai, Han, kana and Hangul lie behind it."""

_LETTER: Final = "A-Za-z\u00c0-\u024f\u0370-\u0dff"
# Lazy: it ends at the first label that may be a top-level one and has no other behind it, so that the end is decided on the spot.
_DOMAIN: Final = re.compile(
    rf"(?:[{_LETTER}0-9][{_LETTER}0-9-]{{0,62}}+\.){{1,8}}?(?:xn--[A-Za-z0-9-]{{2,59}}+|[{_LETTER}]{{2,63}}+)(?!\.[{_LETTER}]{{2}})"
)
_PICTURE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?x\.(?:png|jpe?g|gif|webp|svg|avif)", re.IGNORECASE)


def _begins(text: str, at: int) -> int:
    """Where the local part before the `@` begins; `at` if there is none."""
    lowest = max(0, at - _LOCAL_LENGTH)
    local = text[lowest:at]
    left = len(local)
    while left:
        left = len(local[:left].rstrip(_LOCAL))
        if not left or not "\u007f" < local[left - 1] < _SPACED_SCRIPTS or not local[left - 1].isalnum():
            break
        left -= 1
    kept = local[left:].lstrip(".%+-'")
    return at - len(kept)


def _resolve(text: str, at: int) -> Span | None:
    domain = _DOMAIN.match(text, at + 1, at + 1 + _DOMAIN_LENGTH) if text[at] == "@" else None
    if domain is None or _PICTURE.fullmatch(domain.group()):
        return None
    begin = _begins(text, at)
    # `git@host:path` is how repositories are written: no one's address.
    if begin == at or text[at - 1] == "." or text[begin:at] == "git":
        return None
    return begin, domain.end()


EMAIL_ADDRESS: Final = Entity(
    label="EMAIL_ADDRESS",
    groups=groups("pii", "contact"),
    why="an email address",
    source="RFC 5321 section 4.5.3.1 (lengths), RFC 5322 section 3.4.1 (dot-atom), RFC 6531 (other scripts)",
    gate=r"@[0-9A-Za-z?\x80-\xff][^\s@.]{0,62}\.[0-9A-Za-z?\x80-\xff]",
    begins="@",
    resolve=_resolve,
    max_span=_LOCAL_LENGTH + 1 + _DOMAIN_LENGTH,
)
ENTITIES: Final = (EMAIL_ADDRESS,)
