"""Calls of tools: who may make them, what is in their arguments, what comes back. Shared by guard_tool and the middleware."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import BaseMessage, ToolMessage
from langchain_core.messages.tool import ToolOutputMixin
from langchain_core.tools import ToolException
from pydantic import ValidationError

from bartizan import BartizanError, Origin, Refused
from bartizan_langchain._blocks import read_content
from bartizan_langchain._flats import sequence, text
from bartizan_langchain._messages import read_message
from bartizan_langchain._objects import passed, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan import Guard
    from bartizan.structured import Flat

_MAX_CHAIN: Final = 16
_decided: ContextVar[Decided | None] = ContextVar("bartizan_decided_call", default=None)


class Decided:
    """A call that the middleware has had authorized, and what guarded tools gave back while it ran: that has been judged."""

    __slots__ = ("call_id", "guard", "judged", "name")

    def __init__(self, guard: Guard, name: str, call_id: str | None) -> None:
        self.guard = guard
        self.name = name
        self.call_id = call_id
        self.judged: list[Any] = []

    def has_judged(self, result: Any) -> bool:
        """Whether a call's result is what a guarded tool gave back, or a plain message that holds it and nothing else."""
        if any(one is result for one in self.judged):
            return True
        if type(result) is not ToolMessage or result.status != "success" or result.additional_kwargs or result.response_metadata:
            return False
        held = (result.content, result.artifact)
        return any(one == held for one in self.judged if type(one) is tuple)


@contextmanager
def decided(guard: Guard, name: str, call_id: str | None) -> Iterator[Decided]:
    """While a call runs that the middleware has had authorized: nobody asks about this very call again."""
    one = Decided(guard, name, call_id)
    token = _decided.set(one)
    try:
        yield one
    finally:
        _decided.reset(token)


def is_decided(guard: Guard, name: str, call_id: object) -> bool:
    """Whether this very call has been authorized by this guard."""
    one = _decided.get()
    return one is not None and bool(one.call_id) and one.guard is guard and (one.name, one.call_id) == (name, call_id)


def note_judged(guard: Guard, response: Any, *, artifact: bool) -> Any:
    """Tell the middleware, if it waits for this guard's tool, that what comes back has been judged."""
    one = _decided.get()
    if one is not None and one.guard is guard:
        pair = artifact and isinstance(response, tuple) and len(response) == 2  # noqa: PLR2004 (content and artifact)
        one.judged += [response] if pair else [response, (response, None)]
    return response


def read_args(args: Mapping[str, Any], name: str) -> Flat:
    """The arguments of a call that is about to run."""
    return passed(read_object(args, Origin.ASSISTANT, "args", "tool_args", name))


def judge_args(guard: Guard, args: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The arguments that a tool gets: pseudonyms restored, the rest as written.

    Raises:
        Blocked: they hold a secret, or what else the policy refuses there.
    """
    flat = read_args(args, name)
    judged: Mapping[str, Any] = flat.rebuild(guard.post_response(flat.segments).segments)
    return judged


async def ajudge_args(guard: Guard, args: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The same, without blocking the event loop."""
    flat = read_args(args, name)
    judged: Mapping[str, Any] = flat.rebuild((await guard.apost_response(flat.segments)).segments)
    return judged


def read_result(value: Any, source: str) -> Flat:
    """What a tool gave back: text, content blocks, messages, commands, data. It goes to a model, so it is prompt text."""
    if isinstance(value, BaseMessage):
        return read_message(value, "result")
    if isinstance(value, str):
        return text(value, Origin.TOOL, "result", source=source)
    if isinstance(value, list):
        if value and all(isinstance(one, ToolOutputMixin) for one in value):
            return sequence(value, [read_result(one, source) for one in value])
        if value and all(
            isinstance(one, str) or (isinstance(one, Mapping) and isinstance(one.get("type"), str)) for one in value
        ):
            return read_content(value, Origin.TOOL, "result", source)
    return read_object(value, Origin.TOOL, "result", "text", source)


def read_response(value: Any, source: str, *, artifact: bool) -> Flat:
    """What a tool's own code returned: with `artifact`, content and an artifact that no model sees."""
    if artifact and isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004 (content and artifact)
        shown = passed(read_object(value[1], Origin.TOOL, "artifact", "metadata", source))
        return sequence(value, [read_result(value[0], source), shown])
    return read_result(value, source)


def judge_result(guard: Guard, flat: Flat) -> Any:
    """The result as it may go back.

    Raises:
        Blocked: it is refused.
    """
    return flat.rebuild(guard.pre_prompt(flat.segments).segments)


async def ajudge_result(guard: Guard, flat: Flat) -> Any:
    """The same, without blocking the event loop."""
    return flat.rebuild((await guard.apre_prompt(flat.segments)).segments)


def withheld(guard: Guard, error: Exception, name: str, *, model: bool = False) -> Exception | None:
    """What to raise in place of an error of a tool's, or of a model's own: nothing, if its text may go back as it is.

    Errors quote arguments, answers and data, and agents hand their text to the model. Refusals are free of data already, and
    LangGraph's control flow (interrupts) is no error.
    """
    if isinstance(error, BartizanError) or _is_control_flow(error):
        return None
    said = _said(error)
    why = _against(guard, said, name)
    if not why:
        return None
    if isinstance(error, ValidationError):
        bare = _without_input(error)
        if bare is not None and not _against(guard, _said(bare), name):
            return bare
    kind: type[Exception] = BartizanError if model else ToolException
    return kind(f"the {'model' if model else 'tool'} failed with {type(error).__name__}; its text is withheld: {why}")


def raise_if(problem: Exception | None) -> None:
    """Raise what `withheld` gave, outside of the handler of the error that it stands for: that would be its context."""
    if problem is not None:
        raise problem


def _against(guard: Guard, said: str, name: str) -> str:
    """Why a text must not go back as it is; empty if it may."""
    try:
        verdict = guard.pre_prompt(read_result(said, name).segments)
        if verdict.text == said:
            return ""
    except BartizanError as problem:  # raised on from here, it would carry the tool's error as its context
        return why_not(problem)
    return "it holds " + ", ".join(sorted({finding.label for finding in verdict.findings}))


def why_not(problem: BartizanError) -> str:
    """Why something was not let through; free of data."""
    return problem.reason if isinstance(problem, Refused) else "it could not be judged"


def _said(error: BaseException) -> str:
    """The text of an error, of its notes, and of those it came from or holds: tracebacks show them all."""
    said: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(said) < _MAX_CHAIN:
        one = waiting.pop(0)
        if one is not None:
            said.append("\n".join([f"{one}\n{one!r}", *map(str, getattr(one, "__notes__", ())), _body(one)]))
            waiting += [one.__cause__ or one.__context__, *getattr(one, "exceptions", ())]
    return "\n".join(said)


def _body(error: BaseException) -> str:
    """What the clients of providers keep of a failed request's answer, where handlers look for it."""
    body = getattr(error, "body", None)
    return "" if body is None else str(body)


def _without_input(error: ValidationError) -> ValidationError | None:
    """The same complaints without the values that they are about."""
    lines: list[Any] = [
        {"type": line["type"], "loc": line["loc"], "input": None, "ctx": line.get("ctx", {})} for line in error.errors()
    ]
    try:
        return ValidationError.from_exception_data(error.title, lines, hide_input=True)
    except (KeyError, TypeError, ValueError):  # a kind of error that can't be made anew
        return None


def _is_control_flow(error: Exception) -> bool:
    errors = sys.modules.get("langgraph.errors")
    return errors is not None and isinstance(error, errors.GraphBubbleUp)
