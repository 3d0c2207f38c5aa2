"""DATE_OF_BIRTH: dates in digits and with names of months, where words before say that someone was born then."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from bartizan_redaction._entities._number import number
from bartizan_redaction._entities._words import CONTEXT_WINDOW, Words

_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH: Final = "(?:0?[1-9]|1[0-2])"
_YEAR: Final = "(?:18|19|20)[0-9]{2}"
_TIME: Final = r"(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_TWO_DIGITS: Final = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_DIGITS: Final = "|".join(
    [f"{_YEAR}-{_MONTH}-{_DAY}{_TIME}"]
    + [f"{_YEAR}{sign}{_MONTH}{sign}{_DAY}" for sign in ("/", r"\.", r"\. ")]
    + [
        f"{_DAY}{sign}{_MONTH}{sign}{_YEAR}|{_MONTH}{sign}{_DAY}{sign}{_YEAR}"
        for sign in ("-", "/", r"\.", " ", r"\. ", " - ", " / ")
    ]
    + [f"{_DAY}{sign}{_MONTH}{sign}[0-9]{{2}}|{_MONTH}{sign}{_DAY}{sign}[0-9]{{2}}" for sign in ("-", "/", r"\.")]
    + [f"{_YEAR}{_TWO_DIGITS}", f"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2]){_YEAR}"]
)

# English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Polish, Czech, Turkish, Romanian, Indonesian.
_NAMES: Final = (
    "jan(?:uary|uar|vier|eiro|uari)?|jänner|enero|ene|gennaio|gen|stycznia|ledna|ocak|ianuarie|янв(?:аря|арь)?|січня",
    "feb(?:ruary|ruar|rero|braio|ruari|ruarie)?|fév(?:rier)?|fev(?:ereiro)?|lutego|února|şubat|фев(?:раля|раль)?|лютого",
    "mar(?:ch|s|zo|ço|t|ie|ca|et)?|märz|maart|mrt|března|мар(?:та|т)?|березня",
    "apr(?:il|ile|ilie)?|avr(?:il)?|abr(?:il)?|kwietnia|dubna|nisan|апр(?:еля|ель)?|квітня",
    "ma[iy]o?|mei|maja?|maggio|mag|května|mayıs|ма[яй]|травня",
    "jun(?:e|i|io|ho|ie)?|juin|giugno|giu|czerwca|června|haziran|июн[яь]?|червня",
    "jul(?:y|i|io|ho|ie)?|juil(?:let)?|luglio|lug|lipca|července|temmuz|июл[яь]?|липня",
    "aug(?:ust|ustus|usti)?|août|agosto|ago|sierpnia|srpna|ağustos|agustus|авг(?:уста|уст)?|серпня",
    "sep(?:t|tember|tembre|tiembre|tembrie)?|set(?:embro|tembre|iembre)?|września|září|eylül|сен(?:тября|тябрь)?|вересня",
    "o[ck]t(?:ober|obre|ubre|ombrie)?|out(?:ubro)?|ott(?:obre)?|października|října|ekim|окт(?:ября|ябрь)?|жовтня",
    "nov(?:ember|embre|iembre|embro|embrie)?|listopada|listopadu|kasım|ноя(?:бря|брь)?|листопада",
    "de[csz](?:ember|embrie|embro)?|déc(?:embre)?|dic(?:iembre|embre)?|grudnia|prosince|aralık|дек(?:абря|абрь)?|грудня",
)
_NAME: Final = "|".join(_NAMES)
_S: Final = "[ \u00a0]"
_OF: Final = rf"(?:(?:of|de|del|do|di){_S}|d')?"
_LATER: Final = "(?:st|nd|rd|th|\\.|er|º|ª|ste|de)?"
# Month first only with a capital: a stream lets plain small words go at once.
_NAMED: Final = "|".join(
    [
        rf"{_DAY}{_LATER}(?:{_S}|-|/|\.)?{_OF}(?i:{_NAME})\.?,?(?:{_S}|-|/)?{_OF}(?:{_YEAR}|['’]?[0-9]{{2}})",
        rf"(?=[A-ZŠÚ])(?i:{_NAME})\.?(?:{_S}|-)(?:the{_S})?{_DAY}(?:st|nd|rd|th)?,?(?:{_S}|-){_YEAR}",
        rf"{_YEAR}(?:{_S}|-)(?i:{_NAME})(?:{_S}|-){_DAY}",
        rf"{_YEAR}{_S}?[年년]{_S}?{_MONTH}{_S}?[月월]{_S}?{_DAY}{_S}?[日일号]",
    ]
)
_SAID: Final = (
    r"dob|d\.o\.b\.?|date of birth|birth date|birth day|bday|b-day|born"
    r"|geburtsdatum|geburtstag|geboren|geb\.?|n[ée]\(?e?\)? le|date de naissance|naissance|anniversaire"
    r"|fecha de nacimiento|nacimiento|nacid[oa]|naci[óo] el|cumpleaños|data di nascita|nat[oa] (?:il|a|em)|nascita"
    r"|data de nascimento|nascimento|nascid[oa]|geboortedatum|geboren op|födelsedatum|fødselsdato|född|født"
    r"|f\. ?nac(?:imiento|\.)|data urodzenia|urodzon[ya]|ur\.|urodził[a]? się|syntynyt|születési dátum|születési idő|született|data nascita"
    r"|fødd|fæddur|дата народження|народи(?:вся|лася)|дата на раждане|роден[а]?|ημερομηνία γέννησης|γεννήθηκε|γεννημέν\w+"
    r"|תאריך לידה|נולד[ה]?|تاريخ الميلاد|تاریخ تولد|जन्म|วันเกิด|ngày sinh|tarikh lahir|narozen[aá]? dne|rođen[a]?|datum rođenja"
    r"|datum narození|narozen[aá]?|doğum tarihi|doğum|data nașterii|tanggal lahir|syntymäaika"
    r"|дата рождения|родил(?:ся|ась)|出生日期|出生年月|生日|生年月日|誕生日|생년월일"
)
_WORDS: Final = Words(_SAID)
_LONGEST: Final = 40
_BEGINS: Final = re.compile("[0-9A-ZŠÚ]")


def _unfinished(text: str, start: int) -> int:
    """The first digit or capital behind a word for births from which a date could still grow."""
    size = len(text)
    found = _BEGINS.search(text, max(start, size - _LONGEST - 2))
    if found is None:
        return size
    left = max(0, size - CONTEXT_WINDOW - 2 * _LONGEST)
    word = _WORDS.first(text, left)
    if word < 0:
        return size
    found = _BEGINS.search(text, max(word, found.start()))
    return size if found is None else found.start()


def _any(_: str) -> bool:
    """Nothing to check: the words decide."""
    return True


_WHY: Final = "a date that is said to be someone's birth"

ENTITIES: Final = tuple(
    chain(
        number(
            "DATE_OF_BIRTH",
            "personal",
            shared=_DIGITS,
            words=_SAID,
            check=_any,
            why=_WHY,
            source="ISO 8601 (year first) and the orders day-month-year and month-day-year; the words before decide",
        ),
        number(
            "DATE_OF_BIRTH",
            "personal",
            shared=_NAMED,
            words=_SAID,
            check=lambda value: len(value) <= _LONGEST,
            why=_WHY,
            source="Unicode CLDR, names of months and date formats",
            spaced=False,
            unfinished=_unfinished,
        ),
    )
)
