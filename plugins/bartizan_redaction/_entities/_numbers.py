"""National numbers of the countries that people ask for first, in one table; the others are in `_europe` and its neighbours."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from bartizan_redaction._entities._entity import D
from bartizan_redaction._entities._finance import luhn
from bartizan_redaction._entities._number import S as _S
from bartizan_redaction._entities._number import bare as _bare
from bartizan_redaction._entities._number import bare_digits as _bare_digits
from bartizan_redaction._entities._number import growing
from bartizan_redaction._entities._number import not_repeated as _not_repeated
from bartizan_redaction._entities._number import number as _number
from bartizan_redaction._entities._number import stdnum as _stdnum

_SINGLE_PREFIX: Final = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]", re.IGNORECASE)


def _nino(value: str) -> bool:
    return _SINGLE_PREFIX.match(value) is not None


_CNPJ_WEIGHTS: Final = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def _cnpj(value: str) -> bool:
    """The last two: weights 2 to 9 from the right over all before, modulo 11; more than two characters must differ."""
    compact = "".join(filter(str.isalnum, value))
    values = [ord(character) - ord("0") for character in compact]
    for size in (12, 13):
        rest = sum(a * b for a, b in zip(values[:size], _CNPJ_WEIGHTS[13 - size :], strict=True)) % 11
        if values[size] != (11 - rest if rest > 1 else 0):
            return False
    return len(set(compact)) > 2  # noqa: PLR2004 (said in words beside it)


_COORDINATION: Final = 60


def _personnummer(value: str) -> bool:
    """A date (60 is added to the day of coordination numbers) and Luhn over the last ten digits."""
    digits = "".join(filter(str.isdigit, value))
    short = digits[-10:]
    year, month, day = int(short[:2]), int(short[2:4]), int(short[4:6]) % _COORDINATION
    # The only leap year among those that end in 00 is 2000.
    days = _DAYS_OF[month - 1] if year % 4 == 0 and digits[:4] != "1900" else _DAYS_OF_OTHERS[month - 1]
    return 1 <= day <= days and luhn(short)


_DAYS_OF: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_OF_OTHERS: Final = (31, 28, *_DAYS_OF[2:])


_ABN_WEIGHTS: Final = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


def _abn(value: str) -> bool:
    """One is taken from the first digit; weights 10, 1, 3, …, 19, modulo 89."""
    digits = [int(character) for character in value if character.isdecimal()]
    digits[0] -= 1
    return sum(a * b for a, b in zip(digits, _ABN_WEIGHTS, strict=True)) % 89 == 0


def _itin(value: str) -> bool:
    """Whether the group, the fourth and fifth digit, is one that is issued; python-stdnum does not know 50 to 65 yet."""
    group = int("".join(filter(str.isdigit, value))[3:5])
    return group in range(50, 66) or (group in range(70, 100) and group not in {89, 93})


ENTITIES: Final = tuple(
    chain(
        _number(
            "US_ITIN",
            "national_id",
            "us",
            begins=f"1{D}{{2}}[- ]{D}{{2}}[- ]",
            own=r"9[0-9]{2}(?P<s>[- \xa0])[5-9][0-9](?P=s)[0-9]{4}",
            shared=r"9[0-9]{2}[5-9][0-9]{5}",
            words="itin|taxpayers?|tax id(?:entification)?|tin",
            check=_itin,
            why="a US individual taxpayer identification number",
            source="IRS, 'Individual taxpayer identification number (ITIN)': 9, group 50 to 65, 70 to 88, 90 to 92 or 94 to 99",
        ),
        _number(
            "UK_NINO",
            "national_id",
            "gb",
            begins=f"(?i:[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z])[ -]?{D}",
            own=(
                rf"[A-Z]{{2}}{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}{_S}?[A-D]"
                r"|[A-Z]{2}-[0-9]{2}-[0-9]{2}-[0-9]{2}-[A-D]|[A-Z]{2}-[0-9]{6}-[A-D]"
            ),
            shared=r"(?i:[A-Z]{2}(?P<s>-?)[0-9]{2}(?P=s)[0-9]{2}(?P=s)[0-9]{2}(?P=s)[A-D])",
            words="national insurance|nino|ni(?: number| no| nr|#)?",
            check=_nino,
            why="a British national insurance number",
            source="HMRC, National Insurance Manual NIM39110: two letters (not all pairs are issued), six digits, A to D",
        ),
        _number(
            "UK_NHS",
            "national_id",
            "gb",
            "health",
            begins=f"{D}{{3}}[- ]{D}{{3}}[- ]|{D}{{8}}",
            shared=r"[0-9]{3}(?P<s>[- \xa0]?)[0-9]{3}(?P=s)[0-9]{4}",
            words="nhs|national health(?: service)?|patient",
            check=_not_repeated(_bare_digits("gb.nhs")),
            why="a British health service number with a valid check digit",
            source="NHS Data Dictionary, 'NHS number': ten digits, modulus 11",
        ),
        _number(
            "DE_TAX_ID",
            "national_id",
            "de",
            "eu",
            begins=f"1{D} {D}{{3}} ",
            own=rf"[1-9][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{3}}{_S}[0-9]{{3}}",
            shared=r"[1-9][0-9](?P<s>[ \xa0]?)[0-9]{3}(?P=s)[0-9]{3}(?P=s)[0-9]{3}",
            words=r"idnr|tin|steuer\w{0,24}|tax(?:payer)?|identifikationsnummer|steuer-id|id-nr",
            check=_stdnum("de.idnr"),
            why="a German tax identification number with a valid check digit",
            source="Bundeszentralamt für Steuern, 'Steuerliche Identifikationsnummer'; ISO 7064 MOD 11,10",
        ),
        _number(
            "FR_NIR",
            "national_id",
            "fr",
            "eu",
            begins="1(?=[01]{14}[^01]|.{0,6}[^01])[01 ]{5}[01 a]",
            own=rf"[1-478]{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}{_S}?(?:[0-9]{{2}}|2[AB]){_S}?[0-9]{{3}}{_S}?[0-9]{{3}}{_S}?[0-9]{{2}}",
            words="nir",
            check=_stdnum("fr.nir"),
            why="a French social security number with a valid key",
            source="INSEE, 'Numéro de sécurité sociale': sex, year, month, place, order and a key modulo 97",
        ),
        _number(
            "ES_NIF",
            "national_id",
            "es",
            "eu",
            begins=rf"{D}{{8}}[^01]|{D}{{2}}\.{D}{{3}}\.",
            # Not a heap before and after a collection: 17852000K->9033400K(18926000K).
            own=r"(?<!->)(?<!K\x28)[0-9]{8}[- ]?[A-HJ-NP-TV-Z](?!->)(?!\x28[0-9])|[0-9]{2}\.[0-9]{3}\.[0-9]{3}[- ]?[A-HJ-NP-TV-Z]",
            shared=r"(?i:[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}[- ]?[A-HJ-NP-TV-Z])",
            words=r"dni|d\.n\.i|nif|n\.i\.f|documento|spanish",
            check=_not_repeated(_bare("es.dni")),
            why="a Spanish identity number with a valid letter",
            source="Spain, Real Decreto 1553/2005; Ministerio del Interior, 'Cálculo del dígito de control del NIF/NIE'",
        ),
        _number(
            "ES_NIE",
            "national_id",
            "es",
            "eu",
            begins=f"(?i:[xyz])(?:[0-9]|-){D}{{4}}",
            own=r"[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]",
            shared=r"[xyz]-?[0-9]{7}-?[a-hj-np-tv-z]",
            words="nie|documento|extranjeros?",
            check=_stdnum("es.nie"),
            why="a Spanish foreigner's number with a valid letter",
            source="Spain, Real Decreto 557/2011; Ministerio del Interior, 'Cálculo del dígito de control del NIF/NIE'",
        ),
        _number(
            "IT_FISCAL_CODE",
            "national_id",
            "it",
            "eu",
            begins="(?i:[a-z][a-z])aaaa",
            own=r"(?i:[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z])",
            words="codice fiscale",
            check=_bare("it.codicefiscale"),
            why="an Italian fiscal code with a valid check letter",
            source="Italy, Decreto ministeriale 345 of 1976",
        ),
        _number(
            "IT_FISCAL_CODE",
            "national_id",
            "it",
            "eu",
            begins="[A-Z][A-Z]a a{3}",
            own=r"[A-Z]{3} [A-Z]{3} [0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2} [A-Z][0-9LMNPQRSTUV]{3} ?[A-Z]",
            words="codice fiscale",
            check=_bare("it.codicefiscale"),
            why="an Italian fiscal code with a valid check letter",
            source="Italy, Decreto ministeriale 345 of 1976; in groups, as on the card",
            spaced=False,
            unfinished=growing(
                r"[A-Z]{1,3}\Z|[A-Z]{3} (?:[A-Z]{0,3}|[A-Z]{3} (?:[0-9A-Z]{0,5}|[0-9A-Z]{5} (?:[A-Z][0-9A-Z]{0,3} ?)?))\Z", 24
            ),
        ),
        _number(
            "PL_PESEL",
            "national_id",
            "pl",
            "eu",
            begins=f"{D}{{8}}",
            shared=r"[0-9]{11}",
            words="pesel|numer ewidencyjny",
            check=_stdnum("pl.pesel"),
            why="a Polish PESEL with a valid date and check digit",
            source="Poland, Ministerstwo Cyfryzacji, 'Co to jest numer PESEL'",
        ),
        _number(
            "IN_AADHAAR",
            "national_id",
            "in",
            begins=f"1{D}{{3}}[- ]{D}{{3}}|1{D}{{7}}",
            shared=r"[2-9][0-9]{3}(?P<s>[- \xa0]?)[0-9]{4}(?P=s)[0-9]{4}(?![- \xa0][0-9]{4})",
            words="aadhaa?r(?: card)?|adhaa?r|uid|uidai|आधार|ஆதார்|ఆధార్|ಆಧಾರ್|আধার|આધાર",
            check=_stdnum("in_.aadhaar"),
            why="an Indian Aadhaar number with a valid check digit",
            source="UIDAI, 'Aadhaar numbering scheme': twelve digits, the first 2 to 9, Verhoeff",
        ),
        _number(
            "IN_PAN",
            "national_id",
            "in",
            "financial",
            begins=f"(?i:[a-z][a-z])aaa{D}",
            own=r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]",
            shared=r"(?i:[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z])",
            words="pan|pan card|permanent account|पैन",
            check=_stdnum("in_.pan"),
            why="an Indian permanent account number",
            source="Income Tax Department of India, 'Permanent account number': five letters (the fourth is the holder's kind), digits, letter",
        ),
        _number(
            "BR_CPF",
            "national_id",
            "br",
            begins=rf"{D}{{3}}\.{D}{{3}}\.",
            own=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
            shared=r"[0-9]{9}-?[0-9]{2}",
            words="cpf|cadastro",
            check=_not_repeated(_stdnum("br.cpf")),
            why="a Brazilian CPF with valid check digits",
            source="Receita Federal, 'Cadastro de Pessoas Físicas'",
        ),
        _number(
            "BR_CNPJ",
            "national_id",
            "br",
            begins=r"[01a]{2}\.[01a]{3}\.|[A-Z][0-9A-Z]\.[01a]{3}\.",
            own=r"[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2}",
            shared=r"[0-9A-Z]{12}-?[0-9]{2}|[0-9A-Z]{8}/[0-9A-Z]{4}-[0-9]{2}",
            words="cnpj|cadastro",
            check=_cnpj,
            why="a Brazilian CNPJ with valid check digits",
            source="Receita Federal, 'Cadastro Nacional da Pessoa Jurídica'; IN RFB 2.229/2024 (letters, by their ASCII code minus 48)",
        ),
        _number(
            "CA_SIN",
            "national_id",
            "ca",
            begins=f"{D}{{3}}[- ]{D}{{3}}[- ]|{D}{{8}}",
            shared=r"[1-79][0-9]{2}(?P<s>[- \xa0]?)[0-9]{3}(?P=s)[0-9]{3}",
            words=r"sin|social insurance|nas|assurance sociale",
            check=_not_repeated(_bare_digits("ca.sin")),
            why="a Canadian social insurance number with a valid check digit",
            source="Government of Canada, 'Social Insurance Number': nine digits, Luhn",
        ),
        _number(
            "AU_TFN",
            "national_id",
            "au",
            begins=f"{D}{{3}}[- ]{D}{{3}}[- ]|{D}{{8}}",
            shared=r"[0-9]{3}(?P<s>[- \xa0]?)[0-9]{3}(?P=s)[0-9]{2,3}",
            words="tfn|tax file",
            check=_not_repeated(_bare_digits("au.tfn")),
            why="an Australian tax file number with a valid check digit",
            source="Australian Taxation Office, 'Tax file number': eight or nine digits, weights modulo 11",
        ),
        _number(
            "AU_ABN",
            "national_id",
            "au",
            begins=f"1{D} {D}{{3}} ",
            own=rf"[1-9][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{3}}{_S}[0-9]{{3}}",
            shared=r"[1-9][0-9](?P<s>[ \xa0]?)[0-9]{3}(?P=s)[0-9]{3}(?P=s)[0-9]{3}",
            words="abn|australian business",
            check=_abn,
            why="an Australian business number with valid check digits",
            source="Australian Business Register, 'Format of the ABN': eleven digits, weights modulo 89",
        ),
        _number(
            "NL_BSN",
            "national_id",
            "nl",
            "eu",
            begins=f"{D}{{3}}[. ]{D}{{3}}[. ]|{D}{{4}}[. ]{D}{{2}}[. ]|{D}{{8}}",
            shared=r"[0-9]{9}|[0-9]{3}[. ][0-9]{3}[. ][0-9]{3}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3}",
            words="bsn|burgerservicenummer|sofi(?:-?nummer)?|citizen service",
            check=_not_repeated(_stdnum("nl.bsn")),
            why="a Dutch citizen service number with a valid check digit",
            source="Rijksdienst voor Identiteitsgegevens, 'Burgerservicenummer': nine digits, the eleven test",
        ),
        _number(
            "SE_PERSONNUMMER",
            "national_id",
            "se",
            "eu",
            begins=f"{D}{{6}}[-+]|{D}{{8}}[^01]",
            own=r"(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278][0-9]|[39][01])[-+][0-9]{4}",
            shared=r"(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278][0-9]|[39][01])[-+ ]?[0-9]{4}",
            words=(
                r"personnummer|personnummret|pers\.? ?nr|personnr|personal (?:identity )?number|pnr|svenskt?|swedish|samordningsnummer"
                "|coordination number"
            ),
            check=_personnummer,
            why="a Swedish personal identity number with a valid date and check digit",
            source="Skatteverket, 'Personnummer': birth date and four digits, Luhn",
        ),
    )
)
