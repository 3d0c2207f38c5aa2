"""Keccak-256 as Ethereum uses it (the padding from before FIPS 202, which hashlib does not offer), for one block of input."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_RATE: Final = 136
_MASK: Final = (1 << 64) - 1


def _constants() -> tuple[int, ...]:
    """The 24 round constants, from the linear feedback shift register of FIPS 202, section 3.2.5."""
    out, register = [], 1
    for _ in range(24):
        constant = 0
        for position in range(7):
            constant |= (register & 1) << ((1 << position) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        out.append(constant)
    return tuple(out)


def _moves() -> tuple[tuple[int, int, int], ...]:
    """(from, to, rotation) of each lane in the rho and pi steps (FIPS 202, sections 3.2.2 and 3.2.3)."""
    out, x, y = [(0, 0, 0)], 1, 0
    for step in range(24):
        target_x, target_y = y, (2 * x + 3 * y) % 5
        out.append((x + 5 * y, target_x + 5 * target_y, (step + 1) * (step + 2) // 2 % 64))
        x, y = target_x, target_y
    return tuple(out)


_ROUNDS: Final = _constants()
_MOVES: Final = _moves()


@lru_cache(maxsize=4096)
def keccak_256(data: bytes) -> bytes:
    """The digest of at most 135 bytes.

    Raises:
        ValueError: there are more.
    """
    if len(data) >= _RATE:
        message = "only one block is supported: at most 135 bytes"
        raise ValueError(message)
    block = bytearray(data.ljust(_RATE, b"\0"))
    block[len(data)] ^= 1
    block[-1] ^= 0x80
    lanes = [int.from_bytes(block[at : at + 8], "little") for at in range(0, _RATE, 8)] + [0] * 8
    for constant in _ROUNDS:
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ (columns[(x + 1) % 5] << 1 & _MASK | columns[(x + 1) % 5] >> 63) for x in range(5)]
        moved = [0] * 25
        for source, target, turn in _MOVES:
            lane = lanes[source] ^ mixed[source % 5]
            moved[target] = (lane << turn | lane >> 64 - turn) & _MASK
        lanes = [moved[at] ^ (~moved[at - at % 5 + (at + 1) % 5] & moved[at - at % 5 + (at + 2) % 5]) for at in range(25)]
        lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
