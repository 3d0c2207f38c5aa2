"""JSON documents as text: leaves judged decoded and replaced in place, all else byte for byte."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.doubles import guarded, scanning

from bartizan import BartizanError, Origin
from bartizan.structured import flatten_json

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4))
layouts = st.sampled_from(
    [{}, {"indent": 2}, {"separators": (",", ":")}, {"separators": (" ,\t", " :\n")}, {"ensure_ascii": False}]
)


def decoded(document: str) -> list[str]:
    """Every key and leaf as Python's own reader decodes them, numbers as they are written."""
    out: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, Pairs):
            for key, item in value.pairs:
                out.append(key)
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, str):
            out.append(value)

    walk(json.loads(document, object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=lambda _: None))
    return out


class Pairs:
    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


@given(value=values, layout=layouts)
def test_untouched_it_comes_back_byte_for_byte(value: Any, layout: Any) -> None:
    document = json.dumps(value, **layout)
    flat = flatten_json(document)
    assert flat.rebuild(flat.segments) == document
    assert [s.text for s in flat.segments] == decoded(document)


@given(value=values, layout=layouts, mark=st.sampled_from(["<X>", '"', "\\", "\n", "é", "\ud800", ""]))
def test_changed_leaves_end_up_in_their_places(value: Any, layout: Any, mark: str) -> None:
    document = json.dumps(value, **layout)
    flat = flatten_json(document)
    changed = [s.with_text(f"{i} {s.text}{mark}") for i, s in enumerate(flat.segments)]
    assert decoded(flat.rebuild(changed)) == [s.text for s in changed]


@given(value=values, layout=layouts, data=st.data())
def test_one_changed_leaf_leaves_every_other_byte_alone(value: Any, layout: Any, data: st.DataObject) -> None:
    document = json.dumps(value, **layout)
    flat = flatten_json(document)
    if not flat.segments:
        return
    index = data.draw(st.integers(0, len(flat.segments) - 1))
    changed = [s.with_text("CHANGED!!") if i == index else s for i, s in enumerate(flat.segments)]
    before, _, after = flat.rebuild(changed).partition('"CHANGED!!"')
    assert document.startswith(before)
    assert document.endswith(after)
    want = [s.text for s in flat.segments]
    want[index] = "CHANGED!!"
    assert decoded(before + '"CHANGED!!"' + after) == want


@given(text=st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u\n\x00', max_size=20))
@example("")
@example(" ")
@example("01")
@example("1.")
@example(".5")
@example("-")
@example("1 2")
@example('{"a":1,}')
@example("[1,]")
@example("{,}")
@example('{"a"}')
@example('{"a":}')
@example("{1:2}")
@example("[")
@example('"\\ud800"')
@example('"unfinished')
@example('"\\x"')
@example("NaN")
@example("-Infinity")
@example("truefalse")
def test_it_takes_for_json_what_pythons_reader_takes(text: str) -> None:
    try:
        want = decoded_leniently(text)
    except ValueError:
        flat = flatten_json(text)
        assert [s.text for s in flat.segments] == [text]
        assert flat.rebuild([flat.segments[0].with_text("new")]) == "new"
        return
    flat = flatten_json(text)
    assert [s.text for s in flat.segments] == want
    assert flat.rebuild(flat.segments) == text


def decoded_leniently(text: str) -> list[str]:
    out: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, Pairs):
            for key, item in value.pairs:
                out.append(key)
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, str):
            out.append(value)

    reader = json.JSONDecoder(
        object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=lambda _: None, strict=False
    )
    walk(reader.decode(text))
    return out


def test_escapes_are_judged_decoded() -> None:
    guard = guarded(scanning("secret"))
    document = json.dumps({"a": "s\\u0065cret"}).replace("\\\\", "\\")
    flat = flatten_json(document)
    verdict = guard.pre_prompt(list(flat.segments))
    assert json.loads(flat.rebuild(verdict.segments)) == {"a": "<WORD>"}


def test_a_raw_line_break_in_a_string_hides_nothing() -> None:
    document = '{"a": "one\ntwo \\u0073ecret"}'
    flat = flatten_json(document)
    assert flat.segments[1].text == "one\ntwo secret"
    assert flat.rebuild(flat.segments) == document


def test_segments_say_where_they_stand() -> None:
    flat = flatten_json('{"to": ["a", {"cc": "b"}], "n": 5}', origin=Origin.TOOL, path="args", part="tool_args", source="call 1")
    assert [(s.text, s.path, s.key) for s in flat.segments] == [
        ("to", "args.<key>", ""),
        ("a", "args.to[0]", "to"),
        ("cc", "args.to[1].<key>", ""),
        ("b", "args.to[1].cc", "cc"),
        ("n", "args.<key>", ""),
        ("5", "args.n", "n"),
    ]
    assert {(s.origin, s.part, s.source) for s in flat.segments} == {(Origin.TOOL, "tool_args", "call 1")}


def test_a_redacted_number_becomes_a_string_and_others_keep_their_spelling() -> None:
    document = '{"card": 4111111111111111, "n": 1.50e+0, "deep": [4111111111111111]}'
    guard = guarded(scanning(r"4111\d{12}", "CARD"))
    flat = flatten_json(document)
    assert flat.rebuild(guard.pre_prompt(list(flat.segments)).segments) == '{"card": "<CARD>", "n": 1.50e+0, "deep": ["<CARD>"]}'


