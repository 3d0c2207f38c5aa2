"""Entities that a policy defines: a pattern in RE2, a check digit, a list of values, words that must stand before.

Every place in the text where the pattern matches is a finding (not only the first of several that overlap, as in a search from
left to right): so a finding depends on nothing but the characters around it, and streams stay exact. Overlapping findings unite
in the engine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Pattern, byte_length, char_length, encode, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CONTEXT_WINDOW: Final = 64
"""How many characters before a value one of its context words must stand in."""

# A pattern made of these alone matches no white space: words, digits, signs, classes of them, groups, repetitions, edges.
_SPACELESS: Final = re.compile(
    r"(?:[A-Za-z0-9_@#/:=,;%&~!<>\"'-]|\\[dwbB.+*?()\[\]{}|^$/-]|\[[A-Za-z0-9_@#/:=,;.%+*()&$!?-]+\]"
    r"|\(\?:|\(\?i\)|\(\?i:|[()|?*+^$]|\{[0-9,]+\})*"
)
_WIDE_RANGE: Final = re.compile(r"\[[^\]]*?(?:[^A-Za-z0-9\[]-[^\]]|[A-Za-z0-9]-[^A-Za-z0-9\]])")
_SPACE: Final = re.compile(r"\s")


def may_match_space(pattern: str) -> bool:
    """Whether the pattern could match white space; True where that is not plain to see."""
    return _SPACELESS.fullmatch(pattern) is None or _WIDE_RANGE.search(pattern) is not None


class CustomEntity:
    """One entity of a policy, compiled. Safe to share between threads."""

    __slots__ = ("_check", "_context", "_deny", "_pattern", "label", "lookaround", "max_span", "may_hold_space", "why")

    def __init__(
        self,
        label: str,
        regex: str | None,
        deny_list: Sequence[str],
        context_words: Sequence[str],
        max_span: int,
        check: Callable[[str], bool] | None = None,
    ) -> None:
        """Compile it. `check` says which matches of `regex` count.

        Raises:
            PatternError: RE2 can't compile `regex`.
        """
        self.label = label
        self._check = check
        self.why = "an entity of the policy"
        self._pattern = None if regex is None else Pattern(regex)
        values = sorted(set(deny_list), key=lambda value: (-len(value), value))
        self._deny = Pattern("(?i)" + "|".join(quote(value) for value in values)) if values else None
        self.max_span = max(max_span if regex is not None else 1, *map(len, values), 1)
        words = "|".join(re.escape(word) for word in context_words)
        self._context = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE) if words else None
        # What a match is depends on at most max_span characters from its beginning on, and one more for edges.
        self.lookaround = max(self.max_span, CONTEXT_WINDOW) + 2
        self.may_hold_space = (regex is not None and may_match_space(regex)) or any(_SPACE.search(value) for value in values)

    def spans(self, text: str, start: int) -> Iterator[tuple[int, int]]:
        """Every [begin, end) with begin >= start, in characters."""
        for pattern in (self._pattern, self._deny):
            if pattern is None:
                continue
            for begin, end in self._matches(pattern, text, start):
                if pattern is self._deny:
                    if not _stands_alone(text, begin, end):
                        continue
                elif self._check is not None and not self._check(text[begin:end]):
                    continue
                if self._context is None or self._context.search(text, max(0, begin - CONTEXT_WINDOW), begin):
                    yield begin, end

    def _matches(self, pattern: Pattern, text: str, start: int) -> Iterator[tuple[int, int]]:
        """Every place where the pattern matches within `max_span` characters; each search is bounded, so time is linear."""
        left = max(0, start - 1)
        raw = encode(text[left:])
        size, length = len(text), len(raw)
        place, at = start, byte_length(raw, 0, start - left) if start > left else 0
        if pattern.search(raw, at, length) is None:
            return
        stretch = 2 * self.max_span + 64
        while at < length:
            far = at + byte_length(raw, at, min(stretch, size - place))
            hit = pattern.search(raw, at, far)
            if hit is None:
                if far >= length:
                    return
                step = stretch - self.max_span
                at, place = at + byte_length(raw, at, step), place + step
                continue
            place += char_length(raw, at, hit[0])
            at = hit[0]
            near = at + byte_length(raw, at, min(self.max_span, size - place))
            match = pattern.match(raw, at, near)
            if match is not None and match[1] > at:
                yield place, place + char_length(raw, at, match[1])
            if at >= length:
                return
            at, place = at + byte_length(raw, at, 1), place + 1


def _stands_alone(text: str, begin: int, end: int) -> bool:
    """Whether a listed value is not part of a longer word."""
    return not (
        (begin > 0 and text[begin].isalnum() and text[begin - 1].isalnum())
        or (end < len(text) and text[end - 1].isalnum() and text[end].isalnum())
    )
