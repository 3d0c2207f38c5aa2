# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Cards (ISO/IEC 7812 with the networks' published ranges), IBANs (SWIFT's IBAN registry), BICs (ISO 9362), accounts, wallets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.redaction_corpus import checksums
from support.redaction_corpus.model import DIGITS, HEX, UPPER, Kind, Value, grouped, take

if TYPE_CHECKING:
    import random

NETWORKS: tuple[tuple[str, tuple[tuple[int, int], ...], tuple[int, ...]], ...] = (
    ("visa", ((4, 4),), (13, 16, 16, 16, 19)),
    ("mastercard", ((51, 55), (2221, 2720)), (16,)),
    ("amex", ((34, 34), (37, 37)), (15,)),
    ("discover", ((6011, 6011), (644, 649), (65, 65)), (16, 16, 19)),
    ("jcb", ((3528, 3589),), (16, 16, 19)),
    ("diners", ((36, 36), (300, 305), (38, 39)), (14, 14, 16)),
    ("unionpay", ((62, 62),), (16, 17, 18, 19)),
    (
        "maestro",
        ((5018, 5018), (5020, 5020), (5038, 5038), (5893, 5893), (6304, 6304), (6759, 6759), (6761, 6763)),
        (13, 14, 15, 16, 18, 19),
    ),
    ("mir", ((2200, 2204),), (16, 17, 18, 19)),
    ("rupay", ((60, 60), (81, 82), (508, 508)), (16,)),
    ("troy", ((9792, 9792),), (16,)),
    ("elo", ((636368, 636368), (438935, 438935), (504175, 504175), (650901, 650920)), (16,)),
    ("hipercard", ((606282, 606282),), (16,)),
    ("verve", ((506099, 506198),), (16, 18, 19)),
    ("dankort", ((5019, 5019),), (16,)),
)
SPACINGS: dict[int, tuple[tuple[int, ...], ...]] = {
    13: ((4, 4, 4, 1), (4, 3, 3, 3)),
    14: ((4, 6, 4), (4, 4, 4, 2)),
    15: ((4, 6, 5), (4, 4, 4, 3)),
    16: ((4, 4, 4, 4), (4, 4, 4, 4), (4, 4, 4, 4), (8, 8)),
    17: ((4, 4, 4, 5), (4, 4, 4, 4, 1)),
    18: ((4, 4, 4, 4, 2), (6, 12)),
    19: ((4, 4, 4, 4, 3), (6, 13)),
}


def card(rng: random.Random) -> Value:
    network, ranges, lengths = rng.choice(NETWORKS)
    low, high = rng.choice(ranges)
    length = rng.choice(lengths)
    head = str(rng.randint(low, high))
    digits = head + take(rng, DIGITS, length - 1 - len(head))
    digits += checksums.luhn(digits)
    separator = rng.choice(["", " ", " ", "-"])
    return Value(
        grouped(digits, rng.choice(SPACINGS[length]), separator),
        bare=True,
        form=f"{network} {length}{' spaced' if separator else ''}",
    )


