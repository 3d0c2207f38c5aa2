"""`guard_tool`: a tool that is authorized before it runs, with its arguments and its output judged."""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from llama_index.core.tools import AsyncBaseTool, BaseTool, ToolOutput

from bartizan import BartizanError, Origin, Refused, Segment
from bartizan_llamaindex._classes import check_guard, guarded_copy, is_guarded
from bartizan_llamaindex._judged import ajudge_answer, ajudge_prompt, judge_answer, judge_prompt
from bartizan_llamaindex._messages import read_blocks
from bartizan_llamaindex._nodes import special
from bartizan_llamaindex._texts import Things
from bartizan_llamaindex._trip import trip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bartizan import Guard
    from bartizan_llamaindex._texts import Texts

M = TypeVar("M")
_MAX_CHAIN: Final = 16
_Given = tuple[tuple[Any, ...], dict[str, Any]]
_judged: Final[ContextVar[tuple[object, Guard, tuple[Any, ...], dict[str, Any]] | None]] = ContextVar(
    "bartizan_llamaindex_judged_call", default=None
)


class ToolFailed(BartizanError):
    """Stands for a tool's own error whose text must not go back to a model."""


def guard_tool(tool: M, guard: Guard) -> M:
    """A guarded copy of a tool, of the same type.

    Before it runs, `tool:<name>` is authorized if the guard has an authorizer (`args_written` as the model wrote them, `args` with
    this session's pseudonyms restored), and its arguments are judged: a secret refuses the call, personal data is noted, pseudonyms
    are restored. What it returns is judged with origin TOOL before anyone sees it, the nodes and responses in `raw_output` too; what
    can't be read there goes. The text of its errors is withheld where it would have to be redacted. A workflow's Context is the
    application's: it is neither judged nor part of the request.

    A refusal raises `AccessDenied`, `ApprovalRequired` or `Blocked`. LlamaIndex's agents make a message to the model of it, free of
    data; so it is left in the session too, and the next call of a guarded model there raises it.

    Guarding again with the same guard changes nothing.

    Raises:
        TypeError: it is no tool (a BaseTool), or `guard` is no Guard.
    """
    check_guard(guard, "guard_tool")
    if not isinstance(tool, BaseTool):
        message = f"guard_tool takes a tool (a BaseTool), not {type(tool).__name__}: make one with FunctionTool.from_defaults"
        raise TypeError(message)
    if is_guarded(tool, guard):
        return tool
    return cast("M", guarded_copy(tool, guard, lambda cls: _body(cls, guard), guard_tool))


def _body(cls: Any, guard: Guard) -> dict[str, Any]:
    if not issubclass(cls, AsyncBaseTool):
        return {"__call__": _calling(cls, guard, "__call__")}
    body = {"call": _calling(cls, guard, "call"), "acall": _acalling(cls, guard)}
    return body if "call" in cls.__call__.__code__.co_names else {**body, "__call__": _calling(cls, guard, "__call__")}


def _calling(cls: Any, guard: Guard, name: str) -> Callable[..., Any]:
    inner = getattr(cls, name)

    @wraps(inner)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _passed(self, guard, args, kwargs):
            return inner(self, *args, **kwargs)
        problem: Exception | None = None
        try:
            named = _named(self, args, kwargs)
            if guard.has_authorizer:
                guard.authorize(f"tool:{_name(self)}", args=_arguments(self, named))
            args_now, kwargs_now = judge_answer(guard, _walk_args(self, args, kwargs))
            token = _judged.set((self, guard, args_now, kwargs_now))
            try:
                output = inner(self, *args_now, **kwargs_now)
            finally:
                _judged.reset(token)
            return judge_prompt(guard, _walk_output(output, self, args, kwargs))
        except Refused as refusal:
            trip(guard, refusal)
            raise
        except Exception as error:
            problem = _withheld(guard, error, _name(self))
            if problem is None:
                raise
        raise problem

    return call


