"""What a route declares: `require("deploy")` or `public`. Marks on the view, which the middleware reads before the view runs.

A mark is no wrapper, so it does not matter whether it stands above or below the line that registers the route.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from bartizan import BartizanError
from bartizan_web._current import ensure

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan import Resource

_MARK: Final = "__bartizan_access__"
_PUBLIC: Final = "public"


class Requirement:
    """What `require` gives: a decorator of views, and a FastAPI dependency."""

    def __init__(self, action: str, resource: Callable[..., Resource] | None) -> None:
        if not isinstance(action, str) or not action:
            message = "require takes an action: a non-empty str such as 'deploy'"
            raise TypeError(message)
        self.action = action
        self.resource = resource
        self.__name__ = f"require_{action}"
        # FastAPI reads it: as a dependency, it takes nothing.
        self.__signature__ = inspect.Signature()

    def __call__(self, *view: Any) -> Any:
        """Mark a view; without one, make sure that the running request is allowed."""
        if view:
            return _marked(view[0], self)
        return ensure(self)

    def __repr__(self) -> str:
        return f"require({self.action!r})"


def require(action: str, resource: Callable[..., Resource] | None = None) -> Callable[..., Any]:
    """Let a view run only for principals that may do `action`: `@require("deploy")`, or `Depends(require("deploy"))`.

    `resource` gives what it is done to: it is called with the parameters of the path, by name. Where the resource's own tenant or
    attributes count, have it look them up: what stands in the path is the client's claim.
    """
    return Requirement(action, resource)


def public(view: Any) -> Any:
    """Let anyone use a view: `@public`."""
    return _marked(view, _PUBLIC)


def _marked(view: Any, mark: Requirement | str) -> Any:
    marks = (*getattr(view, _MARK, ()), mark)
    if _PUBLIC in marks and any(isinstance(one, Requirement) for one in marks):
        message = "a view is public or requires an action, not both"
        raise BartizanError(message)
    problem = False
    try:
        setattr(view, _MARK, marks)
    except AttributeError:
        problem = True
    if problem:
        message = f"a {type(view).__name__} can't be marked: mark the function or class"
        raise TypeError(message)
    return view


def marks_of(view: Any, method: str) -> tuple[Requirement | str, ...]:
    """The marks of a view; of a class, also those on its method for this request."""
    found: tuple[Requirement | str, ...] = getattr(view, _MARK, ())
    kind = getattr(view, "view_class", view if isinstance(view, type) else None)
    if kind is not None:
        if kind is not view:
            found += tuple(mark for mark in getattr(kind, _MARK, ()) if mark not in found)
        handler = getattr(kind, method.lower(), None) or (getattr(kind, "get", None) if method == "HEAD" else None)
        found += tuple(mark for mark in getattr(handler, _MARK, ()) if mark not in found)
    return found


def requirements(marks: tuple[Requirement | str, ...]) -> tuple[Requirement, ...]:
    """The actions that marks require: none for a public view.

    Raises:
        BartizanError: marks that contradict each other, put on a class and its method.
    """
    found = tuple(mark for mark in marks if isinstance(mark, Requirement))
    if found and _PUBLIC in marks:
        message = "a view is public or requires an action, not both"
        raise BartizanError(message)
    return found
