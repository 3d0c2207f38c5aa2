"""The chain: each record's HMAC-SHA-256 (RFC 2104) covers the one before, so that none can be changed, moved or left out.

A plain hash would not do: whoever edits a record could recompute all hashes after it. The key prevents that, but not the loss of the
end: what is cut off leaves a chain that is right. Signed checkpoints, kept elsewhere, see that.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from typing import Final

_LENGTHS: Final = struct.Struct(">QIII")
MAC_BYTES: Final = 32
LOG_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Row:
    """A stored record: its number from 1, its body (canonical JSON), what is sealed for whom, and its link of the chain."""

    n: int
    body: str
    subject: bytes | None
    sealed: bytes | None
    mac: bytes


def genesis(key: bytes, log_id: bytes) -> bytes:
    """What the first record is chained to: it differs for every log, so records can't move from one to another."""
    return hmac.digest(key, b"bartizan audit 1\n" + log_id, "sha256")


def link(key: bytes, before: bytes, n: int, body: str, subject: bytes | None, sealed: bytes | None) -> bytes:
    """The record's link. Lengths stand before the parts, so that no two records come to the same bytes."""
    text = body.encode("ascii")
    who, what = subject or b"", sealed or b""
    lengths = _LENGTHS.pack(n, len(text), len(who), len(what))
    return hmac.digest(key, b"".join((before, lengths, text, who, what)), "sha256")
