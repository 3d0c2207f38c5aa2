"""Answers that must be JSON of a given shape: what is wrong with one is said by place and rule, never by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from pydantic import ValidationError

from bartizan import Action, Finding
from bartizan_validation._json_text import InvalidJsonError, Json, json_path, property_names, read
from bartizan_validation._labels import INVALID_JSON, SCHEMA_MISMATCH
from bartizan_validation._patterns import encodable
from bartizan_validation._schema_file import load_schema, validator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import BaseModel

    from bartizan import Segment

_TOO_DEEP: Final = "could not be checked: the schema leads round in a circle or too deep"


class Shape(Protocol):
    """Says what is wrong with a JSON text, in words free of its content; None where nothing is."""

    def problem(self, text: str, value: Json) -> str | None:
        """The first thing wrong, as `$.items[3].price: minimum`."""
        ...


def judged(segments: Sequence[Segment], shape: Shape) -> list[Finding]:
    """A finding for every text of an answer that is no JSON or not of the shape.

    Each text stands for itself. Reasoning, citations and tool arguments are none; an empty text beside a tool call is no answer.
    """
    calls = any(segment.part == "tool_args" for segment in segments)
    found = []
    for index, segment in enumerate(segments):
        if segment.part != "text" or (calls and not segment.text.strip()):
            continue
        label, problem = _problem(segment.text, shape)
        if problem is not None:
            found.append(Finding(label, Action.BLOCK, segment=index, detail=problem))
    return found


def _problem(text: str, shape: Shape) -> tuple[str, str | None]:
    try:
        value = read(text)
    except InvalidJsonError as error:
        return INVALID_JSON, str(error)
    return SCHEMA_MISMATCH, shape.problem(text, value)


class ModelShape:
    """A pydantic model."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._names = property_names(model.model_json_schema())

    def problem(self, text: str, value: Json) -> str | None:  # noqa: ARG002 (the model reads the text itself)
        """The first error's place and type."""
        try:
            self._model.model_validate_json(encodable(text))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            return f"{json_path(first['loc'], self._names)}: {first['type']}"
        except RecursionError:
            return _TOO_DEEP
        return None


class SchemaShape:
    """A JSON Schema from a file."""

    def __init__(self, file: Path) -> None:
        schema = load_schema(file)
        self._names = property_names(schema)
        self._validator = validator(schema, file)

    def problem(self, text: str, value: Json) -> str | None:  # noqa: ARG002 (the text has been read into the value)
        """The first error's place and keyword."""
        from referencing.exceptions import Unresolvable

        try:
            error = next(self._validator.iter_errors(value), None)
        except RecursionError:
            return _TOO_DEEP
        except Unresolvable:
            return "could not be checked: a reference of the schema leads nowhere"
        return None if error is None else f"{json_path(list(error.absolute_path), self._names)}: {error.validator}"
