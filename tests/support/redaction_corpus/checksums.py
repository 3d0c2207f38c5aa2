"""Check digits, each written from the public definition of its scheme (independently of python-stdnum, against which they are tested)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
VERHOEFF_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
VERHOEFF_P = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def weighted(digits: str, weights: Iterable[int]) -> int:
    """The weighted sum of the digits, as many as there are weights."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def luhn(digits: str) -> str:
    """ISO/IEC 7812-1, annex B: the check digit that follows these digits."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def verhoeff(digits: str) -> str:
    """J. Verhoeff, Error Detecting Decimal Codes (1969): the check digit that follows."""
    check = 0
    for at, digit in enumerate(reversed(digits), start=1):
        n = int(digit)
        for _ in range(at % 8):
            n = VERHOEFF_P[n]
        check = VERHOEFF_D[check][n]
    return str(VERHOEFF_D[check].index(0))


def mod_11_10(digits: str) -> str:
    """ISO 7064, MOD 11,10."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def mod_97(text: str) -> int:
    """ISO 7064 MOD 97-10: letters count from 10."""
    return int("".join(str(int(c, 36)) for c in text)) % 97


def iban(country: str, bban: str) -> str:
    """ISO 13616: the whole account number."""
    return f"{country}{98 - mod_97(f'{bban}{country}00'):02d}{bban}"


def base58check(version: int, payload: bytes) -> str:
    """Base58Check as of Bitcoin's version 1 addresses."""
    body = bytes([version]) + payload
    body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, out = int.from_bytes(body, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = BASE58[rest] + out
    return "1" * (len(body) - len(body.lstrip(b"\0"))) + out


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> at) & 1 else 0
    return check


def segwit(prefix: str, version: int, program: bytes) -> str:
    """BIP-173 (version 0, bech32) and BIP-350 (from version 1 on, bech32m)."""
    bits = "".join(f"{byte:08b}" for byte in program)
    bits += "0" * (-len(bits) % 5)
    data = [version, *(int(bits[at : at + 5], 2) for at in range(0, len(bits), 5))]
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*head, *data, 0, 0, 0, 0, 0, 0]) ^ (0x2BC830A3 if version else 1)
    data += [(check >> 5 * (5 - at)) & 31 for at in range(6)]
    return f"{prefix}1" + "".join(BECH32[d] for d in data)


def keccak_256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum has it: the submission of 2011, whose padding differs from SHA-3's."""
    rate, mask = 136, (1 << 64) - 1
    padded = bytearray(message) + b"\x01" + bytes(-(len(message) + 1) % rate)
    padded[-1] |= 0x80
    state = [[0] * 5 for _ in range(5)]

    def rotate(value: int, by: int) -> int:
        by %= 64
        return ((value << by) | (value >> (64 - by))) & mask

    for begin in range(0, len(padded), rate):
        for at in range(rate // 8):
            lane = int.from_bytes(padded[begin + 8 * at : begin + 8 * at + 8], "little")
            state[at % 5][at // 5] ^= lane
        register = 1
        for _ in range(24):
            columns = [state[x][0] ^ state[x][1] ^ state[x][2] ^ state[x][3] ^ state[x][4] for x in range(5)]
            theta = [columns[(x - 1) % 5] ^ rotate(columns[(x + 1) % 5], 1) for x in range(5)]
            state = [[lane ^ theta[x] for lane in state[x]] for x in range(5)]
            x, y, current = 1, 0, state[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x][y] = state[x][y], rotate(current, (step + 1) * (step + 2) // 2)
            for y in range(5):
                row = [state[x][y] for x in range(5)]
                for x in range(5):
                    state[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
            for bit in range(7):
                register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
                if register & 2:
                    state[0][0] ^= 1 << ((1 << bit) - 1)
    return b"".join(state[at % 5][at // 5].to_bytes(8, "little") for at in range(4))


def eip_55(address: str) -> str:
    """ERC-55: the capitals of 40 hexadecimal digits, with 0x before them."""
    plain = address.lower()
    digest = keccak_256(plain.encode()).hex()
    return "0x" + "".join(c.upper() if int(d, 16) >= 8 else c for c, d in zip(plain, digest, strict=False))
