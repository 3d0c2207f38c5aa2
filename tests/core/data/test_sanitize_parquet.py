"""Parquet: schema, types, row groups and codecs are kept; text is judged wherever it is nested."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.doubles import BLOCK, guarded, scanning

from bartizan import Refused
from bartizan.data import DataError, RowError
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from conftest import Sanitize

EMAIL = PLANTED["EMAIL_ADDRESS"]
SECRET = "hunter2" + "ABCxyz9"
GONE = "<EMAIL_ADDRESS>"


def parquet(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


def read(data: bytes) -> pa.Table:
    table = pq.ParquetFile(io.BytesIO(data)).read()
    table.validate(full=True)
    return table


COLUMNS: dict[str, tuple[pa.Array, list[Any]]] = {
    "plain": (pa.array([EMAIL, None, "x"]), [GONE, None, "x"]),
    "large": (pa.array([EMAIL, None, "x"], pa.large_string()), [GONE, None, "x"]),
    "dictionary": (pa.array([EMAIL, None, EMAIL]).dictionary_encode(), [GONE, None, GONE]),
    "list": (pa.array([[EMAIL, None], None, []]), [[GONE, None], None, []]),
    "large_list": (pa.array([[EMAIL], None, ["x"]], pa.large_list(pa.string())), [[GONE], None, ["x"]]),
    "struct": (pa.array([{"to": EMAIL, "n": 1}, None, {"to": None, "n": 2}]), [{"to": GONE, "n": 1}, None, {"to": None, "n": 2}]),
    "secret": (pa.array([{"password": SECRET}, None, {"password": "x"}]), [{"password": "<GENERIC_SECRET>"}, None, {"password": "x"}]),
    "chat": (pa.array([[{"c": EMAIL}, None], [], None]), [[{"c": GONE}, None], [], None]),
    "map": (
        pa.array([[("password", SECRET), (EMAIL, None)], None, []], pa.map_(pa.string(), pa.string())),
        [[("password", "<GENERIC_SECRET>"), (GONE, None)], None, []],
    ),
    "deep": (pa.array([[[{"a": [EMAIL]}]], None, [[]]]), [[[{"a": [GONE]}]], None, [[]]]),
}  # fmt: skip
OTHERS = {
    "id": pa.array([1, 2, 3]),
    "raw": pa.array([b"x", None, b"\xff"]),
    "at": pa.array([1, None, 3], pa.timestamp("ns", "UTC")),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_text_of_every_layout_is_judged_and_all_else_is_kept(sanitize: Sanitize, name: str) -> None:
    array, expected = COLUMNS[name]
    table = pa.table({name: array, **OTHERS}).replace_schema_metadata({"note": "kept"})
    out, report = sanitize(parquet(table), ".parquet")
    after = read(out)
    assert after.schema.equals(read(parquet(table)).schema, check_metadata=True)
    assert after.column(name).to_pylist() == expected
    assert after.drop_columns([name]).equals(table.drop_columns([name]))
    assert report.unjudged == {"id": "int64", "raw": "binary", "at": "timestamp[ns, tz=UTC]"}
    assert EMAIL.encode() not in out


def test_row_groups_codecs_and_rows_are_as_they_were(sanitize: Sanitize) -> None:
    table = pa.table({"body": [f"{i} {EMAIL}" if i % 3 else f"{i}" for i in range(20_000)], "id": range(20_000)})
    given = parquet(table, row_group_size=9_000, compression={"body": "gzip", "id": "none"})
    out, report = sanitize(given, ".parquet")
    before, after = pq.ParquetFile(io.BytesIO(given)).metadata, pq.ParquetFile(io.BytesIO(out)).metadata
    assert [after.row_group(i).num_rows for i in range(after.num_row_groups)] == [9_000, 9_000, 2_000]
    assert [after.row_group(0).column(i).compression for i in (0, 1)] == [
        before.row_group(0).column(i).compression for i in (0, 1)
    ]
    assert read(out).column("body").to_pylist() == [f"{i} {GONE}" if i % 3 else f"{i}" for i in range(20_000)]
    assert report.findings == {"body": {"EMAIL_ADDRESS": 13_333}}
    assert report.rows == 20_000


def test_a_row_group_that_is_too_large_for_memory_is_split(sanitize: Sanitize, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bartizan.data._parquet._GROUP_BYTES", 100_000)
    table = pa.table({"body": [f"{i} some text that is long enough" for i in range(20_000)]})
    out, _ = sanitize(parquet(table), ".parquet")
    assert pq.ParquetFile(io.BytesIO(out)).metadata.num_row_groups > 1
    assert read(out).equals(table)


def test_columns_are_paths_too(sanitize: Sanitize) -> None:
    table = pa.table({"m": [[{"c": EMAIL, "r": EMAIL}]], "o": [EMAIL], "x.y": [EMAIL]})
    out, _ = sanitize(parquet(table), ".parquet", columns=["m.c", "x.y"])
    assert read(out).to_pylist() == [{"m": [{"c": GONE, "r": EMAIL}], "o": EMAIL, "x.y": GONE}]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("bdy", r"has no column 'bdy': did you mean 'body'\?"),
        ("id", "'id' holds int64, not text"),
        ("m.n", "'m.n' holds no text, not text: in it 'm.c' hold text"),
        ("m.x", "'m.x' holds no text"),
    ],
)
def test_a_column_without_text_is_refused(sanitize: Sanitize, column: str, said: str) -> None:
    data = parquet(pa.table({"id": [1], "body": ["x"], "m": [{"c": "x", "n": 1}]}))
    with pytest.raises(DataError, match=said):
        sanitize(data, ".parquet", columns=[column])


def test_names_are_judged_before_they_go_out(sanitize: Sanitize) -> None:
    for table in (pa.table({EMAIL: ["x"]}), pa.table({"a": [[{EMAIL: "x"}]]})):
        with pytest.raises(DataError, match=r"name of field . holds what is found as EMAIL_ADDRESS") as caught:
            sanitize(parquet(table), ".parquet")
        assert EMAIL not in str(caught.value)


def test_the_file_s_own_notes_are_judged_like_text(sanitize: Sanitize) -> None:
    table = pa.table({"a": ["x"]}).replace_schema_metadata(
        {"by": f"made by {EMAIL}", "json": f'{{"password": "{SECRET}", "n": 1}}', "raw": b"\xff"}
    )
    out, report = sanitize(parquet(table), ".parquet")
    assert read(out).schema.metadata == {
        b"by": b"made by <EMAIL_ADDRESS>",
        b"json": b'{"password": "<GENERIC_SECRET>", "n": 1}',
        b"raw": b"\xff",
    }
    assert set(report.findings) == {"(metadata)"}


def broken(table: pa.Table, row: int) -> bytes:
    """The table with a text that is not UTF-8 in one row."""
    raw = [text.encode() for text in table.column("body").to_pylist()]
    raw[row] = b"\xff" + raw[row]
    column = pa.array(raw, pa.binary()).view(pa.string())
    return parquet(table.set_column(table.schema.get_field_index("body"), "body", column))


def test_a_text_that_is_not_utf_8_is_a_malformed_row(sanitize: Sanitize) -> None:
    table = pa.table({"id": range(6_000), "body": [f"{i} {EMAIL}" for i in range(6_000)]})
    data = broken(table, 5_000)
    with pytest.raises(RowError, match="row 5001 is malformed: it holds a text that is not UTF-8"):
        sanitize(data, ".parquet")
    out, report = sanitize(data, ".parquet", on_bad_row="skip")
    assert report.bad_row_numbers == (5_001,)
    assert read(out).column("id").to_pylist() == [i for i in range(6_000) if i != 5_000]


def test_blocked_values_are_withheld_dropped_or_refuse(sanitize: Sanitize) -> None:
    guard = guarded(scanning("bad", "BAD", BLOCK))
    data = parquet(pa.table({"id": [1, 2, 3], "a": ["x", "so bad", "y"], "b": [["bad"], [], ["bad", "ok"]]}))
    out, report = sanitize(data, ".parquet", guard=guard)
    assert read(out).to_pydict() == {"id": [1, 2, 3], "a": ["x", "<BAD>", "y"], "b": [["<BAD>"], [], ["<BAD>", "ok"]]}
    assert report.withheld == 3
    out, report = sanitize(data, ".parquet", guard=guard, on_block="drop", columns=["a"])
    assert read(out).column("id").to_pylist() == [1, 3]
    assert (report.dropped, report.rows) == (1, 3)
    with pytest.raises(Refused, match="row 1: a value holds BAD"):
        sanitize(data, ".parquet", guard=guard, on_block="refuse")


@pytest.mark.parametrize("data", [b"", b"PAR1", b"hello world, hello world", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_told_in_a_sentence(sanitize: Sanitize, data: bytes) -> None:
    with pytest.raises(DataError, match="can't be read as Parquet"):
        sanitize(data, ".parquet")


def test_a_file_without_rows_stays_one(sanitize: Sanitize) -> None:
    table = pa.table({"a": pa.array([], pa.string())})
    assert read(sanitize(parquet(table), ".parquet")[0]).equals(table)
