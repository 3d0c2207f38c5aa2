"""Which parts of a structured value a list of columns means."""

from __future__ import annotations

import re
from typing import Final

_ITEM: Final = re.compile(r"\[\d+\]")
_REMEMBERED: Final = 4_096
_UNNAMED: Final = ("…", "<key of ")
"""What stands in a path that was cut short, or for a key that is too long to be shown: it could be any."""
ROOT: Final = "(row)"
"""The column of what stands in no column: a row that is a bare value, and names of columns themselves."""
DEEP: Final = "(nested deep)"


class Columns:
    """Columns by path: `body`, `user.email`, `messages.content` (through lists). None of them means all.

    It rather selects too much than too little: a path that was cut short is always selected.
    """

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names
        self._known: dict[str, tuple[str, bool, str]] = {}

    def place(self, path: str) -> tuple[str, bool, str]:
        """A leaf's column (its first step), whether the leaf is selected, and its path without the places in lists."""
        known = self._known.get(path)
        if known is None:
            plain = _ITEM.sub("", path)
            known = (self._column(plain), self._selects(plain), plain)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[path] = known
        return known

    def _selects(self, plain: str) -> bool:
        if not self.names or any(mark in plain for mark in _UNNAMED):
            return True
        return any(plain == name or plain.startswith(f"{name}.") for name in self.names)

    @staticmethod
    def _column(plain: str) -> str:
        if any(mark in plain for mark in _UNNAMED):
            return DEEP
        first = plain.partition(".")[0]
        return ROOT if not first or first == "<key>" else first

    def __repr__(self) -> str:
        return f"Columns({len(self.names)})"
