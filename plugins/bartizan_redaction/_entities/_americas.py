"""National numbers of the Americas, their checks by python-stdnum where it has them."""

from __future__ import annotations

from itertools import chain
from typing import Final

from bartizan_redaction._entities._entity import D
from bartizan_redaction._entities._finance import luhn
from bartizan_redaction._entities._number import digits_of, not_repeated, number, stdnum

_ID: Final = "national_id"


def _npi(value: str) -> bool:
    """Luhn over the number with the prefix of health applications before it."""
    return luhn("80840" + value)


def _dea(value: str) -> bool:
    """The last digit: the first, third and fifth, and twice the others, modulo 10."""
    digits = digits_of(value[2:])
    return (digits[0] + digits[2] + digits[4] + 2 * (digits[1] + digits[3] + digits[5])) % 10 == digits[6]


def _checked_rfc(value: str) -> bool:
    from stdnum.mx import rfc

    return rfc.is_valid(value, validate_check_digits=True)


ENTITIES: Final = tuple(
    chain(
        number(
            "US_EIN",
            _ID,
            "us",
            "financial",
            shared=r"[0-9]{2}-?[0-9]{7}",
            words=r"ein|fein|employer id\w*|tax ?id",
            check=not_repeated(stdnum("us.ein")),
            why="a US employer identification number",
            source="IRS, 'Employer ID numbers': a known prefix of two digits, seven digits",
        ),
        number(
            "US_MBI",
            _ID,
            "us",
            "health",
            begins=f"1[A-Z][1a0]{{1,2}}{D}?-|1[A-Za-z].{D}-",
            own=(
                r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]"
                r"-[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
            ),
            shared=(
                r"(?i:[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]"
                r"[AC-HJKMNP-RT-Y]{2}[0-9]{2})"
            ),
            words="mbi|medicare",
            check=lambda _: True,
            why="a US Medicare beneficiary identifier",
            source="CMS, 'Understanding the Medicare Beneficiary Identifier format': eleven places, letters and digits by place",
            spaced=False,
        ),
        number(
            "US_NPI",
            _ID,
            "us",
            "health",
            shared=r"[12][0-9]{9}",
            words="npi|national provider",
            check=not_repeated(_npi),
            why="a US national provider identifier with a valid check digit",
            source="CMS, 'NPI check digit': ten digits, Luhn with prefix 80840",
        ),
        number(
            "MEDICAL_LICENSE",
            _ID,
            "us",
            "health",
            shared=r"(?i:[ABCDEFGHJKLMPRSTUX][A-Z9][0-9]{7})",
            words=r"dea|dea (?:number|no|registration)|prescriber|medical licen[cs]e",
            check=_dea,
            why="a US DEA registration number with a valid check digit",
            source="DEA, 'Practitioner's manual': two letters, six digits, a check digit",
            spaced=False,
        ),
        number(
            "MEDICAL_RECORD_NUMBER",
            "health",
            shared=r"[A-Z]{0,3}-?[0-9]{5,12}",
            words=r"mrn|medical record(?: (?:number|no))?|patient id|patient_id|patientenummer|chart (?:number|no)",
            check=lambda _: True,
            why="a number of a medical record, named as such",
            source="HIPAA Privacy Rule, 45 CFR 164.514(b)(2)(i)(H): medical record numbers (each hospital has its own form)",
            spaced=False,
        ),
        number(
            "MX_CURP",
            _ID,
            "mx",
            begins=f"[A-Z][A-Z]aa{D}{{4}}",
            own=r"[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[0-9A-Z][0-9]",
            shared=r"(?i:[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9])",
            words="curp|clave [uú]nica",
            check=stdnum("mx.curp"),
            why="a Mexican population registry code with a valid date and check digit",
            source="Mexico, SEGOB, 'Instructivo normativo para la asignación de la CURP'",
            spaced=False,
        ),
        number(
            "MX_RFC",
            _ID,
            "mx",
            "financial",
            begins=f"[A-Z][A-Z][a_][1a0]{D}{{4}}",
            own=r"[A-Z&]{4}[0-9]{6}[A-Z0-9]{3}",
            check=_checked_rfc,
            why="a Mexican taxpayer number with a valid date and check digit",
            source="Mexico, SAT, 'Registro Federal de Contribuyentes': letters, a date, three characters, modulo 11",
            spaced=False,
        ),
        number(
            "MX_RFC",
            _ID,
            "mx",
            "financial",
            shared=r"(?i:[A-Z&\xd1]{3,4}[0-9]{6}[A-Z0-9]{3})",
            words="rfc|registro federal|contribuyentes?",
            check=stdnum("mx.rfc"),
            why="a Mexican taxpayer number with a valid date",
            source="Mexico, SAT, 'Registro Federal de Contribuyentes': letters, a date, three characters",
            spaced=False,
        ),
        number(
            "AR_CUIT",
            _ID,
            "ar",
            begins=f"1{D}-{D}{{5}}",
            own=r"(?:2[034567]|3[034])-[0-9]{8}-[0-9]",
            shared=r"(?:2[034567]|3[034])[ ]?[0-9]{8}[ ]?[0-9]",
            words="cuit|cuil",
            check=not_repeated(stdnum("ar.cuit")),
            why="an Argentinian tax or labour number with a valid check digit",
            source="Argentina, ARCA, 'CUIT/CUIL': a kind, eight digits, modulo 11",
        ),
        number(
            "AR_DNI",
            _ID,
            "ar",
            shared=r"[1-9][0-9]?\.[0-9]{3}\.[0-9]{3}|[1-9][0-9]{6,7}",
            words="dni|documento nacional",
            check=not_repeated(lambda _: True),
            why="a national identity document, named as such",
            source="Argentina, RENAPER, 'Documento Nacional de Identidad': seven or eight digits",
        ),
        number(
            "CL_RUT",
            _ID,
            "cl",
            begins=rf"{D}{{1,2}}\.{D}{{3}}\.",
            own=r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]",
            shared=r"[0-9]{7,8}-?[0-9Kk]",
            words=r"rut|run|rol [\xfau]nico",
            check=not_repeated(stdnum("cl.rut")),
            why="a Chilean national number with a valid check digit",
            source="Chile, Servicio de Impuestos Internos, 'RUT': seven or eight digits, modulo 11",
        ),
        number(
            "CO_NIT",
            _ID,
            "co",
            "financial",
            shared=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]|[0-9]{8,9}-?[0-9]",
            words=r"nit|rut",
            check=not_repeated(stdnum("co.nit")),
            why="a Colombian tax number with a valid check digit",
            source="Colombia, DIAN, 'Orden administrativa 4 of 1989': modulo 11",
        ),
        number(
            "CO_CEDULA",
            _ID,
            "co",
            shared=r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,3}|[1-9][0-9]{5,9}",
            words=r"c[\xe9e]dula(?: de ciudadan[\xedi]a)?|c\.c\.",
            check=not_repeated(lambda _: True),
            why="a Colombian citizenship card number, named as such",
            source="Colombia, Registraduría Nacional del Estado Civil, 'Cédula de ciudadanía': six to ten digits",
        ),
        number(
            "EC_CI",
            _ID,
            "ec",
            shared=r"[0-9]{9}-?[0-9]",
            words=r"c[\xe9e]dula|ecuador\w*|ci",
            check=not_repeated(stdnum("ec.ci")),
            why="an Ecuadorian identity card number with a valid check digit",
            source="Ecuador, Dirección General de Registro Civil: ten digits, Luhn",
        ),
        number(
            "DO_CEDULA",
            _ID,
            "do",
            begins=f"{D}{{3}}-{D}{{4}}",
            own=r"[0-9]{3}-[0-9]{7}-[0-9]",
            shared=r"[0-9]{11}",
            words=r"c[\xe9e]dula|dominican\w*",
            check=not_repeated(stdnum("do.cedula")),
            why="a Dominican identity card number with a valid check digit",
            source="Dominican Republic, Junta Central Electoral: eleven digits, Luhn",
        ),
    )
)
