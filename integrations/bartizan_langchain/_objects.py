"""Values of any type as they hang on messages: plain data goes to core, pydantic models and dataclasses are opened."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from bartizan import BartizanError, Segment
from bartizan.structured import Flat, flatten
from bartizan_langchain._flats import Rest, fixed, mapping, sequence

if TYPE_CHECKING:
    from bartizan import Origin

_MAX_DEPTH: Final = 100
"""Levels; deeper values are refused, for each costs several frames of the interpreter's stack."""
_CONTAINERS: Final = (list, tuple, set, frozenset)


def read_object(value: object, origin: Origin, path: str, part: str, source: str = "") -> Flat:
    """The segments of a value. Fields of pydantic models and dataclasses are read like keys; an Enum's members are code.

    Raises:
        BartizanError: it is nested more than 100 levels deep.
    """
    if not _holds_objects(value, 0):
        return flatten(value, origin=origin, path=path, part=part, source=source)
    return _Reader(origin, part, source).read(value, path)


def read_others(
    value: Mapping[Any, Any], known: Collection[Any], origin: Origin, path: str, part: str, source: str = ""
) -> Rest | None:
    """Those keys of a mapping that code does not know by name: they are judged themselves."""
    left = {key: item for key, item in value.items() if key not in known}
    return Rest(left, read_object(left, origin, path, part, source)) if left else None


def passed(flat: Flat) -> Flat:
    """The same, with what can't be read counted as media: noted, and passed unless the policy refuses media too."""
    segments = tuple(
        Segment(s.text, s.origin, s.path, s.key, s.source, s.part, {**s.metadata, "media": True}) if s.part == "unreadable" else s
        for s in flat.segments
    )
    return Flat(segments, flat.rebuild)


def _holds_objects(value: object, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        message = f"a value on a message is nested more than {_MAX_DEPTH} levels deep: flatten it before it is judged"
        raise BartizanError(message)
    if isinstance(value, str | int | float | None):
        return isinstance(value, enum.Enum)
    if isinstance(value, Mapping):
        return any(_holds_objects(item, depth + 1) for item in value.values())
    if isinstance(value, _CONTAINERS):
        return any(_holds_objects(item, depth + 1) for item in value)
    return isinstance(value, BaseModel | enum.Enum) or _is_record(value)


def _is_record(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


class _Reader:
    def __init__(self, origin: Origin, part: str, source: str) -> None:
        self._origin = origin
        self._part = part
        self._source = source

    def read(self, value: Any, path: str, depth: int = 0) -> Flat:
        if depth > _MAX_DEPTH:
            message = f"a value on a message is nested more than {_MAX_DEPTH} levels deep: flatten it before it is judged"
            raise BartizanError(message)
        if isinstance(value, enum.Enum):
            return fixed(value)
        if isinstance(value, BaseModel):
            fields = {**value.__dict__, **(value.__pydantic_extra__ or {})}
            return self._record(value, fields, lambda changed: value.model_copy(update=changed), path, depth)
        if _is_record(value):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self._record(value, fields, lambda changed: dataclasses.replace(value, **changed), path, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, path, depth)
        if isinstance(value, _CONTAINERS):
            items = list(value)
            listed = sequence(items, [self.read(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(items)])

            def rebuild(judged: Any) -> Any:
                new = listed.rebuild(judged)
                return value if new is items else type(value)(new)

            return Flat(listed.segments, rebuild)
        return flatten(value, origin=self._origin, path=path, part=self._part, source=self._source)

    def _mapping(self, value: Mapping[Any, Any], path: str, depth: int) -> Flat:
        plain = {key: item for key, item in value.items() if not _holds_objects(item, 0)}
        rest = (
            Rest(plain, flatten(plain, origin=self._origin, path=path, part=self._part, source=self._source)) if plain else None
        )
        # A key in front of an object is written by code, as a field's name is.
        opened = [(key, self.read(item, f"{path}.{key}", depth + 1)) for key, item in value.items() if key not in plain]
        return mapping(value, opened, rest)

    def _record(self, value: object, fields: Mapping[str, Any], copied: Any, path: str, depth: int) -> Flat:
        parts = [(name, self._field(name, item, path, depth)) for name, item in fields.items()]
        flat = mapping(fields, parts)

        def rebuild(judged: Any) -> Any:
            new = flat.rebuild(judged)
            return value if new is fields else copied({name: item for name, item in new.items() if item is not fields[name]})

        return Flat(flat.segments, rebuild)

    def _field(self, name: str, item: object, path: str, depth: int) -> Flat:
        """A field's value with its name as the key that scanners see; the name itself is code."""
        if _holds_objects(item, 0):
            return self.read(item, f"{path}.{name}", depth + 1)
        flat = flatten({name: item}, origin=self._origin, path=path, part=self._part, source=self._source)

        def rebuild(judged: Any) -> Any:
            return flat.rebuild([flat.segments[0], *judged])[name]

        return Flat(flat.segments[1:], rebuild)
