"""Email addresses written for people's eyes: `jane [at] example [dot] com`, `jane @ example . com`, `jane@example[.]com`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Union

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 160
"""The longest such address, in characters."""

_OPEN, _CLOSE = r"[ ]?[\[({<]{1,2}[ ]?", r"[ ]?[\])}>]{1,2}[ ]?"
_AT: Final = rf"{_OPEN}(?:at|AT|At|@){_CLOSE}| [-_*]at[-_*] |[-_*]{{2}}at[-_*]{{2}}"
_DOT: Final = rf"{_OPEN}(?:dot|DOT|Dot|\.){_CLOSE}| (?:dot|DOT) | \. ?"
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ENDS: Final = (
    "com|org|net|edu|gov|mil|int|info|biz|io|co|dev|app|ai|eu|uk|de|fr|es|nl|ch|se|dk|fi|pl|pt|br|ca|au|nz|jp|cn|ru|ie|cz|gr|hu"
    "|ro|kr|mx|za|tr|test|example|invalid|localhost|name|online|site|shop|cloud|tech"
)
_WORDS_TOO: Final = "in|it|at|be|is|me|no|us|to|ly|tv|cc|pro"
# With a sign in brackets any end will do that is one; with mere spaces, not those that are words as well.
_SAID: Final = re.compile(
    rf"(?:{_AT}|@)(?:{_LABEL}(?:{_DOT}|\.)){{1,5}}(?i:{_ENDS}|{_WORDS_TOO})(?![A-Za-z0-9])(?![.-][A-Za-z0-9]|\()"
)
_APART: Final = re.compile(rf"(?: @ {{0,2}}|@ {{1,2}})(?:{_LABEL} ?\. ?){{1,5}}(?:{_ENDS})(?![A-Za-z0-9])(?![.-][A-Za-z0-9]|\()")
_PLAIN: Final = re.compile(r"@[A-Za-z0-9.-]+")
_BEFORE: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?:[A-Za-z0-9][A-Za-z0-9_%+'-]{{0,40}}{_OPEN}(?:dot|DOT|\.){_CLOSE}){{0,3}}[A-Za-z0-9][A-Za-z0-9._%+'-]{{0,63}}\Z"
)
_NO_NAMES: Final = re.compile(
    r"(?:^|[\s.])(?:is|are|was|me|us|you|it|them|look|meet|be|here|there|now|or|and|the|up|price|rate)\Z", re.IGNORECASE
)
_LOCAL: Final = 100

COMMON_END: Final = re.compile(rf"\.(?:{_ENDS})\Z", re.IGNORECASE)
"""An address ends in a name that is no mere word."""

SPOKEN_GATE: Final = (
    r"[A-Za-z0-9](?:[ ]?[\[({<]{1,2}[ ]?(?:at|AT|At|@)[ ]?[\])}>]|[ ]?[-_*]{1,2}at[-_*]|[ ]@ {0,2}[A-Za-z0-9]|@ {1,2}[A-Za-z0-9]"
    r"|@[A-Za-z0-9-]{1,63}(?:[.][A-Za-z0-9-]{1,63}){0,2}(?:[ ]?[\[({<]| dot | DOT | \.))"
)
_find: Final = Union((SPOKEN_GATE,)).find
_UNDONE: Final = re.compile(rf"\s*(?:{_AT}|@)\s*"), re.compile(_DOT)
_SIGN: Final = re.compile(r"[@\[({<*_-]")
# Read from the end: a sign that may be unfinished, and words with signs between.
_BEGUN: Final = re.compile(
    r"(?:[ ]?[-_*]{0,2}(?:t?a)?[-_*]{1,2}[ ]?(?=[A-Za-z0-9])"
    r"|[ ]?[\])}>]{0,2}[ ]?(?:[tT]?[aA](?=[ \[({<])|@|(?:[tT]?[oO])?[dD](?=[ \[({<])|\.)?[ ]?[\[({<]{0,2}[ ]?)"
    r"(?P<words>[A-Za-z0-9_%+'.-]{0,63}[A-Za-z0-9](?:(?:[ ]?[\])}>]{1,2}[ ]?(?:[tT][aA]|@|[tT][oO][dD]|\.)[ ]?[\[({<]{1,2}[ ]?"
    r"| ?[-_*]{1,2}ta[-_*]{1,2} ?| {0,2}@ ?| (?:tod|TOD) | ?\. ?)[A-Za-z0-9_%+'.-]{0,63}[A-Za-z0-9])*)"
)


def spoken_begun(text: str) -> int:
    """Where such an address that is not finished yet could begin, at the end of the text; its length if nowhere."""
    size = place = len(text)
    left = max(0, size - MOST)
    if text[-1:] == " ":
        # The sign may come next.
        place = text.rfind(" ", left, size - 1) + 1
        place = place if place > left or not left else size
    if _SIGN.search(text, left):
        found = _BEGUN.match(text[: left - 1 if left else None : -1])
        if found is not None:
            place = min(place, size - found.end())
    return place


def spoken(text: str, raw: bytes, first: int, last: int) -> Iterator[tuple[int, int, str]]:
    """Every such address whose sign lies in [first, last): where it begins and ends, and what it says."""
    place = _find(raw, first, last)
    while place >= 0:
        found = _SAID.match(text, place + 1) or _APART.match(text, place + 1)
        if found is not None and not _PLAIN.fullmatch(found.group()):
            before = _BEFORE.search(text, max(0, place + 1 - _LOCAL), place + 1)
            if before is not None and not (found.group()[0] == " " and _NO_NAMES.search(before.group())):
                at, dot = _UNDONE
                value = dot.sub(".", at.sub("@", f"{before.group()}{found.group()}", count=1))
                if found.end() - before.start() <= MOST:
                    yield before.start(), found.end(), value
        place = _find(raw, place + 1, last)