def test_a_secret_that_only_its_key_reveals_is_found() -> None:
    guard = guarded(scanning(r"(?<=password: )\w+", "PASSWORD"))
    flat = flatten_json('{"user": {"password": "hunter2"}, "name": "hunter2"}')
    assert json.loads(flat.rebuild(guard.pre_prompt(list(flat.segments)).segments)) == {
        "user": {"password": "<PASSWORD>"},
        "name": "hunter2",
    }


def test_both_values_of_a_duplicate_key_are_judged() -> None:
    document = '{"a": "secret", "a": "secret"}'
    flat = flatten_json(document)
    assert [s.text for s in flat.segments] == ["a", "secret", "a", "secret"]
    guard = guarded(scanning("secret"))
    assert flat.rebuild(guard.pre_prompt(list(flat.segments)).segments) == '{"a": "<WORD>", "a": "<WORD>"}'
    both = [s.with_text("b") if s.text == "a" else s for s in flat.segments]
    assert flat.rebuild(both) == '{"b": "secret", "b": "secret"}'


@pytest.mark.parametrize("document", ['{"a": 1, "b": 2}', '{"a": 1, "X": 2}', '[{"c": {"X": 1, "b": 2}}]'])
def test_keys_that_collide_once_redacted_refuse(document: str) -> None:
    flat = flatten_json(document)
    with pytest.raises(BartizanError, match="same once redacted"):
        flat.rebuild([s.with_text("X") if s.text in {"a", "b"} else s for s in flat.segments])


def test_the_same_key_in_two_objects_does_not_collide() -> None:
    flat = flatten_json('[{"a": 1}, {"b": 2}]')
    assert flat.rebuild([s.with_text("X") if s.text in {"a", "b"} else s for s in flat.segments]) == '[{"X": 1}, {"X": 2}]'


def test_ascii_documents_stay_ascii() -> None:
    for document, want in (('["a"]', '["\\u00e9"]'), ('["ü", "a"]', '["ü", "é"]')):
        flat = flatten_json(document)
        assert flat.rebuild([s.with_text("é") if s.text == "a" else s for s in flat.segments]) == want


class TestHostileSizes:
    def test_depth_hides_nothing(self) -> None:
        for depth in (199, 201, 5_000, 50_000):
            document = "[" * depth + '"\\u0073ecret"' + "]" * depth
            flat = flatten_json(document)
            assert [s.text for s in flat.segments] == ["secret"]
            assert flat.rebuild([flat.segments[0].with_text("x")]) == "[" * depth + '"x"' + "]" * depth

    def test_deep_objects_and_long_keys_cost_what_the_input_costs(self) -> None:
        depth = 3_000
        document = ('{"' + "k" * 200 + '":') * depth + str(list(range(20_000))) + "}" * depth
        began = time.perf_counter()
        flat = flatten_json(document)
        assert time.perf_counter() - began < 5
        assert len(flat.segments) == depth + 20_000
        assert sum(len(s.path) + len(s.key) for s in flat.segments) < 500 * len(flat.segments)

    @pytest.mark.parametrize("unit", ["[", "{", '{"a":', '"\\"', "1,", "[1,", " ", '"a" ', "[[],"], ids=repr)
    def test_broken_documents_are_given_up_in_linear_time(self, unit: str) -> None:
        took = []
        for size in (20_000, 160_000):
            document = unit * size
            began = time.perf_counter()
            assert [s.text for s in flatten_json(document).segments] == [document]
            took.append(time.perf_counter() - began)
        assert took[1] < 8 * 4 * took[0] + 0.05

    def test_many_changes_are_made_in_linear_time(self) -> None:
        took = []
        for size in (4_000, 32_000):
            flat = flatten_json(json.dumps({f"key {i}": f"value {i}" for i in range(size)}))
            changed = [s.with_text(s.text + "!") for s in flat.segments]
            began = time.perf_counter()
            flat.rebuild(changed)
            took.append(time.perf_counter() - began)
        assert took[1] < 8 * 4 * took[0]


def test_rebuild_takes_as_many_segments_as_there_were() -> None:
    flat = flatten_json('["a", "b"]')
    with pytest.raises(BartizanError, match="2 segments"):
        flat.rebuild(flat.segments[:1])


def test_half_a_surrogate_pair_stays_escaped_beside_text_that_is_not_ascii() -> None:
    document = '{"é": "\\ud83d jane"}'
    flat = flatten_json(document)
    out = flat.rebuild([segment.with_text(segment.text.replace("jane", "<NAME>")) for segment in flat.segments])
    assert out.encode("utf-8").decode("utf-8") == '{"é": "\\ud83d <NAME>"}'


def test_a_path_never_holds_a_part_of_a_key() -> None:
    long = ".".join(["secret"] * 60)
    short = "jane.doe@mail.test"
    document = json.dumps({long: {short: {short: {short: {short: [{short: "leaf"}] * 40}}}}})
    steps = {"<key of 419 characters>", short, "<key>"}
    for segment in flatten_json(document).segments:
        rest = segment.path.lstrip("…").lstrip(".")
        for step in sorted(steps, key=len, reverse=True):
            rest = rest.replace(step, "")
        assert set(rest) <= set(".[]0123456789"), segment.path
        assert len(segment.path) <= 257
