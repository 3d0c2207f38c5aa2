"""Values that only the words before them give away: SWIFT_CODE, US_PASSPORT, PASSPORT, DRIVER_LICENSE, BANK_ACCOUNT."""

from __future__ import annotations

from itertools import chain
from typing import Final

from bartizan_redaction._entities._number import growing, number

# ISO 3166-1 alpha-2, and XK for Kosovo.
_COUNTRIES: Final = (
    "A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]|G[ABDEFGHILMNPQRSTUWY]"
    "|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]"
    "|OM|P[AEFGHKLMNRSTWY]"
    "|QA|R[EOSUW]|S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|W[FS]|XK|Y[ET]|Z[AMW]"
)


def _any(_: str) -> bool:
    """Nothing to check: the words decide."""
    return True


def _digits(value: str) -> bool:
    """At least four digits: what words in capitals don't have."""
    return sum(map(str.isdecimal, value)) >= 4  # noqa: PLR2004 (said in words beside it)


def _licence(value: str) -> bool:
    """Those, or Italy's since 2013: U1, seven letters and digits, a letter."""
    return _digits(value) or (len(value) == 10 and value.startswith("U1"))  # noqa: PLR2004 (said in words beside it)


def _passport(value: str) -> bool:
    """Those, or nine capitals and digits that end in a digit, as Germany and the Netherlands mix them."""
    return _digits(value) or (len(value) == 9 and value.isupper() and value[-1].isdecimal())  # noqa: PLR2004 (said in words beside it)


