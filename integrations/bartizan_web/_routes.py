"""Finds, before a request runs, which view of a Starlette or FastAPI application it would reach, and what that declares.

The routes themselves are asked, in the router's own order. Nothing of Starlette is imported: what does not look as expected counts as a
view that declares nothing, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from bartizan_web._marks import Requirement, marks_of

Scope = MutableMapping[str, Any]
_FULL, _NONE = "FULL", "NONE"
_MAX_DEPTH: Final = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A view, its marks, and the parameters in its path."""

    view: Any
    marks: tuple[Requirement | str, ...]
    parameters: Mapping[str, Any]


def routes_of(app: Any, scope: Scope) -> list[Any] | None:
    """The routes of the application that a middleware guards; None where it has none."""
    for candidate in (app, scope.get("app")):
        routes = getattr(candidate, "routes", None)
        if isinstance(routes, list):
            return routes
    return None


def find(routes: Iterable[Any], scope: Scope, depth: int = 0) -> Found | None:
    """What a request reaches; None where no view runs (nothing there, or not with this method)."""
    if depth > _MAX_DEPTH:
        return Found(None, (), {})
    for route in _effective(routes):
        asked = dict(scope)
        match, child = route.matches(asked)
        if match.name == _NONE:
            continue
        if match.name != _FULL:
            if getattr(route, "methods", None):  # the router answers 405, unless a later route takes this method
                continue
            return Found(None, (), {})
        inner = getattr(route, "routes", None)
        if isinstance(inner, list) and inner:
            return find(inner, {**asked, **child}, depth + 1)
        view = child.get("endpoint")
        marks = marks_of(view, str(scope.get("method", ""))) + _dependencies(route)
        return Found(view, marks, dict(child.get("path_params") or {}))
    return None


def _effective(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes, those of a router that FastAPI includes one by one, with what the inclusion adds to them."""
    for route in routes:
        spread = getattr(route, "effective_route_contexts", None)
        if callable(spread):
            yield from spread()
        else:
            yield route


def _dependencies(route: Any) -> tuple[Requirement, ...]:
    """The requirements among a FastAPI route's dependencies, at any depth."""
    found: list[Requirement] = []
    waiting = [getattr(route, "dependant", None) or getattr(getattr(route, "starlette_route", None), "dependant", None)]
    seen = 0
    while waiting and seen < 10_000:  # noqa: PLR2004 (no tree of dependencies is that large)
        one = waiting.pop()
        seen += 1
        if one is not None:
            call = getattr(one, "call", None)
            if isinstance(call, Requirement) and call not in found:
                found.append(call)
            waiting += getattr(one, "dependencies", ())
    return tuple(found)
