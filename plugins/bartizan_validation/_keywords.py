"""Keywords of JSON Schema whose usual implementation a hostile answer could keep busy for ever, done in linear time.

Patterns run in RE2; `uniqueItems` compares canonical texts (JSON Schema 2020-12: Validation 6.3.3 and 6.4.3, Core 10.3.2).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from bartizan_validation._patterns import encodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bartizan_validation._patterns import Pattern

    Keyword = Callable[["Descending", object, object, object], Iterator[Exception]]


class Descending(Protocol):
    """What these keywords need of a validator."""

    def descend(self, instance: object, schema: object, path: object = None, schema_path: object = None) -> Iterator[Exception]:
        """What is wrong with a part of the value."""
        ...


def linear_keywords(patterns: dict[str, Pattern]) -> dict[str, Keyword]:
    """The keywords, over the schema's patterns as compiled."""
    words = _Patterns(patterns)
    return {
        "pattern": words.pattern,
        "patternProperties": words.pattern_properties,
        "additionalProperties": words.additional_properties,
        "uniqueItems": _unique_items,
    }


class _Patterns:
    def __init__(self, patterns: dict[str, Pattern]) -> None:
        self._patterns = patterns

    def _matches(self, regex: str, text: str) -> bool:
        text = encodable(text)
        return self._patterns[regex].search(text, 0, len(text)) is not None

    def pattern(self, _validator: Descending, regex: object, value: object, _schema: object) -> Iterator[Exception]:
        if isinstance(value, str) and isinstance(regex, str) and not self._matches(regex, value):
            yield _violation("pattern")

    def pattern_properties(self, validator: Descending, schemas: object, value: object, _schema: object) -> Iterator[Exception]:
        if not isinstance(value, dict) or not isinstance(schemas, dict):
            return
        for regex, schema in schemas.items():
            for name, item in value.items():
                if self._matches(regex, name):
                    yield from validator.descend(item, schema, path=name, schema_path=regex)

    def additional_properties(self, validator: Descending, wanted: object, value: object, schema: object) -> Iterator[Exception]:
        if not isinstance(value, dict) or not isinstance(schema, dict):
            return
        named, regexes = schema.get("properties", {}), schema.get("patternProperties", {})
        for name, item in value.items():
            if name in named or any(self._matches(regex, name) for regex in regexes):
                continue
            if wanted is False:
                yield _violation("additionalProperties")
                return
            yield from validator.descend(item, wanted, path=name)


def _unique_items(_validator: Descending, wanted: object, value: object, _schema: object) -> Iterator[Exception]:
    if wanted and isinstance(value, list) and len({_canonical(item) for item in value}) != len(value):
        yield _violation("uniqueItems")


def _violation(keyword: str) -> Exception:
    from jsonschema import ValidationError

    return ValidationError(keyword)


def _canonical(value: object) -> str:
    """The same for values that JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return f"[{','.join(map(_canonical, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_canonical(value[name])}" for name in sorted(value)) + "}"
    return json.dumps(value)
