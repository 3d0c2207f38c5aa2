"""`guard_tool`: a tool that is authorized before it runs, with its arguments and its result judged."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from langchain_core.tools import BaseTool, ToolException
from pydantic import ValidationError

from bartizan import BartizanError, Refused
from bartizan_langchain._calls import (
    ajudge_args,
    ajudge_result,
    is_decided,
    judge_args,
    judge_result,
    note_judged,
    read_response,
    read_result,
    why_not,
    withheld,
)
from bartizan_langchain._classes import GUARD, check_guard, guarded_copy, is_guarded
from bartizan_langchain._marks import GuardedDict, GuardedStr, Written, WrittenDict, WrittenStr
from bartizan_langchain._probe import TOOL_CALLS, TOOL_PARAMETERS, check_base, check_routes
from bartizan_langchain._runnables import guardable

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan import Guard

M = TypeVar("M")


def guard_tool(tool: M, guard: Guard) -> M:
    """A guarded copy of a tool, of the same type.

    Before it runs, `tool:<name>` is authorized if the guard has an authorizer (`args_written` as the model wrote them, `args` with
    this session's pseudonyms restored), and its arguments are judged: a secret refuses the call, personal data is noted, pseudonyms
    are restored. What it returns is judged with origin TOOL and redacted before anyone sees it, handlers included; so is the text
    of its errors, which is withheld where it would have to be redacted. Arguments that LangChain injects (state, stores) are the
    application's: they are neither judged nor part of the request.

    A refusal raises `AccessDenied`, `ApprovalRequired` or `Blocked`; a tool with `handle_tool_error` turns it into its text, which
    is free of data. Guarding again with the same guard changes nothing.

    Raises:
        TypeError: it is no tool (a BaseTool), or `guard` is no Guard.
        BartizanError: the installed LangChain, or the tool's class, is not as expected, so that something would go unguarded.
    """
    check_guard(guard, "guard_tool")
    if not isinstance(tool, BaseTool):
        message = f"guard_tool takes a tool (a BaseTool), not {type(tool).__name__}: make one of a function with @tool"
        raise TypeError(message)
    if is_guarded(tool, guard):
        return tool
    check_base(BaseTool, TOOL_CALLS, "guard_tool", TOOL_PARAMETERS)
    check_routes(next(base for base in type(tool).__mro__ if GUARD not in vars(base)), BaseTool, TOOL_CALLS, "guard_tool")
    handlers = {name: getattr(tool, name) for name in ("handle_tool_error", "handle_validation_error")}
    judging = {name: _Handler(guard, one, tool.name) for name, one in handlers.items() if one and not isinstance(one, str)}
    plain = tool.model_copy(update=judging)
    return cast("M", guarded_copy(plain, guard, lambda cls: _body(cls, guard), guard_tool))


class _Handler:
    """A tool's own handler of its errors: the text it makes of one goes back like a result, so it is judged like one."""

    def __init__(self, guard: Guard, handler: Any, name: str) -> None:
        self._guard = guard
        self._handler = handler
        self._name = name

    def __call__(self, error: Exception) -> Any:
        if callable(self._handler):
            made = self._handler(error)
        elif isinstance(error, ToolException):
            made = error.args[0] if error.args else "Tool execution error"
        else:
            made = "Tool input validation error"
        try:
            return judge_result(self._guard, read_result(made, self._name))
        except BartizanError as problem:  # raised on from here, it would carry the tool's error as its context
            return f"the tool failed; its text is withheld: {why_not(problem)}"


def _body(cls: Any, guard: Guard) -> dict[str, Any]:
    body = {**_before(cls, guard), "_run": _running(cls, guard)}
    # The base's own runs `_run` in a thread: that one is guarded.
    if cls._arun is not BaseTool._arun:  # noqa: SLF001 (overridden here)
        body["_arun"] = _arunning(cls, guard)
    return body


def _before(cls: Any, guard: Guard) -> dict[str, Any]:
    """What happens to the arguments, between the start that handlers are told of and the tool's own schema."""

    def _filter_injected_args(self: BaseTool, tool_input: dict[str, Any]) -> dict[str, Any]:
        # Marked, so that a callback of the same guard leaves it to us.
        return GuardedDict(cls._filter_injected_args(self, tool_input), guard)

    @wraps(cls.run)
    def run(self: BaseTool, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        if type(tool_input) is str:
            tool_input = GuardedStr(tool_input, guard)
        return cls.run(self, tool_input, *args, **kwargs)

    @wraps(cls.arun)
    async def arun(self: BaseTool, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(tool_input, Written):
            tool_input = await _awritten(self, guard, tool_input, kwargs.get("tool_call_id"))
        return await cls.arun(self, tool_input, *args, **kwargs)

    return {
        "_filter_injected_args": _filter_injected_args,
        "run": run,
        "arun": arun,
        "_to_args_and_kwargs": _preparing(cls, guard),
    }


def _preparing(cls: Any, guard: Guard) -> Callable[..., Any]:
    """The first thing that a run does, where its errors are handled."""

    def _to_args_and_kwargs(self: BaseTool, tool_input: Any, tool_call_id: str | None) -> Any:
        problem: Exception | None = None
        try:
            ready = _ready(self, guard, tool_input, tool_call_id)
            return cls._to_args_and_kwargs(self, ready, tool_call_id)
        except Exception as error:
            # What does not fit the schema is quoted. A handler's text is judged by itself.
            handled = isinstance(error, ValidationError) and isinstance(self.handle_validation_error, str | _Handler)
            problem = None if handled else _problem(self, guard, error)
            if problem is None:
                raise
        raise problem

    return _to_args_and_kwargs


def _running(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls._run

    @wraps(inner)
    def _run(self: BaseTool, *args: Any, **kwargs: Any) -> Any:
        problem: Exception | None = None
        try:
            response = inner(self, *args, **kwargs)
            judged = judge_result(guard, read_response(response, self.name, artifact=_has_artifact(self)))
            return note_judged(guard, judged, artifact=_has_artifact(self))
        except Exception as error:
            problem = _problem(self, guard, error)
            if problem is None:
                raise
        raise problem

    return _run


def _arunning(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls._arun

    @wraps(inner)
    async def _arun(self: BaseTool, *args: Any, **kwargs: Any) -> Any:
        problem: Exception | None = None
        try:
            response = await inner(self, *args, **kwargs)
            judged = await ajudge_result(guard, read_response(response, self.name, artifact=_has_artifact(self)))
            return note_judged(guard, judged, artifact=_has_artifact(self))
        except Exception as error:
            problem = _problem(self, guard, error)
            if problem is None:
                raise
        raise problem

    return _arun


def _problem(tool: BaseTool, guard: Guard, error: Exception) -> Exception | None:
    """What to raise in an error's place, if anything."""
    if isinstance(error, Refused):
        return ToolException(error.reason) if tool.handle_tool_error else None
    if isinstance(error, ToolException) and isinstance(tool.handle_tool_error, str | _Handler):
        return None  # the handler makes a text of it, and that is judged; one that was set later is not known to us
    return withheld(guard, error, tool.name)


def _has_artifact(tool: BaseTool) -> bool:
    return tool.response_format == "content_and_artifact"


def _parts(tool: BaseTool, tool_input: Any) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """What the model wrote, what LangChain injected, and whether it was one plain text."""
    if isinstance(tool_input, str):
        return {"input": str(tool_input)}, {}, True
    own = dict(tool._filter_injected_args(tool_input))  # noqa: SLF001 (as BaseTool.run does)
    return own, {key: value for key, value in tool_input.items() if key not in own}, False


def _known(tool: BaseTool) -> dict[str, Any]:
    """What is known of a tool: MCP adapters put its annotations (readOnlyHint, destructiveHint, …) into its metadata."""
    return dict(tool.metadata or {})


def _ready(tool: BaseTool, guard: Guard, tool_input: Any, call_id: str | None) -> Any:
    """What the tool gets; raises what speaks against it."""
    if isinstance(tool_input, Written) and tool_input.guard is guard:
        return tool_input.outcome()
    return _judged(tool, guard, tool_input, call_id)


def _judged(tool: BaseTool, guard: Guard, tool_input: Any, call_id: str | None) -> Any:
    own, injected, plain = _parts(tool, tool_input)
    if guard.has_authorizer and not is_decided(guard, tool.name, call_id):
        guard.authorize(f"tool:{tool.name}", args=own, call_id=call_id or "", annotations=_known(tool))
    judged = judge_args(guard, own, tool.name)
    return judged["input"] if plain else {**judged, **injected}


async def _awritten(tool: BaseTool, guard: Guard, tool_input: Any, call_id: str | None) -> Any:
    """The same for asynchronous runs: what it came to waits until the run has begun, so that handlers see start and end."""
    own, injected, plain = _parts(tool, tool_input)
    written: Any = WrittenStr(tool_input, guard) if plain else WrittenDict(tool_input, guard)
    try:
        if guard.has_authorizer and not is_decided(guard, tool.name, call_id):
            await guard.aauthorize(f"tool:{tool.name}", args=own, call_id=call_id or "", annotations=_known(tool))
        judged = await ajudge_args(guard, own, tool.name)
        written.settle(judged["input"] if plain else {**judged, **injected})
    except Exception as error:  # noqa: BLE001 (raised where the run handles it)
        written.problem = error
    return written


guardable(BaseTool, guard_tool)
