"""Data sets of plain Python: rows as dicts, columns as lists, and rows that come one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from bartizan.data._errors import DataError, RowError
from bartizan.data._values import grouped, judge_column

if TYPE_CHECKING:
    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.tally import Tally

_AT_ONCE: Final = 1_000


def sanitize_rows(
    rows: Sequence[Any], text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally, first_row: int = 1
) -> Any:
    """Rows as mappings; a row without findings stays the very same object."""
    out: list[Any] = []
    for start in range(0, len(rows), _AT_ONCE):
        out += _some(rows[start : start + _AT_ONCE], text_columns, sanitizer, tally, first_row + start)
    return tuple(out) if isinstance(rows, tuple) else out


def _some(rows: Sequence[Any], text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally, first_row: int) -> list[Any]:
    by_column: dict[str, tuple[tuple[str, ...], list[int]]] = {}
    for index, row in enumerate(rows):
        number = first_row + index
        if not isinstance(row, Mapping):
            message = f"row {number} is a {type(row).__name__}, not a mapping of column names to values"
            raise RowError(message, number)
        for name, paths in grouped(text_columns, [n for n in row if isinstance(n, str)], f"row {number}", listed=False).items():
            known = by_column.setdefault(name, (paths, []))
            known[1].append(index)
    out = list(rows)
    for name, (paths, places) in by_column.items():
        values = [rows[index][name] for index in places]
        judged = _judged(name, values, paths, places, sanitizer, tally, first_row)
        for index, old, new in zip(places, values, judged, strict=True):
            if new is not old:
                if out[index] is rows[index]:
                    out[index] = dict(rows[index])
                out[index][name] = new
    tally.read(len(rows))
    return out


def _judged(
    name: str,
    values: list[Any],
    paths: tuple[str, ...],
    places: list[int],
    sanitizer: Sanitizer,
    tally: Tally,
    first_row: int,
) -> list[Any]:
    if len(places) == places[-1] - places[0] + 1:
        return judge_column(name, values, paths, sanitizer, tally, first_row=first_row + places[0]).values
    # Some rows have this column, others a nested one of that name.
    return [
        judge_column(name, [value], paths, sanitizer, tally, first_row=first_row + at).values[0]
        for at, value in zip(places, values, strict=True)
    ]


def sanitize_columns(
    columns: Mapping[Any, Any], text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally
) -> dict[Any, Any]:
    """A mapping of names to lists of equal length; lists without findings stay the very same objects."""
    names = [name for name in columns if isinstance(name, str)]
    wanted = grouped(text_columns, names, "the data set")
    out = dict(columns)
    rows = 0
    for name, paths in wanted.items():
        values = columns[name]
        if isinstance(values, str) or not isinstance(values, Sequence):
            message = (
                f"column {name!r} is a {type(values).__name__}: a mapping given as a data set has a list for each column; "
                "of several sets, give one at a time"
            )
            raise DataError(message)
        rows = max(rows, len(values))
        judged = judge_column(name, values, paths, sanitizer, tally).values
        if any(new is not old for new, old in zip(judged, values, strict=True)):
            out[name] = tuple(judged) if isinstance(values, tuple) else judged
    tally.read(rows)
    return out


class LazyRows(Iterator[Any]):
    """Rows sanitised as they are read, one at a time, nothing read ahead. Like the iterator it wraps, it is read once."""

    def __init__(self, rows: Iterator[Any], text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally) -> None:
        self._rows = rows
        self._text_columns = text_columns
        self._sanitizer = sanitizer
        self._tally = tally
        self._row = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        row = next(self._rows)
        self._row += 1
        (out,) = _some([row], self._text_columns, self._sanitizer, self._tally, self._row)
        return out

    def __repr__(self) -> str:
        return f"LazyRows(columns={len(self._text_columns)}, read={self._row})"
