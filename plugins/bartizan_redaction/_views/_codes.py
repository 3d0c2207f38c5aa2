"""Text written in base64 or hexadecimal digits.

Stretches that decode to ASCII are looked for, from any character on, so that it matters neither where a run of the alphabet begins
nor how long it is: in base64 a quantum of ASCII shows, for three of its bits are zero. Eleven digits of something else are taken
for text once in 512 places and then hold no value.

Sources: RFC 4648 (sections 4, 5 and 8), RFC 2045 section 6.8 (line breaks).
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ANY: Final = "-A-Za-z0-9+/_"


def _where(zero: int) -> str:
    """The digits with this bit zero; the last two, which the alphabets differ in, have all bits but one."""
    return "".join(digit for value, digit in enumerate(_ALPHABET) if not value & zero)


_FIRST, _SECOND, _THIRD = (f"[{_where(bits)}]" for bits in (0b100000, 0b001000, 0b000010))
LINE: Final = 16
"""How many digits must stand before a line's end for the next line to go on."""
_BREAK: Final = rf"(?:(?<=[{_ANY}]{{{LINE}}})\r?\n[ \t>]{{0,4}})?+"
BASE64_GATE: Final = f"(?:{_FIRST}{_SECOND}{_THIRD}[{_ANY}]){{2}}{_FIRST}{_SECOND}{_THIRD}"
_BASE64: Final = re.compile(
    f"(?:{_FIRST}{_BREAK}{_SECOND}{_BREAK}{_THIRD}{_BREAK}[{_ANY}]{_BREAK})*+"
    f"(?:{_FIRST}{_BREAK}{_SECOND}(?:{_BREAK}{_THIRD}={{0,1}}|={{0,2}})(?![{_ANY}]))?+"
)
_QUANTUM: Final = re.compile(f"[{_ANY}]{{4}}")
_DIGIT: Final = re.compile(f"[{_ANY}]")
_NOT_DIGITS: Final = {ord(sign): None for sign in "\r\n\t >="} | {ord("-"): "+", ord("_"): "/"}

_PAIR: Final = "(?:[2-7][0-9A-Fa-f]|0[9AaDd])"
HEX_GATE: Final = "(?:[2-7][0-9A-Fa-f][ :-]?){8}|(?:0x[2-7][0-9A-Fa-f],? ?){8}"
_HEX: Final = re.compile(rf"(?:{_PAIR}[ :-]?+)*{_PAIR}|(?:0x{_PAIR},? ?)*0x{_PAIR}")
_HEX_PAIR: Final = re.compile(_PAIR)
_APART: Final = re.compile("[ :x-]")

_BASE64_RATIO: Final = 4 / 3 * (LINE + 6) / LINE
_HEX_RATIO: Final = 6

_find_base64: Final = Union((BASE64_GATE,)).find
_find_hex: Final = Union((HEX_GATE,)).find


CODED_SPAN: Final = 1000
"""The longest hidden finding in code, in characters of the text, but for private keys."""
CODED_REACH: Final = 200
KEY_IN_CODE: Final = re.compile("LS0tLS1CRUdJTi|0tLS0tQkVHSU4|tLS0tLUJFR0lO|2[dD](?:2[dD]){4}424547494[eE]")
"""How `-----BEGIN` begins in base64, in each of the three places that it may take in a quantum, and in hexadecimal digits."""

_find_any: Final = Union((BASE64_GATE, HEX_GATE)).find
# Read from the end: lines of digits, and pairs of hexadecimal digits with spaces between.
_LINES_BEGUN: Final = re.compile(rf"[{_ANY}=]*+(?:[ \t>]{{0,4}}\n\r?[{_ANY}]{{{LINE},}}+)++")
_PAIRS_BEGUN: Final = re.compile(r"[0-9A-Fa-fx]{0,4}(?:[ ,:-]{0,2}[0-9A-Fa-f][0-7](?:x0)?)*+")


def codes_begun(text: str) -> int:
    """Where digits over several lines, or in pairs, that may go on could begin, at the end of the text; its length if nowhere."""
    size = place = len(text)
    if not text:
        return place
    back = text[::-1]
    lines = _LINES_BEGUN.match(back)
    if lines is not None:
        place = size - lines.end()
    pairs = _PAIRS_BEGUN.match(back)
    if pairs is not None and " " in pairs.group().rstrip():
        place = min(place, size - len(pairs.group().rstrip()))
    return place


def one_run(text: str, place: int) -> int:
    """Where something in code could begin in the run without white space that the text ends with, if before `place`; else `place`."""
    begin = size = len(text)
    if not text[-1:].isspace():
        begin -= len(text.rsplit(None, 1)[-1])
    if begin >= place or _find_any(encode_latin_1(text), begin, size) < 0:
        return place
    key = KEY_IN_CODE.search(text, begin)
    return min(place, max(begin, size - CODED_SPAN - CODED_REACH), size if key is None else key.start())


