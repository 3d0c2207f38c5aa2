"""What one kind of value looks like: the record that every entity fills in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Span = tuple[int, int]
    Resolve = Callable[[str, int], Span | None]
    Spread = Callable[[str, int, int], tuple[Iterable[int], int]]
    Unfinished = Callable[[str, int], int]

REACH: Final = 96
"""How far around a finding its decision may look, in characters: the scanner's lookaround. A gate matches no more than this, and
a finding begins no further than this behind its pivot or the place that its gate found."""

TOKEN_SPAN: Final = 512
"""The longest finding of an entity without white space, in characters, but for those that say otherwise."""

SPACED_SPAN: Final = 72
"""The longest finding of an entity written in groups, in characters."""

SPACED_CHARACTERS: Final = "0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ().-/+\u00a0"
"""Everything that a value in groups, its separators and its right boundary are made of."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of value and how to find it.

    Findings must not depend on where scanning began or on each other, so they are not searched for from left to right: each
    begins from a *pivot*, a place that the text alone decides, and `resolve` gives the one finding that belongs to it, or None.
    The gates of all entities are one search, which says where it is worth asking; they find no pivot that does not resolve.

    Attributes:
        label: the name in policies and placeholders; Presidio's where it has one.
        groups: groups it can be named by, such as "pii".
        why: what a finding of it is, in words free of data.
        source: where its format is published.
        gate: an RE2 pattern over Latin-1 (any other character is a `?`) that matches from every pivot that resolves on, or from an
            underscore before it, in no more than `REACH` characters.
        begins: a pattern in `re` for how the gate's match begins (that underscore aside): its first eight characters, where 1 is any
            digit but 0 and `a` any letter, but for the first two where no digit comes first. With `spread`, for the first four as
            they are; where the eight are digits, all the digits and a space follow them. It only saves asking.
        resolve: (text, pivot) -> the finding [a, b), a >= pivot - max_span, decided by text[a - REACH : b + REACH] alone.
        max_span: the longest finding, in characters.
        spread: where the gate finds what stands before the pivots: (text, place, done) -> the pivots from `done` on that belong to
            the place, and up to where they are done now.
        spaced: whether a finding may hold spaces; it is then made of `SPACED_CHARACTERS` and begins with `(`, `+`, a digit, or two
            capitals and a digit. All others hold no white space.
        unfinished: (text, start) -> the first place at or after `start` where a finding could still grow or vanish, for an entity
            that holds other white space or is longer than `TOKEN_SPAN`.
    """

    label: str
    groups: frozenset[str]
    why: str
    source: str
    gate: str
    begins: str
    resolve: Resolve
    max_span: int = TOKEN_SPAN
    spread: Spread | None = None
    spaced: bool = False
    unfinished: Unfinished | None = None


D: Final = "[01]"
"""Any digit in the `begins` of an entity."""

ALONE: Final = "(?<![A-Za-z0-9])"
"""No ASCII letter or digit before. Only ASCII counts as a boundary: scripts without spaces may stand right beside a value."""


def groups(*names: str) -> frozenset[str]:
    """The groups of an entity."""
    return frozenset(names)


def edge(pattern: str) -> str:
    """The gate of a pattern that no ASCII letter or digit may stand before, but an underscore may."""
    return rf"(?:\b|_)(?:{pattern})"


def matching(pattern: str, accept: Callable[[str], bool] | None = None) -> Resolve:
    """A `resolve` for a finding that begins at its pivot and is all that `pattern` matches, if `accept` agrees."""
    match = re.compile(pattern).match

    def resolve(text: str, pivot: int) -> Span | None:
        found = match(text, pivot)
        if found is None or (accept is not None and not accept(found.group())):
            return None
        return found.span()

    return resolve
