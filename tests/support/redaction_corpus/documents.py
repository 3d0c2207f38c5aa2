# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Dates of birth, passports and driving licences, always with the words that tell what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.redaction_corpus.model import DIGITS, UPPER, Kind, Value, birthday, take

if TYPE_CHECKING:
    import random

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
BIRTH = {
    "en": (
        "Date of birth: {v}",
        "DOB: {v}",
        "D.O.B. {v}",
        "She was born on {v} in Leeds.",
        "born {v}",
        "My birthday is {v}.",
        "birth date {v}",
        "Birthdate: {v}",
        "dob {v}",
        "The patient (DOB {v}) was admitted.",
        "my date of birth is {v}",
        "DoB - {v}",
    ),
    "de": ("Geburtsdatum: {v}", "geboren am {v} in Köln", "geb. {v}", "Geburtstag: {v}", "Mein Geburtsdatum ist der {v}."),
    "fr": ("Date de naissance : {v}", "né le {v} à Lyon", "née le {v}", "Ma date de naissance est le {v}."),
    "es": ("Fecha de nacimiento: {v}", "nacido el {v} en Sevilla", "nacida el {v}", "F. nacimiento: {v}"),
    "it": ("Data di nascita: {v}", "nato il {v} a Torino", "nata il {v}"),
    "pt": ("Data de nascimento: {v}", "nascido em {v}", "nascida em {v} no Porto"),
    "nl": ("Geboortedatum: {v}", "geboren op {v} te Utrecht"),
    "pl": ("Data urodzenia: {v}", "ur. {v} w Krakowie", "urodzony {v}", "urodzona {v}"),
    "sv": ("Födelsedatum: {v}", "född {v} i Lund", "född den {v}"),
    "ru": ("Дата рождения: {v}", "родился {v} в Москве", "родилась {v}"),
}
NUMERIC = (
    "生年月日: {v}",
    "出生日期：{v}",
    "생년월일: {v}",
    "Doğum tarihi: {v}",
    "Datum narození: {v}",
    "Født: {v}",
    "Fødselsdato: {v}",
    "Syntymäaika: {v}",
    "Születési dátum: {v}",
    "Data nașterii: {v}",
    "Ημερομηνία γέννησης: {v}",
    "Дата народження: {v}",
    "תאריך לידה: {v}",
    "जन्म तिथि: {v}",
    "تاريخ الميلاد: {v}",
)


def birth(rng: random.Random) -> Value:
    day = birthday(rng, 1925, 2012)
    y, m, d = day.year, day.month, day.day
    if rng.random() < 0.25:
        text = rng.choice([f"{y}-{m:02d}-{d:02d}", f"{d:02d}.{m:02d}.{y}", f"{d:02d}/{m:02d}/{y}", f"{y}/{m:02d}/{d:02d}"])
        return Value(text, form="numeric, other languages", phrases=NUMERIC)
    language = rng.choice(["en", "en", "en", *BIRTH])
    phrases = BIRTH[language]
    if language == "en" and rng.random() < 0.6:
        month, ordinal = MONTHS["en"].split()[m - 1], "th" if 10 < d < 20 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
        text = rng.choice(
            [
                f"{month} {d}, {y}",
                f"{d} {month} {y}",
                f"{d}{ordinal} {month} {y}",
                f"{d}-{month[:3]}-{y}",
                f"{month[:3]} {d}, {y}",
                f"{d:02d} {month[:3].upper()} {y}",
                f"{month} {d}{ordinal}, {y}",
                f"{month[:3]}. {d}, {y}",
                f"{d}{ordinal} of {month} {y}",
                f"{m}/{d}/{y % 100:02d}",
            ]
        )
        return Value(text, form="English month", phrases=phrases)
    if language != "en" and rng.random() < 0.6:
        month = MONTHS[language].split()[m - 1]
        text = {"de": f"{d}. {month} {y}", "es": f"{d} de {month} de {y}", "pt": f"{d} de {month} de {y}"}.get(
            language, f"{d} {month} {y}"
        )
        return Value(text, form=f"month in {language}", phrases=phrases)
    text = rng.choice(
        [
            f"{y}-{m:02d}-{d:02d}",
            f"{m:02d}/{d:02d}/{y}",
            f"{d:02d}/{m:02d}/{y}",
            f"{d:02d}.{m:02d}.{y}",
            f"{d}.{m}.{y}",
            f"{d}/{m}/{y}",
            f"{d:02d}-{m:02d}-{y}",
            f"{d:02d}.{m:02d}.{y % 100:02d}",
        ]
    )
    return Value(text, form="numeric", phrases=phrases)


