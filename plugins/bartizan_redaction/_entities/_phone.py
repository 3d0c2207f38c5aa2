"""PHONE_NUMBER: shapes first, then the numbering plans of `phonenumbers`, which is loaded when the first candidate comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, Entity, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_GAP: Final = "[ \u00a0.()/-]"
_GROUPED: Final = re.compile(rf"(?:[+(]|\(\+)?[0-9]{{1,15}}(?:{_GAP}{{1,3}}[0-9]{{1,12}}){{0,9}}")
_END: Final = re.compile(r"[0-9](?![0-9])")
_GOES_ON: Final = re.compile(r"[0-9A-Za-z_]|[-./][0-9]")
_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_SPACES_ONLY: Final = re.compile("[0-9 \u00a0]+")
_NUMBER_BEFORE: Final = re.compile("[0-9][ \u00a0]")
_GROUP_BEFORE: Final = re.compile(rf"[0-9]{_GAP}")
_NUMBER_AFTER: Final = re.compile("[ \u00a0][0-9]")

_INTERNATIONAL: Final = re.compile(r"\(?\+|00[1-9]")
_LEAST: Final = 8
_MOST: Final = 15
"""ITU-T E.164: at most 15 digits with the country code; shorter ones than 8 are services, not people."""

_S: Final = "[ \u00a0]"
# Shapes that say by themselves that a number is a phone number, and whose. Groups without any separator need words (see _WORDS).
_NATIONAL: Final = tuple(
    (re.compile(shape), regions)
    for shape, regions in (
        (r"(?:1[-. ])?\([2-9][0-9]{2}\)[ -]{0,2}[2-9][0-9]{2}[-. ][0-9]{4}", ("US",)),
        (r"(?:1[-. ])?[2-9][0-9]{2}([-. ])[2-9][0-9]{2}[-. ][0-9]{4}", ("US",)),
        (r"(?:1[-. ])?(?:555[-. ]|\(555\)[ -]{0,2})[0-9]{3}[-. ][0-9]{4}", ("US",)),  # the fictional area code
        (r"(?:1/)?[2-9][0-9]{2}/[2-9][0-9]{2}-[0-9]{4}", ("US",)),
        (r"0[1-9](?:([ .-])[0-9]{2})(?:\1[0-9]{2}){3}", ("FR",)),
        (
            rf"\(0[0-9]{{1,5}}\){_S}?[0-9]{{2,8}}(?:[ -][0-9]{{2,8}}){{0,3}}",
            ("GB", "DE", "AU", "NL", "IT", "AT", "JP", "IE", "ZA", "NZ"),
        ),
        (
            rf"0[0-9]{{1,5}}(?:{_S}[0-9]{{2,8}}){{1,4}}",
            ("GB", "DE", "AU", "IT", "NL", "BE", "CH", "AT", "SE", "IE", "FI", "ZA", "NZ", "IN", "JP"),
        ),
        (
            r"0[0-9]{1,4}[-/ ]{1,3}[0-9]{3,8}(?:[ -][0-9]{2,6}){0,3}",
            ("DE", "NL", "SE", "AT", "JP", "IT", "CH", "BE", "FI", "GB", "IN"),
        ),
        (rf"\([1-9][0-9]\){_S}?9?[0-9]{{4}}[- ][0-9]{{4}}", ("BR",)),
        (rf"[6-9][0-9]{{4}}{_S}[0-9]{{5}}", ("IN",)),
    )
)
# Words that make any valid number a phone number.
_WORDS: Final = re.compile(
    r"(?<![A-Za-z])(?:phones?|telephone|tel|mobile|mob|cell(?:phone|ular)?|call(?:ed|ing)?|fax|sms|whatsapp|dial|hotline|contact|landline"
    r"|t[e\u00e9]l[e\u00e9]phone|tel[e\u00e9]fono|telefon[eo]?|m[o\u00f3]vil|celular|handy|mobil|portable|rufnummer)(?![a-z])",
    re.IGNORECASE,
)
_WINDOW: Final = 40
_REGIONS: Final = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "IN",
    "BR",
    "NL",
    "AU",
    "PL",
    "PT",
    "MX",
    "JP",
    "CN",
    "CA",
    "BE",
    "CH",
    "AT",
    "SE",
    "ZA",
)
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}(?![0-9])|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}(?![0-9])"
)
_FOUR_NUMBERS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_CLOCK: Final = re.compile(r"1[0-9]{9}|1[0-9]{12}|1[0-9]{15}")
"""Seconds, milliseconds and microseconds since 1970."""


def _valid(number: str, region: str | None) -> bool:
    """Whether the number exists in the numbering plan of its country code or of `region`."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _us(digits: str) -> bool:
    """Valid in the North American plan; area code 555, which directories and examples use, counts too."""
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits  # noqa: PLR2004
    return national[:3] == "555" or _valid(national, "US")


