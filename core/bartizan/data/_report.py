"""What sanitising a file came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SanitizeReport:
    """Free of data: names of columns, labels and numbers."""

    format: str
    policy: str
    """The digest of the policy."""
    columns: tuple[str, ...]
    """Those judged; empty where all of a JSON row was."""
    unjudged: dict[str, str]
    """Columns that hold no text and were left as they are, with their types."""
    rows: int
    bad_rows: int
    """Malformed rows that were left out."""
    bad_row_numbers: tuple[int, ...]
    """The first of them, up to 1,000."""
    findings: dict[str, dict[str, int]]
    """By column and label: what was redacted or withheld."""
    noted: dict[str, dict[str, int]]
    withheld: int
    """Values of which only a label is left, for the policy blocks what was in them (or rows dropped with them)."""
    dropped: int
    """Rows left out for such a value."""
    failed: dict[str, int]
    """By plugin: values that one with `on_error = "continue"` failed to judge."""
    workers: int
    seconds: float
    bytes_read: int
    """In this run; a resumed one reads less than the file."""
    rows_read: int
    resumed_from: int
    """Rows that an earlier run had done."""

    @property
    def rows_per_second(self) -> float:
        """Rows that this run read, by its seconds."""
        return self.rows_read / self.seconds if self.seconds else 0.0

    @property
    def mb_per_second_per_core(self) -> float:
        """Million bytes that this run read, by its seconds and workers."""
        return self.bytes_read / _MB / self.seconds / self.workers if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """In plain values, for JSON."""
        out: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        out["columns"], out["bad_row_numbers"] = list(self.columns), list(self.bad_row_numbers)
        out["seconds"] = round(self.seconds, 3)
        out["rows_per_second"] = round(self.rows_per_second, 1)
        out["mb_per_second_per_core"] = round(self.mb_per_second_per_core, 3)
        return out
