"""National numbers of Africa, Asia and Oceania, their checks by python-stdnum where it has them."""

from __future__ import annotations

from itertools import chain
from typing import Final

from bartizan_redaction._entities._entity import D
from bartizan_redaction._entities._finance import luhn
from bartizan_redaction._entities._number import digits_of, not_repeated, number, stdnum

_ID: Final = "national_id"
_DATED: Final = "[0-9]{2}[01][0-9][0-3][0-9]"
"""Year, month and day of a birth."""
_MONTHS: Final = 12
_DAYS: Final = 31
_NRIC_WEIGHTS: Final = (2, 7, 6, 5, 4, 3, 2)
_NRIC_LETTERS: Final = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"}
_MEDICARE_WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9)


def _korean(value: str) -> bool:
    """A date and a known century; the check digit is random since October 2020."""
    month, day = int(value[2:4]), int(value[4:6])
    return 1 <= month <= _MONTHS and 1 <= day <= _DAYS


def _nric(value: str) -> bool:
    """The last letter: weights 2, 7, 6, 5, 4, 3, 2; 4 is added for T and G, 3 for M; modulo 11, a row of letters for each series."""
    series = value[0].upper()
    total = sum(int(digit) * weight for digit, weight in zip(value[1:8], _NRIC_WEIGHTS, strict=True))
    total += {"T": 4, "G": 4, "M": 3}.get(series, 0)
    row = _NRIC_LETTERS["S" if series in "ST" else "F" if series in "FG" else "M"]
    place = total % 11
    return row[10 - place if series == "M" else place] == value[8].upper()


def _medicare(value: str) -> bool:
    """The ninth digit: weights 1, 3, 7, 9, 1, 3, 7, 9, modulo 10."""
    digits = digits_of(value)
    return sum(a * b for a, b in zip(digits, _MEDICARE_WEIGHTS, strict=False)) % 10 == digits[8]


def _emirates(value: str) -> bool:
    return luhn("".join(map(str, digits_of(value))))


