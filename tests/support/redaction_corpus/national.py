"""National identifiers outside the continent of Europe, each with check digits as its issuer defines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.redaction_corpus import checksums
from support.redaction_corpus.model import DIGITS, UPPER, Kind, Value, grouped, take

if TYPE_CHECKING:
    import random


def us_ssn(rng: random.Random) -> Value:
    """SSA: area 001 to 899 but 666, group 01 to 99, serial 0001 to 9999."""
    area = rng.choice([n for n in range(1, 900) if n != 666])
    parts = (f"{area:03d}", f"{rng.randint(1, 99):02d}", f"{rng.randint(1, 9999):04d}")
    separator = rng.choice(["-", "-", " ", ""])
    return Value(separator.join(parts), bare=separator == "-", form=f"with '{separator}'")


def us_itin(rng: random.Random) -> Value:
    """IRS: begins with 9; fourth and fifth digit 50 to 65, 70 to 88, 90 to 92, 94 to 99."""
    group = rng.choice([*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)])
    separator = rng.choice(["-", "-", " ", ""])
    return Value(
        separator.join((f"9{rng.randrange(100):02d}", str(group), f"{rng.randrange(10000):04d}")),
        bare=separator == "-",
        form=f"with '{separator}'",
    )


def uk_nino(rng: random.Random) -> Value:
    """HMRC NIM39110: no D, F, I, Q, U, V in the prefix, no O in its second place, some prefixes never issued, suffix A to D."""
    while True:
        prefix = rng.choice("ABCEGHJKLMNOPRSTWXYZ") + rng.choice("ABCEGHJKLMNPRSTWXYZ")
        if prefix not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}:
            break
    text = prefix + take(rng, DIGITS, 6) + rng.choice("ABCD")
    style = rng.choice(["", " ", " ", "-", "lower"])
    if style == "lower":
        return Value(text.lower(), form="lower")
    return Value(grouped(text, (2, 2, 2, 2, 1), style), bare=style != "-", form=f"with '{style}'")


def uk_nhs(rng: random.Random) -> Value:
    """NHS data dictionary: weights 10 to 2, modulus 11."""
    while True:
        digits = rng.choice("4679") + take(rng, DIGITS, 8)
        check = (11 - checksums.weighted(digits, range(10, 1, -1)) % 11) % 11
        if check != 10:
            break
    separator = rng.choice([" ", " ", "", "-"])
    return Value(grouped(f"{digits}{check}", (3, 3, 4), separator), form=f"with '{separator}'")


def in_aadhaar(rng: random.Random) -> Value:
    """UIDAI: twelve digits, first 2 to 9, Verhoeff."""
    body = rng.choice("23456789") + take(rng, DIGITS, 10)
    separator = rng.choice([" ", " ", "-", ""])
    return Value(grouped(body + checksums.verhoeff(body), (4, 4, 4), separator), form=f"with '{separator}'")


def in_pan(rng: random.Random) -> Value:
    """Income Tax Department: five letters (the fourth tells the holder's status), four digits, a letter."""
    text = f"{take(rng, UPPER, 3)}{rng.choice('PCHFATBLJG')}{take(rng, UPPER, 1)}{rng.randint(1, 9999):04d}{take(rng, UPPER, 1)}"
    return Value(text.lower(), form="lower") if rng.random() < 0.1 else Value(text, bare=True, form="upper")


def br_cpf(rng: random.Random) -> Value:
    """Receita Federal: two check digits, modulus 11."""
    body = take(rng, DIGITS, 9)
    for size in (10, 11):
        body += str((11 - checksums.weighted(body, range(size, 1, -1)) % 11) % 11 % 10)
    if rng.random() < 0.7:
        return Value(f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}", bare=True, form="punctuated")
    return Value(body, form="compact")


def br_cnpj(rng: random.Random) -> Value:
    """Receita Federal; IN RFB 2.229/2024 adds letters from July 2026 on, which count as their ASCII code minus 48."""
    letters = rng.random() < 0.2
    body = (
        take(rng, DIGITS + UPPER, 8) + rng.choice(["0001", "0002", "00A1"])
        if letters
        else take(rng, DIGITS, 8) + rng.choice(["0001", "0002"])
    )
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        total = sum((ord(c) - 48) * w for c, w in zip(body, weights, strict=True))
        body += str((11 - total % 11) % 11 % 10)
    form = " alphanumeric" if letters else ""
    if rng.random() < 0.7:
        return Value(f"{body[:2]}.{body[2:5]}.{body[5:8]}/{body[8:12]}-{body[12:]}", bare=True, form=f"punctuated{form}")
    return Value(body, form=f"compact{form}")


def ca_sin(rng: random.Random) -> Value:
    """ESDC: nine digits, first neither 0 nor 8, Luhn."""
    body = rng.choice("1234567") + take(rng, DIGITS, 7)
    separator = rng.choice([" ", " ", "-", ""])
    return Value(grouped(body + checksums.luhn(body), (3, 3, 3), separator), form=f"with '{separator}'")


def au_tfn(rng: random.Random) -> Value:
    """ATO: weights 1 4 3 7 5 8 6 9 10, modulus 11."""
    while True:
        text = rng.choice("123456789") + take(rng, DIGITS, 8)
        if checksums.weighted(text, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0:
            break
    separator = rng.choice([" ", " ", "", "-"])
    return Value(grouped(text, (3, 3, 3), separator), form=f"with '{separator}'")


def au_abn(rng: random.Random) -> Value:
    """ABR: one less in the first digit, weights 10 1 3 5 … 19, modulus 89."""
    body = take(rng, DIGITS, 9)
    head = next(
        n for n in range(10, 99) if (checksums.weighted(f"{n}{body}", (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) - 10) % 89 == 0
    )
    return Value(grouped(f"{head}{body}", rng.choice([(2, 3, 3, 3), (2, 3, 3, 3), (11,)]), " "), form="abn")


KINDS = (
    Kind(
        "US_SSN",
        us_ssn,
        ("SSN", "social security number", "Social Security No.", "social security", "SS#"),
        ("ssn", "social_security_number", "SSN", "socialSecurityNumber"),
        ("mi número de seguro social es {v}", "Applicant's SSN {v} was verified."),
    ),
    Kind(
        "US_ITIN",
        us_itin,
        ("ITIN", "individual taxpayer identification number", "taxpayer ID", "US tax ID"),
        ("itin", "ITIN", "taxpayer_id"),
        ("ITIN (W-7): {v}",),
    ),
    Kind(
        "UK_NINO",
        uk_nino,
        ("NI number", "National Insurance number", "NINO", "national insurance no."),
        ("nino", "ni_number", "national_insurance_number"),
        ("NI no. {v}",),
    ),
    Kind(
        "UK_NHS",
        uk_nhs,
        ("NHS number", "NHS no.", "NHS No", "NHS"),
        ("nhs_number", "nhs", "nhsNumber", "patient_nhs_number"),
        ("Patient (NHS {v}) was seen today.",),
    ),
    Kind(
        "IN_AADHAAR",
        in_aadhaar,
        ("Aadhaar", "Aadhaar number", "Aadhar no.", "UIDAI number", "UID"),
        ("aadhaar", "aadhaar_number", "aadhar", "uidai"),
        ("मेरा आधार नंबर {v} है", "आधार: {v}"),
    ),
    Kind(
        "IN_PAN",
        in_pan,
        ("PAN", "PAN card", "PAN number", "permanent account number"),
        ("pan", "pan_number", "pan_card"),
        ("पैन कार्ड {v}",),
    ),
    Kind(
        "BR_CPF",
        br_cpf,
        ("CPF", "CPF number"),
        ("cpf", "CPF", "cpf_cliente"),
        ("Meu CPF é {v}.", "CPF: {v}", "CPF nº {v}", "inscrito no CPF sob o nº {v}"),
    ),
    Kind("BR_CNPJ", br_cnpj, ("CNPJ", "CNPJ number"), ("cnpj", "CNPJ"), ("O CNPJ da empresa é {v}.", "CNPJ: {v}", "CNPJ nº {v}")),
    Kind(
        "CA_SIN",
        ca_sin,
        ("SIN", "social insurance number", "Canadian SIN", "Social Insurance No."),
        ("sin", "social_insurance_number", "SIN"),
        ("Mon NAS est le {v}.", "numéro d'assurance sociale : {v}", "NAS: {v}"),
    ),
    Kind("AU_TFN", au_tfn, ("TFN", "tax file number", "Tax File No."), ("tfn", "tax_file_number", "TFN"), ()),
    Kind(
        "AU_ABN",
        au_abn,
        ("ABN", "Australian business number"),
        ("abn", "ABN", "australian_business_number"),
        ("Acme Pty Ltd (ABN {v})",),
    ),
)
