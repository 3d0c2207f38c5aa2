"""Answers that must be JSON of a given shape."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, Field, ValidationError

from bartizan import Action, Context, MissingExtra, PolicyError, Response, Segment
from bartizan_validation import INVALID_JSON, SCHEMA_MISMATCH, Config, Validation

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "items": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/item"}},
        "tree": {"$ref": "#/$defs/tree"},
        "bag": {"type": "object", "additionalProperties": {"type": "integer"}, "patternProperties": {"^s_": {"type": "string"}}},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {
        "item": {"type": "object", "properties": {"price": {"type": "number", "minimum": 0}}},
        "tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
    },
}
PLANTED = "jane@example.com"


class Item(BaseModel, extra="forbid"):
    price: float = Field(ge=0)


class Order(BaseModel, extra="forbid"):
    name: str
    items: list[Item] = []
    bag: dict[str, int] = {}


@pytest.fixture
def schema(tmp_path: Path) -> Validation:
    return from_schema(tmp_path, SCHEMA)


def from_schema(folder: Path, schema: object) -> Validation:
    file = folder / "schema.json"
    file.write_text(schema if isinstance(schema, str) else json.dumps(schema), encoding="utf-8")
    return Validation(Config(response_schema=file))


def judged(plugin: Validation, *texts: str, part: str = "text") -> list[tuple[str, int | None, str]]:
    found = plugin.post_response(Response(tuple(Segment(text, part=part) for text in texts)), Context()) or []
    assert all(f.action is Action.BLOCK and f.start is None for f in found)
    assert all(PLANTED not in f.detail for f in found)
    return [(f.label, f.segment, f.detail) for f in found]


class TestSchema:
    @pytest.mark.parametrize(
        "text",
        [
            '{"name": "ada"}',
            ' {"name": "ada", "items": [{"price": 1}, {"price": 2}], "tree": [[], [[]]]}\n',
            '{"name": "ada", "bag": {"a": 1, "s_b": "x"}}',
        ],
    )
    def test_an_answer_of_the_shape_passes(self, schema: Validation, text: str) -> None:
        assert judged(schema, text) == []

    @pytest.mark.parametrize(
        ("value", "detail"),
        [
            ({}, "$: required"),
            ([], "$: type"),
            ({"name": PLANTED}, "$.name: pattern"),
            ({"name": "a", PLANTED: 1}, "$: additionalProperties"),
            ({"name": "a", "items": [{"price": 1}, {"price": -1}]}, "$.items[1].price: minimum"),
            ({"name": "a", "items": [{"price": 1}, {"price": 1.0}]}, "$.items: uniqueItems"),
            ({"name": "a", "bag": {PLANTED: "x"}}, "$.bag.*: type"),
            ({"name": "a", "bag": {"s_x": 1}}, "$.bag.*: type"),
        ],
    )
    def test_what_is_wrong_is_told_by_place_and_keyword(self, schema: Validation, value: object, detail: str) -> None:
        assert judged(schema, json.dumps(value)) == [(SCHEMA_MISMATCH, 0, detail)]

    def test_unlike_values_are_unique(self, tmp_path: Path) -> None:
        plugin = from_schema(tmp_path, {"uniqueItems": True})
        assert judged(plugin, '[1, true, "1", [1], {"a": 1}, {"a": true}, null, 0, false, "", 1.5]') == []
        assert judged(plugin, '[{"a": 1, "b": [2.0]}, {"b": [2], "a": 1}]') == [(SCHEMA_MISMATCH, 0, "$: uniqueItems")]

    def test_a_hostile_answer_is_judged_in_time(self, tmp_path: Path) -> None:
        plugin = from_schema(tmp_path, {"items": {"pattern": "^(a+)+$"}, "uniqueItems": True})
        assert judged(plugin, json.dumps(["a" * 50_000 + "!"]))[0][2] == "$[0]: pattern"
        assert judged(plugin, json.dumps([{"a": n} for n in range(20_000)])) == []

    def test_a_schema_that_runs_in_a_circle_refuses(self, tmp_path: Path) -> None:
        plugin = from_schema(tmp_path, {"$ref": "#"})
        assert judged(plugin, "1")[0][:2] == (SCHEMA_MISMATCH, 0)


class TestModel:
    def test_an_answer_of_the_model_passes(self) -> None:
        assert judged(Validation(Config(response_model=Order)), '{"name": "ada", "items": [{"price": 1}]}') == []

    @pytest.mark.parametrize(
        ("value", "detail"),
        [
            ({"items": []}, "$.name: missing"),
            ({"name": "a", "items": [{"price": -1}]}, "$.items[0].price: greater_than_equal"),
            ({"name": "a", PLANTED: 1}, "$.*: extra_forbidden"),
            ({"name": "a", "bag": {PLANTED: "x"}}, "$.bag.*: int_parsing"),
        ],
    )
    def test_what_is_wrong_is_told_by_place_and_type(self, value: object, detail: str) -> None:
        assert judged(Validation(Config(response_model=Order)), json.dumps(value)) == [(SCHEMA_MISMATCH, 0, detail)]

    def test_a_model_comes_from_python_only(self) -> None:
        with pytest.raises(ValidationError, match="response_model"):
            Config.model_validate_json('{"response_model": "json.decoder.JSONDecoder"}', strict=True)
        assert "Order" in Config(response_model=Order).model_dump_json()
        assert "response_schema" in json.dumps(Config.model_json_schema())


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "not JSON: line 1, column 1"),
        (f"Sure! {PLANTED}", "not JSON: line 1, column 1"),
        ('{"name": "ada"} trailing', "not JSON: line 1, column 17"),
        ('{"name": "a", "name": "b"}', "an object has a name twice"),
        ('{"name": NaN}', "NaN and Infinity are no JSON numbers"),
        ("[" * 65 + "]" * 65, "nested more than 64 levels deep"),
        ("[" * 100_000, "nested more than 64 levels deep"),
        ('{"a":' * 100_000, "nested more than 64 levels deep"),
        ("1" * 5_000, "a number has too many digits"),
        (f'"{"x" * 1_000_000}"', "1,000,002 characters, at most 1,000,000"),
        ("```json\n{}\n```", "not JSON: line 1, column 1"),
    ],
)
@pytest.mark.parametrize("kind", ["schema", "model"])
def test_what_is_no_json_to_be_trusted_is_refused(tmp_path: Path, kind: str, text: str, detail: str) -> None:
    plugin = from_schema(tmp_path, {}) if kind == "schema" else Validation(Config(response_model=Order))
    assert judged(plugin, text) == [(INVALID_JSON, 0, detail)]


def test_brackets_in_strings_are_no_depth(tmp_path: Path) -> None:
    assert judged(from_schema(tmp_path, {}), json.dumps({"a": "[" * 500 + '\\"' + "{" * 500})) == []
    assert judged(from_schema(tmp_path, {}), "[" * 64 + "]" * 64) == []


def test_each_text_of_an_answer_is_judged(schema: Validation) -> None:
    assert [(label, at) for label, at, _ in judged(schema, '{"name": "a"}', "no", "{}")] == [
        (INVALID_JSON, 1),
        (SCHEMA_MISMATCH, 2),
    ]


def test_other_parts_are_no_answer(schema: Validation) -> None:
    assert judged(schema, "thinking", part="reasoning") == []
    call = Response((Segment(""), Segment("{}", part="tool_args")))
    assert schema.post_response(call, Context()) == []
    assert judged(schema, "")[0][0] == INVALID_JSON


def test_streams_are_held_only_where_a_shape_is_asked_for(schema: Validation) -> None:
    assert schema.enabled_hooks == {"pre_prompt", "post_response"}
    assert schema.labels >= {INVALID_JSON, SCHEMA_MISMATCH}
    assert Validation().enabled_hooks == {"pre_prompt"}
    assert not Validation().labels & {INVALID_JSON, SCHEMA_MISMATCH}


class TestTheFile:
    @pytest.mark.parametrize(
        ("schema", "reason"),
        [
            ("{", "is not JSON"),
            ("[]", "must be an object"),
            ({"type": "strin"}, "no valid JSON Schema: type"),
            ({"properties": {"a": {"minimum": "0"}}}, "no valid JSON Schema: properties/a/minimum"),
            ({"$schema": "https://example.com/other"}, r"names a \$schema that is not known"),
            ({"$ref": "https://example.com/x.json"}, r"\$ref: refers to something that is not in this file"),
            ({"properties": {"a": {"$ref": "#/$defs/b"}}}, r"properties/a/\$ref: refers to something"),
            ({"$ref": "other.json"}, "refers to something"),
            ({"pattern": "(?=a)b"}, "pattern: is no RE2 pattern"),
            ({"patternProperties": {"(a)\\1": {}}}, "patternProperties: is no RE2 pattern"),
            ({"patternProperties": {"a": {}}, "unevaluatedProperties": False}, "unevaluatedProperties"),
        ],
    )
    def test_a_bad_schema_is_refused_with_file_and_reason(self, tmp_path: Path, schema: object, reason: str) -> None:
        with pytest.raises(PolicyError, match=f"schema.json: .*{reason}"):
            from_schema(tmp_path, schema)

    def test_a_missing_file_is_refused_by_name(self, tmp_path: Path) -> None:
        with pytest.raises(PolicyError, match=r"gone\.json: can't be read: No such file"):
            Validation(Config(response_schema=tmp_path / "gone.json"))

    def test_a_file_that_is_not_utf_8_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "s.json").write_bytes(b'{"a": "\xff"}')
        with pytest.raises(PolicyError, match="is not UTF-8"):
            Validation(Config(response_schema=tmp_path / "s.json"))

    def test_older_drafts_and_names_within_the_file_are_known(self, tmp_path: Path) -> None:
        draft7 = {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"a": {"type": "string"}},
            "$ref": "#/definitions/a",
        }
        assert judged(from_schema(tmp_path, draft7), "1") == [(SCHEMA_MISMATCH, 0, "$: type")]
        named = {"$id": "https://example.com/root", "$defs": {"a": {"$anchor": "name", "type": "string"}}, "$ref": "#name"}
        assert judged(from_schema(tmp_path, named), "1") == [(SCHEMA_MISMATCH, 0, "$: type")]

    def test_without_jsonschema_the_extra_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "jsonschema", None)
        with pytest.raises(MissingExtra, match=r"bartizan\[jsonschema\]"):
            from_schema(tmp_path, {})

    def test_schema_and_model_together_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValidationError, match="not both"):
            Config(response_schema=tmp_path / "s.json", response_model=Order)
