"""Python values made of mappings and sequences: flattened into leaves and rebuilt, untouched where nothing changed."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import enum
import time
import uuid
from collections import OrderedDict
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.doubles import Words, guarded, plugin, scanning

from bartizan import BartizanError, Origin
from bartizan.structured import Flat, flatten

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4) | st.tuples(inner, inner),
)


class Pair(NamedTuple):
    first: str
    second: str


def texts(value: Any) -> list[str]:
    """Every key and leaf, found by a walk of its own."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in [key, *texts(item)]]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def replaced(value: Any, new: Any) -> Any:
    """The value with every key and leaf replaced."""
    if isinstance(value, dict):
        return {new(key): replaced(item, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(replaced(item, new) for item in value)
    return value if value is None or isinstance(value, bool) else new(str(value))


@given(value=values)
def test_untouched_it_comes_back_as_the_very_object(value: Any) -> None:
    flat = flatten(value)
    assert flat.rebuild(flat.segments) is value
    assert [s.text for s in flat.segments] == texts(value)


@given(value=values)
def test_changed_leaves_end_up_in_their_places_and_the_original_is_not_touched(value: Any) -> None:
    before = copy.deepcopy(value)
    flat = flatten(value)

    def new(text: str) -> str:
        return f"<{text}>"

    assert flat.rebuild([s.with_text(new(s.text)) for s in flat.segments]) == replaced(value, new)
    assert value == before


@given(value=values, data=st.data())
def test_one_changed_leaf_leaves_all_others_alone(value: Any, data: st.DataObject) -> None:
    flat = flatten(value)
    if not flat.segments:
        return
    index = data.draw(st.integers(0, len(flat.segments) - 1))
    segments = [s.with_text("CHANGED!!") if i == index else s for i, s in enumerate(flat.segments)]
    rebuilt = flat.rebuild(segments)
    want = texts(value)
    want[index] = "CHANGED!!"
    assert texts(rebuilt) == want


def test_segments_say_where_they_stand() -> None:
    flat = flatten({"to": ["a", {"cc": "b"}], "n": 5}, origin=Origin.TOOL, path="args", part="tool_args", source="call 1")
    assert [(s.text, s.path, s.key) for s in flat.segments] == [
        ("to", "args.<key>", ""),
        ("a", "args.to[0]", "to"),
        ("cc", "args.to[1].<key>", ""),
        ("b", "args.to[1].cc", "cc"),
        ("n", "args.<key>", ""),
        ("5", "args.n", "n"),
    ]
    assert {(s.origin, s.part, s.source) for s in flat.segments} == {(Origin.TOOL, "tool_args", "call 1")}


def test_a_redacted_number_becomes_a_string_and_others_stay_numbers() -> None:
    value = {"card": 4111111111111111, "n": 5, "x": 1.5}
    flat = flatten(value)
    segments = [s.with_text("<CARD>") if s.text.startswith("4111") else s for s in flat.segments]
    assert flat.rebuild(segments) == {"card": "<CARD>", "n": 5, "x": 1.5}


def test_a_secret_that_only_its_key_reveals_is_found() -> None:
    guard = guarded(scanning(r"(?<=password: )\w+", "PASSWORD"))
    for value in ({"password": "hunter2"}, {"user": {"password": ["hunter2"]}}, [{"password": {"password": "hunter2"}}]):
        flat = flatten(value)
        found = guard.pre_prompt(list(flat.segments))
        assert [f.label for f in found.findings] == ["PASSWORD"]
        assert "hunter2" not in repr(flat.rebuild(found.segments))
    assert guard.pre_prompt(list(flatten({"name": "hunter2"}).segments)).findings == ()


def test_findings_are_placed_in_the_leaf_not_in_its_key() -> None:
    guard = guarded(scanning("secret", "WORD"))
    flat = flatten({"secret": "a secret"})
    verdict = guard.pre_prompt(list(flat.segments))
    assert [(f.segment, f.start, f.end) for f in verdict.findings] == [(0, 0, 6), (1, 2, 8)]
    assert flat.rebuild(verdict.segments) == {"<WORD>": "a <WORD>"}


class TestKeys:
    def test_numbers_and_dates_as_keys_are_judged(self) -> None:
        guard = guarded(scanning(r"4111\d{12}|2001-02-03", "FOUND"))
        value = {4111111111111111: "a", dt.date(2001, 2, 3): "b", 7: "c", None: "d", True: "e", 1.5: "f"}
        flat = flatten(value)
        verdict = guard.pre_prompt(list(flat.segments))
        assert [f.label for f in verdict.findings] == ["FOUND", "FOUND"]
        with pytest.raises(BartizanError, match="same once redacted"):
            flat.rebuild(verdict.segments)
        single = flatten({4111111111111111: "a", 7: "c"})
        assert single.rebuild(guard.pre_prompt(list(single.segments)).segments) == {"<FOUND>": "a", 7: "c"}

    def test_a_key_that_cannot_be_read_is_unreadable(self) -> None:
        flat = flatten({("a", "b"): "c", b"raw": "d"})
        assert [s.part for s in flat.segments] == ["unreadable", "text", "unreadable", "text"]
        assert guarded(plugin(scanners=[Words("x")])).pre_prompt(list(flat.segments)).blocked
        changed = [s.with_text("C") if s.text == "c" else s for s in flat.segments]
        assert flat.rebuild(changed) == {("a", "b"): "C", b"raw": "d"}

    @pytest.mark.parametrize(
        ("value", "new"),
        [
            ({"a": 1, "b": 2}, {"a": "X", "b": "X"}),
            ({"a": 1, "X": 2}, {"a": "X"}),
            ({"X": 1, "a": 2}, {"a": "X"}),
            ([{"c": {"a": 1, "b": 2}}], {"a": "X", "b": "X"}),
        ],
    )
    def test_keys_that_collide_once_redacted_refuse(self, value: Any, new: dict[str, str]) -> None:
        flat = flatten(value)
        with pytest.raises(BartizanError, match="same once redacted"):
            flat.rebuild([s.with_text(new.get(s.text, s.text)) for s in flat.segments])

    def test_the_same_key_in_two_mappings_does_not_collide(self) -> None:
        flat = flatten([{"a": 1}, {"b": 2}])
        assert flat.rebuild([s.with_text("X") if s.text in {"a", "b"} else s for s in flat.segments]) == [{"X": 1}, {"X": 2}]


class TestTypes:
    def test_containers_keep_their_kind(self) -> None:
        def changed(value: Any) -> Any:
            flat = flatten(value)
            return flat.rebuild([s.with_text(s.text.upper()) for s in flat.segments])

        assert changed(("a", 1)) == ("A", 1)
        assert changed({"a"}) == {"A"}
        assert changed(frozenset({"a"})) == frozenset({"A"})
        assert changed(Pair("a", "b")) == Pair("A", "B")
        assert type(changed(Pair("a", "b"))) is Pair
        assert changed(OrderedDict(k="v")) == {"K": "V"}
        assert changed(MappingProxyType({"k": "v"})) == {"K": "V"}

    def test_leaves_with_a_plain_text(self) -> None:
        day = dt.date(2001, 2, 3)
        one = uuid.UUID(int=5)
        flat = flatten([decimal.Decimal("1.50"), day, dt.time(1, 2), dt.timedelta(days=1), one, 10**30])
        assert [s.text for s in flat.segments] == ["1.50", "2001-02-03", "01:02:00", "1 day, 0:00:00", str(one), str(10**30)]

    def test_enum_members_are_judged_by_what_they_hold(self) -> None:
        class Colour(str, enum.Enum):  # noqa: UP042 (its str is its name: that is the trap)
            RED = "secret"

        class Level(int, enum.Enum):
            HIGH = 4111

        flat = flatten({"k": Colour.RED, Colour.RED: Level.HIGH})
        assert [(s.key, s.text) for s in flat.segments] == [("", "k"), ("k", "secret"), ("", "secret"), ("secret", "4111")]
        guard = guarded(scanning("secret|4111"))
        verdict = guard.pre_prompt(list(flat.segments))
        assert flat.rebuild(verdict.segments) == {"k": "<WORD>", "<WORD>": "<WORD>"}
        assert flat.rebuild(flat.segments)["k"] is Colour.RED

    @pytest.mark.parametrize(
        "value", [b"bytes", object(), 1j, lambda: None, 10**5_000, range(3), Exception("secret")], ids=lambda v: type(v).__name__
    )
    def test_anything_else_is_unreadable_and_refused_by_default(self, value: Any) -> None:
        flat = flatten({"k": value})
        assert [s.part for s in flat.segments] == ["text", "unreadable"]
        assert flat.segments[1].metadata == {"kind": type(value).__name__, "media": False}
        verdict = guarded(scanning("x")).pre_prompt(list(flat.segments))
        assert verdict.blocked
        assert "secret" not in verdict.explain()
        assert flat.rebuild(flat.segments)["k"] is value

    def test_booleans_and_none_hold_no_text(self) -> None:
        assert flatten([True, False, None, {}, [], ()]).segments == ()


class TestHostileSizes:
    def test_deep_nesting_is_refused_not_a_crash(self) -> None:
        def nested(levels: int) -> Any:
            value: Any = "x"
            for level in range(levels):
                value = [value] if level % 2 else {"k": value}
            return value

        flat = flatten(nested(200))
        assert flat.rebuild([s.with_text("y") if s.text == "x" else s for s in flat.segments]) is not None
        for levels in (201, 5_000):
            with pytest.raises(BartizanError, match="200 levels"):
                flatten(nested(levels))

    def test_a_value_that_holds_itself_is_refused(self) -> None:
        loop: list[Any] = []
        loop.append(loop)
        with pytest.raises(BartizanError, match="200 levels"):
            flatten(loop)

    def test_shared_parts_cannot_unfold_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bartizan._structured.values.MAX_PARTS", 1_000)
        value: Any = []
        for _ in range(100):
            value = [value, value]
        with pytest.raises(BartizanError, match="more than 1,000 parts"):
            flatten(value)

    def test_long_keys_and_deep_paths_cost_what_the_input_costs(self) -> None:
        value: Any = list(range(5_000))
        for _ in range(150):
            value = {"k" * 300: value}
        flat = flatten(value)
        assert max(len(s.path) for s in flat.segments) < 300
        assert max(len(s.key) for s in flat.segments) <= 128
        assert flat.segments[0].text == "k" * 300

    def test_time_grows_with_the_input(self) -> None:
        took = []
        for size in (5_000, 40_000):
            value = {f"key {i}": [i, {"text": "x" * 10}] for i in range(size)}
            began = time.perf_counter()
            flat = flatten(value)
            flat.rebuild([s.with_text(s.text + "!") for s in flat.segments])
            took.append(time.perf_counter() - began)
        assert took[1] < 8 * 4 * took[0]


def test_rebuild_takes_as_many_segments_as_there_were() -> None:
    flat = flatten(["a", "b"])
    for segments in (flat.segments[:1], (*flat.segments, flat.segments[0]), ()):
        with pytest.raises(BartizanError, match="2 segments"):
            flat.rebuild(segments)


def test_a_flat_shows_no_data() -> None:
    assert repr(flatten({"k": "secret"})) == "Flat(segments=2)"
    assert isinstance(flatten("x"), Flat)
