"""National numbers of eastern and southern Europe, their checks by python-stdnum where it has them."""

from __future__ import annotations

from itertools import chain
from typing import Final

from bartizan_redaction._entities._entity import D
from bartizan_redaction._entities._number import digits_of, not_repeated, number, stdnum

_EU: Final = ("national_id", "eu")
_YEAR_FIRST: Final = "[0-9]{2}[0-9]{2}[0-9]{2}"
_ELEVEN: Final = "[0-9]{11}"


def _snils(value: str) -> bool:
    """The last two digits: weights 9 to 1, modulo 101 (100 counts as 0)."""
    digits = digits_of(value)
    total = sum(digit * weight for digit, weight in zip(digits, range(9, 0, -1), strict=False))
    return total % 101 % 100 == digits[9] * 10 + digits[10]


ENTITIES: Final = tuple(
    chain(
        number(
            "CZ_BIRTH_NUMBER",
            *_EU,
            "cz",
            "sk",
            begins=f"{D}{{6}}/{D}",
            own=rf"{_YEAR_FIRST}/[0-9]{{4}}",
            shared=rf"{_YEAR_FIRST}/?[0-9]{{3,4}}",
            words=r"rodn[\xe9e]\w* c\xedsl\w*|rodn[\xe9e]\w* cisl\w*|rodné číslo|rodného čísla|rč|r\.č\.|rc|birth number|czech|slovak",
            check=not_repeated(stdnum("cz.rc")),
            why="a Czech or Slovak birth number with a valid date and check digit",
            source="Czechia, zákon 133/2000 Sb., § 13; Slovakia, zákon 301/1995 Z. z.: birth date and a number that 11 divides",
        ),
        number(
            "RO_CNP",
            *_EU,
            "ro",
            begins=f"1{D}{{12}}[^01]",
            own=r"[1-9][0-9]{2}[01][0-9][0-3][0-9][0-9]{6}",
            shared=r"[0-9]{13}",
            words="cnp|cod numeric personal|romanian?",
            check=not_repeated(stdnum("ro.cnp")),
            why="a Romanian personal numerical code with a valid date, county and check digit",
            source="Romania, Legea 105/1996 and OUG 97/2005: sex, birth date, county, order, modulo 11",
        ),
        number(
            "BG_EGN",
            *_EU,
            "bg",
            shared=r"[0-9]{10}",
            words="egn|егн|единен граждански номер|bulgarian",
            check=not_repeated(stdnum("bg.egn")),
            why="a Bulgarian uniform civil number with a valid date and check digit",
            source="Bulgaria, Наредба РД-02-20-9/2012: birth date, four digits, modulo 11",
        ),
        number(
            "LT_PERSONAL_CODE",
            *_EU,
            "lt",
            shared=rf"[1-9]{_ELEVEN[:5]}{{10}}",
            words="asmens kod\\w*|a\\.k\\.|lithuanian",
            check=not_repeated(stdnum("lt.asmens")),
            why="a Lithuanian personal code with a valid date and check digit",
            source="Lithuania, Gyventojų registro įstatymas: sex and century, birth date, order, modulo 11",
        ),
        number(
            "EE_PERSONAL_CODE",
            *_EU,
            "ee",
            shared=rf"[1-8]{_ELEVEN[:5]}{{10}}",
            words="isikukood\\w*|ik|estonian",
            check=not_repeated(stdnum("ee.ik")),
            why="an Estonian personal code with a valid date and check digit",
            source="Estonia, EVS 585:2007: sex and century, birth date, order, modulo 11",
        ),
        number(
            "LV_PERSONAL_CODE",
            *_EU,
            "lv",
            begins=f"{D}{{6}}-{D}",
            own=r"[0-3][0-9][0-9]{4}-[0-9]{5}",
            shared=_ELEVEN,
            words="personas kod\\w*|p\\.k\\.|latvian",
            check=not_repeated(stdnum("lv.pvn")),
            why="a Latvian personal code with a valid check digit",
            source="Latvia, Fizisko personu reģistra likums: birth date (or 32), a hyphen, five digits",
        ),
        number(
            "HR_OIB",
            *_EU,
            "hr",
            shared=_ELEVEN,
            words="oib|osobni identifikacijski broj|croatian",
            check=not_repeated(stdnum("hr.oib")),
            why="a Croatian personal identification number with a valid check digit",
            source="Croatia, Zakon o osobnom identifikacijskom broju; ISO 7064 MOD 11,10",
        ),
        number(
            "GR_AMKA",
            *_EU,
            "gr",
            shared=_ELEVEN,
            words="amka|α\\.?μ\\.?κ\\.?α\\.?|greek",
            check=not_repeated(stdnum("gr.amka")),
            why="a Greek social security number with a valid date and check digit",
            source="Greece, ΗΔΙΚΑ, 'ΑΜΚΑ': birth date and five digits, Luhn",
        ),
        number(
            "GR_AFM",
            *_EU,
            "gr",
            shared=r"[0-9]{9}",
            words="afm|α\\.?φ\\.?μ\\.?",
            check=not_repeated(stdnum("gr.vat")),
            why="a Greek tax number with a valid check digit",
            source="Greece, ΑΑΔΕ, 'ΑΦΜ': nine digits, modulo 11",
        ),
        number(
            "SI_EMSO",
            *_EU,
            "si",
            shared=r"[0-9]{13}",
            words="emso|emšo|jmbg|mati[cč]n[aei]\\w* (?:številk|stevilk|broj)\\w*|mati[\\xe8c]ni broj|slovenian",
            check=not_repeated(stdnum("si.emso")),
            why="a unique master citizen number with a valid date and check digit",
            source="Slovenia, Zakon o centralnem registru prebivalstva (EMŠO; JMBG in its neighbours): modulo 11",
        ),
        number(
            "TR_TCKN",
            "national_id",
            "tr",
            shared=_ELEVEN,
            words=r"tckn|tc kimlik|t\.c\.|tc no|kimlik|kimlik (?:no|numaras\w*)|turkish",
            check=not_repeated(stdnum("tr.tckimlik")),
            why="a Turkish identification number with valid check digits",
            source="Türkiye, Nüfus ve Vatandaşlık İşleri, 'T.C. kimlik numarası': eleven digits, two of them checks",
        ),
        number(
            "PL_NIP",
            *_EU,
            "pl",
            "financial",
            shared=r"[0-9]{10}|[0-9]{3}-[0-9]{3}-[0-9]{2}-[0-9]{2}|[0-9]{3}-[0-9]{2}-[0-9]{2}-[0-9]{3}",
            words="nip|numer identyfikacji podatkowej",
            check=not_repeated(stdnum("pl.nip")),
            why="a Polish tax number with a valid check digit",
            source="Poland, ustawa of 13 October 1995 on taxpayers' identification: ten digits, modulo 11",
        ),
        number(
            "UA_RNTRC",
            "national_id",
            "ua",
            shared=r"[0-9]{10}",
            words="rnokpp|rntrc|ipn|рнокпп|іпн|ідентифікаційний (?:номер|код)",
            check=not_repeated(stdnum("ua.rntrc")),
            why="a Ukrainian taxpayer number with a valid check digit",
            source="Ukraine, Податковий кодекс, art. 70: ten digits, modulo 11",
        ),
        number(
            "RU_INN",
            "national_id",
            "ru",
            shared=r"[0-9]{12}|[0-9]{10}",
            words="inn|инн",
            check=not_repeated(stdnum("ru.inn")),
            why="a Russian taxpayer number with valid check digits",
            source="Russia, ФНС, order ЕД-7-14/559@: ten or twelve digits, modulo 11",
        ),
        number(
            "RU_SNILS",
            "national_id",
            "ru",
            begins=f"{D}{{3}}-{D}{{3}}-",
            own=r"[0-9]{3}-[0-9]{3}-[0-9]{3}[- ][0-9]{2}",
            shared=_ELEVEN,
            words="snils|снилс",
            check=not_repeated(_snils),
            why="a Russian insurance number with valid check digits",
            source="Russia, Социальный фонд, 'СНИЛС': nine digits and a check modulo 101",
        ),
    )
)
