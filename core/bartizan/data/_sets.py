"""Data sets in memory, sanitised by the kind they are: rows, columns, pandas, pyarrow, Hugging Face datasets, iterators."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from bartizan.data._errors import DataError
from bartizan.data._record import SanitizeRecord
from bartizan.data._rows import LazyRows, sanitize_columns, sanitize_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.tally import Tally

TAKEN: Final = (
    "a list of dicts, a dict of lists, a pandas DataFrame, a pyarrow Table, a datasets Dataset, DatasetDict or IterableDataset, "
    "or an iterator of dicts"
)


def sanitize_set(dataset: Any, text_columns: tuple[str, ...], sanitizer: Sanitizer) -> tuple[Any, SanitizeRecord]:
    """A data set whose text columns are sanitised, and its record. What is given is never changed.

    Raises:
        DataError: it is no set of raw text, a column is missing, or holds something else.
        PluginError: a scanner failed.
    """
    from bartizan._engine.tally import Tally

    tally = Tally()
    if not text_columns:
        return dataset, SanitizeRecord(tally, policy=sanitizer.policy, columns=(), lazy=False)
    out = _maker(dataset)(dataset, text_columns, sanitizer, tally)
    lazy = out is not None and (isinstance(out, Iterator) or _is(out, "datasets", "IterableDataset", "IterableDatasetDict"))
    return out, SanitizeRecord(tally, policy=sanitizer.policy, columns=text_columns, lazy=lazy)


def _maker(dataset: Any) -> Callable[[Any, tuple[str, ...], Sanitizer, Tally], Any]:
    """What sanitises a set of this kind. A library that is not loaded can't have made it."""
    if _is(dataset, "datasets", "Dataset", "IterableDataset", "DatasetDict", "IterableDatasetDict"):
        from bartizan.data._hugging_face import sanitize_hugging_face

        return sanitize_hugging_face
    if _is(dataset, "pandas", "DataFrame"):
        from bartizan.data._pandas import sanitize_frame

        return sanitize_frame
    if _is(dataset, "pyarrow", "Table", "RecordBatch"):
        from bartizan.data._arrow import sanitize_table

        return sanitize_table
    if isinstance(dataset, Mapping):
        return sanitize_columns
    if isinstance(dataset, list | tuple):
        return sanitize_rows
    if isinstance(dataset, Iterator):
        return LazyRows
    raise DataError(_refusal(dataset))


def _is(dataset: Any, module: str, *names: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and any(
        isinstance(kind := getattr(loaded, name, None), type) and isinstance(dataset, kind) for name in names
    )


def _refusal(dataset: Any) -> str:
    kind = type(dataset).__name__
    if isinstance(dataset, str):
        return f"on_train takes {TAKEN}, not a file's name: load it, or use `bartizan sanitize` on the file"
    if _is(dataset, "torch", "Tensor") or any(c.__module__.startswith("torch.utils.data") for c in type(dataset).__mro__):
        return (
            f"on_train takes raw text, before it is tokenised, and a {kind} of torch holds ids or tensors, in which nothing can be "
            f"found any more: give the raw rows ({TAKEN}) to on_train, then tokenise job.dataset"
        )
    return f"on_train takes {TAKEN}, with raw text in its text_columns, not {kind}: sanitise before tokenising"
