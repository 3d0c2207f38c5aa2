"""A key for each subject, so that what is sealed for them can be made unreadable for good: delete the key (crypto-shredding).

What identifies someone (principal, tenant, session, the redacted text) is sealed with AES-256-GCM (NIST SP 800-38D) under the
subject's own key; the chain covers the sealed bytes, so it still holds when they can't be read any more. The key is wrapped by
the log's wrapping key. Records name the subject by a random reference; a keyed hash finds it for a principal, and goes with the key.
"""

from __future__ import annotations

import hmac
import json
import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from bartizan_audit._canonical import canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Tables

Identity = tuple[str | None, str]
"""Tenant and principal id; (None, "") for nobody in particular."""
NOBODY: Final[Identity] = (None, "")
REF_BYTES: Final = 16
_NONCE: Final = 12
_KEY: Final = 32
_CACHED: Final = 10_000


def lookup(keys: Keys, identity: Identity) -> bytes:
    """The keyed hash that finds a subject; without the log's key nobody can try names."""
    return hmac.digest(keys.lookup, canonical(identity).encode("ascii"), "sha256")


def pseudonym(found_by: bytes) -> str:
    """How sinks and readers name a subject."""
    return found_by.hex()[:16]


def unwrap(keys: Keys, ref: bytes, found_by: bytes, wrapped: bytes) -> bytes | None:
    """A subject's key; None where the row is not as it was written."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(keys.wrap).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], ref + found_by)
    except (InvalidTag, ValueError, TypeError):
        return None


def unseal(key: bytes, ref: bytes, sealed: bytes) -> dict[str, object] | None:
    """What was sealed for a subject; None where it is not as it was written."""
    from cryptography.exceptions import InvalidTag

    try:
        found: dict[str, object] = json.loads(_cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], ref))
    except (InvalidTag, ValueError, TypeError):
        return None
    return found


class Sealer:
    """Seals for subjects within a transaction; keeps the last 10,000 subjects' keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._known: OrderedDict[Identity, tuple[bytes, AESGCM]] = OrderedDict()

    def seal(self, tables: Tables, identity: Identity, private: str, present: set[Identity] | None) -> tuple[bytes, bytes]:
        """The subject's reference and the sealed bytes. Someone forgotten since gets a new key and reference.

        `present` are those seen in this transaction to have their key still; None where nobody else wrote since the last one, so
        that nobody can have been forgotten.
        """
        known = self._known.get(identity)
        if known is None or (present is not None and identity not in present and not tables.has_subject(known[0])):
            known = self._found(tables, identity)
            self._known[identity] = known
            if len(self._known) > _CACHED:
                self._known.popitem(last=False)
        if present is not None:
            present.add(identity)
        ref, cipher = known
        nonce = os.urandom(_NONCE)
        return ref, nonce + cipher.encrypt(nonce, private.encode("ascii"), ref)

    def reset(self) -> None:
        """Forget the keys held in memory: a transaction that made some of them was rolled back."""
        self._known.clear()

    def _found(self, tables: Tables, identity: Identity) -> tuple[bytes, AESGCM]:
        found_by = lookup(self._keys, identity)
        row = tables.subject(found_by)
        key = None if row is None else unwrap(self._keys, row[0], found_by, row[1])
        if row is not None and key is not None:
            return row[0], _cipher(key)
        if row is not None:  # somebody wrote there: that row is of no use, and verify tells of it
            tables.drop_subject(row[0])
        ref, key, nonce = os.urandom(REF_BYTES), os.urandom(_KEY), os.urandom(_NONCE)
        tables.add_subject(ref, found_by, nonce + _cipher(self._keys.wrap).encrypt(nonce, key, ref + found_by))
        return ref, _cipher(key)


class Opener:
    """Opens what was sealed, for readers: a subject's key is unwrapped once."""

    def __init__(self, keys: Keys, tables: Tables) -> None:
        self._keys = keys
        self._tables = tables
        self._known: OrderedDict[bytes, tuple[bytes | None, str]] = OrderedDict()

    def open(self, ref: bytes | None, sealed: bytes | None) -> dict[str, object] | None:
        """What was sealed; None where there is nothing, or it was forgotten."""
        if ref is None or sealed is None:
            return None
        if ref not in self._known:
            row = self._tables.subject_key(ref)
            self._known[ref] = (None, "") if row is None else (unwrap(self._keys, ref, *row), pseudonym(row[0]))
            if len(self._known) > _CACHED:
                self._known.popitem(last=False)
        key = self._known[ref][0]
        return None if key is None else unseal(key, ref, sealed)

    def who(self, ref: bytes) -> str:
        """The subject's keyed hash, as sinks give it; for one that was opened."""
        return self._known[ref][1]


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
