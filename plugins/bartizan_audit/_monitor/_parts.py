"""What detectors are made of: a table that forgets the longest unused, a window of times, a moving average, a sketch of a text."""

from __future__ import annotations

import hashlib
import heapq
import math
import re
from collections import OrderedDict, deque
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")
SKETCH: Final = 24
"""Hashes in a sketch: similarity is estimated to about 0.1."""
_WORDS: Final = 200
"""Words of a text that are looked at, from its start: so a long one costs no more."""
_WORD: Final = re.compile(r"\w+")
_IDLE: Final = 60
"""Empty buckets after which a moving average is as good as forgotten."""


class Recent(Generic[K, V]):
    """At most `size` values by key; what was not asked for longest goes first."""

    def __init__(self, size: int, make: Callable[[], V]) -> None:
        self._size = size
        self._make = make
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __getitem__(self, key: K) -> V:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._make()
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)


class Window:
    """Says when the last `count` marks lie within `seconds`."""

    __slots__ = ("_seconds", "_times")

    def __init__(self, count: int, seconds: float) -> None:
        self._times: deque[float] = deque(maxlen=count)
        self._seconds = seconds

    def mark(self, now: float) -> bool:
        """Mark this moment; whether there are that many now. Then it starts anew."""
        self._times.append(now)
        if len(self._times) == self._times.maxlen and now - self._times[0] <= self._seconds:
            self._times.clear()
            return True
        return False


class Spikes:
    """An exponentially weighted moving mean and variance of sums per bucket; says when a sum is far over it.

    Update as in West (1979) / Finch (2009), "Incremental calculation of weighted mean and variance": with weight a of the new
    value, diff = x - mean, mean += a * diff, variance = (1 - a) * (variance + a * diff^2).
    """

    __slots__ = ("_bucket", "_mean", "_sum", "_variance", "seen")

    def __init__(self) -> None:
        self._bucket = -1
        self._sum = 0.0
        self._mean = 0.0
        self._variance = 0.0
        self.seen = 0

    def add(self, amount: float, bucket: int, *, weight: float, warm_up: int) -> float:
        """Add to the current bucket; how many standard deviations it is over the mean, 0.0 while that is being learned."""
        if self._bucket < 0:
            self._bucket = bucket
        if bucket > self._bucket:
            self._close(self._sum, weight)
            for _ in range(min(bucket - self._bucket - 1, _IDLE)):
                self._close(0.0, weight)
            self._bucket, self._sum = bucket, 0.0
        self._sum += amount
        if self.seen < warm_up:
            return 0.0
        # Counts vary at least as a Poisson process does; without that floor a steady stream has no deviation at all.
        return (self._sum - self._mean) / math.sqrt(max(self._variance, self._mean, 1.0))

    @property
    def current(self) -> float:
        """The current bucket's sum."""
        return self._sum

    def _close(self, value: float, weight: float) -> None:
        self.seen += 1
        weight = max(weight, 1 / self.seen)
        difference = value - self._mean
        self._mean += weight * difference
        self._variance = (1 - weight) * (self._variance + weight * difference * difference)


def sketch(texts: Iterable[str], key: bytes) -> tuple[int, ...]:
    """A bottom-k sketch (Cohen and Kaplan, 2007) of keyed hashes of the texts' words and pairs of words: nothing can be read in it."""
    words: list[str] = []
    for text in texts:
        for match in _WORD.finditer(text):
            words.append(match[0].lower()[:40])
            if len(words) == _WORDS:
                break
        if len(words) == _WORDS:
            break
    shingles = {*words, *(f"{a} {b}" for a, b in pairwise(words))}
    digests = (hashlib.blake2b(one.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest() for one in shingles)
    return tuple(heapq.nsmallest(SKETCH, (int.from_bytes(digest, "big") for digest in digests)))


def similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The Jaccard similarity that two sketches estimate: the share of the union's smallest hashes that are in both."""
    union = heapq.nsmallest(SKETCH, {*one, *other})
    return sum(h in one and h in other for h in union) / len(union) if union else 0.0
