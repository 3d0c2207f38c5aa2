"""Installed plugins, by the entry points of their distributions."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bartizan._errors import PluginLoadError
from bartizan._hooks import PROJECT

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Installed:
    """An entry point of group `bartizan`, and the distributions that claim its name."""

    name: str
    entry_point: EntryPoint
    distributions: tuple[str, ...]
    version: str


def installed() -> dict[str, Installed]:
    """Every plugin that is installed, by name; none is imported."""
    from importlib.metadata import entry_points

    found: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for point in entry_points(group=PROJECT):
        # One distribution seen twice on sys.path (an editable install beside its metadata) is one claim.
        owner = ("", "") if point.dist is None else (point.dist.name, point.dist.version)
        found.setdefault(point.name, {})[(owner[0], point.value)] = point
    out = {}
    for name, claims in found.items():
        point = next(iter(claims.values()))
        version = "" if point.dist is None else point.dist.version
        out[name] = Installed(name, point, tuple(f"{dist} ({value})" for dist, value in claims), version)
    return out


def load_class(name: str, known: dict[str, Installed], pin: str | None = None) -> tuple[type, str, str]:
    """The class of an installed plugin, with its distribution and version.

    `pin` is what the policy says of its distribution: `name` or `name==version`.

    Raises:
        PluginLoadError: it is missing, claimed twice, fails to import, or is not what the policy pins.
    """
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f": did you mean {near[0]!r}?" if near else f": installed are {', '.join(sorted(known)) or 'none'}"
        raise PluginLoadError(name, f"is not installed{hint}")
    entry = known[name]
    if len(entry.distributions) > 1:
        raise PluginLoadError(name, f"is claimed by {' and '.join(sorted(entry.distributions))}: uninstall all but one")
    point = entry.entry_point
    distribution = "" if point.dist is None else point.dist.name
    _hold_pin(name, pin, distribution, entry.version)
    problem = ""
    loaded: object = None
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:
        # Nothing has been judged yet, so the error's own words are safe to show, and they name what is missing.
        problem = f"importing {point.value} raised {type(error).__name__}: {' '.join(str(error).split())[:_SHOWN]}"
    if problem:
        raise PluginLoadError(name, f"can't be loaded: {problem}")
    if not isinstance(loaded, type):
        raise PluginLoadError(name, f"has an entry point that names a {type(loaded).__name__}, not a class: {point.value}")
    return loaded, distribution, entry.version


def _hold_pin(name: str, pin: str | None, distribution: str, version: str) -> None:
    if pin is None:
        return
    wanted, exact, wanted_version = (part.strip() for part in pin.partition("=="))
    normal = wanted.lower().replace("_", "-"), distribution.lower().replace("_", "-")
    if normal[0] != normal[1] or (exact and wanted_version != version):
        raise PluginLoadError(
            name, f"comes from {distribution} {version}, but the policy pins {pin}: install that, or change the pin"
        )
