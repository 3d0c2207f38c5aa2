"""What is wrong with a data set or a file of data: never its values, only where and what to do."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from bartizan._errors import BartizanError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

_SHOWN = 20


class DataError(BartizanError):
    """A data set or file can't be sanitised as asked; the message says where, what was found and what to do."""


class RowError(DataError):
    """A malformed row; `row` counts from 1 (in CSV after the header, in JSONL every line)."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.row)


def no_column(name: str, known: Iterable[str] | None, where: str) -> DataError:
    """The error for a column that does not exist; it names the nearest that does, where the `known` ones may be shown."""
    if known is None:
        return DataError(f"{where} has no column {name!r}")
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5) or [n for n in names if n.lower() == name.lower()]
    if near:
        hint = f": did you mean {near[0]!r}?"
    else:
        shown = ", ".join(repr(n) for n in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        hint = f": its columns are {shown}{more}" if names else ": it has no columns"
    return DataError(f"{where} has no column {name!r}{hint}")


def needed(module: str, feature: str) -> ModuleType:
    """A module of the extra `data`, loaded now.

    Raises:
        MissingExtra: it is not installed.
    """
    import importlib

    found: ModuleType | None = None
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
    if found is None:
        raise MissingExtra(feature, "data")
    return found
