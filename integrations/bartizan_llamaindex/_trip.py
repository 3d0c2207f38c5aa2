"""A refusal in a tool stops the agent: LlamaIndex turns exceptions of tools into messages to the model, which would go on.

So the refusal is left in the session too, and the guarded model raises it at its next call there, once. Where no session was entered
there is nothing to leave it in: the model is told of the refusal, in a sentence free of data, and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bartizan import AccessDenied, ApprovalRequired, Blocked, Refused

if TYPE_CHECKING:
    from bartizan import Guard

_KEY: Final = "bartizan_llamaindex.refused_tool"


def trip(guard: Guard, refusal: Refused) -> None:
    """Leave a refusal for the session's next model call; the first one counts."""
    state = _state(guard)
    if state is not None:
        state.setdefault(_KEY, refusal)


def check_trip(guard: Guard) -> None:
    """Raise the refusal that was left, and forget it.

    Raises:
        Refused: a tool was refused before: the same kind of refusal, free of data.
    """
    state = _state(guard)
    refusal = None if state is None else state.pop(_KEY, None)
    if refusal is not None:
        raise _anew(refusal)


def _state(guard: Guard) -> dict[str, Any] | None:
    session = guard._session()  # noqa: SLF001 (its own family)
    return None if session is None else session.scope.state


def _anew(refusal: Refused) -> Refused:
    """The refusal without the frames of the tool that raised it."""
    reason = f"a tool was refused, so the model is not asked again: {refusal.reason}"
    if isinstance(refusal, AccessDenied):
        return AccessDenied(reason, refusal.request, refusal.retry_after)
    if isinstance(refusal, ApprovalRequired):
        return ApprovalRequired(reason, refusal.request)
    if isinstance(refusal, Blocked):
        return Blocked(reason, refusal.findings)
    return Refused(reason)
