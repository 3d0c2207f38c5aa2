"""Parquet: batch by batch, schema, types and codecs kept, row groups as they were (very large ones are split).

Batches go to workers and come back as Arrow IPC streams, each in a frame that says how long it is and which row group it is of; a
Parquet file has its index at the end and can't be continued after a kill, so it is put together from the frames when all are there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from bartizan._engine.tally import Tally
from bartizan._structured.documents import flatten_json
from bartizan.data._arrow import ArrowTexts, check_text, text_leaves
from bartizan.data._columns import Columns
from bartizan.data._errors import DataError, needed
from bartizan.data._values import Names, grouped, judge_flats
from bartizan.data._work import Done, Layout, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan.data._options import Options

METADATA: Final = "(metadata)"
_FRAME: Final = struct.Struct("<QQ")
_GROUP: Final = struct.Struct("<Q")
_BATCH_BYTES: Final = 512 * 1024
_BATCH_ROWS: Final = 4_096
_GROUP_BYTES: Final = 64 * 1024 * 1024
"""Of one row group in memory, while the file is put together; a larger one is split."""


class ParquetReader(Reader):
    """A Parquet file: its schema, then its rows in batches. Positions are rows."""

    def __init__(self, stream: BinaryIO, name: str, options: Options, sanitizer: Sanitizer) -> None:
        needed("pyarrow", "sanitising Parquet")
        self._file = _opened(stream, name)
        self._name = name
        self.schema: Any = self._file.schema_arrow
        names = self.schema.names
        for number, path in enumerate(_names(self.schema), 1):
            label = sanitizer.finds(path)
            if label:
                message = f"{name}: the name of field {number} holds what is found as {label}: rename it"
                raise DataError(message)
        silent = {f.name: str(f.type) for f in self.schema if not text_leaves(f.type, f.name)}
        wanted = grouped(options.columns or [n for n in names if n not in silent], names, name)
        for column, paths in wanted.items():
            if names.count(column) > 1:
                message = f"{name} has {names.count(column)} columns {column!r}: give each a name of its own"
                raise DataError(message)
            check_text(self.schema.field(column), paths)
        layout = Layout("parquet", options.columns, options.on_block, {"wanted": wanted})
        super().__init__(layout, options.columns or tuple(wanted))
        self.unjudged = silent
        self.total = int(self._file.metadata.num_rows)
        self.metadata: dict[bytes, bytes] | None = _metadata(self.schema.metadata, sanitizer, self.tally)

    @property
    def assembled(self) -> bool:
        """It is: the index stands at the end."""
        return True

    def chunks(self, stream: BinaryIO, position: int) -> Iterator[tuple[bytes, int]]:  # noqa: ARG002 (it was opened with it)
        """Batches from a row on, each with the row after it."""
        at, info = 0, self._file.metadata
        for group in range(info.num_row_groups):
            rows = info.row_group(group).num_rows
            if at + rows <= position:
                at += rows
                continue
            width = max(1, info.row_group(group).total_byte_size // max(1, rows))
            size = min(_BATCH_ROWS, max(1, _BATCH_BYTES // width))
            for batch in self._batches(group, size):
                first, at = at, at + batch.num_rows
                if at > position:
                    part = batch.slice(max(0, position - first))
                    yield _GROUP.pack(group) + to_ipc(part), at

    def _batches(self, group: int, size: int) -> Iterator[Any]:
        import pyarrow as pa

        kind = ""
        try:
            yield from self._file.iter_batches(batch_size=size, row_groups=[group])
        except (pa.ArrowException, OSError) as error:
            kind = type(error).__name__
        if kind:
            message = f"{self._name}: row group {group} can't be read as Parquet ({kind}): the file is damaged"
            raise DataError(message)

    def assemble(self, data: BinaryIO, out: BinaryIO) -> None:
        """Write the Parquet file of the frames in `data`."""
        import pyarrow.parquet as pq

        codecs: dict[str, str] | str = "snappy"
        info = self._file.metadata
        if info.num_row_groups:
            first = info.row_group(0)
            columns = [first.column(i) for i in range(first.num_columns)]
            codecs = {c.path_in_schema: "none" if c.compression == "UNCOMPRESSED" else c.compression.lower() for c in columns}
        schema = self.schema.with_metadata(self.metadata)
        with pq.ParquetWriter(out, schema, compression=codecs) as writer:
            held: list[Any] = []
            size, current = 0, 0
            for group, batch in _frames(data):
                if held and (group != current or size > _GROUP_BYTES):
                    _write(writer, held, schema)
                    held, size = [], 0
                held.append(batch)
                size, current = size + batch.nbytes, group
            if held:
                _write(writer, held, schema)


def _write(writer: Any, batches: list[Any], schema: Any) -> None:
    import pyarrow as pa

    table = pa.Table.from_batches(batches).replace_schema_metadata(schema.metadata)
    if table.num_rows:
        writer.write_table(table, row_group_size=table.num_rows)


def _frames(data: BinaryIO) -> Iterator[tuple[int, Any]]:
    while head := data.read(_FRAME.size):
        length, group = _FRAME.unpack(head)
        yield group, from_ipc(data.read(length))


def to_ipc(batch: Any, codec: str | None = None) -> bytes:
    """A record batch as an Arrow IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_batch(batch)
    out: bytes = sink.getvalue().to_pybytes()
    return out


