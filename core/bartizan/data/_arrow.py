"""Arrow columns: text of every layout (plain, large, view, dictionary-encoded, nested), types and schema kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bartizan._structured.values import bounded
from bartizan.data._errors import DataError, RowError, needed
from bartizan.data._values import Names, grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.tally import Tally


def sanitize_table(table: Any, text_columns: tuple[str, ...], sanitizer: Sanitizer, tally: Tally, *, first_row: int = 1) -> Any:
    """A Table or RecordBatch with the same schema.

    Raises:
        DataError: a column is missing, stands twice or holds no text.
    """
    wanted = grouped(text_columns, table.schema.names, "the table")
    arrays = ArrowTexts(sanitizer, tally, first_row=first_row)
    out = table
    for name, paths in wanted.items():
        index = table.schema.get_all_field_indices(name)
        if len(index) > 1:
            message = f"the table has {len(index)} columns {name!r}: give each a name of its own"
            raise DataError(message)
        field = table.schema.field(index[0])
        check_text(field, paths)
        column = table.column(index[0])
        new = arrays.column(name, column, paths)
        if new is not column:
            out = out.set_column(index[0], field, new)
    tally.read(table.num_rows)
    return out


def check_text(field: Any, paths: Sequence[str]) -> None:
    """Refuse a named column, or path in one, that holds no text.

    Raises:
        DataError: so it is.
    """
    for path in paths or (field.name,):
        if not any(_under(path, leaf) for leaf in text_leaves(field.type, field.name)):
            known = ", ".join(repr(leaf) for leaf in text_leaves(field.type, field.name))
            hint = f": in it {known} hold text" if known else ": on_train and sanitize take raw text, before it is tokenised"
            message = f"text column {path!r} holds {field.type if path == field.name else 'no text'}, not text{hint}"
            raise DataError(message)


def text_leaves(kind: Any, path: str) -> list[str]:  # noqa: PLR0911 (one branch for each layout)
    """The paths of the texts in a column of some type, lists passed through."""
    import pyarrow as pa

    kinds = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return text_leaves(kind.storage_type, path)
    if _is_text(kind) or kinds.is_null(kind):
        return [path]
    if kinds.is_dictionary(kind):
        return text_leaves(kind.value_type, path)
    if kinds.is_map(kind):
        return [*text_leaves(kind.key_type, f"{path}.<key>"), *text_leaves(kind.item_type, path)]
    if kinds.is_nested(kind) and hasattr(kind, "value_type"):
        return text_leaves(kind.value_type, path)
    if kinds.is_struct(kind):
        return [leaf for field in kind for leaf in text_leaves(field.type, f"{path}.{field.name}")]
    return []


def _is_text(kind: Any) -> bool:
    kinds = needed("pyarrow", "sanitising Arrow data").types
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _under(path: str, leaf: str) -> bool:
    return leaf == path or leaf.startswith(f"{path}.")


class ArrowTexts:
    """Sanitises arrays; an array without findings stays the very same object."""

    def __init__(self, sanitizer: Sanitizer, tally: Tally, *, first_row: int = 1) -> None:
        self._sanitizer = sanitizer
        self._tally = tally
        self._names = Names(sanitizer)
        self._first_row = first_row
        self.withheld: dict[int, str] = {}
        """Of top-level texts and nested values: the row (from 0) in which something was withheld, and the label."""

    def column(self, name: str, column: Any, paths: tuple[str, ...]) -> Any:
        """A column (chunked or not) with its texts, or those under `paths`, as they may be learned.

        Raises:
            RowError: a text is not UTF-8.
        """
        import pyarrow as pa

        if not isinstance(column, pa.ChunkedArray):
            return self._array(column, name, bounded(name), paths, range(len(column)), name)
        chunks, at = [], 0
        for chunk in column.chunks:
            chunks.append(self._array(chunk, name, bounded(name), paths, range(at, at + len(chunk)), name))
            at += len(chunk)
        if all(new is old for new, old in zip(chunks, column.chunks, strict=True)):
            return column
        return pa.chunked_array(chunks, type=column.type)

    def _array(self, array: Any, path: str, key: str, paths: tuple[str, ...], rows: Sequence[int], column: str) -> Any:  # noqa: PLR0911 (one branch for each layout; the way to a leaf)
        import pyarrow as pa

        kind, kinds = array.type, pa.types
        if not any(self._wanted(leaf, paths) for leaf in text_leaves(kind, path)):
            return array
        if _is_text(kind):
            return self._texts(array, key, rows, column)
        if isinstance(array, pa.ExtensionArray):
            inner = self._array(array.storage, path, key, paths, rows, column)
            return array if inner is array.storage else pa.ExtensionArray.from_storage(kind, inner)
        if kinds.is_dictionary(kind):
            plain = array.cast(kind.value_type)
            new = self._array(plain, path, key, paths, rows, column)
            return array if new is plain else new.dictionary_encode().cast(kind)
        if kinds.is_struct(kind):
            return self._struct(array, path, paths, rows, column)
        if kinds.is_list(kind) or kinds.is_large_list(kind):
            return self._list(array, path, key, paths, rows, column)
        if kinds.is_null(kind):
            return array
        return self._other(array, path, key, paths, rows, column)

    @staticmethod
    def _wanted(leaf: str, paths: tuple[str, ...]) -> bool:
        return not paths or any(_under(path, leaf) for path in paths)

    def _texts(self, array: Any, key: str, rows: Sequence[int], column: str) -> Any:
        import pyarrow as pa

        values = self._read(array, rows, column)
        present = [(i, value) for i, value in enumerate(values) if value is not None]
        texts = [value for _, value in present]
        judged = self._sanitizer.judge(texts, key, self._names.shown(column), self._tally)
        for at, label in judged.withheld.items():
            row = rows[present[at][0]]
            self.withheld[row] = max(self.withheld.get(row, ""), label)
        changed = False
        for (index, old), new in zip(present, judged.texts, strict=True):
            if new is not old:
                values[index], changed = new, True
        return pa.array(values, type=array.type) if changed else array

    def _read(self, array: Any, rows: Sequence[int], column: str) -> list[Any]:
        bad = -1
        try:
            return list(array.to_pylist())
        except UnicodeDecodeError:
            bad = next(i for i in range(len(array)) if not _decodes(array[i]))
        row = self._first_row + rows[bad]
        message = f"row {row}: column {self._names.shown(column)!r} holds a text that is not UTF-8"
        raise RowError(message, row)

    def _struct(self, array: Any, path: str, paths: tuple[str, ...], rows: Sequence[int], column: str) -> Any:
        import pyarrow as pa

        old = array.flatten()
        new = [
            self._array(child, f"{path}.{field.name}", bounded(field.name), paths, rows, column)
            for child, field in zip(old, array.type, strict=True)
        ]
        if all(one is other for one, other in zip(new, old, strict=True)):
            return array
        return pa.StructArray.from_arrays(new, fields=list(array.type), mask=array.is_null())

    def _list(self, array: Any, path: str, key: str, paths: tuple[str, ...], rows: Sequence[int], column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        lengths = pc.fill_null(pc.list_value_length(array), 0).to_pylist()
        old = array.flatten()
        owners = [row for row, length in zip(rows, lengths, strict=True) for _ in range(length)]
        new = self._array(old, path, key, paths, owners, column)
        if new is old:
            return array
        offsets = [0]
        for length in lengths:
            offsets.append(offsets[-1] + length)
        large = pa.types.is_large_list(array.type)
        kind = pa.LargeListArray if large else pa.ListArray
        return kind.from_arrays(
            pa.array(offsets, pa.int64() if large else pa.int32()), new, type=array.type, mask=array.is_null()
        )

    def _other(self, array: Any, path: str, key: str, paths: tuple[str, ...], rows: Sequence[int], column: str) -> Any:
        """Lists of fixed size, views and maps of other things: through lists, whose values are judged the same way, and back."""
        import pyarrow as pa

        kind, is_map = array.type, pa.types.is_map(array.type)
        if is_map and _is_text(kind.key_type) and _is_text(kind.item_type):
            return self._map(array, rows, column)
        inner = pa.list_(
            pa.struct([("<key>", kind.key_type), ("<item>", kind.item_type)]) if is_map else kind.value_field  # any names
        )
        given = self._read(array, rows, column)
        if is_map:
            given = [None if v is None else [{"<key>": k, "<item>": item} for k, item in v] for v in given]
        plain = pa.array(given, type=inner)
        new = self._array(plain, path, key, () if is_map else paths, rows, column)
        if new is plain:
            return array
        values = new.to_pylist()
        if is_map:
            values = [None if v is None else [(item["<key>"], item["<item>"]) for item in v] for v in values]
        return pa.array(values, type=kind)

    def _map(self, array: Any, rows: Sequence[int], column: str) -> Any:
        """Texts by name: a name is the key of its text."""
        import pyarrow as pa

        given = self._read(array, rows, column)
        entries = [(at, name, text) for at, pairs in enumerate(given) for name, text in pairs or ()]
        names = [name for _, name, _ in entries]
        texts = [text or "" for _, _, text in entries]
        shown = self._names.shown(column)
        new_names = self._sanitizer.judge(names, "", shown, self._tally)
        new_texts = self._sanitizer.judge(texts, [bounded(name) for name in names], shown, self._tally)
        if all(n is o for n, o in zip([*new_names.texts, *new_texts.texts], [*names, *texts], strict=True)):
            return array
        for at, label in [*new_names.withheld.items(), *new_texts.withheld.items()]:
            row = rows[entries[at][0]]
            self.withheld[row] = max(self.withheld.get(row, ""), label)
        out: list[Any] = [None if pairs is None else [] for pairs in given]
        for (at, _, old), name, text in zip(entries, new_names.texts, new_texts.texts, strict=True):
            out[at].append((name, None if old is None else text))
        return pa.array(out, type=array.type)


def _decodes(scalar: Any) -> bool:
    convert: Callable[[], object] = scalar.as_py
    try:
        convert()
    except UnicodeDecodeError:
        return False
    return True
