"""Writes docs/policy-reference.md from the models that check a policy: `python .ci/policy_reference.py`. A test holds the two together."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, HttpUrl

from bartizan._policy.tables import GuardTable, KeyTable, PluginTable, RetrievalTable, RuleTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

PAGE = Path(__file__).resolve().parent.parent / "docs" / "policy-reference.md"
HEAD = """# Policy reference

Every table and key of `bartizan.toml`, from the models that check it; [policy.md](policy.md) explains them. `bartizan policy schema`
prints the same as JSON Schema, with the plugins that you have installed.
"""
TABLES = {
    "[guard]": GuardTable,
    "[retrieval]": RetrievalTable,
    "[keys.NAME]": KeyTable,
    "[plugins.X], every plugin": PluginTable,
    "[[plugins.X.rules]]": RuleTable,
}
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)


def reference() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, model in TABLES.items():
        parts += section(title, model)
    for point in sorted(entry_points(group="bartizan"), key=lambda point: point.name):
        if point.dist is not None and point.dist.name == "bartizan":
            model = getattr(point.load(), "Config", None)
            if model is not None:
                parts += section(f"[plugins.{point.name}]", model)
    return "\n".join(parts).rstrip() + "\n"


def section(title: str, model: type[BaseModel]) -> Iterator[str]:
    """A table of keys, and one for each model within."""
    yield f"\n## `{title}`\n"
    yield from rows(model)
    for name, inner in dict(nested(model)).items():
        head = title.partition("]")[0].lstrip("[")
        yield f"\n### `{name}` of `[{head}]`\n"
        yield from rows(inner)


def rows(model: type[BaseModel]) -> Iterator[str]:
    """The keys of one model."""
    if not model.model_fields:
        yield "No keys: the table itself turns it on."
        return
    said = described(model)
    yield "| key | type | default | |\n|---|---|---|---|"
    for name, field in model.model_fields.items():
        text = field.description or said.get(name, "")
        yield f"| `{field.alias or name}` | {cell(in_words(field.annotation))} | {default(field)} | {cell(text)} |"


def described(model: type[BaseModel]) -> dict[str, str]:
    """What the docstring says of each attribute."""
    text = inspect.cleandoc(model.__doc__ or "")
    _, _, attributes = text.partition("Attributes:\n")
    return {name: " ".join(words.split()) for name, words in _ATTRIBUTE.findall(attributes)}


def nested(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Models that stand in a model's fields, but for the tables of the core, which have a section."""
    for name, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            if inner not in TABLES.values():
                yield name, inner


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 (an annotation is anything)
    """The models of an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from models_in(part)


def in_words(annotation: Any) -> str:  # noqa: ANN401, PLR0911 (an annotation is anything; a case each)
    """A type in TOML's words."""
    origin, args = get_origin(annotation), [arg for arg in get_args(annotation) if arg is not type(None) and arg is not ...]
    if origin is Annotated:
        return in_words(args[0])
    if origin is Literal:
        return " or ".join(f"`{json.dumps(arg)}`" for arg in args)
    if origin in {tuple, list, set, frozenset}:
        return f"list of {in_words(args[0])}"
    if origin in {dict, Mapping}:
        return f"table of {in_words(args[1])}"
    if args:
        return " or ".join(dict.fromkeys(map(in_words, args)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return {str: "string", int: "integer", float: "number", bool: "boolean", Path: "path", HttpUrl: "URL"}.get(annotation, "any")


def default(field: FieldInfo) -> str:
    """The default as TOML has it, or that there is none."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return (
        "" if value is None or value in ({}, ()) or isinstance(value, BaseModel) else f"`{cell(json.dumps(value, default=str))}`"
    )


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
