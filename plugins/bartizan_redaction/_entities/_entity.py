"""What one kind of value looks like: the record that every entity fills in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Span = tuple[int, int]
    Resolve = Callable[[str, int], Span | None]
    Unfinished = Callable[[str, int], int]

REACH: Final = 96
"""How far around a finding its decision may look, in characters: the scanner's lookaround. A pivot's pattern looks no further
ahead than this, a finding begins no further than this behind its pivot, and a gate matches no more than this."""

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

    Attributes: label: the name in policies and placeholders; Presidio's where it has one. groups: groups it can be named by, such
        as "pii". why: what a finding of it is, in words free of data. source: where its format is published. gate: an RE2 pattern
        that matches, in no more than `REACH` characters, beside every pivot that can resolve. ASCII only. pivot: matches one
        character (so that no match can hide another), looking at most `REACH` ahead. resolve: (text, pivot) -> the finding [a,
        b), a >= pivot - max_span, decided by text[a - REACH : b + REACH] alone. max_span: the longest finding, in characters.
        spaced: whether a finding may hold spaces; it is then made of `SPACED_CHARACTERS` and begins with `(`, `+`, a digit, or
        two capitals and a digit. All others hold no white space. unfinished: (text, start) -> the first place at or after `start`
        where a finding could still grow or vanish, for an entity that holds other white space or is longer than `TOKEN_SPAN`.
    """

    label: str
    groups: frozenset[str]
    why: str
    source: str
    gate: str
    pivot: re.Pattern[str]
    resolve: Resolve
    max_span: int = TOKEN_SPAN
    spaced: bool = False
    unfinished: Unfinished | None = None


def groups(*names: str) -> frozenset[str]:
    """The groups of an entity."""
    return frozenset(names)


def prefixed(first: str, ahead: str) -> re.Pattern[str]:
    """A pivot at a character of class `first` with no ASCII letter or digit before it and `ahead` after it.

    Only ASCII counts as a boundary: scripts without spaces may stand right beside a value.
    """
    return re.compile(rf"{first}(?<![A-Za-z0-9]{first})(?={ahead})")


def matching(pattern: str, accept: Callable[[str], bool] | None = None) -> Resolve:
    """A `resolve` for a finding that begins at its pivot and is all that `pattern` matches, if `accept` agrees."""
    compiled = re.compile(pattern)

    def resolve(text: str, pivot: int) -> Span | None:
        found = compiled.match(text, pivot)
        if found is None or (accept is not None and not accept(found.group())):
            return None
        return found.span()

    return resolve
