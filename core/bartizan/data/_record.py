"""What a sanitised data set says of itself: in a training job's `decisions["sanitize"]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bartizan._engine.tally import Tally

KEY: Final = "sanitize"


class SanitizeRecord(Mapping[str, Any]):
    """Free of data, and live: a set that is read lazily is counted as it is read, once more at each reading.

    Keys: `policy` (the guard's digest), `columns`, `lazy`, `rows`, `values`, `withheld`, `findings`, `noted`, `unenforced` (by column
    and label), `failed` (by plugin).
    """

    def __init__(self, tally: Tally, *, policy: str, columns: Sequence[str], lazy: bool) -> None:
        self._tally = tally
        self._fixed: dict[str, Any] = {"policy": policy, "columns": list(columns), "lazy": lazy}

    def _all(self) -> dict[str, Any]:
        counts = self._tally.as_dict()
        del counts["dropped"]  # rows are left out of files only
        return {**self._fixed, **counts}

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"SanitizeRecord(columns={len(self._fixed['columns'])}, rows={self._tally.rows}, withheld={self._tally.withheld})"