# SWIFT IBAN registry: n = digits, a = capitals, c = either.
IBANS = [
    "AD8n12c",
    "AE19n",
    "AL8n16c",
    "AT16n",
    "AZ4a20c",
    "BA16n",
    "BE12n",
    "BG4a6n8c",
    "BH4a14c",
    "BI23n",
    "BR23n1a1c",
    "BY4c4n16c",
    "CH5n12c",
    "CR18n",
    "CY8n16c",
    "CZ20n",
    "DE18n",
    "DJ23n",
    "DK14n",
    "DO4c20n",
    "EE16n",
    "EG25n",
    "ES20n",
    "FI14n",
    "FK2a12n",
    "FO14n",
    "FR10n11c2n",
    "GB4a14n",
    "GE2a16n",
    "GI4a15c",
    "GL14n",
    "GR7n16c",
    "GT4c20c",
    "HN4a20n",
    "HR17n",
    "HU24n",
    "IE4a14n",
    "IL19n",
    "IQ4a15n",
    "IS22n",
    "IT1a10n12c",
    "JO4a4n18c",
    "KW4a22c",
    "KZ3n13c",
    "LB4n20c",
    "LC4a24c",
    "LI5n12c",
    "LT16n",
    "LU3n13c",
    "LV4a13c",
    "LY21n",
    "MC10n11c2n",
    "MD20c",
    "ME18n",
    "MK3n10c2n",
    "MN16n",
    "MR23n",
    "MT4a5n18c",
    "MU4a19n3a",
    "NI4a20n",
    "NL4a10n",
    "NO11n",
    "OM3n16c",
    "PK4a16c",
    "PL24n",
    "PS4a21c",
    "PT21n",
    "QA4a21c",
    "RO4a16c",
    "RS18n",
    "RU14n15c",
    "SA2n18c",
    "SC4a20n3a",
    "SD14n",
    "SE20n",
    "SI15n",
    "SK20n",
    "SM1a10n12c",
    "SO19n",
    "ST21n",
    "SV4a20n",
    "TL19n",
    "TN20n",
    "TR6n16c",
    "UA6n19c",
    "VA18n",
    "VG4a16n",
    "XK16n",
    "YE4a4n18c",
]
CLASSES = {"n": DIGITS, "a": UPPER, "c": UPPER + DIGITS}


def bban(rng: random.Random, country: str, structure: str) -> str:
    """An account number of the country's structure; Belgium's and Spain's own check digits are right, since libraries check them."""
    made = "".join(take(rng, CLASSES[which], int(size)) for size, which in re.findall(r"(\d+)([nac])", structure))
    if country == "BE":
        return f"{made[:10]}{int(made[:10]) % 97 or 97:02d}"
    if country == "ES":
        weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
        checks = [11 - checksums.weighted(part, weights) % 11 for part in (f"00{made[:8]}", made[10:])]
        return made[:8] + "".join(str({10: 1, 11: 0}.get(c, c)) for c in checks) + made[10:]
    return made


def iban(rng: random.Random) -> Value:
    entry = rng.choice(IBANS)
    country = entry[:2]
    compact = checksums.iban(country, bban(rng, country, entry[2:]))
    style = rng.choice(["compact", "spaced", "spaced", "lower", "lower spaced", "dashes"])
    separator = " " if "spaced" in style else "-" if style == "dashes" else ""
    text = grouped(compact, (4,) * 8, separator)
    return Value(text.lower() if "lower" in style else text, bare=style != "dashes", form=f"{country} {style}")


COUNTRIES = (
    "DE",
    "FR",
    "GB",
    "US",
    "NL",
    "CH",
    "AT",
    "IT",
    "ES",
    "BE",
    "SE",
    "DK",
    "PL",
    "CZ",
    "JP",
    "CN",
    "HK",
    "SG",
    "AU",
    "BR",
    "IN",
    "ZA",
)
BANKS = ("DEUT", "COBA", "BNPA", "CHAS", "BARC", "UBSW", "RABO", "SCBL", "ABNK", "KREW", "NWBK", "BOFA", "HYVE", "INGB", "QZXV")


def bic(rng: random.Random) -> Value:
    bank = rng.choice([rng.choice(BANKS), take(rng, UPPER, 4)])
    location = rng.choice(["FF", "PP", "2L", "33", "22", "2A", "MM", "JJ", "L1"])
    branch = rng.choice(["", "", "XXX", "500", take(rng, UPPER + DIGITS, 3)])
    return Value(f"{bank}{rng.choice(COUNTRIES)}{location}{branch}", form="bic")


