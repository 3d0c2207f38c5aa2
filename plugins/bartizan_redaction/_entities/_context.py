"""Values that only the words before them give away: SWIFT_CODE, DATE_OF_BIRTH, US_PASSPORT, DRIVER_LICENSE, BANK_ACCOUNT."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, D, Entity, edge, groups
from bartizan_redaction._entities._numbers import said_before

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Resolve, Span

_AFTER: Final = r"(?![0-9A-Za-z_]|[-.,/][0-9])"
_BEFORE: Final = r"(?<![0-9A-Za-z])(?<![0-9][-.,/])"


def _named(shape: str, words: str) -> Resolve:
    match, said = re.compile(f"{_BEFORE}(?:{shape}){_AFTER}").match, said_before(words)

    def resolve(text: str, begin: int) -> Span | None:
        found = match(text, begin)
        return found.span() if found is not None and said(text, begin) else None

    return resolve


def _entity(label: str, family: str, why: str, source: str, begins: str, shape: str, words: str) -> Entity:
    return Entity(
        label=label,
        groups=groups("pii", family),
        why=why,
        source=source,
        gate=edge(rf"(?:{shape})(?:\b|_)"),
        begins=begins,
        resolve=_named(shape, words),
        max_span=SPACED_SPAN,
        spaced=True,
    )


# ISO 3166-1 alpha-2, and XK for Kosovo.
_COUNTRIES: Final = (
    "A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]|G[ABDEFGHILMNPQRSTUWY]"
    "|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|OM|P[AEFGHKLMNRSTWY]"
    "|QA|R[EOSUW]|S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|W[FS]|XK|Y[ET]|Z[AMW]"
)
_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH: Final = "(?:0?[1-9]|1[0-2])"
_YEAR: Final = "(?:19|20)[0-9]{2}"
_DATE: Final = "|".join(
    [f"{_YEAR}{sign}{_MONTH}{sign}{_DAY}" for sign in ("-", "/", r"\.")]
    + [f"{_DAY}{sign}{_MONTH}{sign}{_YEAR}|{_MONTH}{sign}{_DAY}{sign}{_YEAR}" for sign in ("-", "/", r"\.", " ")]
    + [f"{_DAY}{sign}{_MONTH}{sign}[0-9]{{2}}|{_MONTH}{sign}{_DAY}{sign}[0-9]{{2}}" for sign in ("-", "/", r"\.")]
)

ENTITIES: Final = (
    _entity(
        "SWIFT_CODE",
        "financial",
        "a bank's SWIFT or BIC code, named as such",
        "ISO 9362: four letters, a country, two characters, and three more for a branch",
        "[A-Z][A-Z]aaaa",
        rf"[A-Z]{{4}}(?:{_COUNTRIES})[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?",
        r"swift(?:[ -]?code)?|bic(?:[ -]?code)?|bic/swift|swift/bic",
    ),
    _entity(
        "DATE_OF_BIRTH",
        "personal",
        "a date that is said to be someone's birth",
        "ISO 8601 (year first) and the orders day-month-year and month-day-year; the words before decide",
        rf"{D}{{1,2}}[-/. ]{D}|{D}{{4}}[-/.]{D}",
        _DATE,
        r"d\.?o\.?b\.?|date of birth|birth ?-?date|birth_date|birthday|born(?: on)?|geburtsdatum|geboren(?: am)?|geb\.|n[\xe9e]e? le"
        r"|date de naissance|fecha de nacimiento|nacid[oa] el|data di nascita|nat[oa] il|data de nascimento|geboortedatum",
    ),
    _entity(
        "US_PASSPORT",
        "national_id",
        "a passport number, named as such",
        "US Department of State: nine digits, or a letter and eight digits (Next Generation Passport)",
        f"{D}{{8}}|[A-Z][0-9]{D}{{6}}",
        "[A-Z]?[0-9]{8,9}",
        "passports?(?: (?:number|no|num|id))?|passport_(?:number|no)|passportnumber|travel document",
    ),
    _entity(
        "DRIVER_LICENSE",
        "national_id",
        "a driver's licence number, named as such",
        "AAMVA DL/ID card design standard (formats by state); DVLA, 'Driving licence number' (16 characters)",
        f"{D}{{5}}|{D}{{3}}-|[A-Z][0-9]{D}{{2}}|[A-Z][A-Z]{D}{{4}}|[A-Z][A-Z]aaa",
        r"[A-Z]{0,2}[0-9]{5,14}|[A-Z][0-9]{3}-[0-9]{4}-[0-9]{4}|[A-Z][0-9]{3}-[0-9]{3}-[0-9]{2}-[0-9]{3}"
        r"|[A-Z]{5}[0-9]{6}[A-Z0-9]{2}[0-9][A-Z]{2}|[0-9]{3}-[0-9]{3}-[0-9]{3}",
        r"driver'?s?'? ?licen[cs]es?|driving licen[cs]e|dl(?: ?(?:no|number|#))?|licen[cs]e (?:no|number)|drivers?_licen[cs]e"
        r"|f\xfchrerschein\w{0,8}|permis de conduire",
    ),
    _entity(
        "BANK_ACCOUNT",
        "financial",
        "a bank account number, named as such",
        "ABA and NACHA operating rules (up to 17 digits); Pay.UK (8 digits, sort code 6)",
        f"{D}{{6}}|{D}{{2}}-{D}{{2}}-",
        "[0-9]{6,17}|[0-9]{2}-[0-9]{2}-[0-9]{2}",
        r"bank ?account|bank_account|account (?:number|no|num|#)|account_number|accountnumber|acct\.?(?: (?:no|number|#))?|a/c(?: no)?"
        r"|routing (?:number|no)|routing_number|aba|sort ?code|sort_code|kontonummer|konto-nr|num[\xe9e]ro de compte",
    ),
)
