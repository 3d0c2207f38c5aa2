"""Sliding windows, counted in slots, so that a window takes the same room however much is in it.

What falls into a slot counts until the whole slot has left the window: in no window of `window_ms`, wherever it begins, is there more
than the limit, and room comes back at most one slot (a sixtieth of the window) late. The script for Redis counts exactly so.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SLOTS: Final = 60
_SWEEP: Final = 4_096


class Unavailable(Exception):
    """Nothing can be counted, so nothing may pass. The text is free of data."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one request takes from one window."""

    key: str
    window_ms: int
    limit: int
    cost: int


@dataclass(frozen=True, slots=True)
class Full:
    """A window that had no room: which charge, and after how many seconds there is; None where there never will be."""

    index: int
    retry_after: float | None


class Store(Protocol):
    """Where windows are kept."""

    def charge(self, charges: Sequence[Charge]) -> Full | None:
        """Take all of the charges, or none if one window is full. Raises Unavailable."""

    def close(self) -> None:
        """Let go of connections."""


def width_of(window_ms: int) -> int:
    """Milliseconds of a slot."""
    return -(-window_ms // SLOTS)


class MemoryStore:
    """Windows of this process."""

    def __init__(self, clock_ms: Callable[[], int] | None = None) -> None:
        self._clock_ms = clock_ms or (lambda: time.monotonic_ns() // 1_000_000)
        self._windows: dict[str, dict[int, int]] = {}
        self._ends: dict[str, int] = {}
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._sweep_at = _SWEEP

    def charge(self, charges: Sequence[Charge]) -> Full | None:
        """Take all of the charges, or none."""
        if self._pid != os.getpid():  # a fork may have copied a lock that was held
            self._lock, self._pid = threading.Lock(), os.getpid()
        with self._lock:
            now = self._clock_ms()
            full = None
            for index, charge in enumerate(charges):
                found = self._full(index, charge, now)
                if found is not None and (full is None or _later(found, full)):
                    full = found
            if full is None:
                for charge in charges:
                    self._take(charge, now)
            if len(self._windows) > self._sweep_at:
                self._sweep(now)
            return full

    def close(self) -> None:
        """Nothing to let go of."""

    def _full(self, index: int, charge: Charge, now: int) -> Full | None:
        if charge.cost > charge.limit:
            return Full(index, None)
        slots = self._windows.get(charge.key, {})
        width = width_of(charge.window_ms)
        oldest = now // width - SLOTS
        for slot in [slot for slot in slots if slot < oldest]:
            del slots[slot]
        missing = sum(slots.values()) + charge.cost - charge.limit
        if missing <= 0:
            return None
        for slot in sorted(slots):
            missing -= slots[slot]
            if missing <= 0:
                return Full(index, ((slot + 1 + SLOTS) * width - now) / 1_000)
        return Full(index, None)

    def _take(self, charge: Charge, now: int) -> None:
        width = width_of(charge.window_ms)
        slots = self._windows.setdefault(charge.key, {})
        slots[now // width] = slots.get(now // width, 0) + charge.cost
        self._ends[charge.key] = now + (SLOTS + 1) * width

    def _sweep(self, now: int) -> None:
        """Forget windows in which nothing is left; every now and then, so that each charge pays a little."""
        for key in [key for key, end in self._ends.items() if end <= now]:
            del self._ends[key], self._windows[key]
        self._sweep_at = max(_SWEEP, 2 * len(self._windows))


def _later(one: Full, other: Full) -> bool:
    """Whether `one` takes longer to have room again."""
    return other.retry_after is not None and (one.retry_after is None or one.retry_after > other.retry_after)