def account(rng: random.Random) -> Value:
    style = rng.choice(["US", "US", "GB", "GB sort", "DE", "IN", "JP", "dashed"])
    if style == "GB sort":
        sort = "-".join(take(rng, DIGITS, 2) for _ in range(3))
        number = take(rng, "123456789", 8)
        text = f"sort code {sort}, account number {number}"
        return Value(
            text,
            core=(len(text) - 8, len(text)),
            form="GB with sort code",
            bare=False,
            phrases=("Pay {v} please.", "Bank details: {v}"),
        )
    if style == "DE":
        number = take(rng, "123456789", rng.randint(7, 10))
        return Value(
            number, form="DE", phrases=("Kontonummer: {v}", "Konto-Nr. {v} bei der Sparkasse", "Meine Kontonummer lautet {v}.")
        )
    if style == "JP":
        return Value(take(rng, "123456789", 7), form="JP", phrases=("口座番号: {v}", "口座番号は{v}です"))
    if style == "dashed":
        return Value(f"{take(rng, DIGITS, 3)}-{take(rng, DIGITS, 6)}-{take(rng, DIGITS, 1)}", form="dashed")
    length = {"US": rng.randint(8, 12), "GB": 8, "IN": rng.randint(11, 16)}[style]
    return Value(take(rng, "123456789", 1) + take(rng, DIGITS, length - 1), form=style)


def wallet(rng: random.Random) -> Value:
    style = rng.choice(["P2PKH", "P2SH", "P2WPKH", "P2WSH", "P2TR", "bech32 upper", "ETH", "ETH lower", "ETH upper"])
    if style in {"P2PKH", "P2SH"}:
        return Value(checksums.base58check(0 if style == "P2PKH" else 5, rng.randbytes(20)), bare=True, form=style)
    if style.startswith("ETH"):
        digits = take(rng, HEX, 40)
        text = {"ETH": checksums.eip_55(digits), "ETH lower": f"0x{digits}", "ETH upper": f"0x{digits.upper()}"}[style]
        return Value(text, bare=True, form=style)
    version, size = (1, 32) if style == "P2TR" else (0, 32 if style == "P2WSH" else 20)
    text = checksums.segwit("bc", version, rng.randbytes(size))
    return Value(text.upper() if style.endswith("upper") else text, bare=True, form=style)


KINDS = (
    Kind(
        "CREDIT_CARD",
        card,
        ("card", "credit card", "card number", "Visa card number", "debit card", "CC"),
        ("card", "card_number", "cardNumber", "pan", "cc", "credit_card"),
        (
            "Kreditkartennummer: {v}",
            "Ma carte bancaire : {v}",
            "número de tarjeta {v}",
            "charge it to {v} please",
            "信用卡号：{v}",
        ),
    ),
    Kind(
        "IBAN_CODE",
        iban,
        ("IBAN", "iban number", "bank account (IBAN)"),
        ("iban", "IBAN", "account_iban", "bankAccount"),
        ("Bitte überweisen Sie auf {v}.", "Mon IBAN : {v}", "transfiere a {v} hoy", "Numer IBAN: {v}"),
    ),
    Kind(
        "SWIFT_CODE",
        bic,
        ("SWIFT", "BIC", "SWIFT code", "BIC code", "SWIFT/BIC", "bank identifier code"),
        ("swift", "bic", "swift_code", "bicCode", "SWIFT"),
        ("BIC: {v}", "Code BIC : {v}", "Código SWIFT: {v}", "BIC der Bank: {v}", "wire via SWIFT {v} today"),
    ),
    Kind(
        "BANK_ACCOUNT",
        account,
        (
            "bank account",
            "account number",
            "bank account number",
            "acct no.",
            "checking account",
            "savings account number",
            "a/c no",
            "Account #",
        ),
        ("account_number", "bank_account", "accountNumber", "bank_account_number", "acct_no"),
        ("Wire it to my account number {v} please.", "Número de cuenta: {v}", "Numéro de compte : {v}", "numero di conto {v}"),
        frozenset({"BANK_ACCOUNT", "US_BANK_NUMBER"}),
    ),
    Kind(
        "CRYPTO",
        wallet,
        ("wallet", "BTC address", "bitcoin address", "ETH wallet", "wallet address"),
        ("wallet", "address", "btc_address", "payout", "walletAddress"),
        ("Send it to {v} by noon.", "Meine Wallet: {v}", "dirección {v}"),
    ),
)
