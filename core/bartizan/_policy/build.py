"""Builds the engine that a policy describes."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel

from bartizan._engine.engine import Engine
from bartizan._engine.run import Settings
from bartizan._errors import PluginLoadError, PolicyError
from bartizan._plugins.discovery import installed, load_class
from bartizan._policy.assemble import Assembly
from bartizan._policy.source import Source, read_files, read_mapping
from bartizan._policy.tables import RESERVED, PluginTable, PolicyTable
from bartizan._policy.validate import nearest, validated
from bartizan._values.findings import Action

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from bartizan._plugins.member import Member

# Types whose str tells their values apart and holds no secret (a SecretStr's does not tell, an object's address means nothing).
_SHOWN = (Path, Enum, Decimal, UUID, dt.date, dt.time, dt.timedelta)
_PASS = {"pass": Action.NOTE, "refuse": Action.BLOCK}


@dataclass(frozen=True, slots=True)
class Built:
    """An engine, the digest of the policy it holds, and the policy itself."""

    engine: Engine
    digest: str
    policy: PolicyTable


def from_files(paths: Sequence[str | PathLike[str]]) -> Built:
    """An engine from policy files."""
    return build(read_files(paths))


def from_mapping(policy: Mapping[str, Any], base: str | PathLike[str] | None) -> Built:
    """An engine from a policy in memory."""
    return build(read_mapping(policy, base))


def from_arguments(
    plugins: Sequence[str | object], config: Mapping[str, Mapping[str, Any]], *, mode: str, on_error: str, timeout_s: float
) -> Built:
    """An engine from names of installed plugins and instances."""
    if isinstance(plugins, str) or not isinstance(plugins, Iterable):
        message = f"plugins must be a list, such as [{plugins!r}]" if isinstance(plugins, str) else "plugins must be a list"
        raise PolicyError(message)
    if not isinstance(config, Mapping) or not all(isinstance(own, Mapping) for own in config.values()):
        message = "config must map the names of plugins to their tables, such as {'redaction': {'style': 'mask'}}"
        raise PolicyError(message)
    instances: dict[str, object] = {}
    names: list[str] = []
    for given in plugins:
        name = given if isinstance(given, str) else instance_name(given)
        if name in names:
            raise PluginLoadError(name, "is given twice: a plugin loads once")
        names.append(name)
        if not isinstance(given, str):
            instances[name] = given
    guard = {"plugins": names, "mode": mode, "on_error": on_error, "timeout_s": timeout_s}
    table = {"guard": guard, "plugins": {name: dict(own) for name, own in config.items()}}
    return build(Source(table, {}, "Guard(...)", Path.cwd()), instances)


def instance_name(instance: object) -> str:
    """The name of a plugin given as an instance: its `name`, or that of its class."""
    kind = instance if isinstance(instance, type) else type(instance)
    name = getattr(instance, "name", None)
    return name if isinstance(name, str) and name else kind.__name__


def build(source: Source, instances: Mapping[str, object] | None = None) -> Built:
    """An engine from a policy that has been read.

    Raises:
        PolicyError: the policy can't be put in force.
        PluginLoadError: one of its plugins can't be loaded.
    """
    instances = instances or {}
    policy = _read(source)
    names = policy.guard.plugins
    for name in names:
        if names.count(name) > 1:
            raise source.error(("guard", "plugins"), f"names {name!r} twice")
    for name in policy.plugins:
        if name not in names:
            raise source.error(
                ("plugins", name), f"is configured, but [guard] plugins does not load it{nearest(str(name), names)}"
            )
    assembly = Assembly(policy, source)
    known = installed() if any(name not in instances for name in names) else {}
    members: list[Member] = []
    configs: list[object] = []
    for name in names:
        raw = policy.plugins.get(name, {})
        table = validated(PluginTable, {k: v for k, v in raw.items() if k in RESERVED}, source, ("plugins", name))
        own = {key: value for key, value in raw.items() if key not in RESERVED}
        if name in instances:
            if table.distribution is not None:
                raise source.error(
                    ("plugins", name, "distribution"), "this plugin was given as an instance: nothing says who ships it"
                )
            if own:
                raise source.error(
                    ("plugins", name, next(iter(own))), "this plugin was given as an instance: put it into its Config"
                )
            instance, distribution, version = instances[name], "", ""
            configs.append(getattr(instance, "config", None))
        else:
            kind, distribution, version = load_class(name, known, table.distribution)
            instance, config = assembly.instance(name, kind, own)
            configs.append(config)
        members.append(assembly.member(name, instance, table, distribution, version))
    settings = Settings(
        enforced=policy.guard.mode == "enforce",
        unreadable=(_PASS[policy.guard.unreadable_blocks], _PASS[policy.guard.unreadable_media]),
    )
    return Built(Engine(members, settings), _digest(policy, members, configs), policy)


def _read(source: Source) -> PolicyTable:
    """The policy, with the plugins' tables as they were given: each is checked against its own Config, and may hold Python objects."""
    given = source.table.get("plugins")
    if not isinstance(given, Mapping) or not all(isinstance(own, Mapping) for own in given.values()):
        return validated(PolicyTable, source.table, source, ())
    shell = {**source.table, "plugins": {name: {} for name in given}}
    return validated(PolicyTable, shell, source, ()).model_copy(
        update={"plugins": {name: dict(own) for name, own in given.items()}}
    )


def _digest(policy: PolicyTable, members: Sequence[Member], configs: Sequence[object]) -> str:
    """What judges alike has the same digest: the settings, the plugins' own configuration and who ships them in which version."""
    shown = [
        (
            member.name,
            member.distribution,
            member.version,
            type(member.instance).__module__,
            type(member.instance).__qualname__,
            _canonical(config) if isinstance(config, BaseModel) else None,
        )
        for member, config in zip(members, configs, strict=True)
    ]
    return sha256(json.dumps([_canonical(policy), _canonical(shown)]).encode()).hexdigest()


def _canonical(value: object) -> object:
    """A value in a form that JSON can hold, the same in every process: a set has no order of its own."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, BaseModel):
        return {name: _canonical(field) for name, field in sorted(value)}
    if isinstance(value, Mapping):
        return sorted(([_canonical(name), _canonical(item)] for name, item in value.items()), key=json.dumps)
    if isinstance(value, set | frozenset):
        return ["set", *sorted(map(_canonical, value), key=json.dumps)]
    if isinstance(value, re.Pattern):
        value = [str(value.pattern), value.flags]
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return str(value) if isinstance(value, _SHOWN) else type(value).__qualname__
