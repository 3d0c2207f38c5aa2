"""`BartizanMiddleware`: a guard for the agents of `langchain.agents.create_agent`.

The only module that needs langchain and langgraph; it loads when the name is asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import AIMessage, RemoveMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.types import interrupt

from bartizan import AccessRequest, Approval, BartizanError, Effect, Guard, Principal, Refused
from bartizan_langchain._agents import check_agents
from bartizan_langchain._approvals import UNAPPROVED, Grants, PausedContext, approved, digest_of, screen
from bartizan_langchain._calls import ajudge_args, ajudge_result, decided, judge_args, judge_result, read_result, withheld
from bartizan_langchain._messages import Reading
from bartizan_langchain._runnables import guarding_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from langchain.agents.middleware import ModelRequest, ModelResponse, ToolCallRequest
    from langchain_core.messages import BaseMessage
    from langgraph.runtime import Runtime
    from langgraph.types import Command

    from bartizan import Decision, Session

    Calls = list[dict[str, Any]]


class BartizanMiddleware(AgentMiddleware[Any, Any, Any]):
    """Guards an agent: `create_agent(model, tools=[...], middleware=[BartizanMiddleware(guard)])`. List it last.

    - What comes in is judged and rewritten in the agent's state before the first model call; a refused input raises `Blocked`.
    - Every model call goes by `guard_model`.
    - Where the guard has an authorizer, the calls that one model message asks for are decided together, each as `tool:<name>`.
      A denied one is answered by a message that holds no data. Those that need a person pause the agent with an `interrupt` in the
      shape of `HumanInTheLoopMiddleware`'s, with the `AccessRequest` under `request`; resume with the `Approval` that
      `guard.approve(request, by=…)` made on the server, or a list of them. Any other answer refuses.
    - A call's arguments are judged before it runs (a secret refuses), its result before it is in the state, with origin TOOL.

    Enter `guard.session(principal)` around `invoke`, also when resuming: without one, an authorizer denies every tool.

    LangGraph writes its first two checkpoints before any middleware runs: they hold the input as it was given. Judge the input with
    the guard first, where checkpoints must not hold it. Listed last, it is nearest the model and the tools: what other middleware
    adds is judged too.
    """

    checkpoint_types: ClassVar[tuple[tuple[str, ...], ...]] = tuple(
        (kind.__module__, kind.__qualname__) for kind in (AccessRequest, Approval, PausedContext, Principal)
    )
    """What a pause writes into a checkpoint: `InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=…))` takes it. Where
    LangGraph is not told of a type it warns on reading it; under LANGGRAPH_STRICT_MSGPACK it doesn't, and approvals are refused."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        if not isinstance(guard, Guard):
            message = f"BartizanMiddleware takes a Guard, not {type(guard).__name__}"
            raise TypeError(message)
        check_agents()
        self._guard = guard
        self._grants = Grants()
        self._known: dict[str, dict[str, Any]] = {}
        self._guard_one = guarding_of(guard)
        self._kept: dict[type, Any] = {}

    def before_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002 (LangChain's names)
        """Rewrite the input, so that the state holds what the guard lets through."""
        reading = Reading(state["messages"])
        return _rewritten(state["messages"], reading.rebuild(self._guard.pre_prompt(reading.segments).segments))

    async def abefore_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002 (the host's names)
        """The same, asynchronously."""
        reading = Reading(state["messages"])
        return _rewritten(state["messages"], reading.rebuild((await self._guard.apre_prompt(reading.segments)).segments))

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Call the guarded model."""
        return handler(self._guarded(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, asynchronously."""
        return await handler(self._guarded(request))

    def after_model(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002 (the host's names)
        """Decide the calls of the model's message together, and pause for those that a person must approve."""
        calls = _pending(state["messages"]) if self._guard.has_authorizer else []
        if not calls:
            return None
        verbs = self._verbs()
        requests = [self._request(verbs, call) for call in calls]
        decisions = self._guard.authorize_all(requests)
        asked = _asked(decisions)
        if asked:
            answers = approved(interrupt(_screen(calls, requests, decisions, asked)), [requests[i] for i in asked])
            given = [one for one in answers if one is not None]
            _fill(decisions, asked, answers, self._guard.authorize_all(given))
        return self._settled(calls, requests, decisions)

    async def aafter_model(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002 (the host's names)
        """The same, asynchronously: the authorizers run in a thread, so that none of them blocks the event loop."""
        calls = _pending(state["messages"]) if self._guard.has_authorizer else []
        if not calls:
            return None
        verbs = self._verbs()
        requests = [self._request(verbs, call) for call in calls]
        decisions = await asyncio.to_thread(self._guard.authorize_all, requests)
        asked = _asked(decisions)
        if asked:
            answers = approved(interrupt(_screen(calls, requests, decisions, asked)), [requests[i] for i in asked])
            given = [one for one in answers if one is not None]
            _fill(decisions, asked, answers, await asyncio.to_thread(self._guard.authorize_all, given))
        return self._settled(calls, requests, decisions)

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Judge a call's arguments, run it, judge its result."""
        call: Any = request.tool_call
        guard, name, problem = self._guard, call["name"], None
        try:
            if not self._granted(call):
                guard.authorize(
                    f"tool:{name}", args=call["args"], call_id=call["id"] or "", annotations=_annotations(request.tool)
                )
            ready = self._armed(request) or _with(request, judge_args(guard, call["args"], name))
            with decided(guard, name, call["id"]) as one:
                result = handler(ready)
            if not one.has_judged(result):
                result = judge_result(guard, read_result(result, _source(call)))
        except Refused as refused:
            return _denied(call, refused.reason)
        except Exception as error:
            problem = withheld(guard, error, name)
            if problem is None:
                raise
        else:
            return result
        raise problem

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
    ) -> ToolMessage | Command[Any]:
        """The same, asynchronously."""
        call: Any = request.tool_call
        guard, name, problem = self._guard, call["name"], None
        try:
            if not self._granted(call):
                await guard.aauthorize(
                    f"tool:{name}", args=call["args"], call_id=call["id"] or "", annotations=_annotations(request.tool)
                )
            ready = self._armed(request) or _with(request, await ajudge_args(guard, call["args"], name))
            with decided(guard, name, call["id"]) as one:
                result = await handler(ready)
            if not one.has_judged(result):
                result = await ajudge_result(guard, read_result(result, _source(call)))
        except Refused as refused:
            return _denied(call, refused.reason)
        except Exception as error:
            problem = withheld(guard, error, name)
            if problem is None:
                raise
        else:
            return result
        raise problem

    def _guarded(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        self._known |= {tool.name: _annotations(tool) for tool in request.tools if isinstance(tool, BaseTool)}
        return request.override(model=self._copy(request.model))

    def _armed(self, request: ToolCallRequest) -> ToolCallRequest | None:
        """The request with its tool guarded, so that handlers and event streams see nothing raw of its result.

        None where there is no tool, or one that guard_tool can't guard: then what goes in and out of it is judged here.
        """
        try:
            return None if request.tool is None else request.override(tool=self._copy(request.tool))
        except BartizanError:
            return None

    def _copy(self, thing: Any) -> Any:
        """A guarded copy, made at each call: the original's settings may change.

        One of each class is kept, and with it the class of the copies, which takes long to make.
        """
        made = self._guard_one(thing)
        self._kept.setdefault(type(thing), made)
        return made

    def _verbs(self) -> Session:
        return self._guard._session() or self._guard.session()  # noqa: SLF001 (another bartizan package)

    def _request(self, verbs: Session, call: dict[str, Any]) -> AccessRequest:
        known = self._known.get(call["name"])
        return verbs._request(f"tool:{call['name']}", None, call["args"], None, call["id"] or "", known)[0]  # noqa: SLF001 (its own family)

    def _granted(self, call: dict[str, Any]) -> bool:
        """Whether this very call needs no further question: it has been decided, or there is no one to ask."""
        return not self._guard.has_authorizer or self._grants.take(digest_of(self._request(self._verbs(), call)))

    def _settled(
        self, calls: Calls, requests: Sequence[AccessRequest], decisions: Sequence[Decision | None]
    ) -> dict[str, Any] | None:
        """Note the calls that may run, and answer the others."""
        denied = []
        for call, request, said in zip(calls, requests, decisions, strict=True):
            if said is not None and said.effect is Effect.ALLOW:
                self._grants.add(digest_of(request))
            else:
                denied.append(_denied(call, _why(request.action, UNAPPROVED if said is None else said.reason)))
        return {"messages": denied} if denied else None


def _why(action: str, reason: str) -> str:
    """Why a call is denied, naming the action once."""
    if action in reason:
        return reason
    return f"{action!r} is denied: {reason}" if reason else f"{action!r} is denied"


def _rewritten(old: Sequence[BaseMessage], new: Sequence[BaseMessage]) -> dict[str, Any] | None:
    changed = [(before, after) for before, after in zip(old, new, strict=True) if after is not before]
    if not changed:
        return None
    if all(after.id and after.id == before.id for before, after in changed):
        return {"messages": [after for _, after in changed]}
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *new]}  # an id that changed would leave the old message in place


def _pending(messages: Sequence[BaseMessage]) -> Calls:
    """The calls of the last model message that nothing has answered yet."""
    answered: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            answered.add(message.tool_call_id)
        elif isinstance(message, AIMessage):
            return [{**call} for call in message.tool_calls if call["id"] not in answered]
    return []


def _asked(decisions: Sequence[Decision]) -> list[int]:
    return [i for i, said in enumerate(decisions) if said.effect is Effect.ASK]


def _screen(
    calls: Calls, requests: Sequence[AccessRequest], decisions: Sequence[Decision], asked: Sequence[int]
) -> dict[str, Any]:
    return screen([calls[i] for i in asked], [requests[i] for i in asked], [decisions[i].reason for i in asked])


def _fill(decisions: list[Any], asked: Sequence[int], answers: Sequence[AccessRequest | None], said: Sequence[Decision]) -> None:
    """Put in the decisions on the approved requests; None where there was no approval."""
    following = iter(said)
    for i, answer in zip(asked, answers, strict=True):
        decisions[i] = None if answer is None else next(following)


def _annotations(tool: BaseTool | None) -> dict[str, Any]:
    return dict(tool.metadata or {}) if tool is not None else {}


def _with(request: ToolCallRequest, args: Mapping[str, Any]) -> ToolCallRequest:
    call: Any = {**request.tool_call, "args": dict(args)}
    return request.override(tool_call=call)


def _source(call: dict[str, Any]) -> str:
    return ":".join(part for part in (call["name"], call["id"]) if part)


def _denied(call: dict[str, Any], reason: str) -> ToolMessage:
    return ToolMessage(reason, name=call["name"], tool_call_id=call["id"] or "", status="error")
