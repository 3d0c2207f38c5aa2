"""A session's memory of what scanners found, so that a chat's history is not scanned again at every turn."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from bartizan._engine.locks import ForkSafeLock
from bartizan._plugins.member import SCANNED_HOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bartizan._values.findings import Finding
    from bartizan._values.texts import Segment

    Scanned = tuple[tuple[int, Finding], ...]
    """What was found in one text: the scanning plugin's place, and its finding as the scanner gave it."""

_BUDGET: Final = 8 * 1024 * 1024
_ENTRY_COST: Final = 256
_FINDING_COST: Final = 256


class Recent:
    """The last texts a hook was given in this session, as given and as segments; what is in which of them; what keeping each costs."""

    __slots__ = ("costs", "items", "known", "segments")

    def __init__(
        self,
        items: tuple[object, ...],
        segments: tuple[Segment, ...],
        known: tuple[tuple[int, Scanned], ...],
        costs: tuple[int, ...],
    ) -> None:
        self.items: tuple[object, ...] = items
        self.segments: tuple[Segment, ...] = segments
        self.known: tuple[tuple[int, Scanned], ...] = known
        self.costs: tuple[int, ...] = costs

    def first(self, count: int) -> Recent:
        """The first of them."""
        if count == len(self.items):
            return self
        known = tuple(one for one in self.known if one[0] < count)
        return Recent(self.items[:count], self.segments[:count], known, self.costs[:count])


class FindingCache:
    """Findings by text, never what was made of them. Bounded by bytes, oldest out first.

    A chat mostly comes again with something added: `recall` knows its beginning by one comparison. `near` answers for the very same str
    object, which it holds; the rest is kept by a keyed BLAKE2b digest (RFC 7693), so that a text that came again from a request costs
    a hash, and no text is kept for it.
    """

    __slots__ = ("_budget", "_far", "_hashes", "_lock", "_recent", "_spent", "near")

    def __init__(self, budget: int = _BUDGET) -> None:
        self._budget = budget
        key = secrets.token_bytes(32)
        self._hashes = {hook: blake2b(hook.encode(), digest_size=16, key=key) for hook in SCANNED_HOOKS}
        self._recent: dict[str, Recent] = {}
        self._lock = ForkSafeLock()
        self._far: dict[bytes, tuple[Scanned, int]] = {}
        self._spent = 0
        self.near: dict[tuple[int, str], tuple[str, str, Scanned, int]] = {}

    def recall(self, items: Sequence[object], hook: str) -> Recent | None:
        """As many of the last texts as these begin with."""
        recent = self._recent.get(hook)
        if recent is None:
            return None
        shorter = min(len(items), len(recent.items))
        if tuple(items[:shorter]) == recent.items[:shorter]:
            return recent.first(shorter)
        pairs = enumerate(zip(items, recent.items, strict=False))
        return recent.first(next(at for at, (one, other) in pairs if one != other))

    def remember(
        self,
        items: Sequence[object],
        segments: tuple[Segment, ...],
        known: Iterable[tuple[int, Scanned]],
        hook: str,
        recalled: Recent | None,
    ) -> None:
        """Keep these texts as the last ones, if they are within half of the budget; the first of them are those `recalled`."""
        before = () if recalled is None else recalled.costs
        costs = (*before, *(_ENTRY_COST + 4 * len(segment.text) for segment in segments[len(before) :]))
        with self._lock:
            old = self._recent.pop(hook, None)
            if old is not None:
                self._spent -= sum(old.costs)
            cost = sum(costs)
            if 2 * cost <= self._budget:
                self._recent[hook] = Recent(tuple(items), segments, tuple(known), costs)
                self._spent += cost
                self._shrink()

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
            self._recent.clear()
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
        hashed = self._hashes[hook].copy()
        hashed.update(f"{len(key)}:{key}:{text}".encode("utf-8", "surrogatepass"))
        return hashed.digest()
