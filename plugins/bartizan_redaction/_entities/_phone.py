"""PHONE_NUMBER: shapes first, then the numbering plans of `phonenumbers`, which is loaded when the first candidate comes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, D, Entity, groups
from bartizan_redaction._entities._plans import in_plans, international
from bartizan_redaction._entities._words import FOREIGN_BEGINS, FOREIGN_GATE, Words

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_GAP: Final = "[ \u00a0.()/-]"
_GROUPED: Final = re.compile(rf"(?:[+(]|\(\+)?[0-9]{{1,15}}(?:{_GAP}{{1,3}}[0-9]{{1,12}}){{0,9}}")
_GOES_ON: Final = re.compile(r"[0-9A-Za-z_]|[-./][0-9]")
_GAPS: Final = " \u00a0.()/-+"
_NORTH_AMERICA: Final = ("US",)
_SPACES_ONLY: Final = re.compile("[0-9 \u00a0]+")
_FIRST_GROUP: Final = re.compile(rf"[0-9+(](?<![0-9]{_GAP}.)(?<!\(.)(?<![0-9A-Za-z_+].)")
_BEGINS: Final = re.compile(
    r"(?<![0-9A-Za-z_+])(?<![0-9A-Za-z]-)(?<![0-9][./])(?:[0-9]|[+(]\+?[0-9])(?:[ \u00a0.()/-]{0,3}\+?[0-9]){6}"
)
_NUMBER_AFTER: Final = re.compile("[ \u00a0][0-9]")

_INTERNATIONAL: Final = re.compile(r"\(?\+|00[1-9]")
_FICTIONAL: Final = re.compile(
    rb"1555[0-9]{7}|447700900[0-9]{3}|44(?:1632960|1[1-9]1496|2079460|8081570|909879|306999)[0-9]{3,4}"
)
"""Numbers kept for fiction and examples, in no plan: the area code 555; Ofcom, 'Telephone numbers for use in TV and radio drama'."""
_LEAST: Final = 8
_MOST: Final = 15
"""ITU-T E.164: at most 15 digits with the country code; shorter ones than 8 are services, not people."""

_S: Final = "[ \u00a0]"
# Shapes that say by themselves that a number is a phone number, and whose. Groups without any separator need words (see _WORDS).
_NATIONAL: Final = {
    first: tuple((re.compile(shape).match, regions) for firsts, shape, regions in shapes if first in firsts)
    for shapes in (
        (
            ("1(", r"(?:1[-. ])?\([2-9][0-9]{2}\)[ -]{0,2}[2-9][0-9]{2}[-. ][0-9]{4}", _NORTH_AMERICA),
            ("123456789", r"(?:1[-. ])?[2-9][0-9]{2}([-.])[2-9][0-9]{2}\1[0-9]{4}", _NORTH_AMERICA),
            ("123456789", r"(?:1[- ])?[2-9][0-9]{2} [2-9][0-9]{2}[ -][0-9]{4}", _NORTH_AMERICA),
            (
                "15(",
                r"(?:1[-. ])?(?:555([-. ])|\(555\)[ -]{0,2})[0-9]{3}(?(1)(?:\1|(?<= [0-9]{3})-)|[-. ])[0-9]{4}",
                _NORTH_AMERICA,
            ),  # the fictional area code
            ("123456789", r"(?:1/)?[2-9][0-9]{2}/[2-9][0-9]{2}-[0-9]{4}", _NORTH_AMERICA),
            ("0", r"0[1-9](?:([ .-])[0-9]{2})(?:\1[0-9]{2}){3}", ("FR",)),
            (
                "(",
                rf"\(0[0-9]{{1,5}}\){_S}?[0-9]{{2,8}}(?:[ -][0-9]{{2,8}}){{0,3}}",
                ("GB", "DE", "AU", "NL", "IT", "AT", "JP", "IE", "ZA", "NZ"),
            ),
            (
                "0",
                rf"0[0-9]{{1,5}}(?:{_S}[0-9]{{2,8}}){{1,4}}",
                ("GB", "DE", "AU", "IT", "NL", "BE", "CH", "AT", "SE", "IE", "FI", "ZA", "NZ", "IN", "JP"),
            ),
            (
                "0",
                # Of two groups with a hyphen, the second is long: ISSN, ZIP+4 and parts have four or five digits there.
                r"0[0-9]{1,4}(?:[-/ ]{2,3}|[/ ]|-(?![0-9]{3,5}(?![0-9]|[ -][0-9])))[0-9]{3,8}(?:[ -][0-9]{2,6}){0,3}",
                ("DE", "NL", "SE", "AT", "JP", "IT", "CH", "BE", "FI", "GB", "IN"),
            ),
            ("(", rf"\([1-9][0-9]\){_S}?9?[0-9]{{4}}[- ][0-9]{{4}}", ("BR",)),
            ("6789", rf"[6-9][0-9]{{4}}{_S}[0-9]{{5}}", ("IN",)),
        ),
    )
    for first in "0123456789("
}
_G: Final = "[ \u00a0.()/-]"
_GATES: Final = (
    rf"\(?\+[0-9](?:{_G}{{0,3}}[0-9]){{7}}",
    rf"\b00[1-9](?:{_G}{{0,3}}[0-9]){{6}}",
    r"\b0[0-9]{1,5}[-./ \xa0]{1,3}(?:[0-9]{4}|[0-9]{2,3}[-. \xa0][0-9]{2})",
    r"\(0[0-9]{1,5}\)[ \xa0]?[0-9]{2}",
    r"\b[2-9][0-9]{2}[-. /][0-9]{3}[-. ][0-9]{4}\b",
    r"\b1[-. /][2-9][0-9]{2}[-. /][0-9]{3}[-. ][0-9]{4}\b",
    r"(?:\b1[-. ])?\([2-9][0-9]{2}\)[ -]{0,2}[0-9]{3}[-. ][0-9]{4}\b",
    r"\([1-9][0-9]\)[ \xa0]?9?[0-9]{4}[- ][0-9]{4}\b",
    r"\b[6-9][0-9]{4}[ \xa0][0-9]{5}\b",
)
# The same in `re`: no other place is worth a closer look.
_FORM: Final = re.compile(
    rf"(?<![0-9A-Za-z_+])(?<![0-9A-Za-z]-)(?<![0-9][./])(?:{'|'.join(_GATES)})",
    re.ASCII,
)

# Words that make any valid number a phone number.
_SPOKEN: Final = (
    r"phones?|telephone|tel|tlf|tlfn|mobile|mob|mobiel|cell(?:phone|ular|ulare)?|call(?:ed|ing)?|fax|sms|whatsapp|dial|hotline|contact"
    r"|landline|(?:reach|text|ring|phone|ping) (?:me|us|him|her|them)|ring"
    r"|t[e\xe9Ee\xc9]l(?:[e\xe9\xc9]phone)?|tel[e\xe9\xc9]fono|telefon[eo]?|telef(?:oon)?(?:num+er|nr)?|telefoon|telefonnum+er|telem[o\xf3\xd3]vel"
    r"|m[o\xf3\xd3]vil|celular|handy|handynummer|mobil|mobilnummer|mobieltje|portable|rufnummer|r(?:u|\xfc)ckruf|gsm|natel|puhelin|puh"
    r"|cep tel\w*|ll[a\xe1\xc1]ma(?:me|r|nos)|ligue|me liga|appelez(?:-moi)?|rufen sie|anrufen|bel me|ring(?:a)?|dzwo[n]|numer telefonu"
    "|телефон\\w*|тел\\.|моб\\.|звон\\w*|電話|电话|手机|手機|携帯|联系方式|전화|휴대폰|연락처|핸드폰|τηλ|κινητό|טלפון|נייד|هاتف|جوال|تلفن"
    "|फ़ोन|फोन|मोबाइल|โทร|điện thoại"
)
_WINDOW: Final = 40
_WORDS: Final = Words(_SPOKEN, _WINDOW)
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
    "IE",
    "LU",
    "GR",
    "CZ",
    "SK",
    "HU",
    "RO",
    "BG",
    "NO",
    "DK",
    "FI",
    "EE",
    "LT",
    "LV",
    "HR",
    "SI",
    "UA",
    "RU",
    "TR",
    "IL",
    "EG",
    "NG",
    "KE",
    "PK",
    "BD",
    "KR",
    "SG",
    "MY",
    "TH",
    "ID",
    "PH",
    "VN",
    "TW",
    "HK",
    "NZ",
    "AR",
    "CL",
    "CO",
    "PE",
    "SA",
    "AE",
)
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}[-/](?:19|20)[0-9]{2}(?![0-9])|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\Z"
    r"|(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}(?![0-9])|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}(?![0-9])"
)
_FOUR_NUMBERS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_CLOCK: Final = re.compile(r"1[0-9]{9}|1[0-9]{12}|1[0-9]{15}")
"""Seconds, milliseconds and microseconds since 1970."""


def _digits(value: str) -> bytes:
    return value.encode("latin-1").translate(None, b" \xa0.()/-+")


def _us(digits: bytes) -> bool:
    """Valid in the North American plan; area code 555, which directories and examples use, counts too."""
    national = digits[1:] if len(digits) == 11 and digits.startswith(b"1") else digits  # noqa: PLR2004 (E.164 lengths)
    return national.startswith(b"555") or in_plans(national, _NORTH_AMERICA)


def _plus(text: str, begin: int, candidate: re.Match[str], prefix: int) -> Span | None:
    """The longest run of whole groups that is a number with its country code."""
    end = candidate.end()
    while True:
        digits = _digits(text[begin:end])[prefix:]
        if len(digits) < _LEAST:
            return None
        if len(digits) <= _MOST and not _GOES_ON.match(text, end):
            if digits.startswith(b"0"):
                return None
            if international(digits) or _FICTIONAL.fullmatch(digits):
                return begin, end
        # One group less; there always is another before it, for the last one alone is too short or too long.
        end = begin + len(text[begin:end].rstrip("0123456789").rstrip(_GAPS))


def _national(text: str, begin: int) -> Span | None:
    for match, regions in _NATIONAL.get(text[begin], ()):
        found = match(text, begin)
        if found is None:
            continue
        end = found.end()
        digits = _digits(found.group())
        if len(digits) < _LEAST or len(digits) > _MOST or _GOES_ON.match(text, end):
            continue
        if not (_us(digits) if regions is _NORTH_AMERICA else in_plans(digits, regions)):
            continue
        if not (_DATE.match(text, begin) or _runs_on(text, begin, end)):
            return begin, end
    return None


def _number_before(text: str, begin: int) -> bool:
    return begin > 1 and text[begin - 1] in " \u00a0" and text[begin - 2] in "0123456789"


def _runs_on(text: str, begin: int, end: int) -> bool:
    """Whether a number written with spaces alone has more numbers beside it: then it is part of a list or a table."""
    if not _number_before(text, begin) and not _NUMBER_AFTER.match(text, end):
        return False
    return _SPACES_ONLY.fullmatch(text, begin, end) is not None


def _in_words(text: str, begin: int, candidate: re.Match[str]) -> Span | None:
    if not _FIRST_GROUP.match(text, begin) or text.startswith(("+", "(+"), begin):
        return None  # an earlier group of the same number is where it begins
    value, end = candidate.group(), candidate.end()
    digits = _digits(value)
    if len(digits) < _LEAST or len(digits) > _MOST or _GOES_ON.match(text, end):
        return None
    if _DATE.search(value) or _FOUR_NUMBERS.fullmatch(value) or _CLOCK.fullmatch(value):
        return None
    if not _WORDS.said(text, begin):
        return None
    return (begin, end) if in_plans(digits, _REGIONS) or digits.startswith(b"555") else None


def _resolve(text: str, begin: int) -> Span | None:
    candidate = _candidate(text, begin)
    return None if candidate is None else _shaped(text, begin) or _bracketed(text, begin, _in_words(text, begin, candidate))


def _shaped(text: str, begin: int) -> Span | None:
    """A number whose form alone says that it is one."""
    if not _FORM.match(text, begin):
        return None
    candidate = _GROUPED.match(text, begin, begin + SPACED_SPAN - 2)
    if candidate is None or (_number_before(text, begin) and _SPACES_ONLY.fullmatch(candidate.group())):
        return None
    if international := _INTERNATIONAL.match(text, begin):
        found = _plus(text, begin, candidate, 2 if international.group()[0] == "0" else 0)
        if found is not None or "+" in international.group():
            return _bracketed(text, begin, found)
    return _bracketed(text, begin, _national(text, begin))


def _candidate(text: str, begin: int) -> re.Match[str] | None:
    return _GROUPED.match(text, begin, begin + SPACED_SPAN - 2) if _BEGINS.match(text, begin) else None


def _bracketed(text: str, begin: int, found: Span | None) -> Span | None:
    """A bracket that is not closed within the number stands around it; one that is belongs to it."""
    if found is None or text[begin].isdigit():
        return found
    closed = ")" in text[begin : found[1]]
    opened = text[begin] == "(" or text[max(0, begin - 1) : begin] == "("
    return found if not opened or closed == (text[begin] == "(") else None


PHONE_NUMBER: Final = Entity(
    label="PHONE_NUMBER",
    groups=groups("pii", "contact"),
    why="a telephone number valid in its numbering plan",
    source="ITU-T E.164 (international), E.123 (notation); national plans as collected by libphonenumber",
    gate="|".join(_GATES),
    begins=rf"0|1[-. /]|1{D}{{2}}[-. /]{D}{{3}}[-. ]|1{D}{{4}} {D}{{2}}|[+(]",
    resolve=_shaped,
    max_span=SPACED_SPAN,
    spaced=True,
)
PHONE_IN_WORDS: Final = replace(
    PHONE_NUMBER,
    gate=_WORDS.gate() or "",
    begins=_WORDS.begins,
    resolve=_resolve,
    spread=_WORDS.spread(_FIRST_GROUP, ahead=2),
)
PHONE_ELSEWHERE: Final = replace(
    PHONE_NUMBER,
    gate=FOREIGN_GATE,
    begins=FOREIGN_BEGINS,
    resolve=_resolve,
    spread=_WORDS.spread(_FIRST_GROUP, ahead=2, foreign=True),
)
ENTITIES: Final = (PHONE_NUMBER, PHONE_IN_WORDS, PHONE_ELSEWHERE)
