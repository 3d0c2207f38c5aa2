"""National identifiers of continental Europe, each with check digits as its issuer defines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.redaction_corpus import checksums
from support.redaction_corpus.model import DIGITS, UPPER, Kind, Value, birthday, grouped, take

if TYPE_CHECKING:
    import random


def de_tax_id(rng: random.Random) -> Value:
    """BZSt: no leading zero; of the first ten digits one appears twice or three times; ISO 7064 MOD 11,10."""
    while True:
        pool = rng.sample(DIGITS, 9)
        digits = [*pool, rng.choice(pool)]
        rng.shuffle(digits)
        body = "".join(digits)
        if body[0] != "0":
            break
    style = rng.choice([(11,), (2, 3, 3, 3), (2, 3, 3, 3)])
    return Value(grouped(body + checksums.mod_11_10(body), style, " "), form="spaced" if len(style) > 1 else "compact")


def fr_nir(rng: random.Random) -> Value:
    """INSEE: sex, year, month, department (2A and 2B in Corsica), commune, order, and a key of 97 minus the number modulo 97."""
    department = rng.choice([f"{n:02d}" for n in range(1, 96) if n != 20] + ["2A", "2B", "99"])
    body = f"{rng.choice('12')}{rng.randrange(100):02d}{rng.randint(1, 12):02d}{department}{rng.randint(1, 550):03d}{rng.randint(1, 999):03d}"
    key = 97 - int(body.replace("2A", "19").replace("2B", "18")) % 97
    style = rng.choice([" ", " ", ""])
    return Value(grouped(f"{body}{key:02d}", (1, 2, 2, 2, 3, 3, 2), style), bare=True, form="spaced" if style else "compact")


ES_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def es_nif(rng: random.Random) -> Value:
    """Ministerio del Interior: the letter of the number modulo 23."""
    number = rng.randrange(1_000_000, 99_999_999)
    letter = ES_LETTERS[number % 23]
    plain = f"{number:08d}"
    text = rng.choice(
        [
            plain + letter,
            f"{plain}-{letter}",
            f"{plain[:2]}.{plain[2:5]}.{plain[5:]}-{letter}",
            plain + letter.lower(),
            f"{plain} {letter}",
        ]
    )
    return Value(text, bare=text[-1].isupper() and " " not in text, form="plain" if len(text) == 9 else "punctuated")


def es_nie(rng: random.Random) -> Value:
    """Orden INT/2058/2008: X, Y, Z stand for 0, 1, 2."""
    first, number = rng.randrange(3), take(rng, DIGITS, 7)
    letter = ES_LETTERS[int(f"{first}{number}") % 23]
    text = rng.choice(
        [f"{'XYZ'[first]}{number}{letter}", f"{'XYZ'[first]}-{number}-{letter}", f"{'XYZ'[first]}{number}-{letter}"]
    )
    return Value(text, bare=True, form="plain" if len(text) == 9 else "punctuated")


IT_ODD = dict(
    zip(
        DIGITS + UPPER,
        (
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            2,
            4,
            18,
            20,
            11,
            3,
            6,
            8,
            12,
            14,
            16,
            10,
            22,
            25,
            24,
            23,
        ),
        strict=True,
    )
)


def it_fiscal_code(rng: random.Random) -> Value:
    """D.M. 23/12/1976: six letters, year, month letter, day (plus 40 for women), place, check letter; digits may be letters (omocodia)."""
    born = birthday(rng)
    consonants = "BCDFGLMNPRSTVZ"
    day = born.day + rng.choice([0, 40])
    place = f"{rng.choice('ABCDEFGHILZ')}{rng.randint(1, 999):03d}"
    body = f"{take(rng, consonants, 6)}{born.year % 100:02d}{'ABCDEHLMPRST'[born.month - 1]}{day:02d}{place}"
    form = "plain"
    if rng.random() < 0.15:
        form = "omocodia"
        body = body[:14] + "LMNPQRSTUV"[int(body[14])]
    total = sum(IT_ODD[c] if at % 2 == 0 else (int(c) if c.isdigit() else UPPER.index(c)) for at, c in enumerate(body))
    text = body + UPPER[total % 26]
    style = rng.choice(["plain", "plain", "lower", "spaced"])
    if style == "spaced":
        text = grouped(text, (3, 3, 5, 5), " ")
    return Value(text.lower() if style == "lower" else text, bare=style != "lower", form=f"{form} {style}")


def pl_pesel(rng: random.Random) -> Value:
    """Act on population records: YYMMDD (month plus 20 from 2000 on), four digits, weights 1 3 7 9."""
    born = birthday(rng)
    body = f"{born.year % 100:02d}{born.month + (20 if born.year >= 2000 else 0):02d}{born.day:02d}{take(rng, DIGITS, 4)}"
    return Value(f"{body}{-checksums.weighted(body, (1, 3, 7, 9) * 3) % 10}", form="compact")


def nl_bsn(rng: random.Random) -> Value:
    """RvIG: weights 9 to 2 and -1, modulus 11."""
    while True:
        text = take(rng, "012", 1) + take(rng, DIGITS, 8)
        if checksums.weighted(text, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and text[:2] != "00":
            break
    style = rng.choice(["compact", "compact", "dots", "spaces"])
    if style == "dots":
        return Value(f"{text[:4]}.{text[4:6]}.{text[6:]}", form=style)
    return Value(grouped(text, (3, 3, 3), " ") if style == "spaces" else text, form=style)


def se_personnummer(rng: random.Random) -> Value:
    """SFS 1991:481, 18 §: date of birth, three digits, Luhn; a plus from the hundredth year on; coordination numbers add 60 to the day."""
    born = birthday(rng)
    day = born.day + (60 if rng.random() < 0.1 else 0)
    body = f"{born.year % 100:02d}{born.month:02d}{day:02d}{rng.randint(1, 999):03d}"
    last = body[6:] + checksums.luhn(body)
    style = rng.choice(["short", "long", "long", "long compact", "short compact"])
    text = {
        "short": f"{body[:6]}-{last}",
        "long": f"{born.year // 100}{body[:6]}-{last}",
        "long compact": f"{born.year // 100}{body[:6]}{last}",
        "short compact": f"{body[:6]}{last}",
    }[style]
    return Value(text, bare="-" in text, form=style)


KINDS = (
    Kind(
        "DE_TAX_ID",
        de_tax_id,
        ("German tax ID", "tax identification number", "Steuer-ID", "IdNr"),
        ("steuer_id", "tax_id", "steuerid", "idnr"),
        (
            "Meine Steuer-ID lautet {v}.",
            "Steueridentifikationsnummer: {v}",
            "IdNr. {v}",
            "Steuer-Identifikationsnummer {v}",
            "Steuer-IdNr.: {v}",
        ),
    ),
    Kind(
        "FR_NIR",
        fr_nir,
        ("French social security number", "NIR", "INSEE number"),
        ("nir", "numero_secu", "insee"),
        ("Mon numéro de sécurité sociale est le {v}.", "N° de sécu : {v}", "NIR : {v}", "Numéro INSEE {v}"),
    ),
    Kind(
        "ES_NIF",
        es_nif,
        ("NIF", "DNI", "Spanish ID"),
        ("nif", "dni", "documento"),
        ("Mi DNI es {v}.", "NIF: {v}", "con DNI número {v}", "D.N.I. {v}"),
    ),
    Kind(
        "ES_NIE", es_nie, ("NIE", "foreigner's ID (NIE)"), ("nie", "documento"), ("Mi NIE es {v}.", "NIE: {v}", "con NIE n.º {v}")
    ),
    Kind(
        "IT_FISCAL_CODE",
        it_fiscal_code,
        ("Italian tax code", "codice fiscale", "fiscal code"),
        ("codice_fiscale", "cf", "fiscal_code"),
        ("Il mio codice fiscale è {v}.", "C.F. {v}", "Codice fiscale: {v}"),
    ),
    Kind(
        "PL_PESEL",
        pl_pesel,
        ("PESEL", "PESEL number"),
        ("pesel", "PESEL", "nr_pesel"),
        ("Mój numer PESEL to {v}.", "PESEL: {v}", "nr PESEL {v}"),
    ),
    Kind(
        "NL_BSN",
        nl_bsn,
        ("BSN", "citizen service number", "Dutch BSN"),
        ("bsn", "BSN", "burgerservicenummer"),
        ("Mijn BSN is {v}.", "Burgerservicenummer: {v}", "BSN-nummer {v}"),
    ),
    Kind(
        "SE_PERSONNUMMER",
        se_personnummer,
        ("Swedish personal number", "personnummer", "personal identity number"),
        ("personnummer", "pnr", "personnr"),
        ("Mitt personnummer är {v}.", "Personnummer: {v}", "pers.nr {v}", "Personnr: {v}"),
    ),
)
