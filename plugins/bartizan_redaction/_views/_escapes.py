r"""Escapes: `%40`, `&#64;`, `&commat;`, `\u0040`, `\x40`, `=40`, also escaped more than once, and what joins broken lines.

Sources: RFC 3986 section 2.1 (percent), HTML standard section 13.5 (named references) and 13.2.5.73 on (numeric ones), RFC 8259
section 7 (JSON), ECMA-262 section 12.9.4 and the Python language reference section 2.4.1 (backslashes), RFC 2045 section 6.7
(quoted-printable).
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan_redaction._views._view import Edit

MOST: Final = 12
"""How many characters one escape may have; longer ones are left as they are."""

_PERCENT: Final = r"(?:25){0,3}[0-9A-Fa-f]{2}"
_PERCENTS: Final = re.compile(f"%{_PERCENT}")
# Each alternative begins with its sign, so that the search leaps from sign to sign.
_TOKENS: Final = re.compile(
    rf"%(?P<percent>{_PERCENT}(?:%{_PERCENT})*+)"
    r"|&(?:amp;){0,2}(?:#(?P<decimal>[0-9]{1,7});?|#[xX](?P<hex>[0-9A-Fa-f]{1,6});?|(?P<name>[A-Za-z][A-Za-z0-9]{1,9};))"
    r"|\\\\{0,3}(?:u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\{1,4}u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})|u(?P<four>[0-9A-Fa-f]{4})"
    r"|u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|U(?P<eight>000[0-9A-Fa-f]{5})|x(?P<two>[0-9A-Fa-f]{2})|(?P<octal>[01][0-7]{2})"
    r"|(?P<letter>[nrt])|(?P<sign>[!-/:-@\[\]^_`{-~])|(?P<joined>\r?\n[ \t]{0,8}))"
    r"|=(?:(?P<soft>\r?\n)|(?P<printed>[0-9A-F]{2}(?:=[0-9A-F]{2}){2,}+|(?:40|2E|2D|3A|5F|2F|2B|3D)(?=[0-9A-Za-z])))"
)
ESCAPES_GATE: Final = (
    r"%(?:25)*[0-9A-Fa-f]{2}|&(?:amp;)*(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]{1,9};)|\\[!-~\r\n]"
    r"|=(?:\r?\n|[0-9A-F]{2}=[0-9A-F]{2}=|(?:40|2[BDEF]|3[AD]|5F)[0-9A-Za-z])"
)
"""RE2, over Latin-1: matches where an escape begins."""
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t"}
_LAST: Final = 0x10FFFF


def has_escapes(text: str) -> bool:
    """Whether any could be there: four searches for one character each."""
    return "%" in text or "&" in text or "\\" in text or "=" in text


def escapes(text: str) -> Iterator[Edit]:
    """What each escape stands for, in order."""
    for found in _TOKENS.finditer(text):
        kind, begin, end = found.lastgroup, found.start(), found.end()
        if kind == "percent":
            yield from _octets([(part.start(), part.end(), part.group()[-2:]) for part in _PERCENTS.finditer(text, begin, end)])
        elif kind == "printed":
            yield from _octets([(place, place + 3, text[place + 1 : place + 3]) for place in range(begin, end, 3)])
        elif kind in {"soft", "joined"}:
            yield begin, end, ""
        elif end - begin <= MOST and kind is not None:
            new = _one(kind, found)
            if new is not None:
                yield begin, end, new


def _one(kind: str, found: re.Match[str]) -> str | None:
    value = found[kind]
    if kind == "name":
        return html5.get(value)
    if kind == "letter":
        return _LETTERS[value]
    if kind == "sign":
        return value
    if kind == "low":
        return chr(0x10000 + ((int(found["high"], 16) & 0x3FF) << 10) + (int(value, 16) & 0x3FF))
    point = int(value, 10 if kind == "decimal" else 8 if kind == "octal" else 16)
    return chr(point) if point <= _LAST else None


def _octets(parts: list[tuple[int, int, str]]) -> Iterator[Edit]:
    """Octets in UTF-8, each a part (begin, end, two hexadecimal digits), as characters."""
    raw = bytes.fromhex("".join(part[2] for part in parts))
    if raw.isascii():
        for (begin, end, _), octet in zip(parts, raw, strict=True):
            yield begin, end, chr(octet)
        return
    place = 0
    while place < len(raw):
        first = raw[place]
        size = 1 if first < 0xC2 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4 if first < 0xF5 else 1  # noqa: PLR2004 (RFC 3629)
        try:
            character = raw[place : place + size].decode()
        except UnicodeDecodeError:
            size, character = 1, chr(first)
        begin, end = parts[place][0], parts[place + size - 1][1]
        if end - begin <= MOST:
            yield begin, end, character
        place += size
