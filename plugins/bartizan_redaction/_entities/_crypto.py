"""CRYPTO: addresses of Bitcoin and Ethereum wallets, their checksums verified."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import ALONE, Entity, edge, groups
from bartizan_redaction._entities._keccak import keccak_256

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_ADDRESS: Final = re.compile(rf"{ALONE}[13][1-9A-HJ-NP-Za-km-z]{{25,34}}(?![A-Za-z0-9])")
_VALUES58: Final = {character: value for value, character in enumerate(_BASE58)}
_VERSIONS: Final = (0, 5)
"""Pay to public key hash, pay to script hash."""

_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_ADDRESS: Final = re.compile(rf"{ALONE}(?:bc1[02-9ac-hj-np-z]{{11,87}}|BC1[02-9AC-HJ-NP-Z]{{11,87}})(?![A-Za-z0-9])")
_VALUES32: Final = {character: value for value, character in enumerate(_BECH32)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANTS: Final = (1, 0x2BC830A3)
"""What the polynomial leaves: BIP 173 (version 0), BIP 350 (later versions)."""

_ETHEREUM: Final = re.compile(rf"{ALONE}0x[0-9A-Fa-f]{{40}}(?![0-9A-Za-z])")
_LONGEST: Final = 90


def base58check(address: str) -> bool:
    """Whether a Bitcoin address of the old kind has a known version and the right checksum."""
    number = 0
    for character in address:
        number = number * 58 + _VALUES58[character]
    try:
        raw = number.to_bytes(25, "big")
    except OverflowError:
        return False
    return raw[0] in _VERSIONS and sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def bech32(address: str) -> bool:
    """Whether a Bitcoin address of the new kind (`bc1...`) has the right checksum."""
    check = 1
    expanded = [*(ord(character) >> 5 for character in "bc"), 0, *(ord(character) & 31 for character in "bc")]
    for value in [*expanded, *(_VALUES32[character] for character in address.lower()[3:])]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                check ^= generator
    return check in _CONSTANTS


def eip_55(address: str) -> bool:
    """Whether an Ethereum address has the capitals of EIP-55, or all letters of one case, which says nothing."""
    letters = address[2:]
    if letters.islower() or letters.isupper() or letters.isdigit():
        return not letters.isdigit()
    digest = keccak_256(letters.lower().encode()).hex()
    return all(letter.isdigit() or letter.isupper() == (nibble >= "8") for letter, nibble in zip(letters, digest, strict=False))


def _resolve(text: str, begin: int) -> Span | None:
    for shape, check in ((_BASE58_ADDRESS, base58check), (_BECH32_ADDRESS, bech32), (_ETHEREUM, eip_55)):
        found = shape.match(text, begin)
        if found is not None and check(found.group()):
            return found.span()
    return None


CRYPTO: Final = Entity(
    label="CRYPTO",
    groups=groups("pii", "financial", "crypto"),
    why="an address of a Bitcoin or Ethereum wallet",
    source="Bitcoin wiki, 'Base58Check encoding'; BIP 173 and BIP 350 (bech32, bech32m); EIP-55 (mixed-case checksum)",
    gate=edge("[13][1-9A-HJ-NP-Za-km-z]{14}|bc1[02-9ac-hj-np-z]{11}|BC1[02-9AC-HJ-NP-Z]{11}|0x[0-9A-Fa-f]{40}"),
    begins="1[1a]{5}|0a|[Bb][Cc]",
    resolve=_resolve,
    max_span=_LONGEST,
)
ENTITIES: Final = (CRYPTO,)
