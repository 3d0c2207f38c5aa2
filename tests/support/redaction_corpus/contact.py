# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""E-mail addresses (RFC 5321, 5322, 6531) and telephone numbers (ITU-T E.164, E.123; national forms by phonenumbers' formatter)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import PhoneNumberFormat as Form
from phonenumbers import PhoneNumberType as Type
from support.redaction_corpus.model import DIGITS, LOWER, Kind, Value, take

if TYPE_CHECKING:
    import random

FIRST = ("jane", "omar", "li", "zoe", "d", "Maria", "PETER", "jean-luc", "sven", "o'brien", "anna_k", "x7")
LAST = ("doe", "al-farsi", "Weber", "smith2", "van.der.berg", "NOVAK", "o", "garcia99", "99", "liddell")
HOSTS = (
    "example",
    "mail.example",
    "a.b.c.example",
    "acme-widgets",
    "x1",
    "3com-test",
    "mx01.eu-west.acme",
    "Example",
    "team.big-corp",
    "q",
)
TLDS = (
    "com",
    "org",
    "net",
    "edu",
    "gov",
    "mil",
    "int",
    "info",
    "io",
    "ai",
    "dev",
    "app",
    "xyz",
    "de",
    "fr",
    "co.uk",
    "com.br",
    "co.jp",
    "com.au",
    "gov.in",
    "museum",
    "photography",
    "international",
    "technology",
    "travelersinsurance",
    "name",
    "COM",
    "cloud",
    "email",
)
UNICODE = (
    "jürgen@müller-bau.de",
    "info@bücher.example",
    "почта@пример.рф",
    "用户@例子.公司",
    "δοκιμή@παράδειγμα.ελ",
    "anna@éxample.fr",
    "josé.garcía@correo.es",
    "info@xn--bcher-kva.example",
    "office@xn--e1afmkfd.xn--p1ai",
    "राम@उदाहरण.भारत",
    "søren@firma.dk",
)


def email(rng: random.Random) -> Value:
    if rng.random() < 0.1:
        return Value(rng.choice(UNICODE), bare=True, form="idn")
    first, last, host, tld = rng.choice(FIRST), rng.choice(LAST), rng.choice(HOSTS), rng.choice(TLDS)
    local = rng.choice(
        [
            f"{first}.{last}",
            f"{first}+{rng.choice(['news', 'tag.1', 'a-b', '2024'])}",
            f"{first}_{last}",
            f"{first}{rng.randrange(1000)}",
            f"{first}-{last}",
            first,
            f"{take(rng, LOWER, 12)}",
            f"{rng.randrange(10**8)}",
            f"{first}.{last}+{take(rng, LOWER, 3)}",
            f"_{first}",
        ]
    )
    return Value(f"{local}@{host}.{tld}", bare=True, form="apostrophe" if "'" in local else "plain")


REGIONS = (
    "US",
    "CA",
    "GB",
    "IE",
    "DE",
    "AT",
    "CH",
    "FR",
    "BE",
    "NL",
    "LU",
    "ES",
    "PT",
    "IT",
    "GR",
    "PL",
    "CZ",
    "SK",
    "HU",
    "RO",
    "BG",
    "SE",
    "NO",
    "DK",
    "FI",
    "EE",
    "LT",
    "UA",
    "TR",
    "IL",
    "ZA",
    "EG",
    "NG",
    "KE",
    "IN",
    "PK",
    "CN",
    "JP",
    "KR",
    "SG",
    "MY",
    "TH",
    "ID",
    "PH",
    "AU",
    "NZ",
    "BR",
    "MX",
    "AR",
    "CL",
    "CO",
    "RU",
    "SA",
    "AE",
    "HK",
    "TW",
    "VN",
)
AREA_CODES = {"US", "CA", "BR", "RU", "UA", "TR", "IN", "CN"}
TRUNK_ZERO = {"GB", "DE", "AT", "CH", "FR", "BE", "NL", "SE", "AU", "NZ", "IE", "FI", "ZA", "JP"}
PHRASES = {
    "DE": ("Tel.: {v}", "Telefon: {v}", "Rufen Sie mich bitte unter {v} an.", "Handynummer {v}"),
    "AT": ("Tel.: {v}", "Telefonnummer: {v}", "Mobil: {v}"),
    "CH": ("Tel. {v}", "Telefon: {v}"),
    "FR": ("Tél. : {v}", "Téléphone : {v}", "Mon numéro de téléphone est le {v}.", "Appelez-moi au {v}, merci."),
    "BE": ("Tel: {v}", "Téléphone : {v}", "GSM: {v}"),
    "NL": ("Telefoonnummer: {v}", "Bel me op {v}", "Mobiel: {v}"),
    "ES": ("Teléfono: {v}", "Mi número de teléfono es {v}.", "Móvil: {v}", "Llámame al {v}"),
    "MX": ("Teléfono: {v}", "Celular: {v}"),
    "AR": ("Teléfono: {v}", "Celular: {v}"),
    "IT": ("Telefono: {v}", "Il mio numero di telefono è {v}.", "Cellulare: {v}"),
    "PT": ("Telefone: {v}", "Telemóvel: {v}"),
    "BR": ("Telefone: {v}", "Celular: {v}", "WhatsApp: {v}", "Me liga no {v}"),
    "PL": ("Telefon: {v}", "tel. {v}", "Numer telefonu: {v}"),
    "SE": ("Telefon: {v}", "Telefonnummer: {v}", "Mobil: {v}"),
    "NO": ("Telefon: {v}", "Mobil: {v}"),
    "DK": ("Telefon: {v}", "Mobil: {v}", "Tlf. {v}"),
    "FI": ("Puhelin: {v}", "Puh. {v}"),
    "CZ": ("Telefon: {v}", "tel.: {v}"),
    "TR": ("Telefon: {v}", "Cep telefonu: {v}"),
    "RU": ("Телефон: {v}", "Мой номер телефона {v}", "тел. {v}"),
    "UA": ("Телефон: {v}",),
    "JP": ("電話番号: {v}", "電話番号は{v}です。", "TEL {v}"),
    "CN": ("电话：{v}", "手机号：{v}", "联系电话 {v}"),
    "KR": ("전화번호: {v}", "휴대폰: {v}"),
}
EXTENSIONS = (" ext. 12", " x345", " ext 7", " extension 4021")


