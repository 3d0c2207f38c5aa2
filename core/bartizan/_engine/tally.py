"""What sanitising a data set came to, in numbers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bartizan._engine.locks import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import Mapping

    Counts = dict[str, dict[str, int]]

MOST_COLUMNS: Final = 1_000
OTHER: Final = "(other columns)"
"""Where the findings of columns past the first thousand are counted: the keys of JSON rows may have no end."""


class Tally:
    """Counts by column and label. Holds no value, so that it can be shown, kept and sent anywhere."""

    __slots__ = ("_lock", "dropped", "failed", "findings", "noted", "rows", "unenforced", "values", "withheld")

    def __init__(self) -> None:
        self.rows: int = 0
        """Rows read (malformed ones not among them)."""
        self.values: int = 0
        """Texts judged."""
        self.withheld: int = 0
        """Values of which nothing was kept, for the policy blocks what was found in them."""
        self.dropped: int = 0
        """Rows left out for such a value, where that was asked for."""
        self.findings: Counts = {}
        """By column and label: what was redacted or withheld."""
        self.noted: Counts = {}
        """By column and label: what the policy only notes."""
        self.unenforced: Counts = {}
        """By column and label: what plugins in monitor mode found and left as it was."""
        self.failed: dict[str, int] = {}
        """By plugin: values that one with `on_error = "continue"` failed to judge."""
        self._lock: ForkSafeLock = ForkSafeLock()

    def count(self, counts: Counts, column: str, label: str, number: int = 1) -> None:
        """Add to one of the counts by column and label."""
        if column not in counts and len(counts) >= MOST_COLUMNS:
            column = OTHER
        own = counts.setdefault(column, {})
        own[label] = own.get(label, 0) + number

    def read(self, rows: int) -> None:
        """Count rows as read."""
        with self._lock:
            self.rows += rows

    def add(self, other: Tally) -> None:
        """Take over what another one counted."""
        with self._lock:
            for name in ("rows", "values", "withheld", "dropped"):
                setattr(self, name, getattr(self, name) + getattr(other, name))
            for mine, theirs in ((self.findings, other.findings), (self.noted, other.noted), (self.unenforced, other.unenforced)):
                for column, labels in theirs.items():
                    for label, number in labels.items():
                        self.count(mine, column, label, number)
            for plugin, number in other.failed.items():
                self.failed[plugin] = self.failed.get(plugin, 0) + number

    def as_dict(self) -> dict[str, Any]:
        """A copy in plain values."""
        with self._lock:
            return {
                "rows": self.rows,
                "values": self.values,
                "withheld": self.withheld,
                "dropped": self.dropped,
                "findings": {column: dict(labels) for column, labels in self.findings.items()},
                "noted": {column: dict(labels) for column, labels in self.noted.items()},
                "unenforced": {column: dict(labels) for column, labels in self.unenforced.items()},
                "failed": dict(self.failed),
            }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Tally:
        """What `as_dict` gave."""
        out = cls()
        for name, value in given.items():
            setattr(out, name, value)
        return out

    def __repr__(self) -> str:
        found = sum(number for labels in self.findings.values() for number in labels.values())
        return f"Tally(rows={self.rows}, findings={found})"