PASSPORT_WORDS = {
    "DE": ("Reisepass-Nr. {v}", "Passnummer: {v}", "Reisepassnummer {v}", "Meine Reisepassnummer lautet {v}."),
    "FR": ("Passeport n° {v}", "numéro de passeport : {v}"),
    "ES": ("Número de pasaporte: {v}", "pasaporte {v}", "Pasaporte n.º {v}"),
    "IT": ("Passaporto n. {v}", "numero di passaporto: {v}"),
    "NL": ("Paspoortnummer: {v}",),
    "PL": ("Numer paszportu: {v}", "paszport nr {v}"),
    "BR": ("Passaporte: {v}", "número do passaporte {v}"),
    "RU": ("Загранпаспорт: {v}", "паспорт № {v}"),
    "CN": ("护照号码：{v}",),
    "JP": ("パスポート番号: {v}", "旅券番号: {v}"),
}


def passport(rng: random.Random) -> Value:
    """Numbers as the issuing states print them (ICAO Doc 9303: up to nine letters and digits)."""
    country = rng.choice(["US", "US", "US", "GB", "IN", "CA", "AU", *PASSPORT_WORDS])
    letters, n = (lambda k: take(rng, UPPER, k)), (lambda k: take(rng, DIGITS, k))
    text = {
        "US": lambda: rng.choice([n(9), rng.choice("ABCY") + n(8)]),
        "GB": lambda: n(9),
        "IN": lambda: rng.choice("ABCJKLMNPRSTUVZ") + rng.choice("123456789") + n(6),
        "CA": lambda: letters(2) + n(6),
        "AU": lambda: rng.choice("LMNPE") + rng.choice(["", "A"]) + n(7),
        "DE": lambda: "C" + take(rng, "CFGHJKLMNPRTVWXYZ0123456789", 7) + n(1),
        "FR": lambda: n(2) + letters(2) + n(5),
        "ES": lambda: letters(3) + n(6),
        "IT": lambda: rng.choice(["YA", "YB", "AA"]) + n(7),
        "NL": lambda: "N" + take(rng, "ABCDEFGHJKLMNPRSTUVWXYZ", 1) + take(rng, "BCDFGHJKLMNPRSTVWXYZ0123456789", 6) + n(1),
        "PL": lambda: letters(2) + n(7),
        "BR": lambda: letters(2) + n(6),
        "RU": lambda: f"{n(2)} {n(7)}",
        "CN": lambda: rng.choice("EG") + n(8),
        "JP": lambda: rng.choice("TM") + letters(1) + n(7),
    }[country]()
    return Value(text, form=country, phrases=PASSPORT_WORDS.get(country, ()))


LICENCE_WORDS = {
    "DE": ("Führerscheinnummer: {v}", "Führerschein-Nr. {v}", "Führerschein {v}"),
    "FR": ("Permis de conduire n° {v}", "numéro de permis de conduire : {v}"),
    "IT": ("Patente di guida n. {v}", "patente: {v}"),
    "ES": ("Permiso de conducir: {v}", "licencia de conducir {v}", "Carnet de conducir n.º {v}"),
    "NL": ("Rijbewijsnummer: {v}", "rijbewijs {v}"),
    "BR": ("CNH: {v}", "Carteira de motorista nº {v}"),
    "PL": ("Prawo jazdy nr {v}",),
    "SE": ("Körkort: {v}", "körkortsnummer {v}"),
}


