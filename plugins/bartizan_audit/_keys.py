"""The audit log's keys: one master key of 32 bytes, from the environment or a file, from which all others are derived.

Derivation is HKDF-SHA-256 (RFC 5869), with the log's name in `info`: two logs under one master key share none of them. Checkpoints
are signed with Ed25519 (RFC 8032).
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import secrets
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bartizan import MissingExtra
from bartizan_audit._errors import AuditError, AuditUnreadable

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_log: Final = logging.getLogger("bartizan.audit")
_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXO


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The derived keys of one log."""

    chain: bytes
    lookup: bytes
    wrap: bytes
    signer: Ed25519PrivateKey = field(compare=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """What verifies the checkpoints."""
        return self.signer.public_key()

    def __repr__(self) -> str:
        return "Keys(...)"


def check_extra() -> None:
    """Refuse to go on without the library that signs and encrypts.

    Raises:
        MissingExtra: cryptography is not installed.
    """
    from importlib.util import find_spec

    if find_spec("cryptography") is None:
        feature = "the audit log (signed checkpoints, keys per subject)"
        raise MissingExtra(feature, "audit")


def derive(master: bytes, name: str) -> Keys:
    """All keys of the log of this name."""
    check_extra()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    chain, lookup, wrap, seed = (_hkdf(master, f"bartizan audit 1 {use} {name}") for use in ("chain", "lookup", "wrap", "sign"))
    return Keys(chain, lookup, wrap, Ed25519PrivateKey.from_private_bytes(seed))


def _hkdf(master: bytes, info: str) -> bytes:
    """HKDF with an empty salt and one block of output (RFC 5869, sections 2.2 and 2.3)."""
    extracted = hmac.digest(bytes(_BYTES), master, "sha256")
    return hmac.digest(extracted, info.encode("utf-8", "surrogatepass") + b"\x01", "sha256")


def key_from_environment(variable: str) -> bytes:
    """The master key that an environment variable holds, as 64 hexadecimal digits.

    Raises:
        AuditUnreadable: it is not set, or is no such key.
    """
    text = os.environ.get(variable, "")
    if not text:
        message = f"the audit log's key is missing: the environment variable {variable} is not set"
        raise AuditUnreadable(message)
    return _parsed(text, f"the environment variable {variable}")


def key_from_file(file: Path) -> bytes | None:
    """The master key that a file holds, as 64 hexadecimal digits; None where there is no such file.

    Raises:
        AuditUnreadable: it can't be read, is no key, or everyone on the machine may read or write it.
    """
    problem, text, mode = "", "", 0
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            text = stream.read(1_000).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    if not problem and os.name == "posix" and mode & _OTHERS:
        problem = "is open to everyone on this machine: chmod 600 it, and make a new key if that was not meant"
    if problem:
        message = f"the audit log's key file {file} {problem}"
        raise AuditUnreadable(message)
    return _parsed(text, f"the file {file}")


def make_key_file(file: Path) -> bytes:
    """Make a key file of mode 0600 unless another process was first, say so, and give the key that is in it.

    Raises:
        AuditError: it can't be written.
    """
    problem, made = "", False
    temporary = file.with_name(f"{file.name}.{secrets.token_hex(8)}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(f"{secrets.token_hex(_BYTES)}\n".encode("ascii"))
                stream.flush()
                os.fsync(stream.fileno())
            # A link fails where the name is taken: of several processes that start at once, one wins and all read its key.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, file)
                made = True
        finally:
            temporary.unlink()
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        message = f"the audit log's key can't be made in {file}: {problem}"
        raise AuditError(message)
    if made:
        _log.warning("made a new key for the audit log in %s (mode 0600): keep a copy apart from the log", file)
    found = key_from_file(file)
    if found is None:
        message = f"the audit log's key file {file} was there and is gone: is something else deleting it?"
        raise AuditUnreadable(message)
    return found


def _parsed(text: str, where: str) -> bytes:
    key = b""
    with contextlib.suppress(ValueError):
        key = bytes.fromhex(text.strip())
    if len(key) != _BYTES:
        message = f"{where} holds no key of the audit log: it must be {2 * _BYTES} hexadecimal digits ({_BYTES} random bytes)"
        raise AuditUnreadable(message)
    return key
