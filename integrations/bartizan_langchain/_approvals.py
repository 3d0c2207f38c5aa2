"""What an agent's pause for a person holds, and what counts as an answer to it."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from bartizan import AccessRequest, Approval, Context, Principal
from bartizan._engine.digest import Undigestible, request_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX: Final = 10_000
_LASTS_S: Final = 900.0
UNAPPROVED: Final = "nobody approved it: only an Approval made by guard.approve for this very request counts"


class PausedContext(Context):
    """A request's context as it may lie in a checkpoint: who asks, in which session, and nothing else.

    LangGraph writes objects down by their `_asdict`, as it does named tuples, and makes them anew with their class.
    """

    __slots__ = ()

    def _asdict(self) -> dict[str, Any]:
        return {"principal": self.principal, "session_id": self.session_id}


def paused(request: AccessRequest) -> AccessRequest:
    """The request as it is shown to who approves it. Its digest is the same; claims and session state stay here."""
    who = Principal(request.principal.id, request.principal.roles, request.principal.tenant)
    context = PausedContext(who, request.context.session_id)
    return replace(request, principal=who, context=context, args=dict(request.args), args_written=dict(request.args_written))


def screen(calls: Sequence[Mapping[str, Any]], requests: Sequence[AccessRequest], reasons: Sequence[str]) -> dict[str, Any]:
    """The value of the interrupt, in the shape of LangChain's HITLRequest, with the requests to approve.

    `requests` holds them all, each entry of `action_requests` its own as `request`; a single one is `request` on top, too.
    """
    shown = [paused(request) for request in requests]
    value: dict[str, Any] = {
        "action_requests": [
            {
                "name": call["name"],
                "args": dict(request.args),
                "description": f"Tool execution requires approval: {reason}" if reason else "Tool execution requires approval",
                "request": request,
            }
            for call, request, reason in zip(calls, shown, reasons, strict=True)
        ],
        "review_configs": [{"action_name": call["name"], "allowed_decisions": ["approve", "reject"]} for call in calls],
        "requests": shown,
    }
    if len(shown) == 1:
        value["request"] = shown[0]
    return value


def approved(answer: object, requests: Sequence[AccessRequest]) -> list[AccessRequest | None]:
    """The requests with the approvals that an answer holds for them; None where it holds none."""
    given = [one for one in (answer if isinstance(answer, list | tuple) else [answer]) if isinstance(one, Approval)]
    by_digest = {one.request_digest: one for one in given}
    found = [by_digest.get(digest_of(request)) for request in requests]
    return [
        None if approval is None else replace(request, approval=approval)
        for request, approval in zip(requests, found, strict=True)
    ]


def digest_of(request: AccessRequest) -> str:
    """What an approval or a grant is bound to; empty where the arguments have no fixed form."""
    try:
        return request_digest(request)
    except Undigestible:
        return ""


class Grants:
    """Calls that were allowed and have not run yet, by digest; each runs once, within 15 minutes. Bounded, oldest out first.

    They are kept here and not in the agent's state: that can be written by others, and what is in it would be a mere claim.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: OrderedDict[str, list[float]] = OrderedDict()

    def add(self, digest: str) -> None:
        """One more call with this digest may run."""
        if digest:
            with self._lock:
                self._open.setdefault(digest, []).append(time.monotonic() + _LASTS_S)
                if len(self._open) > _MAX:
                    self._open.popitem(last=False)

    def take(self, digest: str) -> bool:
        """Whether a call with this digest may run; it is used up."""
        with self._lock:
            ends = self._open.get(digest)
            if not ends:
                return False
            end = ends.pop()
            if not ends:
                del self._open[digest]
            return end > time.monotonic()
