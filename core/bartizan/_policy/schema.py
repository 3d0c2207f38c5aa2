"""The policy's JSON Schema (draft 2020-12), for editors and for checks outside Python.

It says what a policy's shape says: tables, keys, types. Which labels a plugin knows, whether a file or a key is there, and what a
plugin's own validators want is told by loading the policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pydantic.json_schema import GenerateJsonSchema

from bartizan._errors import PluginLoadError
from bartizan._policy.assemble import config_model
from bartizan._policy.tables import PluginTable, PolicyTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

Schema = dict[str, Any]
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DEFS: Final = "$defs"
_NO_SETTINGS: Final[Schema] = {"type": "object", "properties": {}, "additionalProperties": False}


class _Closed(GenerateJsonSchema):
    """Models refuse keys they don't have, as the policy does, unless they say `extra="allow"`."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 (pydantic's own declaration)

    def model_schema(self, schema: Any) -> Schema:  # noqa: ANN401 (pydantic-core's type, which is not pydantic's to give)
        """A model's schema, closed."""
        out = super().model_schema(schema)
        if not schema.get("root_model") and "$ref" not in out:
            out.setdefault("additionalProperties", False)
        return out


def config_schema(name: str, kind: type) -> Schema:
    """The schema of a plugin's own settings: what `[plugins.NAME]` may hold beside the keys that every plugin has.

    Raises:
        PluginLoadError: its Config is no pydantic model, or holds a type that JSON Schema can't describe.
    """
    return {"$schema": _DIALECT, **_own(name, kind, "#/$defs/{model}")}


def policy_schema(plugins: Mapping[str, type]) -> Schema:
    """The schema of a whole policy in which these plugins, by name, may be loaded.

    A file that `extends` another may leave out a plugin's required keys: the other may say them.

    Raises:
        PluginLoadError: as `config_schema`.
    """
    core = _of(PolicyTable, "#/$defs/{model}")
    every = _of(PluginTable, "#/$defs/{model}")
    defs: dict[str, Schema] = {**every.pop(_DEFS, {}), **core.pop(_DEFS, {})}
    defs["RuleTable"]["anyOf"] = [{"required": ["action"]}, {"required": ["style"]}]
    tables: dict[str, Schema] = {}
    needed: dict[str, Schema] = {}
    for name, kind in plugins.items():
        own = _own(name, kind, f"#/$defs/{_pointer(name)}.{{model}}")
        defs |= {f"{name}.{key}": value for key, value in own.pop(_DEFS, {}).items()}
        if required := own.pop("required", []):
            needed[name] = {"required": required}
        tables[name] = {**own, "properties": {**own["properties"], **every["properties"]}}
    names = defs["GuardTable"]["properties"]["plugins"]
    names |= {"items": {"enum": sorted(plugins)} if plugins else False, "uniqueItems": True}
    properties = {
        "extends": {
            "description": "What this one goes over.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        },
        **core["properties"],
        "plugins": {"type": "object", "properties": tables, "additionalProperties": False},
    }
    out = {"$schema": _DIALECT, **core, "title": "Bartizan policy", "properties": properties, _DEFS: defs}
    if needed:
        out |= {"if": {"not": {"required": ["extends"]}}, "then": {"properties": {"plugins": {"properties": needed}}}}
    return out


def _own(name: str, kind: type, template: str) -> Schema:
    model = config_model(name, kind)
    if model is None:
        return dict(_NO_SETTINGS)
    problem = ""
    out: Schema = {}
    try:
        out = _of(model, template)
    except Exception as error:
        problem = type(error).__name__
    if problem or "properties" not in out:
        raise PluginLoadError(name, f"has a Config that JSON Schema can't describe{': ' if problem else ''}{problem}")
    return out


def _of(model: type[BaseModel], template: str) -> Schema:
    """A model's schema, its definitions beside it; a model that holds itself comes as a reference, which is followed."""
    out = model.model_json_schema(ref_template=template, schema_generator=_Closed, mode="validation")
    if "$ref" in out:
        defs = out[_DEFS]
        name = next(key for key in defs if out["$ref"] == template.format(model=key))
        out = {**defs[name], _DEFS: defs}
    out.setdefault("properties", {})
    return out


def _pointer(name: str) -> str:
    """A plugin's name as part of a reference (RFC 6901, sections 3 and 6)."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~")