_PASSPORT: Final = (
    r"passports?|passport (?:number|no|num|id)|passportnumber|passportno|travel document|reisepass\w*"
    r"|passnummer|pass-?nr|passeport"
    r"|pasaporte|passaporto|passaporte|paspoort\w*|paszport\w*|pasaport\w*|паспорт\w*|загранпаспорт\w*|护照\w*|護照"
    r"|パスポート\w*|旅券|여권\w*"
)
_LICENCE: Final = (
    r"driver'?s?'? licen[cs]es?|driving licen[cs]es?|dl|dln|dl (?:no|number|#)|licen[cs]e (?:no|num|number|#)"
    r"|driver'?s? permit|f\xfchrerschein\w{0,8}|fahrerlaubnis\w*|permis de conduire"
    r"|(?:licencia|permiso) de conduc\w*|carn[e\xe9]t? de conducir|patente(?: di guida)?"
    r"|cart(?:a|eira) de (?:condu[\xe7c][\xe3a]o|motorista|habilita[\xe7c][\xe3a]o)|cnh|rijbewijs\w*"
    r"|praw[oa] jazdy|k\xf6rkort\w*|f\xf8rerkort\w*|k\xf8rekort\w*|ajokort\w*|водительск\w* удостоверени\w*|права №|運転免許\w*|驾驶证\w*|驾照"
)
_LICENCES: Final = (
    "AAMVA DL/ID card design standard (formats by state); DVLA, 'Driving licence number' (16 characters); Directive 2006/126/EC"
)
ENTITIES: Final = tuple(
    chain(
        number(
            "SWIFT_CODE",
            "financial",
            shared=rf"[A-Z]{{4}}(?:{_COUNTRIES})[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?",
            words=r"swift|swift code|bic|bic code|bank identifi(?:er|cation) code|business identifier code",
            check=_any,
            why="a bank's SWIFT or BIC code, named as such",
            source="ISO 9362: four letters, a country, two characters, and three more for a branch",
            spaced=False,
            digit=False,
        ),
        number(
            "US_PASSPORT",
            "national_id",
            shared="[A-Z]?[0-9]{8,9}",
            words=_PASSPORT,
            check=_any,
            why="a passport number, named as such",
            source="US Department of State: nine digits, or a letter and eight digits (Next Generation Passport)",
            spaced=False,
        ),
        number(
            "PASSPORT",
            "national_id",
            shared=(
                r"(?=[0-9A-Za-z]{0,5}[0-9])(?:[A-Z0-9]{6,9}[0-9]?|[a-z]{1,2}[0-9]{6,8})|[A-Z]{1,2}-[0-9]{6,8}"
                r"|[A-Z]{2}[ ][0-9]{6,8}"
                r"|[0-9]{2}[ ]?[0-9]{2}[ ][0-9]{6}|[0-9]{2}[ ][0-9]{7}|[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{7}[0-9]"
                r"|N[A-NP-Z][A-NP-Z0-9]{6}[0-9]"
            ),
            words=_PASSPORT,
            check=_passport,
            why="a passport number, named as such",
            source="ICAO 9303-4 (document numbers of up to nine characters); national forms",
        ),
        number(
            "DRIVER_LICENSE",
            "national_id",
            shared=(
                r"[A-Z]{0,3}[0-9]{5,14}|[A-Z][0-9]{3}-[0-9]{4}-[0-9]{4}|[A-Z][0-9]{3}-[0-9]{3}-[0-9]{2}-[0-9]{3}(?:-[0-9])?"
                r"|[A-Z]{5}[0-9]{6}[A-Z0-9]{2}[0-9][A-Z]{2}|[A-Z][A-Z9]{4}[0-9]{6}[A-Z9]{2}[0-9A-Z]{3}"
                r"|[0-9]{3}-[0-9]{3}-[0-9]{3}"
                r"|[A-Z][0-9]{4}-[0-9]{5}-[0-9]{5}|[A-Z][0-9]{2}-[0-9]{2}-[0-9]{4}"
                r"|[0-9]{2}[ ][0-9]{3}[ ][0-9]{3}|[A-Z0-9][0-9]{2}[A-Z0-9]{6}[0-9][A-Z0-9]|[A-Z]{2}[0-9]{7}[A-Z]"
                r"|[A-Z]{1,2}-[0-9]{5,8}|[0-9]{5}/[0-9]{2}/[0-9]{4}|[0-9]{6}-[0-9]{4}|[0-9]{8}-?[A-Z]|U1[A-Z0-9]{7}[A-Z]"
                r"|WDL[A-Z]{4}[0-9]{3}[A-Z][0-9]|WA?[A-Z*]{5,10}[0-9]{3}[A-Z0-9]{2}"
                r"|[A-Z]{2}-?[0-9]{2}[ -]?(?:19|20)[0-9]{2}[ -]?[0-9]{7}|[A-Z]{5}[ ]?[0-9]{6}[ ]?[A-Z]{2}[0-9][A-Z]{2}"
            ),
            words=_LICENCE,
            check=_licence,
            why="a driver's licence number, named as such",
            source=_LICENCES,
        ),
        number(
            "DRIVER_LICENSE",
            "national_id",
            shared=(
                r"[A-Z][0-9]{4}[ -][0-9]{5}[ -][0-9]{5}|[A-Z](?P<s>[ -])[0-9]{3}(?P=s)[0-9]{3}(?P=s)[0-9]{3}(?P=s)[0-9]{3}"
                r"|[A-Z][0-9]{3}(?P<t>[ -])[0-9]{4}(?P=t)[0-9]{4}|[A-Z][0-9]{3}[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{3}[ -][0-9]"
            ),
            words=_LICENCE,
            check=_digits,
            why="a driver's licence number, named as such",
            source=_LICENCES,
            spaced=False,
            unfinished=growing(r"[A-Z](?:[ -]?[0-9]{1,5}){0,5}[ -]?\Z", 22),
        ),
        number(
            "BANK_ACCOUNT",
            "financial",
            shared=(
                r"[0-9]{6,20}|[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{2}[ ][0-9]{2}[ ][0-9]{2}"
                r"|[0-9]{4}[ -][0-9]{4}(?:[ -][0-9]{2,4}){0,3}"
                r"|[0-9]{3}-[0-9]{5,8}(?:-[0-9]{1,3})?|[0-9]{2,6}-[0-9]{2,10}/[0-9]{4}|[0-9]{3}[ ][0-9]{3}[ ][0-9]{2,4}"
            ),
            words=(
                r"bank ?account|account ?[:#]|bank_account\w*|account (?:number|no|num|#|id)|account_(?:number|no|num)|accountnumber"
                r"|accountno|acct|acct\.? (?:no|number|#)"
                r"|acct_(?:no|num|number)|a/c|a/c no|routing|routing (?:number|no)|routing_number|aba|aba (?:number|no"
                r"|routing)|sort ?code|sort_code|sortcode"
                r"|kontonummer|konto-nr|konto nr|kontonr|blz|bankleitzahl|num[\xe9e]ro de compte|n\xb0 de compte"
                r"|compte bancaire|rib"
                r"|n[\xfau]mero de cuenta|cuenta bancaria|ccc|numero di conto|conto corrente|conta corrente|rekeningnummer"
                r"|bankrekening\w*"
                r"|checking|savings account|wire to account|clabe|bsb|ifsc account|numer konta|银行账号|銀行口座|口座番号|계좌번호"
                r"|номер счета|счёт|счет"
            ),
            check=_any,
            why="a bank account number, named as such",
            source="ABA and NACHA operating rules (up to 17 digits); Pay.UK (8 digits, sort code 6); ISO 13616 (national account numbers)",
        ),
    )
)
