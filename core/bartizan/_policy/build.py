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
from bartizan._policy.keys import KeyRing
from bartizan._policy.source import Source, read_files, read_mapping
from bartizan._policy.tables import RESERVED, PluginTable, PolicyTable
from bartizan._policy.validate import nearest, validated
from bartizan._values.findings import Action
from bartizan._values.retrieval import RetrievalPolicy

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
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
    source: Source
    """What it was built from: another process builds the same one from it."""
    parts: Mapping[str, object]
    """By plugin: what `digest` takes of it."""
    installed: bool
    """Whether all its plugins are installed ones, which another process finds by their names."""


def from_files(paths: Sequence[str | PathLike[str]]) -> Built:
    """An engine from policy files."""
    return build(read_files(paths))


def from_class(name: str, kind: type[Any], config: Mapping[str, Any], **guard: str | float) -> Built:
    """An engine of one plugin, loaded from its class as if it were installed under `name`: what tests of a plugin need."""
    table = {"guard": {"plugins": [name], **guard}, "plugins": {name: dict(config)}}
    return build(Source(table, {}, f"{kind.__name__}.Config", Path.cwd()), classes={name: kind})


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


def build(
    source: Source,
    instances: Mapping[str, object] | None = None,
    classes: Mapping[str, type[Any]] | None = None,
    *,
    only: Collection[str] | None = None,
) -> Built:
    """An engine from a policy that has been read; `instances` and `classes` stand for installed plugins of their names.

    `only` these of its plugins are made, for a process that needs no others.

    Raises:
        PolicyError: the policy can't be put in force.
        PluginLoadError: one of its plugins can't be loaded.
    """
    instances, classes = instances or {}, classes or {}
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
    names = tuple(name for name in names if only is None or name in only)
    assembly = Assembly(policy, source)
    known = installed() if any(name not in instances and name not in classes for name in names) else {}
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
            kind, distribution, version = (
                (classes[name], "", "") if name in classes else load_class(name, known, table.distribution)
            )
            instance, config = assembly.instance(name, kind, own)
            configs.append(config)
        members.append(assembly.member(name, instance, table, distribution, version))
    settings = Settings(
        enforced=policy.guard.mode == "enforce",
        unreadable=(_PASS[policy.guard.unreadable_blocks], _PASS[policy.guard.unreadable_media]),
        retrieval=None if policy.retrieval is None else RetrievalPolicy(**dict(policy.retrieval)),
    )
    engine = Engine(members, settings, KeyRing(policy.keys, source).read)
    parts = {member.name: _shown(member, config) for member, config in zip(members, configs, strict=True)}
    engine.digest = digest = digest_of(policy, parts)
    # An instance with no Config may judge like no other of its class.
    engine.exact = all(name not in instances or isinstance(c, BaseModel) for name, c in zip(names, configs, strict=True))
    return Built(engine, digest, policy, source, parts, not instances and not classes)


def _read(source: Source) -> PolicyTable:
    """The policy, with the plugins' tables as they were given: each is checked against its own Config, and may hold Python objects."""
    given = source.table.get("plugins")
    if not isinstance(given, Mapping) or not all(isinstance(own, Mapping) for own in given.values()):
        return validated(PolicyTable, source.table, source, ())
    shell = {**source.table, "plugins": {name: {} for name in given}}
    return validated(PolicyTable, shell, source, ()).model_copy(
        update={"plugins": {name: dict(own) for name, own in given.items()}}
    )


def digest_of(policy: PolicyTable, parts: Mapping[str, object]) -> str:
    """What judges alike has the same digest: the settings, the plugins' own configuration and who ships them in which version."""
    return sha256(json.dumps([_canonical(policy), list(parts.values())]).encode()).hexdigest()


def _shown(member: Member, config: object) -> object:
    kind = type(member.instance)
    shown = _canonical(config) if isinstance(config, BaseModel) else None
    return _canonical((member.name, member.distribution, member.version, kind.__module__, kind.__qualname__, shown))


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
