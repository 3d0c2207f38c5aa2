"""Generated values of every entity, and generated things that only look alike: how much is found, and how much is found wrongly.

The generators follow the published definitions of the formats (named in each entity's `source`), check digits included, and share
no code with the plugin.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bartizan_redaction import ENTITIES, Config, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[random.Random], str]

SCANNER = Redaction(Config()).scanners[0]
ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "-_"
UPPER = string.ascii_uppercase
HEX = "0123456789abcdef"
TEMPLATES = [
    "Please note that {} was given to us on the phone.",
    "{}",
    "value: {}\nnext line",
    "He wrote ({}), then left.",
    '{{"a": "{}", "b": 2}}',
    "see {}, and the rest",
]


def some(rng: random.Random, alphabet: str, size: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(size))


def digits(rng: random.Random, size: int) -> str:
    return some(rng, string.digits, size)


def until(rng: random.Random, make: Callable[[random.Random], str | None]) -> str:
    """The first of `make`'s values that exists."""
    while True:
        value = make(rng)
        if value is not None:
            return value


def luhn_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def weighed(body: str, weights: list[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))


def grouped(value: str, sizes: list[int], sign: str) -> str:
    out, at = [], 0
    for size in sizes:
        out.append(value[at : at + size])
        at += size
    return sign.join(out)


def whose(rng: random.Random, size: int, weights: list[int]) -> str:
    """Digits, the first not 0, whose weighed sum 11 divides."""
    return until(rng, lambda rng: passing(rng.choice("123456789") + digits(rng, size - 1), weights))


def passing(value: str, weights: list[int]) -> str | None:
    return value if weighed(value, weights) % 11 == 0 else None


def email(rng: random.Random) -> str:
    host = some(rng, string.ascii_lowercase, 8)
    return f"{some(rng, string.ascii_lowercase, 5)}.{some(rng, ALNUM, 4)}@{host}.{rng.choice(['org', 'co.uk', 'de', 'io'])}"


def phone(rng: random.Random) -> str:
    last = digits(rng, 4)
    return rng.choice(
        [
            f"+1 415 555 {last}",
            f"(212) 555-{last}",
            f"+44 20 7946 {last}",
            f"415-555-{last}",
            f"+49 30 90{last}",
            f"020 7946 {last}",
        ]
    )


