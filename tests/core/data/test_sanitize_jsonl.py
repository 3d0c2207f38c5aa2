"""JSON Lines: leaves are judged under their keys; a line without findings keeps its very bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.doubles import BLOCK, guarded, scanning

from bartizan.data import DataError, RowError
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from conftest import Sanitize

EMAIL = PLANTED["EMAIL_ADDRESS"]
CARD = PLANTED["CREDIT_CARD"].replace(" ", "").replace("-", "")
SECRET = "hunter2" + "ABCxyz9"
S_GUARD = guarded(scanning("S", "FOUND"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'{{"a": "{EMAIL}"}}\n', '{"a": "<EMAIL_ADDRESS>"}\n'),
        ('{ "b" :1.50 , "a":"x\\u00e9" }\r\n\n  \n[1, 2]', '{ "b" :1.50 , "a":"x\\u00e9" }\r\n\n  \n[1, 2]'),
        (
            f'{{"password": "{SECRET}", "n": {{"to": ["{EMAIL}", null, true]}}}}',
            '{"password": "<GENERIC_SECRET>", "n": {"to": ["<EMAIL_ADDRESS>", null, true]}}',
        ),
        (f'{{"card": {CARD}}}\n', '{"card": "<CREDIT_CARD>"}\n'),
        (f'"{EMAIL}"\n', '"<EMAIL_ADDRESS>"\n'),
        (f'\ufeff{{"a":"{EMAIL}"}}', '\ufeff{"a":"<EMAIL_ADDRESS>"}'),
        ("", ""),
        ('{"u": "a\u2028b"}\n', '{"u": "a\u2028b"}\n'),
    ],
)
def test_only_what_is_found_changes(sanitize: Sanitize, before: str, after: str) -> None:
    assert sanitize(before.encode(), ".jsonl")[0].decode() == after


def test_columns_are_paths_through_objects_and_lists(sanitize: Sanitize) -> None:
    row = {"messages": [{"role": EMAIL, "content": EMAIL, "parts": {"text": EMAIL}}], "meta": EMAIL, "messages2": EMAIL}
    out, report = sanitize(f"{json.dumps(row)}\n".encode(), ".jsonl", columns=["messages.content", "messages.parts"])
    gone = "<EMAIL_ADDRESS>"
    assert json.loads(out) == {
        "messages": [{"role": EMAIL, "content": gone, "parts": {"text": gone}}], "meta": EMAIL, "messages2": EMAIL,
    }  # fmt: skip
    assert report.findings == {"messages": {"EMAIL_ADDRESS": 2}}


def test_a_path_that_was_cut_short_is_judged_all_the_same(sanitize: Sanitize) -> None:
    deep: Any = EMAIL
    for level in range(60):
        deep = {f"level{level}": deep}
    out, _ = sanitize(json.dumps({"a": deep, "b": EMAIL}).encode(), ".jsonl", columns=["a"])
    assert out.decode().count(EMAIL) == 1


def test_a_column_that_no_row_has_names_the_nearest(sanitize: Sanitize) -> None:
    with pytest.raises(DataError, match=r"has no column 'bdy': did you mean 'body'\?"):
        sanitize(b'{"id": 1}\n{"body": "x"}\n', ".jsonl", columns=["bdy"])
    assert sanitize(b'{"id": 1}\n{"body": null}\n', ".jsonl", columns=["body"])[1].rows == 2


def test_keys_in_which_something_is_found_show_up_nowhere(sanitize: Sanitize) -> None:
    data = json.dumps({EMAIL: {"x": EMAIL}}).encode()
    out, report = sanitize(data, ".jsonl")
    assert EMAIL.encode() not in out
    assert EMAIL not in repr(report)
    with pytest.raises(DataError) as caught:
        sanitize(data, ".jsonl", columns=["nope"])
    assert EMAIL not in str(caught.value)


class TestMalformedLines:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (b'{"a": ', "it is not one JSON value"),
            (b"{} {}", "it is not one JSON value"),
            (b'"\xff"', "it is not UTF-8"),
            (b"'a'", "JSON"),
        ],
    )
    def test_stop_the_run_with_their_number_or_are_left_out_and_counted(self, sanitize: Sanitize, line: bytes, said: str) -> None:
        data = b'{"a": 1}\n\n' + line + b'\n{"a": 2}'
        with pytest.raises(RowError, match=f"row 3 is malformed: .*{said}"):
            sanitize(data, ".jsonl")
        out, report = sanitize(data, ".jsonl", on_bad_row="skip")
        assert out == b'{"a": 1}\n\n{"a": 2}'
        assert (report.rows, report.bad_rows, report.bad_row_numbers) == (2, 1, (3,))

    def test_keys_that_would_collide_are_one(self, sanitize: Sanitize) -> None:
        row = b'{"aS": 1, "aT": 2}\n'
        guard = guarded(scanning("[ST]", "FOUND"))
        with pytest.raises(RowError, match="row 1 is malformed: two keys of a JSON object are the same once redacted"):
            sanitize(row, ".jsonl", guard=guard)
        assert sanitize(row, ".jsonl", guard=guard, on_bad_row="skip")[0] == b""

    def test_a_line_without_end_is_not_held_for_ever(self, sanitize: Sanitize, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bartizan.data._jsonl.MAX_RECORD", 600_000)
        with pytest.raises(DataError, match="a line is longer than"):
            sanitize(b'"' + b"x" * 2_000_000 + b'"', ".jsonl")


def test_a_blocked_leaf_is_withheld_or_its_row_dropped(sanitize: Sanitize) -> None:
    guard = guarded(scanning("bad", "BAD", BLOCK))
    data = b'{"a": "so bad", "b": "kept"}\n{"a": "ok"}\n'
    assert sanitize(data, ".jsonl", guard=guard)[0] == b'{"a": "<BAD>", "b": "kept"}\n{"a": "ok"}\n'
    out, report = sanitize(data, ".jsonl", guard=guard, on_block="drop")
    assert (out, report.dropped) == (b'{"a": "ok"}\n', 1)


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(alphabet='S"\\é\n\u2028 a', max_size=6)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.[", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def replaced(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("S", "<FOUND>")
    if isinstance(value, list):
        return [replaced(one) for one in value]
    return {key: replaced(one) for key, one in value.items()} if isinstance(value, dict) else value


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(values, max_size=4), st.booleans())
def test_any_values_come_back_with_the_findings_gone(sanitize: Sanitize, rows: list[Any], ascii_only: bool) -> None:
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    out, report = sanitize("".join(f"{line}\n" for line in lines).encode(), ".jsonl", guard=S_GUARD)
    after = out.decode().split("\n")[:-1]
    assert [json.loads(line) for line in after] == [replaced(row) for row in rows]
    assert all(new == old for old, new in zip(lines, after, strict=True) if "S" not in old)
    assert report.rows == len(rows)