ENTITIES: Final = tuple(
    chain(
        number(
            "ZA_ID",
            _ID,
            "za",
            begins=f"{D}{{6}} {D}|{D}{{10}}(?!{D}{{4}})",
            own=rf"{_DATED}[ ]?[0-9]{{4}}[ ]?[012][0-9][ ]?[0-9]",
            shared=r"[0-9]{13}",
            words=r"south african?|(?:sa|rsa|za)[ _-](?:id|identity)",
            check=not_repeated(stdnum("za.idnr")),
            why="a South African identity number with a valid date and check digit",
            source="South Africa, Department of Home Affairs, Identification Act 68 of 1997: thirteen digits, Luhn",
        ),
        number(
            "KR_RRN",
            _ID,
            "kr",
            begins=f"{D}{{6}}-{D}",
            own=rf"{_DATED}-[1-8][0-9]{{6}}",
            shared=rf"{_DATED}[1-8][0-9]{{6}}",
            words="주민등록번호|주민번호|외국인등록번호|resident registration|rrn|korean",
            check=_korean,
            why="a South Korean resident registration number with a valid date",
            source="South Korea, Ministry of the Interior and Safety: birth date, century and sex, six digits",
        ),
        number(
            "CN_RIC",
            _ID,
            "cn",
            begins=f"1{D}{{16}}",
            own=r"[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9Xx]",
            check=stdnum("cn.ric"),
            why="a Chinese resident identity number with a valid date and check digit",
            source="China, GB 11643-1999: place, birth date, order; ISO 7064 MOD 11-2",
        ),
        number(
            "JP_MY_NUMBER",
            _ID,
            "jp",
            shared=r"[0-9]{4}(?P<s>[- \xa0]?)[0-9]{4}(?P=s)[0-9]{4}",
            words="my ?number|individual number|kojin bango|マイナンバー|個人番号",
            check=not_repeated(stdnum("jp.in_")),
            why="a Japanese individual number with a valid check digit",
            source="Japan, 番号法施行規則 article 5: twelve digits, modulo 11",
        ),
        number(
            "SG_NRIC_FIN",
            _ID,
            "sg",
            begins=f"(?i:[stfgm])[0-9]{D}{{6}}",
            own=r"[STFGM][0-9]{7}[A-Z]",
            shared=r"(?i:[STFGM][0-9]{7}[A-Z])",
            words=r"nric|fin|singpass|singapore\w*",
            check=_nric,
            why="a Singaporean identity number with a valid check letter",
            source="Singapore, Immigration & Checkpoints Authority, NRIC and FIN: a letter, seven digits, a check letter",
            spaced=False,
        ),
        number(
            "IL_ID",
            _ID,
            "il",
            shared=r"[0-9]{8}-?[0-9]",
            words='teudat zehut|israeli|tz|t\\.z\\.|תעודת זהות|ת\\.ז\\.|ת"ז|מספר זהות',
            check=not_repeated(stdnum("il.idnr")),
            why="an Israeli identity number with a valid check digit",
            source="Israel, Population and Immigration Authority, 'Mispar Zehut': nine digits, Luhn",
        ),
        number(
            "TH_TNIN",
            _ID,
            "th",
            begins=f"1-{D}{{4}}-{D}",
            own=r"[1-8](?P<s>[- ])[0-9]{4}(?P=s)[0-9]{5}(?P=s)[0-9]{2}(?P=s)[0-9]",
            shared=r"[1-8][0-9]{12}",
            words="thai(?: national)? id\\w*|thai|เลขประจำตัวประชาชน|บัตรประชาชน|เลขบัตร",
            check=not_repeated(stdnum("th.pin")),
            why="a Thai national identification number with a valid check digit",
            source="Thailand, Department of Provincial Administration: thirteen digits, modulo 11",
        ),
        number(
            "MY_NRIC",
            _ID,
            "my",
            begins=f"{D}{{6}}-{D}",
            own=rf"{_DATED}-[0-9]{{2}}-[0-9]{{4}}",
            shared=rf"{_DATED}[ ]?[0-9]{{2}}[ ]?[0-9]{{4}}",
            words="mykad|nric|ic(?: no| number)?|kad pengenalan|malaysian?",
            check=not_repeated(stdnum("my.nric")),
            why="a Malaysian identity card number with a valid date and place",
            source="Malaysia, Jabatan Pendaftaran Negara, 'MyKad': birth date, place code, four digits",
        ),
        number(
            "ID_NIK",
            _ID,
            "id",
            shared=r"[1-9][0-9]{15}",
            words="nik|ktp|e-ktp|nomor induk\\w*|no ktp",
            check=not_repeated(stdnum("id.nik")),
            why="an Indonesian identity number with a valid date and place",
            source="Indonesia, Permendagri 95/2019: place, birth date (40 is added for women), four digits",
        ),
        number(
            "PK_CNIC",
            _ID,
            "pk",
            begins=f"1{D}{{4}}-{D}{{2}}",
            own=r"[1-7][0-9]{4}-[0-9]{7}-[1-9]",
            shared=r"[1-7][0-9]{11}[1-9]",
            words="cnic|nadra|pakistani?",
            check=not_repeated(stdnum("pk.cnic")),
            why="a Pakistani identity card number",
            source="Pakistan, NADRA, 'CNIC': place, family, a digit for the sex",
        ),
        number(
            "AE_EMIRATES_ID",
            _ID,
            "ae",
            begins=f"111-{D}{{4}}|111{D}{{4}}-|111{D}{{11}}",
            own=r"784-?(?:19|20)[0-9]{2}-?[0-9]{7}-?[0-9]",
            check=_emirates,
            why="an Emirates ID number with a valid check digit",
            source="United Arab Emirates, ICP, 'Emirates ID': 784, year of birth, seven digits, Luhn",
        ),
        number(
            "NZ_IRD",
            _ID,
            "nz",
            shared=r"[0-9]{2,3}-[0-9]{3}-[0-9]{3}|[0-9]{8,9}",
            words="ird|inland revenue",
            check=not_repeated(stdnum("nz.ird")),
            why="a New Zealand tax number with a valid check digit",
            source="New Zealand, Inland Revenue, 'IRD number format': eight or nine digits, modulo 11",
        ),
        number(
            "AU_MEDICARE",
            _ID,
            "au",
            "health",
            shared=r"[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ /-]?[1-9])?",
            words="medicare",
            check=not_repeated(_medicare),
            why="an Australian Medicare number with a valid check digit",
            source="Services Australia, Medicare card number: eight digits, a check digit, an issue number",
        ),
        number(
            "AU_ACN",
            _ID,
            "au",
            shared=r"[0-9]{3}(?P<s>[ \xa0]?)[0-9]{3}(?P=s)[0-9]{3}",
            words="acn|australian company",
            check=not_repeated(stdnum("au.acn")),
            why="an Australian company number with a valid check digit",
            source="ASIC, 'Australian Company Number digit check': nine digits, modulo 10",
        ),
        number(
            "IN_GSTIN",
            _ID,
            "in",
            "financial",
            begins=f"{D}{{2}}a{{5}}{D}",
            own=r"[0-3][0-9][A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]",
            check=stdnum("in_.gstin"),
            why="an Indian goods and services tax number with a valid check character",
            source="India, GST Network, 'GSTIN': state, PAN, entity, Z, a check character",
            spaced=False,
        ),
        number(
            "IN_VOTER",
            _ID,
            "in",
            shared=r"(?i:[A-Z]{3}[0-9]{7})",
            words="epic|voter(?:'s)? ?(?:id|card)?|voter_id|election",
            check=stdnum("in_.epic"),
            why="an Indian voter's card number with a valid check digit",
            source="Election Commission of India, 'EPIC': three letters, seven digits",
            spaced=False,
        ),
    )
)
