"""The keys that tokens are verified with: one given key, or a JSON Web Key Set (RFC 7517) from a file or a URL, which may be rotated."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_BYTES: Final = 1_048_576
_TIMEOUT_S: Final = 5.0
_FRESH_S: Final = 300.0
_STALE_S: Final = 3_600.0
_PAUSE_S: Final = 10.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES: Final = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "secp256k1": ("ES256K",)}
_OKP: Final = {"Ed25519": ("EdDSA", "Ed25519"), "Ed448": ("EdDSA",)}
_BY_CURVE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    **{("EC", curve): names for curve, names in _CURVES.items()},
    **{("OKP", curve): names for curve, names in _OKP.items()},
}
ASYMMETRIC: Final = frozenset((*_RSA, *(name for names in (*_CURVES.values(), *_OKP.values()) for name in names)))
SYMMETRIC: Final = frozenset({"HS256", "HS384", "HS512"})


class NoKeys(Exception):
    """The keys can't be had at all, so nobody can be verified."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key and what it may verify: an algorithm that is not its own never gets to see it."""

    kid: str | None
    algorithms: frozenset[str]
    material: Any


class Keys(Protocol):
    """Where keys come from."""

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The one key for a token's header; None if there is none, or more than one fits. Raises NoKeys."""

    def ready(self, kid: str | None) -> bool:
        """Whether `find` would answer at once, without asking the network."""


class OneKey:
    """A key that was given as such, for all algorithms that were named."""

    def __init__(self, material: str | bytes, algorithms: Sequence[str]) -> None:
        self._key = Key(None, frozenset(algorithms), material)

    def find(self, kid: str | None, algorithm: str) -> Key | None:  # noqa: ARG002 (a single key needs no name)
        """The key."""
        return self._key if algorithm in self._key.algorithms else None

    def ready(self, kid: str | None) -> bool:  # noqa: ARG002 (the protocol's)
        """Always."""
        return True


class KeyFile:
    """A key set in a file, read anew when the file changes. One that can't be read refuses everyone, at the start the start itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()
        problem = ""
        try:
            self._load()
        except NoKeys as error:
            problem = str(error)
        if problem:
            raise BartizanError(problem)

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key, of the file as it is now."""
        with self._lock:
            self._load()
            return chosen(self._keys, kid, algorithm)

    def ready(self, kid: str | None) -> bool:  # noqa: ARG002 (the protocol's)
        """Always: a file is near."""
        return True

    def _load(self) -> None:
        problem, data = "", b""
        stamp = (0, 0, 0)
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp == self._stamp:
                return
            data = self._path.read_bytes()
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            message = f"the key set {self._path.name!r} can't be read: {problem}"
            raise NoKeys(message)
        self._keys = key_set(data)
        self._stamp = stamp


class KeyURL:
    """A key set behind a URL, fetched when first needed, kept for five minutes, and asked for again when a token names a new key.

    While the URL gives nothing, keys that were good serve for an hour. Unknown names ask at most every ten seconds.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            message = "a key set's URL begins with https://: who could change it on its way could be anyone"
            raise BartizanError(message)
        self._url = url
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._keys: tuple[Key, ...] = ()
        self._fetched = self._tried = -float("inf")

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key, fetched if need be."""
        if self.ready(kid):
            return chosen(self._keys, kid, algorithm)
        if self._pid != os.getpid():  # a fork may have copied a lock that was held
            self._lock, self._pid = threading.Lock(), os.getpid()
        with self._lock:
            if not self.ready(kid):
                if time.monotonic() - self._tried < _PAUSE_S:  # it has just failed: requests must not queue up for its time limit
                    message = "the key set could not be fetched a moment ago"
                    raise NoKeys(message)
                self._tried = time.monotonic()
                try:
                    self._keys = key_set(_fetched(self._url))
                    self._fetched = time.monotonic()
                except NoKeys:
                    if time.monotonic() - self._fetched > _STALE_S:
                        self._keys = ()
                        raise
            if not self._keys:
                message = "the key set can't be fetched"
                raise NoKeys(message)
            return chosen(self._keys, kid, algorithm)

    def ready(self, kid: str | None) -> bool:
        """Whether what is here will do: it is fresh and has the key, or asking has just been tried."""
        now = time.monotonic()
        if now - self._tried < _PAUSE_S and self._keys:
            return True
        return now - self._fetched < _FRESH_S and (kid is None or any(key.kid == kid for key in self._keys))


def chosen(keys: Sequence[Key], kid: str | None, algorithm: str) -> Key | None:
    """The one key that has this name, or without a name the only one that fits."""
    fitting = [key for key in keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]
    return fitting[0] if len(fitting) == 1 else None


def key_set(data: bytes) -> tuple[Key, ...]:
    """The public signature keys of a set; others are passed over, secret ones too: a set is public.

    Raises:
        NoKeys: it is no key set, or holds no key that could verify a signature.
    """
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    table: Any = None
    try:
        table = json.loads(data)
    except (ValueError, RecursionError):
        table = None
    entries = table.get("keys") if isinstance(table, dict) else None
    found: list[Key] = []
    listed: list[Any] = entries if isinstance(entries, list) else []
    for entry in listed:
        algorithms = _algorithms(entry)
        if algorithms:
            try:
                material = PyJWK({**entry, "alg": algorithms[0]}).key
            except (PyJWTError, ValueError, TypeError, KeyError):
                continue
            kid: object = entry.get("kid")
            found.append(Key(kid if isinstance(kid, str) else None, frozenset(algorithms), material))
    if not found:
        message = 'the key set holds no public signature key: it is JSON such as {"keys": [{"kty": "RSA", ...}]} (RFC 7517)'
        raise NoKeys(message)
    return tuple(found)


def _algorithms(entry: Any) -> tuple[str, ...]:
    """What an entry of a key set may verify, by its own type and, where it says so, by its own `alg` and `use`."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "d" in entry:
        return ()
    if "key_ops" in entry and (not isinstance(entry["key_ops"], list) or "verify" not in entry["key_ops"]):
        return ()
    kind, curve = entry.get("kty"), entry.get("crv")
    possible = _RSA if kind == "RSA" else _BY_CURVE.get((str(kind), str(curve)), ())
    named = entry.get("alg")
    return possible if named is None else tuple(one for one in possible if one == named)


def _fetched(url: str) -> bytes:
    from urllib.error import URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Straight(HTTPRedirectHandler):
        """A redirect could lead away from what was configured."""

        def redirect_request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 (the base class's)
            return None

    asked = Request(url, headers={"Accept": "application/json"})  # noqa: S310 (https, or this very machine)
    problem, data = "", b""
    try:
        with build_opener(Straight).open(asked, timeout=_TIMEOUT_S) as answer:
            data = answer.read(_MAX_BYTES + 1)
    except (OSError, URLError, ValueError) as error:
        problem = type(error).__name__
    if not problem and len(data) > _MAX_BYTES:
        problem = f"it is over {_MAX_BYTES:,} bytes"
    if problem:
        message = f"the key set can't be fetched: {problem}"
        raise NoKeys(message)
    return data
