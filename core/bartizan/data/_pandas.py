"""pandas: columns of text in a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bartizan.data._errors import DataError, RowError
from bartizan.data._values import grouped, judge_column

if TYPE_CHECKING:
    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.tally import Tally


def sanitize_frame(frame: Any, text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally) -> Any:
    """A new DataFrame with the same index, columns and types; the one given is not changed.

    Raises:
        DataError: a column is missing, stands twice or holds no text.
    """
    names = [name for name in frame.columns if isinstance(name, str)]
    wanted = grouped(text_columns, names, "the DataFrame")
    out = frame.copy(deep=False)
    for name, paths in wanted.items():
        if names.count(name) > 1:
            message = f"the DataFrame has {names.count(name)} columns {name!r}: give each a name of its own"
            raise DataError(message)
        series = frame[name]
        new = _column(name, series, paths, sanitizer, tally)
        if new is not None:
            out[name] = new
    tally.read(len(frame))
    return out


def _column(name: str, series: Any, paths: tuple[str, ...], sanitizer: Sanitizer, tally: Tally) -> Any:
    """The new column; None where nothing in it changed."""
    import pandas as pd

    categorical = isinstance(series.dtype, pd.CategoricalDtype)
    given = series.astype(object)
    values = list(given)
    present = [None if _missing(pd, value) else value for value in values]
    judged, _ = judge_column(name, present, paths, sanitizer, tally)
    if all(new is old for new, old in zip(judged, present, strict=True)):
        return None
    filled = [old if new is None else new for new, old in zip(judged, values, strict=True)]
    made = pd.Series(filled, index=series.index, name=series.name, dtype=object)
    if categorical:
        return made.astype("category")
    kind = ""
    try:
        return made.astype(series.dtype)
    except (TypeError, ValueError) as error:
        kind = type(error).__name__
    message = f"column {name!r} can't hold its sanitised texts as {series.dtype} ({kind}): make it a column of strings"
    raise RowError(message, 0)


def _missing(pd: Any, value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)  # noqa: PLR0124 (not a number)
