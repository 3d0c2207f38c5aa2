"""A session's pseudonyms as bytes that only the holder of a key can read, and only for the same tenant, principal and session id.

The blob is a mark, a salt of 16 bytes and a nonce of 12 (all three authenticated), then AES-256-GCM (NIST SP 800-38D) over JSON. Each
blob has a key of its own, derived from the caller's by HKDF-SHA-256 (RFC 5869) with its salt, so that no nonce is used twice. Who
the pseudonyms belong to is associated data: in another session the blob does not open.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from bartizan._errors import BartizanError, MissingExtra, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from bartizan._engine.vault import Vault

    Owner = tuple[str | None, str, str]
    """Tenant, principal and session id."""

_MARK: Final = b"bartizan pseudonyms 1\n"
_SALT: Final = 16
_NONCE: Final = 12
_TAG: Final = 16
_KEY: Final = 32
_HEAD: Final = len(_MARK) + _SALT + _NONCE
_LARGEST: Final = 256 * 1024 * 1024
"""Bytes: more than any vault can come to, escapes included."""
_NOT_OPENED: Final = (
    "these pseudonyms don't open with this key for this tenant, principal and session id, or were altered: nothing was taken over"
)


def checked_key(key: object) -> bytes:
    """A key as the caller gave it.

    Raises:
        TypeError: it is not bytes; BartizanError: it is not 32 of them.
    """
    if not isinstance(key, bytes):
        message = f"a key is {_KEY} random bytes, or the NAME of a [keys.NAME] in the policy as a str, not {type(key).__name__}"
        raise TypeError(message)
    if len(key) != _KEY:
        message = f"a key is {_KEY} random bytes (secrets.token_bytes({_KEY})), not {len(key)}"
        raise BartizanError(message)
    return key


def seal(vault: Vault, owner: Owner, key: bytes) -> bytes:
    """The vault's placeholders and values, encrypted.

    Raises:
        MissingExtra: cryptography is not installed.
    """
    head = _MARK + os.urandom(_SALT + _NONCE)
    plain = json.dumps({"pseudonyms": list(vault.copy().items())}, separators=(",", ":")).encode()
    return head + _cipher(key, head).encrypt(head[-_NONCE:], plain, _associated(head, owner))


def unseal(blob: bytes, vault: Vault, owner: Owner, key: bytes) -> int:
    """Take over what a blob holds, all or nothing; how many placeholders it holds.

    Raises:
        Refused: another key, another owner, or not what `seal` gave; nothing was taken over.
        MissingExtra: cryptography is not installed.
    """
    if not isinstance(blob, bytes):
        message = f"exported pseudonyms are bytes, not {type(blob).__name__}"
        raise TypeError(message)
    entries = None
    if blob.startswith(_MARK) and _HEAD + _TAG <= len(blob) <= _LARGEST:
        entries = _opened(blob, owner, key)
    if entries is None:
        raise Refused(_NOT_OPENED)
    problem = vault.take_over(entries)
    if problem:
        message = f"these pseudonyms can't be taken over: {problem}; nothing was"
        raise Refused(message)
    return len(entries)


def _opened(blob: bytes, owner: Owner, key: bytes) -> list[tuple[str, str]] | None:
    head = blob[:_HEAD]
    cipher = _cipher(key, head)
    from cryptography.exceptions import InvalidTag

    try:
        plain = cipher.decrypt(head[-_NONCE:], blob[_HEAD:], _associated(head, owner))
    except InvalidTag:
        return None
    # Authenticated: it is what `seal` wrote.
    return [(placeholder, value) for placeholder, value in json.loads(plain)["pseudonyms"]]


def _cipher(key: bytes, head: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError:
        feature = "the export of pseudonyms"
        raise MissingExtra(feature, "audit") from None
    return AESGCM(HKDF(SHA256(), _KEY, head[len(_MARK) : len(_MARK) + _SALT], _MARK).derive(key))


def _associated(head: bytes, owner: Owner) -> bytes:
    """What is authenticated beside the values; JSON, so that no two owners come to the same bytes."""
    return head + json.dumps(owner).encode()