def _plus(text: str, begin: int, candidate: re.Match[str], prefix: int) -> Span | None:
    """The longest run of whole groups that is a number with its country code."""
    ends = [found.end() for found in _END.finditer(text, begin, candidate.end())]
    for end in reversed(ends):
        digits = _NOT_DIGITS.sub("", text[begin:end])[prefix:]
        if len(digits) < _LEAST or len(digits) > _MOST or _GOES_ON.match(text, end):
            continue
        if digits[0] != "0" and (_valid("+" + digits, None) or (digits[:4] == "1555" and len(digits) == 11)):  # noqa: PLR2004
            return begin, end
    return None


def _national(text: str, begin: int) -> Span | None:
    for shape, regions in _NATIONAL:
        found = shape.match(text, begin)
        if found is None:
            continue
        end = found.end()
        if _GOES_ON.match(text, end) or _DATE.match(text, begin) or _runs_on(text, begin, end):
            continue
        digits = _NOT_DIGITS.sub("", found.group())
        if len(digits) < _LEAST or len(digits) > _MOST:
            continue
        if _us(digits) if regions == ("US",) else any(_valid(digits, region) for region in regions):
            return begin, end
    return None


def _runs_on(text: str, begin: int, end: int) -> bool:
    """Whether a number written with spaces alone has more numbers beside it: then it is part of a list or a table."""
    if not _SPACES_ONLY.fullmatch(text, begin, end):
        return False
    return bool(_NUMBER_BEFORE.match(text, max(0, begin - 2), begin) or _NUMBER_AFTER.match(text, end))


def _in_words(text: str, begin: int, candidate: re.Match[str]) -> Span | None:
    value, end = candidate.group(), candidate.end()
    digits = _NOT_DIGITS.sub("", value)
    if len(digits) < _LEAST + 1 or len(digits) > _MOST or _GOES_ON.match(text, end):
        return None
    if _DATE.search(value) or _FOUR_NUMBERS.fullmatch(value) or _CLOCK.fullmatch(value):
        return None
    if _GROUP_BEFORE.match(text, max(0, begin - 2), begin) or text[begin - 1 : begin] == "(":
        return None  # an earlier group of the same number is where it begins
    if not _WORDS.search(text, max(0, begin - _WINDOW), begin):
        return None
    return (begin, end) if any(_valid(digits, region) for region in _REGIONS) or digits[:3] == "555" else None


def _resolve(text: str, begin: int) -> Span | None:
    found = _any(text, begin)
    if found is None or text[begin].isdigit():
        return found
    # A bracket that is not closed within the number stands around it; one that is belongs to it.
    closed = ")" in text[begin : found[1]]
    opened = text[begin] == "(" or text[max(0, begin - 1) : begin] == "("
    return found if not opened or closed == (text[begin] == "(") else None


def _any(text: str, begin: int) -> Span | None:
    candidate = _GROUPED.match(text, begin, begin + SPACED_SPAN - 2)
    if candidate is None:
        return None
    if international := _INTERNATIONAL.match(text, begin):
        found = _plus(text, begin, candidate, 2 if international.group()[0] == "0" else 0)
        if found is not None or "+" in international.group():
            return found
    return _national(text, begin) or _in_words(text, begin, candidate)


PHONE_NUMBER: Final = Entity(
    label="PHONE_NUMBER",
    groups=groups("pii", "contact"),
    why="a telephone number valid in its numbering plan",
    source="ITU-T E.164 (international), E.123 (notation); national plans as collected by libphonenumber",
    gate="[0-9](?:[ \u00a0.()/-]{0,3}[0-9]){7}",
    pivot=re.compile(
        r"[0-9+(](?<![0-9A-Za-z_+].)(?<![0-9A-Za-z]-.)(?<![0-9][./].)"
        r"(?=\+?[0-9]|(?<=[0-9]))(?=(?:[ \u00a0.()/-]{0,3}\+?[0-9]){7})"
    ),
    resolve=_resolve,
    max_span=SPACED_SPAN,
    spaced=True,
)
ENTITIES: Final = (PHONE_NUMBER,)