def licence(rng: random.Random) -> Value:
    """Numbers as the states' licence authorities print them (AAMVA's list of formats for the United States)."""
    where = rng.choice(
        ["CA", "NY", "FL", "TX", "IL", "WA", "NJ", "PA", "MI", "OH", "GB", "GB", "IN", "ON", "NSW", *LICENCE_WORDS]
    )
    letters, n = (lambda k: take(rng, UPPER, k)), (lambda k: take(rng, DIGITS, k))
    text = {
        "CA": lambda: letters(1) + n(7),
        "NY": lambda: n(9),
        "FL": lambda: f"{letters(1)}{n(3)}-{n(3)}-{n(2)}-{n(3)}-{n(1)}",
        "TX": lambda: n(8),
        "IL": lambda: rng.choice([f"{letters(1)}{n(3)}-{n(4)}-{n(4)}", letters(1) + n(11)]),
        "WA": lambda: f"WDL{letters(4)}{n(3)}{letters(1)}{n(1)}",
        "NJ": lambda: rng.choice([letters(1) + n(14), f"{letters(1)}{n(4)} {n(5)} {n(5)}"]),
        "PA": lambda: n(8),
        "MI": lambda: rng.choice([letters(1) + n(12), f"{letters(1)} {n(3)} {n(3)} {n(3)} {n(3)}"]),
        "OH": lambda: letters(2) + n(6),
        "GB": lambda: (
            take(rng, UPPER, 5)
            + n(1)
            + f"{rng.choice('0156')}{rng.randint(1, 9)}"
            + f"{rng.randint(1, 28):02d}"
            + n(1)
            + letters(2)
            + n(1)
            + letters(2)
        ),
        "IN": lambda: (
            rng.choice(["MH", "DL", "KA", "TN"])
            + rng.choice([f"{n(2)} 20{n(2)}{n(7)}", f"-{n(2)}20{n(2)}{n(7)}", f"{n(2)}20{n(2)}{n(7)}"])
        ),
        "ON": lambda: f"{letters(1)}{n(4)}-{n(5)}-{n(5)}",
        "NSW": lambda: n(8),
        "DE": lambda: take(rng, UPPER, 1) + n(3) + take(rng, UPPER + DIGITS, 5) + n(1) + rng.choice("0123456789X"),
        "FR": lambda: n(12),
        "IT": lambda: rng.choice(
            ["U1" + take(rng, UPPER + DIGITS, 7) + letters(1), rng.choice(["RM", "TO", "MI"]) + n(7) + letters(1)]
        ),
        "ES": lambda: n(8) + letters(1),
        "NL": lambda: n(10),
        "BR": lambda: n(11),
        "PL": lambda: f"{n(5)}/{n(2)}/{n(4)}",
        "SE": lambda: f"{birthday(rng, 1940, 2000):%y%m%d}-{n(4)}",
    }[where]()
    return Value(text, form=where, phrases=LICENCE_WORDS.get(where, ()))


KINDS = (
    Kind(
        "DATE_OF_BIRTH",
        birth,
        ("date of birth", "DOB", "birthdate", "birth date", "Date of Birth", "D.O.B."),
        ("dob", "date_of_birth", "birthDate", "birthdate", "dateOfBirth", "birthday"),
        BIRTH["en"],
    ),
    Kind(
        "PASSPORT",
        passport,
        ("passport", "passport number", "passport no.", "Passport No", "passport #", "US passport number"),
        ("passport", "passport_number", "passportNo", "passport_no"),
        ("Passport: {v}", "travelling on passport {v}"),
        frozenset({"US_PASSPORT", "PASSPORT", "PASSPORT_NUMBER"}),
    ),
    Kind(
        "DRIVER_LICENSE",
        licence,
        (
            "driver's license",
            "driver license number",
            "driving licence",
            "driving licence number",
            "drivers license",
            "DL number",
            "driver's licence no.",
        ),
        ("driver_license", "drivers_license", "license_number", "driverLicense", "dl_number"),
        ("DL# {v}", "DLN: {v}"),
        frozenset({"DRIVER_LICENSE", "US_DRIVER_LICENSE"}),
    ),
)