def _acalling(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls.acall

    @wraps(inner)
    async def acall(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _passed(self, guard, args, kwargs):
            return await inner(self, *args, **kwargs)
        problem: Exception | None = None
        try:
            named = _named(self, args, kwargs)
            if guard.has_authorizer:
                await guard.aauthorize(f"tool:{_name(self)}", args=_arguments(self, named))
            args_now, kwargs_now = await ajudge_answer(guard, _walk_args(self, args, kwargs))
            token = _judged.set((self, guard, args_now, kwargs_now))
            try:
                output = await inner(self, *args_now, **kwargs_now)
            finally:
                _judged.reset(token)
            return await ajudge_prompt(guard, _walk_output(output, self, args, kwargs))
        except Refused as refusal:
            trip(guard, refusal)
            raise
        except Exception as error:
            problem = _withheld(guard, error, _name(self))
            if problem is None:
                raise
        raise problem

    return acall


def _passed(tool: object, guard: Guard, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether this very call was judged: `acall` of many tools is their `call`. Another, with other arguments, was not."""
    one = _judged.get()
    if one is None or one[0] is not tool or one[1] is not guard:
        return False
    known, named = one[2], one[3]
    return (
        len(known) == len(args)
        and all(old is new for old, new in zip(known, args, strict=True))
        and len(named) == len(kwargs)
        and all(name in named and named[name] is value for name, value in kwargs.items())
    )


def _name(tool: Any) -> str:
    return str(tool.metadata.name or "")


def _named(tool: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name: those given by position take the names of the tool's schema in order."""
    names = [name for name in tool.metadata.get_parameters_dict().get("properties", {}) if name not in kwargs] if args else []
    named = {names[i] if i < len(names) else f"arg{i}": value for i, value in enumerate(args)}
    context = getattr(tool, "ctx_param_name", None)
    return {**named, **{name: value for name, value in kwargs.items() if name != context}}


def _arguments(tool: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    """What the tool's function would get: FunctionTool adds what the application fixed."""
    return {**(getattr(tool, "partial_params", None) or {}), **named}


def _walk_args(tool: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Callable[[Texts], _Given]:
    """What is no text (a Context, nodes) stays as it is."""
    context = getattr(tool, "ctx_param_name", None)

    def walk(texts: Texts) -> _Given:
        things = Things(texts, Origin.ASSISTANT, "tool_args", _name(tool), opaque="keep")
        named = {key: value if key == context else things.thing(value, f"args.{key}", key) for key, value in kwargs.items()}
        return tuple(things.thing(value, f"args[{i}]") for i, value in enumerate(args)), named

    return walk


def _walk_output(output: Any, tool: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Callable[[Texts], Any]:
    """A walk over what came back. `raw_input` is told as the model wrote it: values restored for the tool alone stay there."""
    source = _name(tool)
    context = getattr(tool, "ctx_param_name", None)

    def walk(texts: Texts) -> Any:
        things = Things(texts, Origin.TOOL, "text", source, opaque="drop", special=special(texts))
        if not isinstance(output, ToolOutput):
            return things.thing(output, "result")
        blocks = read_blocks(texts, output.blocks, Origin.TOOL, "result.blocks", source)
        raw = things.thing(output.raw_output, "result.raw_output")
        written = {"args": args, "kwargs": {key: value for key, value in kwargs.items() if key != context}}
        made = output.model_copy(update={"blocks": blocks, "raw_output": raw, "raw_input": written})
        if raw is not output.raw_output or blocks is not output.blocks:
            made._exception = None  # noqa: SLF001 (it quotes what was redacted)
        return made

    return walk


def _withheld(guard: Guard, error: Exception, name: str) -> Exception | None:
    """What to raise in place of a tool's own error: nothing, if its text may go back as it is."""
    said = _said(error)
    why = ""
    try:
        verdict = guard.pre_prompt(Segment(said, Origin.TOOL, "error", source=name))
        if verdict.text != said:
            why = "it holds " + ", ".join(sorted({finding.label for finding in verdict.findings}))
    except BartizanError as problem:  # raised on from here, it would carry the tool's error as its context
        why = problem.reason if isinstance(problem, Refused) else "it could not be judged"
    if not why:
        return None
    return ToolFailed(f"the tool {name!r} failed with {type(error).__name__}; its text is withheld: {why}")


def _said(error: BaseException) -> str:
    """The text of an error and of those it came from: tracebacks show them all."""
    said: list[str] = []
    one: BaseException | None = error
    while one is not None and len(said) < _MAX_CHAIN:
        said.append(f"{one}\n{one!r}")
        one = one.__cause__ or one.__context__
    return "\n".join(said)
