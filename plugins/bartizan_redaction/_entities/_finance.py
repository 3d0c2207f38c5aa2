"""CREDIT_CARD and IBAN_CODE."""

from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_letters
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, D, Entity, edge, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_SEPARATOR: Final = "[ \u00a0.-]"
_SEPARATORS: Final = re.compile(_SEPARATOR)

# Issuers' prefixes and lengths.
_ISSUERS: Final = re.compile(
    r"""
    4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})                                      # Visa: 13, 16, 19
  | (?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)[0-9]*(?<=^[0-9]{16})     # Mastercard: 16
  | 3[47][0-9]{13}                                                          # American Express: 15
  | 3(?:0[0-5]|095|[689])[0-9]*(?<=^[0-9]{14})                              # Diners Club: 14
  | 3(?:0[0-5]|095|[689])[0-9]*(?<=^[0-9]{16})                              # Diners Club on other networks: 16
  # Discover, UnionPay, RuPay, Mir, Troy, JCB, Dankort, Verve, Elo: 16, and 17 to 19 where the network issues them
  | (?:6011|64[4-9]|65|62|60|81|82|508|220[0-4]|9792|35(?:2[89]|[3-8])|5019)[0-9]{10,}(?<=^[0-9]{16})
  | (?:504175|50(?:6699|67[0-7]|9[0-9])|63(?:6297|6368))[0-9]{10,}(?<=^[0-9]{16})
  | 506(?:099|1[0-9]{2})(?:[0-9]{10}|[0-9]{12,13})                          # Verve
  | (?:6011|64[4-9]|65|62|81|220[0-4]|35(?:2[89]|[3-8]))[0-9]{13,15}(?<=^[0-9]{17})
  | (?:6011|64[4-9]|65|62|81|220[0-4]|35(?:2[89]|[3-8]))[0-9]{13,16}(?<=^[0-9]{18})
  | (?:6011|64[4-9]|65|62|81|220[0-4]|35(?:2[89]|[3-8]))[0-9]{13,17}(?<=^[0-9]{19})
  | (?:5018|5020|5038|5[678]|60(?:4|1[2-9])|61|63|66|67|68|69)[0-9]{9,17}   # Maestro: 12 to 19, of which 13 and more are taken
    """,
    re.VERBOSE,
)

# Layouts by the length of their first group, the separator being the same throughout. The longest comes first.
_GROUPED: Final = {
    first: tuple(re.compile(pattern).match for pattern in patterns)
    for first, patterns in {
        4: (
            rf"[0-9]{{4}}({_SEPARATOR})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{1,3}}",
            rf"[0-9]{{4}}({_SEPARATOR})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{1,7}}",
            rf"[0-9]{{4}}({_SEPARATOR})[0-9]{{6}}\1[0-9]{{4,5}}",
            rf"[0-9]{{4}}({_SEPARATOR})[0-9]{{3}}\1[0-9]{{3}}\1[0-9]{{3}}",
        ),
        6: (rf"[0-9]{{6}}({_SEPARATOR})[0-9]{{12,13}}",),
        8: (rf"[0-9]{{8}}({_SEPARATOR})[0-9]{{8}}",),
    }.items()
}
_FIRST_GROUP: Final = re.compile(r"(?<![0-9A-Za-z+])(?<![0-9][.-])(?<![^0-9]0,)[2-689][0-9]{3,18}(?![0-9])")
_LAYOUTS: Final = _GROUPED | dict.fromkeys(range(13, 20), (_FIRST_GROUP.match,))
_SHAPES: Final = (
    rf"[2-689][0-9]{{3}}{_SEPARATOR}[0-9]{{4}}{_SEPARATOR}[0-9]{{4}}{_SEPARATOR}[0-9]",
    rf"[2-689][0-9]{{3}}{_SEPARATOR}[0-9]{{6}}{_SEPARATOR}[0-9]{{4}}",
    rf"[2-689][0-9]{{3}}{_SEPARATOR}[0-9]{{3}}{_SEPARATOR}[0-9]{{3}}{_SEPARATOR}[0-9]{{3}}",
    rf"[2-689][0-9]{{5}}{_SEPARATOR}[0-9]{{12}}",
    rf"[2-689][0-9]{{7}}{_SEPARATOR}[0-9]{{8}}",
    r"[2-689][0-9]{12,18}\b",
    r"[2-689][0-9]{12,18}_",
)
_GOES_ON: Final = re.compile("[0-9A-Za-z]|[.-][0-9]|[*][a-z(]")
_BEFORE: Final = 64
_ADDRESS: Final = re.compile(r"(?::/|[a-z0-9]\.[a-z]{2,})[^\s\"'<>?&=]*[/-]\Z")
_GOODS: Final = frozenset({13, 14})
_TRADE: Final = re.compile(
    r"(?<![A-Za-z])(?:EAN|GTIN|UPC|ISBN|barcode|bar code)(?:-?1[34])?[\"']?[ ]{0,2}[:=#]?[ ]{0,2}[\"']?\Z", re.IGNORECASE
)
"""GS1 General Specifications 3.3: an item's number has 13 or 14 digits and the same check digit one time in ten."""
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def luhn(digits: str) -> bool:
    """Whether the last digit is right (ISO/IEC 7812-1, annex B)."""
    raw = digits.encode()
    single = raw[::-2]
    return (sum(single) - len(single) * ord("0") + sum(raw[-2::-2].translate(_DOUBLED))) % 10 == 0


