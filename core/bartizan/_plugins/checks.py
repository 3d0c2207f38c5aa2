"""What a plugin must be before a guard takes it. Each breach is one sentence that says what to write instead."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import pluggy

from bartizan._errors import PluginLoadError
from bartizan._hooks import ARGUMENTS, PROJECT, SPECS
from bartizan._plugins.member import SCANNED_HOOKS, TEXT_HOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pluggy import HookImpl

    from bartizan._values.findings import Scanner

_NEAR: Final = 0.8
_MAX_SPAN: Final = 65_536
_MARK: Final = f"{PROJECT}_impl"


def registered_hooks(name: str, plugin: object) -> dict[str, HookImpl]:
    """Register the plugin with pluggy and return its implementations by hook.

    Raises:
        PluginLoadError: an unmarked, near-miss or unknown hook, a wrapper, wrong arguments, or nothing offered at all.
    """
    if isinstance(plugin, type):
        raise PluginLoadError(
            name, f"is the class {plugin.__name__}: pass an instance, such as {plugin.__name__}({plugin.__name__}.Config())"
        )
    _refuse_slips(name, plugin)
    manager = pluggy.PluginManager(PROJECT)
    for spec in SPECS:
        manager.add_hookspecs(spec)
    problem = ""
    try:
        manager.register(plugin, name=name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        problem = " ".join(str(error).split())
    except Exception as error:
        problem = f"{type(error).__name__} while its hooks were read"
    if problem:
        raise PluginLoadError(name, f"has a hook that does not fit: {problem}")
    return _enabled(name, plugin, {hook: found for hook in ARGUMENTS for found in _checked(name, hook, manager)})


def _checked(name: str, hook: str, manager: pluggy.PluginManager) -> list[HookImpl]:
    implementations: list[HookImpl] = getattr(manager.hook, hook).get_hookimpls()
    for found in implementations:
        if found.wrapper or found.hookwrapper:
            raise PluginLoadError(
                name, f"implements {hook} as a wrapper: plugins judge, the engine acts, so return findings instead"
            )
        if inspect.isasyncgenfunction(found.function):
            raise PluginLoadError(name, f"implements {hook} as an asynchronous generator: return a list")
        if inspect.isgeneratorfunction(found.function) and hook not in TEXT_HOOKS:
            raise PluginLoadError(name, f"implements {hook} as a generator, which would never run: return the answer")
    return implementations


def checked_scanners(name: str, plugin: object) -> tuple[Scanner, ...]:
    """The plugin's scanners.

    Raises:
        PluginLoadError: one of them lacks what the engine relies on.
    """
    offered: Any = attribute_of(name, plugin, "scanners", ())
    if isinstance(offered, str) or not isinstance(offered, tuple | list):
        raise PluginLoadError(name, f"has scanners of type {type(offered).__name__}: make it a tuple of scanners")
    for scanner in offered:
        kind = type(scanner).__name__
        scan = getattr(scanner, "scan", None)
        if not callable(scan):
            raise PluginLoadError(name, f"has a scanner {kind} without a scan(text, start) method")
        if inspect.iscoroutinefunction(scan) or inspect.isasyncgenfunction(scan):
            raise PluginLoadError(name, f"has a scanner {kind} whose scan is asynchronous: judge in an async hook instead")
        for wanted, least, most in (("max_span", 1, _MAX_SPAN), ("lookaround", 0, _MAX_SPAN)):
            value = getattr(scanner, wanted, None)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise PluginLoadError(name, f"has a scanner {kind} whose {wanted} is not an int from {least} to {most:,}")
        if not isinstance(getattr(scanner, "pointwise", None), bool):
            raise PluginLoadError(name, f"has a scanner {kind} whose pointwise is not True or False")
        if not callable(getattr(scanner, "pending", len)):
            raise PluginLoadError(name, f"has a scanner {kind} whose pending is not a method")
        served = getattr(scanner, "hooks", SCANNED_HOOKS)
        if (
            not isinstance(served, set | frozenset | tuple | list)
            or not served
            or not all(isinstance(hook, str) and hook in SCANNED_HOOKS for hook in served)
        ):
            raise PluginLoadError(name, f"has a scanner {kind} whose hooks are not some of {', '.join(SCANNED_HOOKS)}")
    return tuple(offered)


def attribute_of(name: str, plugin: object, attribute: str, default: object) -> object:
    """An attribute that a plugin may have.

    Raises:
        PluginLoadError: reading it raised.
    """
    kind = ""
    try:
        return getattr(plugin, attribute, default)
    except Exception as error:
        kind = type(error).__name__
    raise PluginLoadError(name, f"raised {kind} when its {attribute} was read")


def checked_flag(name: str, plugin: object, attribute: str, *, default: bool) -> bool:
    """`required` or `deterministic`.

    Raises:
        PluginLoadError: it is neither True nor False, so that what was meant could be taken for the opposite.
    """
    value = attribute_of(name, plugin, attribute, default)
    if not isinstance(value, bool):
        raise PluginLoadError(name, f"has {attribute} of type {type(value).__name__}: make it True or False")
    return value


def checked_labels(name: str, plugin: object) -> tuple[dict[str, frozenset[str]], frozenset[str] | None]:
    """The plugin's groups of labels, and all its labels if it names them.

    Raises:
        PluginLoadError: they are something else, such as a str, whose letters would each pass for a label.
    """
    groups = attribute_of(name, plugin, "groups", {})
    if not isinstance(groups, Mapping) or not all(isinstance(group, str) and _names(labels) for group, labels in groups.items()):
        raise PluginLoadError(name, "has groups that are no mapping of names to sets of labels")
    labels: Any = attribute_of(name, plugin, "labels", None)
    if labels is not None and not _names(labels):
        raise PluginLoadError(name, f"has labels of type {type(labels).__name__}: make it a frozenset of labels")
    return {group: frozenset(own) for group, own in groups.items()}, None if labels is None else frozenset(labels)


def _names(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str | bytes) and all(isinstance(one, str) for one in value)


def _enabled(name: str, plugin: object, hooks: dict[str, HookImpl]) -> dict[str, HookImpl]:
    wanted: Any = getattr(plugin, "enabled_hooks", None)
    if wanted is not None:
        if not isinstance(wanted, set | frozenset | tuple | list) or not all(
            isinstance(hook, str) and hook in hooks for hook in wanted
        ):
            raise PluginLoadError(name, "has enabled_hooks that it does not implement")
        hooks = {hook: found for hook, found in hooks.items() if hook in wanted}
    if not hooks and not getattr(plugin, "scanners", ()):
        raise PluginLoadError(name, "offers nothing: it has neither a scanner nor a method marked @hookimpl")
    return hooks


def _refuse_slips(name: str, plugin: object) -> None:
    """Refuse what pluggy would pass over in silence: a hook without its mark, and a name that is nearly a hook's."""
    for attribute, value in _methods(plugin):
        options = getattr(value, _MARK, None)
        hook = (options or {}).get("specname") or attribute
        if hook in ARGUMENTS:
            if options is None:
                raise PluginLoadError(name, f"has a method {attribute} without @hookimpl above it: it would never run")
            continue
        near = difflib.get_close_matches(hook, ARGUMENTS, n=1, cutoff=_NEAR)
        if near:
            raise PluginLoadError(name, f"has a method {hook}: did you mean {near[0]}?")
        if options is not None:
            raise PluginLoadError(name, f"marks {hook} as a hook, but the hooks are {', '.join(ARGUMENTS)}")


def _methods(plugin: object) -> Iterator[tuple[str, Any]]:
    for attribute in dir(plugin):  # modules and functions set on the instance included, as pluggy sees them
        if not attribute.startswith("_"):
            value = inspect.getattr_static(plugin, attribute, None)
            value = value.__func__ if isinstance(value, staticmethod | classmethod) else value
            if callable(value) and not isinstance(value, type):
                yield attribute, value