def from_ipc(data: bytes) -> Any:
    """The record batch in an Arrow IPC stream."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch()


def _opened(stream: BinaryIO, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = ""
    try:
        return pq.ParquetFile(stream, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        kind = type(error).__name__
    message = f"{name} can't be read as Parquet ({kind}): is it another format, encrypted, or damaged?"
    raise DataError(message)


def _names(kind: Any) -> Iterator[str]:
    """The names of all fields, nested ones too."""
    for field in kind:
        yield field.name
        inner = field.type
        while hasattr(inner, "value_type"):
            inner = inner.value_type
        if inner.num_fields and hasattr(inner, "names"):
            yield from _names(inner)


def _metadata(given: dict[bytes, bytes] | None, sanitizer: Sanitizer, tally: Tally) -> dict[bytes, bytes] | None:
    """The file's own notes as they may be kept: text or JSON; what is neither is left as it is."""
    if given is None:
        return None
    names, out = Names(sanitizer), dict(given)
    for key, value in given.items():
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if text:
            flat = flatten_json(text)
            owner = Tally()
            ((segments, _),) = judge_flats([flat], Columns(), sanitizer, names, owner)
            for labels in owner.findings.values():
                for label, number in labels.items():
                    tally.count(tally.findings, METADATA, label, number)
            out[key] = str(flat.rebuild(segments)).encode("utf-8")
    return out


class ParquetWorker:
    """Sanitises batches."""

    def __init__(self, layout: Layout, sanitizer: Sanitizer) -> None:
        self._wanted: dict[str, tuple[str, ...]] = layout.details["wanted"]
        self._drops = layout.on_block == "drop"
        self._sanitizer = sanitizer

    def __call__(self, chunk: bytes) -> Done:
        """What the batch comes to: a frame."""
        import pyarrow as pa

        group = chunk[: _GROUP.size]
        batch = from_ipc(chunk[_GROUP.size :])
        rows = batch.num_rows
        numbers = range(rows)
        bad = _not_utf8(batch)
        if bad:
            numbers = [i for i in range(rows) if i not in bad]  # type: ignore[assignment]
            batch = batch.filter(pa.array([i not in bad for i in range(rows)]))
        tally = Tally()
        texts = ArrowTexts(self._sanitizer, tally)
        found = batch
        for name, paths in self._wanted.items():
            at = found.schema.get_field_index(name)
            column = batch.column(at)
            new = texts.column(name, column, paths)
            if new is not column:
                found = found.set_column(at, found.schema.field(at), new)
        tally.read(batch.num_rows)
        blocked = None
        if texts.withheld:
            first = min(texts.withheld)
            blocked = (numbers[first], "", texts.withheld[first])
            if self._drops:
                found = found.filter(pa.array([i not in texts.withheld for i in range(found.num_rows)]))
                tally.dropped = len(texts.withheld)
        data = to_ipc(found, "lz4")
        frame = _FRAME.pack(len(data), _GROUP.unpack(group)[0]) + data
        return Done(frame, rows, tally.as_dict(), tuple((i, "it holds a text that is not UTF-8") for i in sorted(bad)), blocked)


def _not_utf8(batch: Any) -> set[int]:
    """The rows that hold a text which is not UTF-8: Parquet's readers don't look."""
    import pyarrow as pa

    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        return {i for i in range(batch.num_rows) if not _valid(batch.slice(i, 1))}
    return set()


def _valid(batch: Any) -> bool:
    import pyarrow as pa

    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
