"""Checks a table of the policy against its pydantic model, and says what is wrong in the policy's own words."""

from __future__ import annotations

import contextlib
import datetime as dt
import difflib
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, PydanticUserError, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bartizan._policy.source import Key, Source

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], raw: Mapping[str, Any], source: Source, key: Key, *, beside: Iterable[str] = ()) -> M:
    """The table as its model, strictly typed: "5" is no number. Relative paths start from the folder of the file that says them.

    `beside` are further keys that the same table may hold in the policy, for the hint at the right name.

    Raises:
        PolicyError: an unknown key (with the nearest right name), a wrong type, or what the model itself refuses.
    """
    for at, known in unknown_keys(model, raw, key):
        names = [*known, *beside] if len(at) == len(key) + 1 else known
        raise source.error(at, f"unknown key{nearest(str(at[-1]), names)}")
    table = {name: _absolute(model, name, value, source, (*key, name)) for name, value in raw.items()}
    problem: tuple[Key, str] | None = None
    try:
        text = _as_json(table)
        return (
            model.model_validate(_typed(model, table), strict=True)
            if text is None
            else model.model_validate_json(text, strict=True)
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=True)[0]
        problem = (*key, *first["loc"]), _sentence(first["msg"], first["input"])
    except Exception as error:  # a plugin's own validator may raise anything; its text may quote the value
        problem = key, f"{type(error).__name__} while it was checked"
    raise source.error(*problem)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the right name."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f": did you mean {near[0]!r}?"
    return f": known are {', '.join(sorted(names))}" if names else ": none is known here"


def unknown_keys(model: type[BaseModel], raw: Mapping[str, Any], key: Key) -> Iterator[tuple[Key, list[str]]]:
    """Keys that the model, or a model nested in it, does not have."""
    if model.model_config.get("extra") == "allow":
        return
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for name, value in raw.items():
        if name not in fields:
            yield (*key, name), list(fields)
            continue
        nested = _nested(fields[name].annotation)
        if isinstance(nested, type) and isinstance(value, dict):
            yield from unknown_keys(nested, value, (*key, name))
        elif isinstance(nested, tuple) and isinstance(value, dict | list):
            members: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
            for inner, item in members:
                if isinstance(item, dict):
                    yield from unknown_keys(nested[0], item, (*key, name, inner))


def _nested(annotation: Any) -> type[BaseModel] | tuple[type[BaseModel]] | None:
    """The model an annotation holds: itself, or as a 1-tuple where it holds a collection of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _nested(args[0])
    if origin in {Union, types.UnionType}:
        models = [_nested(arg) for arg in args if arg is not type(None)]
        return models[0] if len(models) == 1 else None
    if origin in {list, tuple, set, frozenset, dict, Mapping} and args:
        inner = _nested(args[1] if origin in {dict, Mapping} else args[0])
        return (inner,) if isinstance(inner, type) else None
    return None


def _absolute(model: type[BaseModel], name: str, value: Any, source: Source, key: Key) -> Any:
    field = next((f for n, f in model.model_fields.items() if name in {n, f.alias}), None)
    return value if field is None else _rooted(field.annotation, value, source, key)


def _unwrapped(annotation: Any) -> Any:
    """What an annotation says beside its metadata and None."""
    while get_origin(annotation) in {Annotated, Union, types.UnionType}:
        args = get_args(annotation)
        inner = args[:1] if get_origin(annotation) is Annotated else [arg for arg in args if arg is not type(None)]
        if len(inner) != 1:
            break
        annotation = inner[0]
    return annotation


def _rooted(annotation: Any, value: Any, source: Source, key: Key) -> Any:
    annotation = _unwrapped(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(value, dict):
        return {name: _absolute(annotation, name, item, source, (*key, name)) for name, item in value.items()}
    if annotation is Path and isinstance(value, str):
        return str(source.base(key) / Path(value).expanduser())
    args = get_args(annotation)
    if isinstance(value, str):
        union = get_origin(annotation) in {Union, types.UnionType}
        candidates = () if union and any(_takes_text(arg, value) for arg in args) else args
        return next((r for a in candidates if (r := _rooted(a, value, source, key)) != value), value)
    if isinstance(value, list) and args:
        return [_rooted(args[0], item, source, (*key, index)) for index, item in enumerate(value)]
    if isinstance(value, dict) and args:
        return {name: _rooted(args[-1], item, source, (*key, name)) for name, item in value.items()}
    return value


def _takes_text(annotation: Any, value: str) -> bool:
    """Whether an alternative of a union takes the string as it is: then it is no path."""
    return annotation is str or (get_origin(annotation) is Literal and value in get_args(annotation))


def _typed(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, Any]:
    """A table that holds Python objects, with every other value as its field's type: a list is no tuple to a strict check."""
    out = dict(table)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for name, value in table.items():
        text = _as_json(value)
        if text is not None and name in fields:
            # What does not fit stays as it is, and is refused with the whole.
            annotation: Any = fields[name].annotation
            with contextlib.suppress(ValidationError, PydanticUserError):
                out[name] = TypeAdapter(annotation).validate_json(text, strict=True)
    return out


def _as_json(table: object) -> str | None:
    """A table, or a value of it, as JSON, as strict checks want TOML's values; None where it holds Python objects."""
    try:
        return json.dumps(table, default=_iso)
    except (TypeError, ValueError):
        return None


def _iso(value: object) -> str:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError


def _sentence(message: str, found: object) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if text != message:
        return text
    kind = {dict: "a table", list: "a list", str: "a string", bool: "a boolean"}.get(type(found), f"a {type(found).__name__}")
    return f"{text[:1].lower()}{text[1:]}, found {kind}"
