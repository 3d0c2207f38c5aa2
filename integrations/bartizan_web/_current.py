"""The request that is running: who asks, and what has been allowed so far. One for each context, so that two never mix."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Guard, Principal, Resource
    from bartizan_web._marks import Requirement


@dataclass(slots=True, repr=False)
class Current:
    """A request. `ensured` are the requirements that hold."""

    guard: Guard
    principal: Principal | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ensured: list[Requirement] = field(default_factory=list)
    begun: bool = False


current: ContextVar[Current | None] = ContextVar("bartizan_web_request", default=None)


def current_principal() -> Principal:
    """Who is asking, in this request.

    Raises:
        BartizanError: nobody is identified here: outside a request, on a public route without credentials, or in a thread that was
            started without the request's context.
    """
    running = current.get()
    if running is None or running.principal is None:
        message = (
            "nobody is identified here: it is no guarded request, or in a thread without its context (contextvars.copy_context)"
        )
        raise BartizanError(message)
    return running.principal


def ensure(requirement: Requirement) -> None:
    """Make sure that the running request may do what is required.

    Raises:
        Refused: it may not; BartizanError: no request is running under a guard.
    """
    running = current.get()
    if running is None:
        message = f"{requirement!r} stands on a route that no PrincipalMiddleware guards: add it to the app"
        raise BartizanError(message)
    if requirement not in running.ensured:
        running.guard.authorize(requirement.action, resource_of(requirement, running.parameters))
        running.ensured.append(requirement)


def resource_of(requirement: Requirement, parameters: Mapping[str, Any]) -> Resource | None:
    """What the action is done to, as the route's own function says."""
    return None if requirement.resource is None else requirement.resource(**parameters)