class Decoded:
    """A stretch that decodes to text: every `group` digits of it give `gives` characters.

    `ratio` is how many characters of the original stand for one of the text, at most.
    """

    __slots__ = ("_begins", "_ends", "_gives", "_group", "ratio", "text")

    def __init__(
        self, text: str, begins: range | list[int], ends: range | list[int], *, group: int, gives: int, ratio: float
    ) -> None:
        self.text = text
        self.ratio = ratio
        self._begins, self._ends, self._group, self._gives = begins, ends, group, gives

    def begin(self, place: int) -> int:
        """Where, in the original, the digits of the character at `place` begin."""
        return self._begins[place // self._gives * self._group]

    def end(self, place: int) -> int:
        """Where, in the original, the digits of the character before `place` end."""
        return self._ends[min(((place - 1) // self._gives + 1) * self._group, len(self._ends)) - 1]


def in_base64(text: str, raw: bytes, first: int, last: int) -> Iterator[Decoded]:
    """Every stretch in [first, last) that is ASCII in base64; `raw` is the text in Latin-1."""
    done, seen = [0, 0, 0, 0], set[int]()
    place = _find_base64(raw, first, last)
    while place >= 0:
        if place >= done[place & 3] and place not in seen:
            found = _BASE64.match(text, place)
            if found is not None and found.end() > place:
                yield _base64(text, place, found.end(), done, seen)
        # What lies before all four belongs to stretches that are known.
        place = _find_base64(raw, max(min(done), place + 1), last)


def _base64(text: str, begin: int, end: int, done: list[int], seen: set[int]) -> Decoded:
    phase = begin & 3
    broken = "\n" in text[begin:end]
    if broken:
        seen.update([found.start() for found in _DIGIT.finditer(text, begin, end)][::4])
    else:
        done[phase] = end
    # Of the octets in the quanta around, some may be ASCII and part of a value.
    if _QUANTUM.fullmatch(text, max(0, begin - 4), begin):
        begin -= 4
    if _QUANTUM.match(text, end):
        end += 4
    digits = text[begin:end].translate(_NOT_DIGITS)
    value = a2b_base64(digits + "=" * (-len(digits) % 4)).decode("latin-1")
    if not broken and len(digits) == end - begin:
        return Decoded(value, range(begin, end), range(begin + 1, end + 1), group=4, gives=3, ratio=_BASE64_RATIO)
    places = [found.start() for found in _DIGIT.finditer(text, begin, end)]
    ends = [place + 1 for place in places]
    ends[-1] = begin + len(text[begin:end].rstrip("\r\n\t >"))
    return Decoded(value, places, ends, group=4, gives=3, ratio=_BASE64_RATIO)


def in_hex(text: str, raw: bytes, first: int, last: int) -> Iterator[Decoded]:
    """Every stretch in [first, last) that is ASCII in hexadecimal digits; `raw` is the text in Latin-1."""
    done = [0, 0]
    place = _find_hex(raw, first, last)
    while place >= 0:
        if place >= done[place & 1]:
            found = _HEX.match(text, place)
            if found is not None:
                begin, end = found.span()
                if _APART.search(found.group()) is None:
                    done[begin & 1] = end
                    value = bytes.fromhex(found.group()).decode("latin-1")
                    yield Decoded(value, range(begin, end), range(begin + 1, end + 1), group=2, gives=1, ratio=2)
                else:
                    done = [end, end]
                    pairs = list(_HEX_PAIR.finditer(text, begin, end))
                    value = bytes.fromhex("".join(pair.group() for pair in pairs)).decode("latin-1")
                    begins, ends = [pair.start() for pair in pairs], [pair.end() for pair in pairs]
                    yield Decoded(value, begins, ends, group=1, gives=1, ratio=_HEX_RATIO)
        place = _find_hex(raw, max(min(done), place + 1), last)


_TAGS: Final = re.compile("[\U000e0020-\U000e007e]{6,}+")
_TO_ASCII: Final = {0xE0000 + point: point for point in range(0x20, 0x7F)}


def in_tags(text: str, first: int) -> Iterator[Decoded]:
    """Every stretch from `first` on in tag characters, which no one sees and models read (Unicode Standard, section 23.9)."""
    for found in _TAGS.finditer(text, first):
        begin, end = found.span()
        value = found.group().translate(_TO_ASCII)
        yield Decoded(value, range(begin, end), range(begin + 1, end + 1), group=1, gives=1, ratio=1)
