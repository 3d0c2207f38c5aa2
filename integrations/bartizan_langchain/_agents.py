"""What `BartizanMiddleware` relies on in langchain's agents: checked before one is made."""

from __future__ import annotations

import inspect
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Final

from langchain import __version__ as version
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ToolCallRequest

from bartizan import BartizanError
from bartizan_langchain._probe import names_used

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATE: Final = ("self", "state", "runtime")
_CALL: Final = ("self", "request", "handler")
HOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    "before_agent": _STATE, "abefore_agent": _STATE, "after_model": _STATE, "aafter_model": _STATE,
    "wrap_model_call": _CALL, "awrap_model_call": _CALL, "wrap_tool_call": _CALL, "awrap_tool_call": _CALL,
}  # fmt: skip
"""The hooks that the middleware overrides, and their parameters; `create_agent` must use each."""
FIELDS: Final[Mapping[type, frozenset[str]]] = {
    ModelRequest: frozenset({"model", "tools"}),
    ToolCallRequest: frozenset({"tool_call", "tool"}),
}
"""What the middleware replaces in a request, by its `override`."""


@cache
def check_agents() -> None:
    """Raise unless the installed langchain is as the middleware expects.

    Raises:
        BartizanError: a hook or a field is missing, takes other parameters, or is not used; names it and the version.
    """
    problem = mismatch(AgentMiddleware, create_agent)
    if problem:
        message = f"BartizanMiddleware can't guard agents of langchain {version}: {problem}; use a release that bartizan supports"
        raise BartizanError(message)


def mismatch(base: type, making: object) -> str:
    """What is not as expected; empty if all is."""
    used = names_used(making)
    for name, expected in HOOKS.items():
        method = getattr(base, name, None)
        if not callable(method):
            return f"{base.__name__}.{name} is missing"
        if tuple(inspect.signature(method).parameters) != expected:
            return f"{base.__name__}.{name} takes other parameters"
        if name not in used:
            return f"create_agent does not use {name}"
    for kind, names in FIELDS.items():
        missing = names - {field.name for field in fields(kind)}
        if missing or not callable(getattr(kind, "override", None)):
            return f"{kind.__name__} has no {', '.join(sorted(missing)) or 'override'}"
    return ""
