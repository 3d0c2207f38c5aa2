"""Hugging Face datasets: mapped batch by batch in Arrow, so that every type stays what it is; streaming sets lazily.

The mapped set has a cache file of its own, with all columns in it, and refers to no other; its fingerprint is made of the given set's,
the policy's digest and the columns, so that what is computed from it is cached under them and under nothing else.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from bartizan.data._arrow import check_text, sanitize_table
from bartizan.data._values import grouped

if TYPE_CHECKING:
    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.tally import Tally

_BATCH: Final = 1_000
_VERSION: Final = "1"
"""Goes into every fingerprint: counts up when the same policy comes to write something else."""


def sanitize_hugging_face(dataset: Any, text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally) -> Any:
    """The same kind of set with its text columns sanitised; of a dict of sets, each of them.

    Raises:
        DataError: a column is missing or holds no text.
    """
    import datasets

    if isinstance(dataset, datasets.DatasetDict | datasets.IterableDatasetDict):
        return type(dataset)({name: sanitize_hugging_face(one, text_columns, sanitizer, tally) for name, one in dataset.items()})
    if dataset.column_names is not None:  # None: a stream that does not know its columns before it is read
        wanted = grouped(text_columns, dataset.column_names, "the data set")
        if dataset.features is not None:
            schema = dataset.features.arrow_schema
            for name, paths in wanted.items():
                check_text(schema.field(name), paths)
    plain = dataset.with_format("arrow")
    options: dict[str, Any] = {"batched": True, "batch_size": _BATCH, "features": dataset.features}
    function = _Tables(text_columns, sanitizer, tally)
    if isinstance(dataset, datasets.IterableDataset):
        form = dataset._formatting  # noqa: SLF001 (the library offers no other way to it)
        return plain.map(function, **options).with_format(None if form is None else form.format_type)
    # Never read back from a cache: the counts would be missing. What is mapped from the result is cached as ever.
    out = plain.map(
        function,
        **options,
        new_fingerprint=_fingerprint(dataset, text_columns, sanitizer.identity()),
        load_from_cache_file=False,
        desc="Sanitising",
    )
    form = dataset.format
    if form["type"] is None and form["columns"] == dataset.column_names:
        return out.with_format(None)
    return out.with_format(form["type"], form["columns"], form["output_all_columns"], **form["format_kwargs"])


def _fingerprint(dataset: Any, text_columns: tuple[str, ...], identity: str) -> str:
    parts = [_VERSION, dataset._fingerprint, identity, repr(sorted(text_columns))]  # noqa: SLF001 (the library offers no other way to it)
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


class _Tables:
    """Sanitises a batch; called by the library with Arrow tables."""

    def __init__(self, text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally) -> None:
        self._text_columns = text_columns
        self._sanitizer = sanitizer
        self._tally = tally
        self._row = 1

    def __call__(self, table: Any) -> Any:
        out = sanitize_table(table, self._text_columns, self._sanitizer, self._tally, first_row=self._row)
        self._row += table.num_rows
        return out

    def __repr__(self) -> str:
        return f"Sanitise({len(self._text_columns)} columns)"
