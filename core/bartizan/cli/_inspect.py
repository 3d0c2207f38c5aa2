"""Looks at installed plugins one by one, so that a broken one hides no other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bartizan._engine.engine import Engine
from bartizan._engine.run import Settings
from bartizan._errors import BartizanError, PluginError
from bartizan._guard import Guard
from bartizan._hooks import ARGUMENTS, PROJECT
from bartizan._plugins.discovery import installed, load_class
from bartizan._policy.assemble import Assembly, config_model
from bartizan._policy.schema import config_schema
from bartizan._policy.source import Source, read_files
from bartizan._policy.tables import RESERVED, PluginTable, PolicyTable
from bartizan._policy.validate import validated

if TYPE_CHECKING:
    from bartizan._plugins.discovery import Installed
    from bartizan._plugins.member import Member


@dataclass(frozen=True, slots=True)
class Listed:
    """One plugin. `scanners` is None where only making it would tell; `may_scan` then says whether its class speaks of any."""

    name: str
    distribution: str
    version: str
    enabled: bool
    hooks: tuple[str, ...] = ()
    scanners: int | None = None
    may_scan: bool = False
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON; `problem` is null where there is none."""
        out = asdict(self)
        del out["may_scan"]
        return {**out, "hooks": list(self.hooks), "problem": self.problem or None}


def listed(policy: str | None) -> list[Listed]:
    """Every installed plugin and every one that the policy names: those it enables first, in its order.

    Raises:
        PolicyError: the policy itself can't be read, or is not a policy.
    """
    defaults = Source({"guard": {"plugins": list(Guard.DEFAULT_PLUGINS)}}, {}, "the defaults", Path.cwd())
    source = defaults if policy is None else read_files([policy])
    table = validated(PolicyTable, source.table, source, ())
    known = installed()
    assembly = Assembly(table, source)
    members: list[Member] = []
    out = [_enabled(name, known, assembly, table, source, members) for name in dict.fromkeys(table.guard.plugins)]
    Engine(members, Settings()).close()
    return out + [_idle(name, known) for name in sorted(known) if name not in table.guard.plugins]


def classes() -> tuple[dict[str, type], dict[str, str]]:
    """The classes of all installed plugins, and why some of them have none that could be described."""
    known = installed()
    found: dict[str, type] = {}
    problems: dict[str, str] = {}
    for name in sorted(known):
        kind, _, _, problem = _loaded(name, known, None)
        if kind is not None:
            try:
                config_schema(name, kind)
                found[name] = kind
            except BartizanError as error:
                problem = _reason(error)
        if problem:
            problems[name] = problem
    return found, problems


def _enabled(
    name: str, known: dict[str, Installed], assembly: Assembly, policy: PolicyTable, source: Source, members: list[Member]
) -> Listed:
    raw = policy.plugins.get(name, {})
    kind, distribution, version, problem = None, "", "", ""
    try:
        table = validated(PluginTable, {k: v for k, v in raw.items() if k in RESERVED}, source, ("plugins", name))
        kind, distribution, version, problem = _loaded(name, known, table.distribution)
        if kind is not None:
            instance, _ = assembly.instance(name, kind, {k: v for k, v in raw.items() if k not in RESERVED})
            member = assembly.member(name, instance, table, distribution, version)
            members.append(member)
            hooks = tuple(hook for hook in ARGUMENTS if hook in member.hooks)
            return Listed(name, distribution, version, enabled=True, hooks=hooks, scanners=len(member.scanners))
    except BartizanError as error:
        problem = _reason(error)
    return Listed(name, distribution, version, enabled=True, problem=problem)


def _idle(name: str, known: dict[str, Installed]) -> Listed:
    """A plugin that the policy leaves out: its class is looked at, for making it may open files and connections."""
    kind, distribution, version, problem = _loaded(name, known, None)
    if kind is not None:
        try:
            config_model(name, kind)
        except BartizanError as error:
            problem = _reason(error)
    hooks = () if kind is None else _marked(kind)
    may_scan = kind is not None and (
        hasattr(kind, "scanners") or any("scanners" in vars(k).get("__annotations__", {}) for k in kind.__mro__)
    )
    return Listed(name, distribution, version, enabled=False, hooks=hooks, may_scan=may_scan, problem=problem)


def _loaded(name: str, known: dict[str, Installed], pin: str | None) -> tuple[type | None, str, str, str]:
    """The class with its distribution and version, or None and why it does not load."""
    entry = known.get(name)
    point = None if entry is None else entry.entry_point
    distribution = "" if point is None or point.dist is None else point.dist.name
    if entry is not None and len(entry.distributions) > 1:
        distribution = ""  # whose it is, is just what is not clear
    version = entry.version if entry is not None and distribution else ""
    try:
        kind, distribution, version = load_class(name, known, pin)
    except BartizanError as error:
        return None, distribution, version, _reason(error)
    return kind, distribution, version, ""


def _marked(kind: type) -> tuple[str, ...]:
    found = set()
    for name in dir(kind):
        options = getattr(getattr(kind, name, None), f"{PROJECT}_impl", None)
        if isinstance(options, dict):
            found.add(options.get("specname") or name)
    return tuple(hook for hook in ARGUMENTS if hook in found)


def _reason(error: BartizanError) -> str:
    """Why, without the plugin's name in front: that stands in the same row."""
    return error.reason if isinstance(error, PluginError) else str(error)