def card(rng: random.Random) -> str:
    prefix, size = rng.choice([("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16), ("3528", 16)])
    body = prefix + digits(rng, size - len(prefix) - 1)
    value = body + luhn_digit(body)
    return rng.choice([value, grouped(value, [4, 4, 4, 4], rng.choice(" -")) if size == 16 else grouped(value, [4, 6, 5], " ")])


def iban(rng: random.Random) -> str:
    country, size = rng.choice([("DE", 22), ("FR", 27), ("NL", 18), ("ES", 24), ("NO", 15)])
    body = (some(rng, UPPER, 4) + digits(rng, 10)) if country == "NL" else digits(rng, size - 4)
    number = "".join(str(int(character, 36)) for character in f"{body}{country}00")
    value = f"{country}{98 - int(number) % 97:02d}{body}"
    return rng.choice([value, " ".join(value[at : at + 4] for at in range(0, size, 4))])


def ssn(rng: random.Random) -> str:
    area = rng.choice([rng.randint(1, 665), rng.randint(667, 899)])
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def ip(rng: random.Random) -> str:
    four = ".".join(str(rng.randint(1, 255)) for _ in range(4))
    return rng.choice([four, ":".join(some(rng, HEX, 4) for _ in range(8)), f"2001:db8::{some(rng, HEX[1:], 4)}"])


def mac(rng: random.Random) -> str:
    return rng.choice(":-").join(some(rng, HEX, 2) for _ in range(6))


def base58(raw: bytes) -> str:
    alphabet, number, out = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = alphabet[rest] + out
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + out


def bech32(rng: random.Random) -> str:
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    version = rng.choice([0, 1])
    data = [version, *(rng.randrange(32) for _ in range(32 if version == 0 else 52))]

    def polymod(values: list[int]) -> int:
        check = 1
        for value in values:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ value
            for bit, term in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
                check ^= term if top >> bit & 1 else 0
        return check

    remainder = polymod([3, 3, 0, 2, 3, *data, 0, 0, 0, 0, 0, 0]) ^ (1 if version == 0 else 0x2BC830A3)
    return "bc1" + "".join(alphabet[value] for value in [*data, *(remainder >> 5 * (5 - at) & 31 for at in range(6))])


def crypto(rng: random.Random) -> str:
    raw = bytes([rng.choice([0, 5])]) + rng.randbytes(20)
    old = base58(raw + hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4])
    return rng.choice([old, bech32(rng), "0x" + some(rng, HEX, 40)])


def itin(rng: random.Random) -> str:
    return f"9{digits(rng, 2)}-{rng.choice([*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)])}-{digits(rng, 4)}"


def nino(rng: random.Random) -> str:
    value = f"{rng.choice('ABCEHJLMPRSWXY')}{rng.choice('ABCEHJLMPRSWXYZ')}{digits(rng, 6)}{rng.choice('ABCD')}"
    return rng.choice([value, grouped(value, [2, 2, 2, 2, 1], " ")])


def nhs(rng: random.Random) -> str:
    def one(rng: random.Random) -> str | None:
        body = str(rng.randint(4, 7)) + digits(rng, 8)
        check = (11 - weighed(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11
        return None if check == 10 else body + str(check)

    value = until(rng, one)
    return f"NHS number {rng.choice([value, grouped(value, [3, 3, 4], ' ')])}"


def de_tax(rng: random.Random) -> str:
    order = rng.sample(string.digits, 9)
    body = [*order, rng.choice(order)]
    rng.shuffle(body)
    while body[0] == "0" or any(a == b == c for a, b, c in zip(body, body[1:], body[2:], strict=False)):
        rng.shuffle(body)
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    value = "".join(body) + str((11 - product) % 10)
    return rng.choice([grouped(value, [2, 3, 3, 3], " "), f"Steuer-ID: {value}"])


def nir(rng: random.Random) -> str:
    body = f"{rng.choice('12')}{digits(rng, 2)}{rng.randint(1, 12):02d}{rng.randint(1, 19):02d}{digits(rng, 6)}"
    value = f"{body}{97 - int(body) % 97:02d}"
    return rng.choice([value, grouped(value, [1, 2, 2, 2, 3, 3, 2], " ")])


def nif(rng: random.Random) -> str:
    body = digits(rng, 8)
    return body + rng.choice(["", "-"]) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def nie(rng: random.Random) -> str:
    letter, body = rng.choice("XYZ"), digits(rng, 7)
    return f"{letter}{body}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(str('XYZ'.index(letter)) + body) % 23]}"


ODD = dict(
    zip(
        string.digits + UPPER,
        [
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
        ],
        strict=True,
    )
)


def fiscal(rng: random.Random) -> str:
    day = rng.choice([rng.randint(1, 28), rng.randint(41, 68)])
    body = f"{some(rng, 'BCDFGLMNPRSTVZ', 6)}{digits(rng, 2)}{rng.choice('ABCDEHLMPRST')}{day:02d}H{rng.randint(100, 999)}"
    even = {character: place for place, character in enumerate(string.digits)} | {c: place for place, c in enumerate(UPPER)}
    total = sum(ODD[character] if place % 2 == 0 else even[character] for place, character in enumerate(body))
    return body + UPPER[total % 26]


def pesel(rng: random.Random) -> str:
    body = f"{digits(rng, 2)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{digits(rng, 4)}"
    return f"PESEL {body}{-weighed(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10}"


def verhoeff_digit(body: str) -> str:
    """The check digit in the dihedral group of order ten, its table built from the group's law."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
        return 5 + (a - b) % 5 if b < 5 else (a - b) % 5

    turn = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    check = 0
    for place, digit in enumerate(reversed(body), start=1):
        value = int(digit)
        for _ in range(place % 8):
            value = turn[value]
        check = times(check, value)
    return str(next(value for value in range(10) if times(check, value) == 0))


def aadhaar(rng: random.Random) -> str:
    body = rng.choice("23456789") + digits(rng, 10)
    value = body + verhoeff_digit(body)
    return f"Aadhaar: {rng.choice([value, grouped(value, [4, 4, 4], ' ')])}"


def pan(rng: random.Random) -> str:
    return f"{some(rng, UPPER, 3)}{rng.choice('ABCFGHJLPT')}{rng.choice(UPPER)}{rng.randint(1, 9999):04d}{rng.choice(UPPER)}"


def eleven(body: str, weights: list[int]) -> str:
    rest = weighed(body, weights) % 11
    return "0" if rest < 2 else str(11 - rest)


def cpf(rng: random.Random) -> str:
    body = digits(rng, 9)
    body += eleven(body, list(range(10, 1, -1)))
    body += eleven(body, list(range(11, 1, -1)))
    return rng.choice([f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}", f"CPF {body}"])


def cnpj(rng: random.Random) -> str:
    body = digits(rng, 8) + "0001"
    body += eleven(body, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    body += eleven(body, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    return f"{body[:2]}.{body[2:5]}.{body[5:8]}/{body[8:12]}-{body[12:]}"


def sin(rng: random.Random) -> str:
    body = rng.choice("1234567") + digits(rng, 7)
    value = body + luhn_digit(body)
    return f"SIN: {rng.choice([value, grouped(value, [3, 3, 3], rng.choice(' -'))])}"


def tfn(rng: random.Random) -> str:
    value = whose(rng, 9, [1, 4, 3, 7, 5, 8, 6, 9, 10])
    return f"tax file number {rng.choice([value, grouped(value, [3, 3, 3], ' ')])}"


def abn(rng: random.Random) -> str:
    def one(rng: random.Random) -> str | None:
        value = rng.choice("123456789") + digits(rng, 10)
        first = str(int(value[0]) - 1) + value[1:]
        return value if weighed(first, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 == 0 else None

    value = until(rng, one)
    return rng.choice([f"ABN {value}", grouped(value, [2, 3, 3, 3], " ")])


def bsn(rng: random.Random) -> str:
    value = whose(rng, 9, [9, 8, 7, 6, 5, 4, 3, 2, -1])
    return f"BSN {value}"


def personnummer(rng: random.Random) -> str:
    body = f"{rng.randint(30, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{digits(rng, 3)}"
    value = body + luhn_digit(body)
    return rng.choice(["", "19"]) + value[:6] + "-" + value[6:]


def swift(rng: random.Random) -> str:
    code = f"{some(rng, UPPER, 4)}{rng.choice(['DE', 'FR', 'GB', 'US', 'NL', 'JP'])}{some(rng, UPPER + '23456789', 2)}"
    return f"{rng.choice(['SWIFT', 'BIC:', 'swift code'])} {code}{rng.choice(['', 'XXX', digits(rng, 3)])}"


def born(rng: random.Random) -> str:
    year, month, day = rng.randint(1930, 2015), rng.randint(1, 12), rng.randint(1, 28)
    date = rng.choice(
        [f"{year}-{month:02d}-{day:02d}", f"{day:02d}/{month:02d}/{year}", f"{day}.{month}.{year}", f"{month}/{day}/{year}"]
    )
    return f"{rng.choice(['DOB:', 'date of birth', 'born on', 'Geburtsdatum:', 'dob ='])} {date}"


def passport(rng: random.Random) -> str:
    return (
        f"{rng.choice(['passport number', 'Passport no.', 'passport:'])} {rng.choice(['', rng.choice(UPPER)])}{digits(rng, 9)}"[
            :-1
        ]
        + "7"
    )


def license_(rng: random.Random) -> str:
    number = rng.choice(
        [
            rng.choice(UPPER) + digits(rng, 7),
            digits(rng, 8),
            f"{rng.choice(UPPER)}{digits(rng, 3)}-{digits(rng, 4)}-{digits(rng, 4)}",
        ]
    )
    return f"{rng.choice(['driver license', chr(68) + 'river' + chr(39) + 's license number', 'driving licence:'])} {number}"


def account(rng: random.Random) -> str:
    return f"{rng.choice(['bank account', 'account number:', 'acct no.', 'routing number'])} {digits(rng, rng.randint(8, 12))}"


def stamp(kind: str) -> Make:
    """The maker of a key in a vendor's form, where `%n` is n random letters and digits."""

    def make(rng: random.Random) -> str:
        out, rest = "", kind
        while "%" in rest:
            before, rest = rest.split("%", 1)
            code, rest = rest.split(";", 1)
            alphabet = {"a": ALNUM, "u": URLSAFE, "h": HEX, "d": string.digits, "U": UPPER + "234567", "b": ALNUM + "+/"}[code[0]]
            out += before + some(rng, alphabet, int(code[1:]))
        return out + rest

    return make


def one_of(*kinds: str) -> Make:
    makers = [stamp(kind) for kind in kinds]
    return lambda rng: rng.choice(makers)(rng)


def jwt(rng: random.Random) -> str:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': digits(rng, 6)})}.{some(rng, URLSAFE, 43)}"


def pem(rng: random.Random) -> str:
    kind = rng.choice(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "DSA PRIVATE KEY"])
    body = "\n".join(some(rng, ALNUM + "+/", 64) for _ in range(3))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"


def basic(rng: random.Random) -> str:
    login = f"{some(rng, string.ascii_lowercase, 6)}:{some(rng, ALNUM, 9)}"
    return "Authorization: Basic " + base64.b64encode(login.encode()).decode()


def discord(rng: random.Random) -> str:
    first = base64.urlsafe_b64encode(("1" + digits(rng, 17)).encode()).decode().rstrip("=")
    return f"{first}.{some(rng, URLSAFE[:-2], 6)}.{some(rng, ALNUM, 27)}"


def telegram(rng: random.Random) -> str:
    return f"{rng.choice('123456789')}{digits(rng, 9)}:AA{some(rng, URLSAFE, 31)}a1"


def secret(rng: random.Random) -> str:
    name, value = (
        rng.choice(["api_key", "client_secret", "auth_token", "password"]),
        "a1B" + some(rng, ALNUM, rng.randint(12, 30)),
    )
    return rng.choice([f"{name}={value}", f"{name}: '{value}'", f"{name.upper()} = {value}"])


VALUES: dict[str, Make] = {
    "EMAIL_ADDRESS": email,
    "PHONE_NUMBER": phone,
    "CREDIT_CARD": card,
    "IBAN_CODE": iban,
    "US_SSN": ssn,
    "IP_ADDRESS": ip,
    "MAC_ADDRESS": mac,
    "CRYPTO": crypto,
    "US_ITIN": itin,
    "UK_NINO": nino,
    "UK_NHS": nhs,
    "DE_TAX_ID": de_tax,
    "FR_NIR": nir,
    "ES_NIF": nif,
    "ES_NIE": nie,
    "IT_FISCAL_CODE": fiscal,
    "PL_PESEL": pesel,
    "IN_AADHAAR": aadhaar,
    "IN_PAN": pan,
    "BR_CPF": cpf,
    "BR_CNPJ": cnpj,
    "CA_SIN": sin,
    "AU_TFN": tfn,
    "AU_ABN": abn,
    "NL_BSN": bsn,
    "SE_PERSONNUMMER": personnummer,
    "SWIFT_CODE": swift,
    "DATE_OF_BIRTH": born,
    "US_PASSPORT": passport,
    "DRIVER_LICENSE": license_,
    "BANK_ACCOUNT": account,
    "AWS_ACCESS_KEY": one_of("AK" + "IA%U16;", "AS" + "IA%U16;"),
    "AWS_SECRET_KEY": one_of("aws_secret_access_key = a1B%b37;", "SecretAccessKey: a1B%b37;"),
    "GITHUB_TOKEN": one_of("gh" + "p_%a36;", "gh" + "s_%a36;", "github" + "_pat_%a22;_%a59;"),
    "GITLAB_TOKEN": one_of("gl" + "pat-%a20;", "gl" + "dt-%a20;"),
    "SLACK_TOKEN": one_of("xox" + "b-%d12;-%d12;-%a24;", "https://hooks." + "slack.com/services/T%U8;/B%U8;/1%a23;"),
    "STRIPE_KEY": one_of("sk" + "_live_%a24;", "rk" + "_live_%a24;", "sk" + "_test_%a99;"),
    "OPENAI_API_KEY": one_of("sk" + "-proj-1%a90;", "sk" + "-1%a19;T3Blbk" + "FJ%a20;"),
    "ANTHROPIC_API_KEY": one_of("sk" + "-ant-api03-1%a91;AA", "sk" + "-ant-admin01-1%a92;"),
    "HUGGINGFACE_TOKEN": one_of("hf" + "_%a34;"),
    "GOOGLE_API_KEY": one_of("AI" + "za%u34;a", "GOC" + "SPX-%u27;a"),
    "SENDGRID_API_KEY": one_of("S" + "G.%u22;.%u42;a"),
    "TWILIO_KEY": one_of("S" + "K%h32;", "A" + "C%h32;"),
    "NPM_TOKEN": one_of("npm" + "_%a36;"),
    "PYPI_TOKEN": one_of("pyp" + "i-AgEIcHlwaS5vcmc1%a120;"),
    "DATABRICKS_TOKEN": one_of("da" + "pi%h32;", "da" + "pi%h32;-2"),
    "DOCKER_TOKEN": one_of("dckr" + "_pat_%u26;a", "dckr" + "_oat_%u31;a"),
    "DISCORD_TOKEN": discord,
    "AZURE_STORAGE_KEY": one_of("AccountName=x;Account" + "Key=%b86;==;EndpointSuffix=y", "Shared" + "AccessKey=%b43;="),
    "TELEGRAM_BOT_TOKEN": telegram,
    "JWT": jwt,
    "PRIVATE_KEY": pem,
    "DATABASE_URL": one_of(
        "postgres://app:a1%a10;@db.example.org:5432/main",
        "mongodb+srv://u:9%a12;@c0.example.net/x",
        "redis://:a1%a9;@10.0.0.7:6379/0",
    ),
    "URL_CREDENTIALS": one_of("https://app:a1%a10;@files.example.org/x", "ftp://joe:b2%a8;@10.0.0.7/"),
    "BASIC_AUTH": basic,
    "GENERIC_SECRET": secret,
}


def test_every_entity_has_a_generator_or_examples_in_every_surrounding() -> None:
    labels = {entity.label for entity in ENTITIES}
    assert set(VALUES) <= labels
    folder = Path(__file__).parent
    beside = "".join((folder / f"test_redaction_{name}.py").read_text("utf-8") for name in ("national_ids", "more_entities"))
    assert [label for label in labels - set(VALUES) if f'"{label}": ' not in beside] == []


@pytest.mark.parametrize("label", VALUES)
def test_recall_on_generated_values(label: str) -> None:
    rng, count, missed = random.Random(label), 150, []
    for _ in range(count):
        value = VALUES[label](rng)
        text = rng.choice(TEMPLATES).format(value)
        ends = text.index(value), text.index(value) + len(value)
        hits = [found for found in SCANNER.scan(text) if found.label == label]
        if not any(found.start is not None and ends[0] <= found.start < (found.end or 0) <= ends[1] for found in hits):
            missed.append(text)
    print(f"{label}: recall {1 - len(missed) / count:.3f}")
    assert len(missed) <= 0.02 * count, missed[:5]


def isbn(rng: random.Random) -> str:
    body = "978" + digits(rng, 9)
    value = body + str(-weighed(body, [1, 3] * 6) % 10)
    return rng.choice([value, f"ISBN {value[:3]}-{value[3]}-{value[4:7]}-{value[7:12]}-{value[12]}", f"ISBN-13: {value}"])


def version(rng: random.Random) -> str:
    numbers = [str(rng.randint(0, 140)) for _ in range(4)]
    return rng.choice(
        [
            f"Chrome/{'.'.join(numbers)}",
            f"version {'.'.join(numbers)}",
            f"v{'.'.join(numbers[:3])}",
            f"numpy=={'.'.join(numbers[:3])}",
            f"lib-{'.'.join(numbers)}.so",
        ]
    )


def code(rng: random.Random) -> str:
    name = some(rng, string.ascii_lowercase, 7)
    return rng.choice(
        [
            f"{name}[{rng.randint(0, 9)}:{rng.randint(10, 99)}:{rng.randint(1, 9)}] = self.{name}(x, {rng.randint(0, 4096)})",
            f"for {name} in range({rng.randint(100, 99999)}): total += {name} * {rng.random():.9f}",
            f"if ({name} == 0x{some(rng, HEX, 8)}) return {name}->{name};",
            f"const {name} = {{ width: {rng.randint(100, 4000)}, color: '#{some(rng, HEX, 6)}' }};",
            f"token = tokenizer.encode({name}, max_length={rng.randint(64, 4096)})",
            f"password = getpass.getpass('{name}: ')",
            f"api_key = os.environ['{name.upper()}_API_KEY']",
            f"git checkout {some(rng, HEX, 7)} && git push origin {name}",
        ]
    )


def clock(rng: random.Random) -> str:
    seconds = rng.randint(1_500_000_000, 1_800_000_000)
    return rng.choice(
        [
            str(seconds),
            str(seconds * 1000 + rng.randrange(1000)),
            f"ts={seconds}",
            f"2024-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}T12:30:45Z",
        ]
    )


NEAR: dict[str, Make] = {
    "versions": version,
    "ISBNs": isbn,
    "order ids": lambda rng: rng.choice(
        [f"order {digits(rng, rng.randint(6, 14))}", f"#{digits(rng, 8)}", f"INV-2024-{digits(rng, 5)}", f"PO {digits(rng, 10)}"]
    ),
    "epochs": clock,
    "hashes": lambda rng: some(rng, HEX, rng.choice([7, 32, 40, 64])),
    "UUIDs": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "floats": lambda rng: f"{rng.random() * 10 ** rng.randint(0, 6):.{rng.randint(3, 16)}f}",
    "data URLs": lambda rng: "data:image/png;base64," + base64.b64encode(rng.randbytes(rng.randint(60, 300))).decode(),
    "code": code,
    "amounts": lambda rng: rng.choice(
        [
            f"{rng.randint(1, 999)} {digits(rng, 3)} {digits(rng, 3)}",
            f"${rng.randint(1, 999)},{digits(rng, 3)}.{digits(rng, 2)}",
            f"{digits(rng, 4)} units",
        ]
    ),
    "tables": lambda rng: " ".join(digits(rng, rng.randint(1, 4)) for _ in range(8)),
    "tracking": lambda rng: f"1Z{some(rng, UPPER, 3)}{digits(rng, 11)}",
}


@pytest.mark.parametrize("kind", NEAR)
def test_hits_on_generated_look_alikes(kind: str) -> None:
    rng, count, wrong = random.Random(kind), 200, []
    for _ in range(count):
        text = rng.choice(TEMPLATES).format(NEAR[kind](rng))
        wrong += [(found.label, text) for found in SCANNER.scan(text)[:1]]
    print(f"{kind}: {len(wrong) / count:.3f} wrong")
    assert len(wrong) <= 0.01 * count, wrong[:8]
