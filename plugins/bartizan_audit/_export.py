"""Exports: JSON Lines, and Parquet with the columns that analyses ask for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from bartizan import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bartizan_audit._reading import Record

_BATCH: Final = 10_000
_TEXT: Final = ("time", "kind", "hook", "action", "outcome", "decision", "reason", "refused", "model", "purpose")
_WHO: Final = ("subject", "who", "principal", "tenant", "session")


def jsonl(records: Iterable[Record], out: BinaryIO) -> int:
    """One JSON object a line; how many."""
    count = 0
    for record in records:
        out.write(json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n")
        count += 1
    return count


def parquet(records: Iterable[Record], out: BinaryIO) -> int:
    """A table of fixed columns, whatever the records hold; lists of runs, findings and labels as nested columns; how many rows.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        feature = "the export to Parquet"
        raise MissingExtra(feature, "data") from None
    run = pa.struct([("plugin", pa.string()), ("status", pa.string()), ("us", pa.int64())])
    finding = pa.struct(
        [(name, pa.string()) for name in ("label", "action", "plugin")]
        + [(name, pa.int64()) for name in ("segment", "start", "end")]
    )
    schema = pa.schema(
        [("n", pa.int64()), ("t", pa.int64())]
        + [(name, pa.string()) for name in (*_TEXT, *_WHO)]
        + [("enforced", pa.bool_()), ("forgotten", pa.bool_()), ("us", pa.int64()), ("left_out", pa.int64())]
        + [("runs", pa.list_(run)), ("findings", pa.list_(finding)), ("texts", pa.list_(pa.string())), ("more", pa.string())]
    )
    count = 0
    with pq.ParquetWriter(out, schema) as writer:
        for batch in _batches(records):
            writer.write_table(pa.Table.from_pylist([_row(record, schema.names) for record in batch], schema=schema))
            count += len(batch)
    return count


def _row(record: Record, names: list[str]) -> dict[str, Any]:
    """A record in the fixed columns; what has none goes into `more` as JSON. An event is enforced unless it says otherwise."""
    row = {name: record.get(name) for name in names}
    row["enforced"] = record.get("enforced", True) if record["kind"] == "event" else None
    row["forgotten"] = record.get("forgotten", False)
    more = {name: value for name, value in record.items() if name not in row}
    row["more"] = json.dumps(more, sort_keys=True) if more else None
    return row


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
