"""The next match of a pattern, asked for from left to right: searched once between one match and the next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re


class Ahead:
    """Keeps a text's last search, so that a hostile text with many askers and few matches is not searched once for each."""

    __slots__ = ("_asked", "_end", "_search", "_start", "_text")

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._search = pattern.search
        self._text = text
        self._asked = 0
        self._start = self._end = -1

    def span(self, place: int) -> tuple[int, int]:
        """Start and end of the first match that begins at or after `place`; beyond any text where there is none."""
        if not self._asked <= place <= self._start:
            match = self._search(self._text, place)
            self._asked = place
            self._start, self._end = (sys.maxsize, sys.maxsize) if match is None else match.span()
        return self._start, self._end
