"""The checks behind the entities, against published examples and against the libraries that they are quicker than."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from bartizan import Action, Finding
from bartizan_redaction._entities._crypto import base58check, bech32, eip_55
from bartizan_redaction._entities._finance import luhn, mod_97
from bartizan_redaction._entities._judge import entropy
from bartizan_redaction._entities._keccak import keccak_256
from bartizan_redaction._entities._plans import in_plans, international
from bartizan_redaction._made import maker


def valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def test_international_numbers_are_valid_where_phonenumbers_says_so() -> None:
    rng, both, more = random.Random(4), 0, 0
    codes = [1, 7, 20, 33, 34, 39, 41, 44, 46, 48, 49, 55, 61, 65, 81, 86, 91, 212, 351, 353, 380, 420, 971]
    for _ in range(4000):
        digits = (
            f"{rng.choice(codes)}{rng.choice('123456789')}{rng.randrange(10**8):08d}{rng.choice(['', str(rng.randrange(10))])}"
        )
        expected = valid("+" + digits, None)
        found = international(digits.encode())
        assert found or not expected, digits
        both += expected
        more += found and not expected
    assert 400 < both < 3600
    # A kind's numbers are told from its pattern alone here, and from its list of lengths too there.
    assert more <= 0.005 * 4000


@pytest.mark.parametrize("region", ["US", "GB", "DE", "FR", "IT", "AU", "NL", "IN"])
def test_national_numbers_are_valid_where_phonenumbers_says_so(region: str) -> None:
    rng, agree, both = random.Random(region), 0, 0
    for _ in range(800):
        digits = (
            rng.choice(["0", ""])
            + rng.choice("123456789")
            + f"{rng.randrange(10**8):08d}"
            + rng.choice(["", str(rng.randrange(10))])
        )
        expected = valid(digits, region)
        agree += in_plans(digits.encode(), (region,)) == expected
        both += expected
    # Prefixes are stripped by rule there and by pattern here: the two may differ in a few odd numbers.
    assert agree >= 0.98 * 800
    assert both > 20


def test_keccak_256_of_published_examples() -> None:
    assert keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak_256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    with pytest.raises(ValueError, match="only one block"):
        keccak_256(b"a" * 136)


@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
    ],
)
def test_examples_of_eip_55(address: str) -> None:
    assert eip_55(address)
    letter = next(place for place, character in enumerate(address) if place > 1 and character.isalpha())
    swapped = address[:letter] + address[letter].swapcase() + address[letter + 1 :]
    assert not eip_55(swapped)


def test_bitcoin_addresses() -> None:
    assert base58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")
    assert not base58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")
    assert not base58check("3" + "z" * 34)
    assert bech32("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4")
    assert bech32("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0")
    assert not bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")


def test_check_digits() -> None:
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert luhn("79927398713")
    assert mod_97("GB82WEST12345698765432")
    assert not mod_97("GB82WEST12345698765433")


@pytest.mark.parametrize(("value", "bits"), [("aaaa", 0.0), ("abab", 1.0), ("abcd", 2.0), ("abcdefgh" * 400, 3.0)])
def test_entropy_in_bits(value: str, bits: float) -> None:
    assert entropy(value) == pytest.approx(bits)


def test_findings_made_quickly_are_like_others() -> None:
    quick, ordinary = maker("X", "because")(3, 7), Finding("X", Action.REDACT, start=3, end=7, detail="because")
    assert quick == ordinary
    assert hash(quick) == hash(ordinary)
    assert repr(quick) == repr(ordinary)
