"""Patterns that may not occur at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_validation._labels import DENIED_PATTERN
from bartizan_validation._patterns import compiled, encodable

if TYPE_CHECKING:
    from collections.abc import Iterable

HOOKS: Final = frozenset({"pre_prompt", "post_response"})
_LITERAL: Final = re.compile(r"[^\\.+*?()|\[\]{}^$]*")


class DenyScanner:
    r"""Finds one pattern, in any case, where it takes at most `max_span` characters.

    Of the ways in which the pattern can match at a place, the first (as RE2 ranks them) that is short enough counts, so `a.*b`
    finds the farthest `b` within `max_span`, and a match that can't be had within it is none. So whether and what is found at a
    place depends on `max_span` characters after it and one beyond (for `$` and `\b`), however long the text or its pieces.
    """

    pointwise = False
    hooks = HOOKS

    def __init__(self, pattern: str, number: int, max_span: int) -> None:
        self._pattern = compiled(pattern, ignore_case=True)
        self._detail = f"deny_list entry {number}"
        literal = _LITERAL.fullmatch(pattern) is not None  # RE2 folds case one character to one
        self.max_span = min(max_span, len(pattern)) if literal else max_span
        self.lookaround = self.max_span

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """Leftmost findings from `start` on, none overlapping another."""
        text = encodable(text)
        first = self._search(text, start, len(text))
        if first is None:
            return ()
        found = []
        place, span = first[0], self.max_span
        while place < len(text):
            # A block of places at a time, and no farther than their findings reach: the cost stays linear where all matches are
            # too long.
            last = place + span
            match = self._search(text, place, last + span)
            if match is not None and match[1] - match[0] > span:
                match = self._at(text, match[0]) or (match[0], match[0])
            if match is None or match[0] >= last:
                place = last
            elif match[0] == match[1]:
                place = match[0] + 1
            else:
                found.append(Finding(DENIED_PATTERN, Action.BLOCK, start=match[0], end=match[1], detail=self._detail))
                place = match[1]
        return found

    def pending(self, text: str, start: int) -> int:
        """Beyond this place a finding's `max_span` characters, and the one after them, are not all there yet."""
        return max(start, len(text) - self.max_span)

    def _search(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """The leftmost match that begins at or after `start` and ends by `end`; only one character beyond either is read."""
        left = max(0, start - 1)
        match = self._pattern.search(text[left : end + 1], start - left, end - left)
        return None if match is None else (match.start() + left, match.end() + left)

    def _at(self, text: str, start: int) -> tuple[int, int] | None:
        """The match at this very place that is short enough."""
        left, end = max(0, start - 1), start + self.max_span
        match = self._pattern.match(text[left : end + 1], start - left, end - left)
        return None if match is None else (start, match.end() + left)
