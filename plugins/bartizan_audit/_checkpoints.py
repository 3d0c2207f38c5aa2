"""Signed checkpoints in a file beside the log, or better on another disk or machine: what sees a cut or rolled-back log.

One JSON object a line, append-only: `{"at": nanoseconds since the epoch, "head": hex, "kind": "checkpoint" | "prune", "log": hex,
"n": records so far, "signature": hex}`, the signature being Ed25519 over the canonical JSON of the rest.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from bartizan_audit._canonical import canonical
from bartizan_audit._errors import AuditError, AuditUnreadable

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from bartizan_audit._keys import Keys

Kind = Literal["checkpoint", "prune"]
_MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain's end when `n` records were in it: `head` is the last one's link, or the genesis for none."""

    log_id: bytes
    n: int
    head: bytes
    at: int
    kind: Kind = "checkpoint"

    def unsigned(self) -> dict[str, object]:
        """What is signed, as a JSON object."""
        return {"at": self.at, "head": self.head.hex(), "kind": self.kind, "log": self.log_id.hex(), "n": self.n}

    def signature(self, keys: Keys) -> bytes:
        """Ed25519 over the canonical form."""
        return keys.signer.sign(canonical(self.unsigned()).encode("ascii"))

    def signed(self, keys: Keys) -> str:
        """The line for the file, without its end."""
        return canonical({**self.unsigned(), "signature": self.signature(keys).hex()})

    def holds(self, signature: bytes, public: Ed25519PublicKey) -> bool:
        """Whether the signature is this checkpoint's."""
        from cryptography.exceptions import InvalidSignature

        try:
            public.verify(signature, canonical(self.unsigned()).encode("ascii"))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Read:
    """What a file of checkpoints holds: those whose signature is right, and the numbers of the lines that are damaged."""

    checkpoints: tuple[Checkpoint, ...]
    damaged: tuple[int, ...]


def parsed(line: str, public: Ed25519PublicKey) -> Checkpoint | None:
    """The checkpoint of a line; None where it is not exactly what was signed."""
    try:
        table = json.loads(line)
        found = Checkpoint(
            log_id=bytes.fromhex(table["log"]),
            n=table["n"],
            head=bytes.fromhex(table["head"]),
            at=table["at"],
            kind=table["kind"],
        )
        signature = bytes.fromhex(table["signature"])
        whole = canonical({**found.unsigned(), "signature": signature.hex()})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if whole == line and type(found.n) is int and found.holds(signature, public) else None


def read(file: Path, public: Ed25519PublicKey) -> Read:
    """All checkpoints of a file.

    Raises:
        AuditUnreadable: it is not there or can't be read.
    """
    found: list[Checkpoint] = []
    damaged: list[int] = []
    problem = ""
    try:
        with file.open("rb") as stream:
            for number, raw in enumerate(iter(lambda: stream.readline(_MOST), b""), 1):
                if not raw.endswith(b"\n"):
                    # An unfinished last line is what a power cut leaves; a writer cuts it off before it goes on.
                    if stream.read(1):
                        damaged.append(number)
                    break
                checkpoint = parsed(raw[:-1].decode("ascii", "replace"), public)
                if checkpoint is None:
                    damaged.append(number)
                else:
                    found.append(checkpoint)
    except FileNotFoundError:
        problem = "is not there"
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    if problem:
        message = f"the checkpoint file {file} {problem}: without it nobody can tell whether the log's end was cut off"
        raise AuditUnreadable(message)
    return Read(tuple(found), tuple(damaged))


def append(file: Path, line: str) -> None:
    """Add a line, whole or not at all, and wait until it is on the disk.

    Raises:
        AuditError: it can't be written.
    """
    problem = ""
    data = line.encode("ascii") + b"\n"
    try:
        new = not file.exists()
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        try:
            _lock(handle)
            size = _whole_lines(handle)
            written = os.write(handle, data)
            if written != len(data):  # a full disk takes a part: it would read as a damaged line
                os.ftruncate(handle, size)
                problem = "the disk took a part of the line only"
            else:
                os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            sync_folder(file.parent)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        message = f"the checkpoint file {file} can't be written: {problem}"
        raise AuditError(message)


def sync_folder(folder: Path) -> None:
    """Make a new file's name durable; only POSIX asks for that, and only it can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    """One writer at a time; the lock goes with the handle. Elsewhere than on POSIX, the log's own lock has to do."""
    if os.name == "posix":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


def _whole_lines(handle: int) -> int:
    """Cut off what an interrupted write left of a line; the size then."""
    size = os.fstat(handle).st_size
    if not size or not hasattr(os, "pread") or os.pread(handle, 1, size - 1) == b"\n":
        return size
    start = max(0, size - _MOST)
    end = start + os.pread(handle, size - start, start).rfind(b"\n") + 1
    os.ftruncate(handle, end)
    return end
