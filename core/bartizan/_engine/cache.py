"""A session's memory of what scanners found, so that a chat's history is not scanned again at every turn."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from bartizan._engine.locks import ForkSafeLock

if TYPE_CHECKING:
    from bartizan._values.findings import Finding

    Scanned = tuple[tuple[int, Finding], ...]
    """What was found in one text: the scanning plugin's place, and its finding as the scanner gave it."""

_BUDGET: Final = 8 * 1024 * 1024
_ENTRY_COST: Final = 256
_FINDING_COST: Final = 256


class FindingCache:
    """Findings by text, never what was made of them. Bounded by bytes, oldest out first.

    `near` answers for the very same str object, which it holds; the rest is kept by a keyed BLAKE2b digest (RFC 7693), so that a text
    that came again from a request costs a hash, and no text is kept for it.
    """

    __slots__ = ("_budget", "_far", "_key", "_lock", "_spent", "near")

    def __init__(self, budget: int = _BUDGET) -> None:
        self._budget = budget
        self._key = secrets.token_bytes(32)
        self._lock = ForkSafeLock()
        self._far: dict[bytes, tuple[Scanned, int]] = {}
        self._spent = 0
        self.near: dict[tuple[int, str], tuple[str, str, Scanned, int]] = {}

    def get(self, text: str, key: str, hook: str) -> Scanned | None:
        """What was found before in this text under this key, or None if it is not known."""
        near = self.near.get((id(text), hook))
        if near is not None and near[0] is text and near[1] == key:
            return near[2]
        with self._lock:
            far = self._far.get(self._digest(text, key, hook))
            if far is None:
                return None
            self._keep_near(text, key, hook, far[0])
            self._shrink()
        return far[0]

    def put(self, text: str, key: str, hook: str, found: Scanned) -> None:
        """Remember what was found."""
        cost = _ENTRY_COST + _FINDING_COST * len(found)
        with self._lock:
            digest = self._digest(text, key, hook)
            if digest not in self._far:
                self._far[digest] = (found, cost)
                self._spent += cost
            self._keep_near(text, key, hook, found)
            self._shrink()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.near.clear()
            self._far.clear()
            self._spent = 0

    def _keep_near(self, text: str, key: str, hook: str, found: Scanned) -> None:
        cost = _ENTRY_COST + 4 * len(text)
        old = self.near.pop((id(text), hook), None)
        if old is not None:
            self._spent -= old[3]
        self.near[id(text), hook] = (text, key, found, cost)
        self._spent += cost

    def _shrink(self) -> None:
        while self._spent > self._budget and self.near:
            self._spent -= self.near.pop(next(iter(self.near)))[3]
        while self._spent > self._budget and self._far:
            self._spent -= self._far.pop(next(iter(self._far)))[1]

    def _digest(self, text: str, key: str, hook: str) -> bytes:
        hashed = blake2b(f"{hook}\0{len(key)}\0".encode(), digest_size=16, key=self._key)
        hashed.update(key.encode("utf-8", "surrogatepass"))
        hashed.update(text.encode("utf-8", "surrogatepass"))
        return hashed.digest()
