"""What goes to a model beside the messages: schemas of tools and of the answer, instructions, and whatever else was bound to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from bartizan import Blocked, Origin
from bartizan.structured import Flat
from bartizan_langchain._blocks import read_under
from bartizan_langchain._flats import fixed, mapping, sequence
from bartizan_langchain._objects import passed, read_object

if TYPE_CHECKING:
    from collections.abc import Sequence

_APPLICATION: Final = frozenset({
    "tools", "functions", "response_format", "output_config", "output_format", "instructions", "system", "system_prompt",
})  # fmt: skip
"""What the application writes for the model: origin SYSTEM. The rest of the text (`prediction`, `user`, …) is DOCUMENT."""
_SWITCHES: Final = frozenset({
    "tool_choice", "parallel_tool_calls", "strict", "stream", "stream_options", "stream_usage", "model", "model_name",
    "thinking", "reasoning", "reasoning_effort", "modalities", "include", "service_tier", "betas", "truncation", "timeout",
    "ls_structured_output_format", "structured_output_format",
})  # fmt: skip
"""Names and numbers that steer the provider, by LangChain's own parameters; or what it keeps from the provider."""
_CREDENTIALS: Final = frozenset({"api_key", "extra_headers", "default_headers", "headers"})
"""They are for the provider's door, not for its model: redacted, they would open nothing."""


class Settings:
    """The segments of the text among a call's keyword arguments.

    Only what has the shape of JSON is read; other objects and functions are the application's code. A pydantic class as the schema of
    the answer is judged as the JSON Schema that the provider is sent; it can't be rewritten, so it is refused instead.
    """

    __slots__ = ("_flat", "segments")

    def __init__(self, kwargs: dict[str, Any]) -> None:
        self._flat = mapping(kwargs, [(name, _read(name, kwargs[name])) for name in kwargs if _has_text(name, kwargs[name])])
        self.segments = self._flat.segments

    @staticmethod
    def in_(kwargs: Mapping[str, Any]) -> bool:
        """Whether there is any."""
        return any(_has_text(name, value) for name, value in kwargs.items())

    def rebuild(self, judged: Sequence[Any]) -> dict[str, Any]:
        """The keyword arguments with the judged texts in place.

        Raises:
            Blocked: a class would have to be rewritten.
        """
        new: dict[str, Any] = self._flat.rebuild(judged)
        return new


def _has_text(name: str, value: Any) -> bool:
    if name in _SWITCHES or name in _CREDENTIALS or not value:
        return False
    return isinstance(value, str | list | tuple | Mapping) or _is_schema(value)


def _is_schema(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _read(name: str, value: Any) -> Flat:
    origin = Origin.SYSTEM if name in _APPLICATION else Origin.DOCUMENT
    if _is_schema(value):
        return _schema(value, name)
    if isinstance(value, list | tuple):
        return sequence(value, [_one(item, origin, f"{name}[{i}]") for i, item in enumerate(value)])
    if isinstance(value, Mapping):
        return _one(value, origin, name)
    return read_under(name, value, origin, name, "metadata")


def _one(value: Any, origin: Origin, path: str) -> Flat:
    """What has the shape of JSON, objects in it opened; anything else is code."""
    readable = isinstance(value, str | list | tuple | Mapping)
    return passed(read_object(value, origin, path, "metadata")) if readable else fixed(value)


def _schema(cls: type[BaseModel], name: str) -> Flat:
    schema = _schema_of(cls)
    flat = read_object(schema, Origin.SYSTEM, name, "metadata")

    def rebuild(judged: Sequence[Any]) -> Any:
        if flat.rebuild(judged) is schema:
            return cls
        reason = (
            f"the schema in {name} holds what would have to be redacted, and a class can't be: take it out of its descriptions"
        )
        raise Blocked(reason)

    return Flat(flat.segments, rebuild)


@lru_cache(maxsize=256)
def _schema_of(cls: type[BaseModel]) -> dict[str, Any]:
    return cls.model_json_schema()
