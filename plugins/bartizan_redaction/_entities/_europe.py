"""National numbers of northern and western Europe, their checks by python-stdnum where it has them."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from bartizan_redaction._entities._entity import D
from bartizan_redaction._entities._number import S, not_repeated, number, stdnum

_EU: Final = ("national_id", "eu")
_DATE: Final = "[0-3][0-9][01][0-9][0-9]{2}"
"""Day, month and year of a birth."""
_ELEVEN: Final = "[0-9]{11}"
_HOLDERS: Final = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
_ICAO: Final = (7, 3, 1)
_MONTHS: Final = 12
_DAYS: Final = 31
_SUPPLEMENT: Final = 50


def _german_insurance(value: str) -> bool:
    """Day (50 is added where numbers ran out), month, and the last digit: the letter as its place, weights, digit sums, modulo 10."""
    compact = re.sub("[ \u00a0]", "", value.upper())
    day, month = int(compact[2:4]) % _SUPPLEMENT, int(compact[4:6])
    body = compact[:8] + f"{ord(compact[8]) - ord('A') + 1:02d}" + compact[9:11]
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(body, _HOLDERS, strict=True))
    return 1 <= month <= _MONTHS and 1 <= day <= _DAYS and total % 10 == int(compact[11])


def _icao(value: str) -> bool:
    """The last digit of a machine readable document number: weights 7, 3, 1, modulo 10 (ICAO 9303-3, 4.9)."""
    body, last = value[:-1].upper(), value[-1]
    return last.isdecimal() and sum(int(c, 36) * _ICAO[at % 3] for at, c in enumerate(body)) % 10 == int(last)


def _german_card(value: str) -> bool:
    """Ten characters with their check digit, or nine without it, some digits and at least one letter among them."""
    return any(map(str.isdigit, value)) and (len(value) == 9 or _icao(value))  # noqa: PLR2004 (said in words beside it)


def _belgian(value: str) -> bool:
    return stdnum("be.nn")(value) or stdnum("be.bis")(value)


ENTITIES: Final = tuple(
    chain(
        number(
            "FI_PERSONAL_IDENTITY_CODE",
            *_EU,
            "fi",
            begins=f"{D}{{6}}[-+a_]{D}",
            own=rf"{_DATE}[-+A-FU-Y][0-9]{{3}}[0-9A-FHJ-NPR-Y]",
            shared=rf"(?i:{_DATE}[-+A-FU-Y][0-9]{{3}}[0-9A-FHJ-NPR-Y])",
            words=r"hetu|henkil\xf6tunnus|henkil\xf6tunnukse\w*|personbeteckning|finnish",
            check=stdnum("fi.hetu"),
            why="a Finnish personal identity code with a valid check character",
            source="Finland, Digital and Population Data Services Agency, 'The personal identity code'; modulo 31",
        ),
        number(
            "DK_CPR",
            *_EU,
            "dk",
            shared=rf"{_DATE}[- ]?[0-9]{{4}}",
            words="cpr|cpr-?(?:nummer|nr|number|no)|cpr (?:number|no)|personnummer|danish",
            check=not_repeated(stdnum("dk.cpr")),
            why="a Danish personal identification number with a valid date",
            source="CPR-kontoret, 'Personnummeret i CPR': birth date and four digits (those since 2007 have no check digit)",
        ),
        number(
            "NO_FODSELSNUMMER",
            "national_id",
            "no",
            begins=f"{D}{{6}}[- ]{D}|{D}{{11}}[^01]",
            own=r"[0-7][0-9][0-9]{2}[0-9]{2}[ -]?[0-9]{5}",
            check=not_repeated(stdnum("no.fodselsnummer")),
            why="a Norwegian birth number with a valid date and two check digits",
            source="Norway, Skatteetaten, 'Fødselsnummer': birth date, three digits, two check digits modulo 11",
        ),
        number(
            "BE_NATIONAL_NUMBER",
            *_EU,
            "be",
            begins=rf"{D}{{2}}\.{D}{{2}}\.{D}{{2}}|{D}{{6}}[- ]{D}",
            own=r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}[- ][0-9]{3}[. -][0-9]{2}|[0-9]{6}[- ][0-9]{3}[. -][0-9]{2}",
            shared=r"[0-9]{6}[- ]?[0-9]{3}[. -]?[0-9]{2}|[0-9]{2}[ .][0-9]{2}[ .][0-9]{2}[ -][0-9]{3}[ .-][0-9]{2}",
            words=(
                r"rijksregister\w*|rijksregisternummer|registre national|num\xe9ro national|nationaal nummer|insz|niss|rrn|nrn"
                r"|national (?:register )?number|belgian"
            ),
            check=not_repeated(_belgian),
            why="a Belgian national number with a valid date and check digits",
            source="Belgium, arrêté royal of 3 April 1984: birth date, order and a check modulo 97",
        ),
        number(
            "PT_NIF",
            *_EU,
            "pt",
            shared=r"[1-9][0-9]{8}|[1-9][0-9]{2}(?P<s>[ .])[0-9]{3}(?P=s)[0-9]{3}",
            words=r"nif|nipc|contribuinte|n[\xfau]mero fiscal|identifica[\xe7c][\xe3a]o fiscal|num\.? fiscal",
            check=not_repeated(stdnum("pt.nif")),
            why="a Portuguese tax number with a valid check digit",
            source="Portugal, Decreto-Lei 14/2013: nine digits, modulo 11",
        ),
        number(
            "PT_CITIZEN_CARD",
            *_EU,
            "pt",
            begins=f"{D}{{8}}(?!{D}{{4}})",
            own=r"[0-9]{8} ?[0-9] ?[A-Z0-9]{2}[0-9]",
            check=lambda value: any(map(str.isalpha, value)) and stdnum("pt.cc")(value),
            why="a number of a Portuguese citizen card with a valid check digit",
            source="Portugal, AMA, 'Validação de número de documento do cartão de cidadão'",
        ),
        number(
            "CH_AHV",
            "national_id",
            "ch",
            begins=f"111[. ]{D}|1{{3}}{D}{{10}}[^01]",
            own=r"756(?P<s>[. \xa0]?)[0-9]{4}(?P=s)[0-9]{4}(?P=s)[0-9]{2}",
            check=not_repeated(stdnum("ch.ssn")),
            why="a Swiss social security number with a valid check digit",
            source="Switzerland, Zentrale Ausgleichsstelle, 'AHV-Nummer': 756, nine digits, EAN-13 check digit",
        ),
        number(
            "AT_SVNR",
            *_EU,
            "at",
            shared=r"[1-9][0-9]{3}[ -]?[0-9]{6}",
            words=r"svnr|sv-?nr|sv-?nummer|sozialversicherungs\w*|sozialversicherung|versicherungsnummer|austrian",
            check=not_repeated(stdnum("at.vnr")),
            why="an Austrian social insurance number with a valid check digit",
            source="Austria, Dachverband der Sozialversicherungsträger, 'Versicherungsnummer': ten digits, modulo 11",
        ),
        number(
            "IE_PPS",
            *_EU,
            "ie",
            shared=r"(?i:[0-9]{7}[A-W][A-IW]?)",
            words=r"ppsn?|pps (?:number|no)|personal public service|irish",
            check=stdnum("ie.pps"),
            why="an Irish personal public service number with a valid check letter",
            source="Ireland, Department of Social Protection, 'PPS number'; modulo 23",
        ),
        number(
            "IS_KENNITALA",
            "national_id",
            "is",
            begins=f"{D}{{6}}-{D}",
            own=r"[0-7][0-9][01][0-9][0-9]{2}-[0-9]{4}",
            shared=r"[0-7][0-9][01][0-9][0-9]{6}",
            words="kennitala|kennit\xf6lu|kt\\.?|icelandic",
            check=not_repeated(stdnum("is_.kennitala")),
            why="an Icelandic identification number with a valid date and check digit",
            source="Iceland, Þjóðskrá, 'Kennitala': birth date, two digits, modulo 11, century",
        ),
        number(
            "DE_SOCIAL_SECURITY",
            *_EU,
            "de",
            begins=f"{D}{{2}} {D}{{5}}|{D}{{8}}[^01]",
            own=rf"[0-9]{{2}}{S}?[0-9]{{6}}{S}?[A-Z]{S}?[0-9]{{2}}{S}?[0-9]",
            check=_german_insurance,
            why="a German pension insurance number with a valid date and check digit",
            source="Germany, VKVV § 4: area, birth date, initial, order and a check digit",
        ),
        number(
            "DE_ID_CARD",
            *_EU,
            "de",
            shared=r"(?i:[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{8}[0-9]?)",
            words=r"personalausweis\w*|ausweis(?:nummer|nr|-nr\.?)|ausweis|identity card|id card",
            check=_german_card,
            why="a number of a German identity card",
            source="Germany, PAuswV annex; ICAO 9303-3 4.9 (check digit)",
            spaced=False,
        ),
        number(
            "IT_VAT_CODE",
            *_EU,
            "it",
            "financial",
            shared=_ELEVEN,
            words=r"partita iva|p\.? ?iva|piva|vat",
            check=not_repeated(stdnum("it.iva")),
            why="an Italian VAT number with a valid check digit",
            source="Italy, DPR 633/1972, art. 35: eleven digits, Luhn",
        ),
        number(
            "UK_UTR",
            "national_id",
            "gb",
            "financial",
            shared=r"[0-9]{5}[ ]?[0-9]{5}",
            words=r"utr|unique taxpayer(?: reference)?|self[- ]assessment",
            check=not_repeated(stdnum("gb.utr")),
            why="a British unique taxpayer reference with a valid check digit",
            source="HMRC, 'Find your UTR number': ten digits, modulo 11",
        ),
        number(
            "VAT_ID",
            *_EU,
            "financial",
            shared=r"(?:ATU|BE[01]|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)[0-9A-Z]{7,12}",
            words=(
                r"vat|vat-?(?:id|no|nr|number|reg)\w*|ust|ust-?id\w*|ust-?idnr|umsatzsteuer\w*|mwst\w*|tva|iva|btw|moms|momsnr|nif|uid"
                r"|cif|alv|dph|dic|pvn|pvm|kmkr|tax|steuer\w*|nip|partita"
            ),
            check=stdnum("eu.vat"),
            why="a VAT identification number with a valid check",
            source="European Commission, VIES, 'Structure of VAT identification numbers'",
            spaced=False,
        ),
    )
)
