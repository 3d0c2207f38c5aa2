"""Patterns over actions, in which `*` stands for any characters, and an index that finds those that match without trying each."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")
WILDCARD: Final = "*"
KNOWN_ACTIONS: Final = ("query", "train", "deploy", "monitor", "retrieve")
KNOWN_PREFIXES: Final = ("tool:", "model:")
_MAX_LENGTH: Final = 256
_NO_WILDCARDS: Final = frozenset("?[]{}\\")


def check_pattern(pattern: str) -> str:
    """The pattern as it is.

    Raises:
        ValueError: it would match nothing, or not what it seems to.
    """
    problem = ""
    if not pattern or pattern != pattern.strip():
        problem = "an action is not empty, and has no space around it"
    elif len(pattern) > _MAX_LENGTH:
        problem = f"an action has at most {_MAX_LENGTH} characters"
    elif not pattern.isprintable():
        problem = "an action holds no character that can't be seen"
    elif found := sorted(_NO_WILDCARDS.intersection(pattern)):
        problem = f"{found[0]!r} is no wildcard here: * stands for any characters, everything else for itself"
    else:
        head = pattern.partition(":")[0] + (":" if ":" in pattern else "")
        meant = head.casefold()
        if head != meant and meant in {*KNOWN_ACTIONS, *KNOWN_PREFIXES}:
            problem = f"actions are compared as they are: write {meant!r}, not {head!r}"
        elif pattern in KNOWN_PREFIXES:
            problem = f"{pattern!r} names nothing: write '{pattern}*' for all of them"
    if problem:
        raise ValueError(problem)
    return pattern


class PatternIndex(Generic[T]):
    """Values by pattern. A pattern without `*` is one look-up; the others are grouped by what stands before and after their stars."""

    def __init__(self) -> None:
        self._exact: dict[str, list[T]] = {}
        self._globs: dict[int, dict[str, dict[int, dict[str, list[tuple[tuple[str, ...], T]]]]]] = {}

    def add(self, pattern: str, value: T) -> None:
        """Keep a value under a pattern that `check_pattern` passed."""
        if WILDCARD not in pattern:
            self._exact.setdefault(pattern, []).append(value)
            return
        before, *between, after = pattern.split(WILDCARD)
        by_end = self._globs.setdefault(len(before), {}).setdefault(before, {})
        found = by_end.setdefault(len(after), {}).setdefault(after, [])
        found.append((tuple(part for part in between if part), value))

    def find(self, action: str) -> list[T]:
        """The values of all patterns that match: as many look-ups as there are lengths, however many patterns."""
        out = list(self._exact.get(action, ()))
        for start, by_start in self._globs.items():
            for end, by_end in by_start.get(action[:start], {}).items():
                stop = len(action) - end
                if stop >= start:
                    out += [value for between, value in by_end.get(action[stop:], ()) if _holds(action, between, start, stop)]
        return out


def _holds(action: str, parts: tuple[str, ...], start: int, stop: int) -> bool:
    """Whether the parts follow one another; taking each at its first place leaves the most room for the rest."""
    for part in parts:
        found = action.find(part, start, stop)
        if found < 0:
            return False
        start = found + len(part)
    return True
