"""Values spelled out: a space, or another sign, behind each character (`4 1 1 1 ...`, `j-a-n-e-@-...`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Union, encode_latin_1
from bartizan_redaction._views._view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST: Final = 8
"""How many characters in a row must stand apart."""
_SHORTEST: Final = 2 * _LEAST - 1
GAP: Final = 3
"""One space between characters; up to this many where words are apart."""

_SPACE: Final = "[ \\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
# The first may stand behind a quote or a bracket, the last before one or before punctuation.
_OPEN: Final = r"\s\"'`(\[{<"
_FIRST: Final = rf"(?<![^{_OPEN}])\S(?!\S)"
_ONE: Final = r"(?<!\S)\S(?!\S)"
_LAST: Final = r"(?<!\S)[0-9A-Za-z](?=[^\s0-9A-Za-z])"
_SPACED: Final = re.compile(rf"{_FIRST}(?:{_SPACE}{{1,{GAP}}}{_ONE})*+(?:{_SPACE}{{1,{GAP}}}{_LAST})?")
_SIGNED: Final = re.compile(r"[0-9A-Za-z@.+:](?P<sign>[-_*|])(?:[0-9A-Za-z@.+:](?P=sign))*[0-9A-Za-z@.+:](?![0-9A-Za-z])")
_SIGN_BEFORE: Final = re.compile(r"[0-9A-Za-z@.+:][-_*|]")
_ODD_SPACE: Final = re.compile("[\u1680\u2000-\u200a\u202f\u205f\u3000]")
_GAPS: Final = re.compile(f"{_SPACE}{{1,{GAP}}}")
_SIGNS: Final = re.compile("[-_*|]")
_BESIDE: Final = re.compile(r"\s*[0-9](?:[ \t][0-9]){3}")
_BEFORE: Final = re.compile(r"(?:[0-9][ \t]){3}[0-9]\s*\Z")
_DIGITS: Final = re.compile(r"[0-9\s]*")

SPELLED_GATE: Final = r"(?:[!-~\x80-\xff][ \t\xa0]{1,3}){7}[!-~\x80-\xff]|(?:[0-9A-Za-z@.+:][-_*|]){7}[0-9A-Za-z@.+:]"
_find: Final = Union((SPELLED_GATE,)).find
_SIGNED_MOST: Final = 400
"""The longest stretch with signs in between that is looked at, in characters."""
_MOST: Final = 2400
_BEGUN: Final = re.compile(rf"{_SPACE}{{0,{GAP}}}(?P<ones>(?:\S(?:{_SPACE}{{1,{GAP}}}|(?=[{_OPEN}])|\Z))*+)")


def spelled_begun(text: str) -> int:
    """Where a stretch that is not finished yet could begin, at the end of the text; its length if nowhere."""
    size = len(text)
    found = _BEGUN.match(text[: -_MOST - 1 : -1])
    if found is None or not found["ones"]:
        return size
    return size - found.end() + len(found["ones"]) - len(found["ones"].rstrip())


def with_spaces(text: str, raw: bytes) -> bytes:
    """`raw`, the text in Latin-1, with plain spaces for those that Latin-1 does not have."""
    return raw if text.isascii() or _ODD_SPACE.search(text) is None else encode_latin_1(_ODD_SPACE.sub(" ", text))


def spelled(text: str, raw: bytes, first: int, last: int) -> Iterator[View]:
    """Every stretch in [first, last) of single characters, as it reads without what parts them; `raw` is the text in Latin-1, `with_spaces`."""
    place = _find(raw, first, last)
    while place >= 0:
        end = place + 1
        for begin in (place, place + 1, place + 2):
            found = _SPACED.match(text, begin) or (_SIGNED.match(text, begin) if _alone(text, begin) else None)
            if found is not None and found.end() - begin >= _SHORTEST:
                end = found.end()
                if (found.re is _SPACED or end - begin <= _SIGNED_MOST) and not _in_table(text, begin, end):
                    yield _joined(text, begin, end, _GAPS if found.re is _SPACED else _SIGNS)
                break
        place = _find(raw, end, last)


def _alone(text: str, begin: int) -> bool:
    """Whether neither a word nor the stretch itself has begun before."""
    return begin == 0 or not (text[begin - 1].isalnum() or _SIGN_BEFORE.match(text, max(0, begin - 2)))


def _in_table(text: str, begin: int, end: int) -> bool:
    """Whether it is one of several rows of single digits."""
    if not _DIGITS.fullmatch(text, begin, end):
        return False
    return _BESIDE.match(text, end) is not None or _BEFORE.search(text[max(0, begin - 2 * _LEAST) : begin]) is not None


def _joined(text: str, begin: int, end: int, breaks: re.Pattern[str]) -> View:
    edits = [
        (gap.start() - begin, gap.end() - begin, "" if gap.end() - gap.start() == 1 else " ")
        for gap in breaks.finditer(text, begin, end)
    ]
    return View(text[begin:end], edits, offset=begin)