@cache
def _example(region: str, kind: int) -> phonenumbers.PhoneNumber | None:
    return phonenumbers.example_number_for_type(region, kind)


def phone_number(rng: random.Random, region: str) -> phonenumbers.PhoneNumber:
    """A valid number of the region: phonenumbers' example of a mobile or fixed line with other last digits."""
    example = _example(region, rng.choice([Type.MOBILE, Type.FIXED_LINE])) or _example(region, Type.MOBILE)
    national = phonenumbers.national_significant_number(example)
    for _ in range(50):
        keep = len(national) - rng.choice([4, 5, 6])
        other = phonenumbers.parse(f"+{example.country_code}{national[:keep]}{take(rng, DIGITS, len(national) - keep)}")
        if phonenumbers.is_valid_number(other) and phonenumbers.is_valid_number_for_region(other, region):
            return other
    return example


def international(rng: random.Random, number: phonenumbers.PhoneNumber, region: str) -> Value:
    """The number with its country code, in one of the ways in which people write it."""
    spaced = phonenumbers.format_number(number, Form.INTERNATIONAL)
    code = f"+{number.country_code}"
    rest = spaced[len(code) + 1 :]
    style = rng.choice(["E.164", "spaced", "spaced", "dots", "dashes", "00", "(0)", "RFC 3966"])
    if style == "RFC 3966":
        uri = phonenumbers.format_number(number, Form.RFC3966)
        return Value(uri, bare=True, core=(4, len(uri)), form=style)
    if style == "(0)" and region in AREA_CODES:
        area, _, others = rest.replace("-", " ").partition(" ")
        return Value(f"{code} ({area}) {others}", bare=True, form="international (area)")
    texts = {
        "E.164": phonenumbers.format_number(number, Form.E164),
        "dots": re.sub(r"[ \-]+", ".", spaced),
        "dashes": re.sub(r"[ \-]+", "-", spaced),
        "00": f"00{number.country_code} {rest}",
        "(0)": f"{code} (0){' ' if rng.random() < 0.5 else ''}{rest}" if region in TRUNK_ZERO else spaced,
    }
    return Value(texts.get(style, spaced), bare=style != "00", form=f"international {style}", phrases=PHRASES.get(region, ()))


def phone(rng: random.Random) -> Value:
    region = rng.choice(REGIONS)
    number = phone_number(rng, region)
    national = phonenumbers.format_number(number, Form.NATIONAL)
    digits = re.sub(r"\D", "", national)
    if rng.random() < 0.6 or len(digits) < 8:  # a local number of seven digits says too little
        return international(rng, number, region)
    phrases = PHRASES.get(region, ())
    roll = rng.random()
    if roll < 0.2:
        return Value(digits, form="national digits", phrases=phrases)
    if roll < 0.4 and region in {"US", "CA", "GB"}:
        return Value(
            national + rng.choice(EXTENSIONS), bare=region != "GB", core=(0, len(national)), form="extension", phrases=phrases
        )
    if region not in {"US", "CA"}:
        return Value(national, form="national", phrases=phrases)
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    forms = (
        f"({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"({area}){exchange}-{line}",
        f"1-{area}-{exchange}-{line}",
        f"{area} {exchange} {line}",
    )
    text = rng.choice(forms)
    return Value(text, bare=text != forms[-1], form="NANP")


KINDS = (
    Kind(
        "EMAIL_ADDRESS",
        email,
        ("email", "e-mail address", "mail", "email address", "contact"),
        ("email", "e_mail", "user_email", "contactEmail", "mailto"),
        (
            "Meine E-Mail-Adresse lautet {v}.",
            "Mon adresse électronique est {v}.",
            "Mi correo es {v}",
            "écrire à {v}",
            "Пишите на {v}",
        ),
    ),
    Kind(
        "PHONE_NUMBER",
        phone,
        ("phone", "phone number", "telephone", "mobile number", "cell", "tel", "mobile", "fax number", "contact number"),
        ("phone", "phone_number", "mobile", "telephone", "phoneNumber", "tel", "contact_phone", "fax"),
        (
            "Call me at {v}.",
            "You can reach me on {v} after six.",
            "Ring {v} and ask for Ann.",
            "WhatsApp me: {v}",
            "text me at {v}",
        ),
    ),
)