def _card(text: str, begin: int) -> Span | None:
    first = _FIRST_GROUP.match(text, begin)
    for layout in _LAYOUTS.get(first.end() - begin, ()) if first is not None else ():
        found = layout(text, begin)
        if found is None or _GOES_ON.match(text, found.end()):
            continue
        digits = _SEPARATORS.sub("", found.group())
        if luhn(digits) and _ISSUERS.fullmatch(digits) and digits.count(digits[0]) < len(digits):
            return None if len(digits) == found.end() - begin and _other(text, begin, len(digits)) else found.span()
    return None


def _other(text: str, begin: int, size: int) -> bool:
    """Whether digits in one run are the number of a page or message, or of goods: a part of an address, or behind such a word."""
    before = text[max(0, begin - _BEFORE) : begin]
    if before.endswith(("/", "-")) and _ADDRESS.search(before):
        return True
    return size in _GOODS and _TRADE.search(before) is not None


CREDIT_CARD: Final = Entity(
    label="CREDIT_CARD",
    groups=groups("pii", "financial"),
    why="a payment card number with a valid check digit",
    source="ISO/IEC 7812-1 (13 to 19 digits, Luhn); the networks' published prefixes and lengths",
    gate=edge("|".join(_SHAPES)),
    begins=f"1{D}{{3}}[ .-]{D}{{3}}|1{D}{{5}}[ .-]{D}|1{D}{{7}}(?:[^01]|{D}{{5,11}}[^01])",
    resolve=_card,
    max_span=SPACED_SPAN,
    spaced=True,
)

# The IBAN registry (SWIFT, ISO 13616) and the countries that use the format unregistered: country -> characters in all.
_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST AO CV GW MZ",
        26: "IS TR DZ IR",
        27: "BI DJ FR GR IT MC MR SM CF CG CM GA GQ KM MG TD",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV BF BJ CI MA ML NE SN TG",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_IBAN_BODIES: Final = {
    country: re.compile(
        rf"(?<![0-9A-Za-z])(?:[A-Z]{{2}}[0-9]{{2}}(?:[ \u00a0-]?[0-9A-Z]){{{length - 4}}}|[A-Za-z]{{2}}[0-9]{{2}}[0-9A-Za-z]{{{length - 4}}})"
        r"(?![0-9A-Za-z]|[.-][0-9])"
    ).match
    for country, length in _IBAN_LENGTHS.items()
}
_LETTER_VALUES: Final = {ord(letter): str(int(letter, 36)) for letter in ascii_letters}


def mod_97(iban: str) -> bool:
    """Whether the check digits are right (ISO 7064 MOD 97-10; ISO 13616)."""
    return int((iban[4:] + iban[:4]).translate(_LETTER_VALUES)) % 97 == 1


def _iban(text: str, begin: int) -> Span | None:
    body = _IBAN_BODIES.get(text[begin : begin + 2].upper())
    found = None if body is None else body(text, begin)
    return found.span() if found is not None and mod_97(_SEPARATORS.sub("", found.group())) else None


_SMALL_IBAN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?: [0-9A-Za-z]{4}){2,7}(?: [0-9A-Za-z]{1,3})?")
_SMALL_BEGUN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2} (?:[0-9A-Za-z]{4} ){0,7}[0-9A-Za-z]{0,4}\Z")
_SMALL_SPAN: Final = 44


def _small_iban(text: str, begin: int) -> Span | None:
    """One in groups of four, in small letters or in both."""
    length = _IBAN_LENGTHS.get(text[begin : begin + 2].upper())
    if length is None:
        return None
    end = begin + length + (length - 1) // 4
    found = _SMALL_IBAN.match(text, begin, end)
    if found is None or found.end() != end or _GOES_ON.match(text, end):
        return None
    return found.span() if mod_97(found.group().replace(" ", "")) else None


def _small_unfinished(text: str, start: int) -> int:
    size = len(text)
    left = max(0, size - _SMALL_SPAN - 1)
    found = _SMALL_BEGUN.search(text, left) if " " in text[left:] else None
    return size if found is None else max(start, found.start())


IBAN_CODE: Final = Entity(
    label="IBAN_CODE",
    groups=groups("pii", "financial", "eu"),
    why="an international bank account number with valid check digits",
    source="ISO 13616-1 and the IBAN registry (country lengths), ISO 7064 (MOD 97-10)",
    gate=edge("[A-Za-z]{2}[0-9]{2}(?:[ \u00a0-]?[0-9A-Za-z]){10}"),
    begins=f"(?i:{'|'.join(_IBAN_LENGTHS)})",
    resolve=_iban,
    max_span=SPACED_SPAN,
    spaced=True,
)
SMALL_IBAN: Final = replace(
    IBAN_CODE,
    gate=edge("[A-Za-z]{2}[0-9]{2} [0-9A-Za-z]{4} [0-9A-Za-z]{4} "),
    resolve=_small_iban,
    max_span=_SMALL_SPAN,
    spaced=False,
    unfinished=_small_unfinished,
)
ENTITIES: Final = (CREDIT_CARD, IBAN_CODE, SMALL_IBAN)
