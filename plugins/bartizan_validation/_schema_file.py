"""A JSON Schema from a file (any published draft), checked in full before it is used.

References lead within the file only: nothing is fetched.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol, cast

from bartizan import MissingExtra, PolicyError
from bartizan_validation._keywords import linear_keywords
from bartizan_validation._patterns import Pattern, compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    Schema = dict[str, object]

_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_VALUES: Final = frozenset({"const", "enum", "default", "examples"})
"""Keywords that hold values, not schemas."""


class SchemaError(Protocol):
    """What a validator says of a value."""

    absolute_path: Iterable[str | int]
    validator: str
    message: str


class Validator(Protocol):
    """What is used of jsonschema's validators."""

    def iter_errors(self, instance: object) -> Iterator[SchemaError]:
        """What is wrong with the value."""
        ...


def load_schema(file: Path) -> Schema:
    """The schema in a file.

    Raises:
        PolicyError: the file can't be read, or holds no JSON object.
    """
    problem = ""
    schema: object = None
    try:
        schema = json.loads(file.read_bytes())
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except ValueError as error:
        problem = f"is not JSON: {error}"
    except RecursionError:
        problem = "is nested too deeply"
    if not isinstance(schema, dict):
        raise _refused(file, problem or "is no JSON Schema: it must be an object")
    return cast("Schema", schema)


def validator(schema: Schema, file: Path) -> Validator:
    """The schema, ready to judge.

    Raises:
        PolicyError: it is no valid schema, has a pattern that RE2 refuses, or refers to another document.
        MissingExtra: the package jsonschema is not installed.
    """
    if find_spec("jsonschema") is None:
        feature = "response_schema"
        raise MissingExtra(feature, "jsonschema")
    from jsonschema import Draft202012Validator, exceptions, validators
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # ships none

    unknown = cast("type[Draft202012Validator]", _Unknown)
    kind = validators.validator_for(schema, default=unknown if "$schema" in schema else Draft202012Validator)
    if kind is unknown:
        problem = "names a $schema that is not known: leave it out, or use https://json-schema.org/draft/2020-12/schema"
        raise _refused(file, problem)
    problem = ""
    try:
        kind.check_schema(schema)
    except exceptions.SchemaError as error:
        problem = f"is no valid JSON Schema: {'/'.join(map(str, error.absolute_path)) or 'the schema'}: {error.message}"
    except RecursionError:
        problem = "is nested too deeply"
    if problem:
        raise _refused(file, problem)
    keywords = linear_keywords(_checked_patterns(schema, file))
    extended = validators.extend(kind, keywords)  # type: ignore[no-untyped-call]  # the stubs leave it open
    ready = cast("Validator", extended(schema, registry=REGISTRY))
    _check_references(schema, file)
    return ready


class _Unknown:
    """Stands for a dialect that is not known."""


def _walk(schema: object) -> Iterator[tuple[str, str, object]]:
    """Every keyword with its place and value: `properties/name/pattern`."""
    waiting: list[tuple[str, object]] = [("", schema)]
    while waiting:
        where, node = waiting.pop()
        if isinstance(node, dict):
            for name, value in node.items():
                at = f"{where}/{name}".lstrip("/")
                yield at, name, value
                if name not in _VALUES:
                    waiting.append((at, value))
        elif isinstance(node, list):
            waiting += [(f"{where}/{index}", item) for index, item in enumerate(node)]


def _checked_patterns(schema: Schema, file: Path) -> dict[str, Pattern]:
    patterns: dict[str, Pattern] = {}
    keywords = set()
    for where, keyword, value in _walk(schema):
        keywords.add(keyword)
        regexes = [value] if keyword == "pattern" and isinstance(value, str) else []
        if keyword == "patternProperties" and isinstance(value, dict):
            regexes = list(value)
        problem = ""
        try:
            patterns.update((regex, compiled(regex)) for regex in regexes)
        except ValueError as error:
            problem = f"{where}: {error}"
        if problem:
            raise _refused(file, problem)
    if {"patternProperties", "unevaluatedProperties"} <= keywords:
        problem = (
            "uses unevaluatedProperties beside patternProperties, which can't be checked in linear time: use additionalProperties"
        )
        raise _refused(file, problem)
    return patterns


def _check_references(schema: Schema, file: Path) -> None:
    """References to other documents are refused, and references into this one must lead somewhere."""
    from jsonschema_specifications import REGISTRY
    from referencing import Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    root = resource.id() or ""
    resolver = REGISTRY.with_resource(root, resource).crawl().resolver(root)
    nested_ids = any(
        keyword in {"$id", "id"} and "/" in where and isinstance(value, str) for where, keyword, value in _walk(schema)
    )
    for where, keyword, value in _walk(schema):
        if keyword not in _REFERENCES or not isinstance(value, str) or (nested_ids and value.startswith("#")):
            continue
        try:
            resolver.lookup(value)
        except Unresolvable:
            lost = True
        else:
            lost = False
        if lost:
            problem = f"{where}: refers to something that is not in this file, and nothing is fetched: put it under $defs"
            raise _refused(file, problem)


def _refused(file: Path, problem: str) -> PolicyError:
    return PolicyError(f"response_schema {file}: {problem}")
