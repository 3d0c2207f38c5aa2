"""Every way to call × every way to compose × everything a guard does: in no cell does a raw value arrive or come back.

The models and tools record what they are given. Each cell runs twice, guarded and unguarded: the assertions that hold for the first
must catch the second, so a cell that would not notice a leak fails. `CELLS` is the whole product; `NOT_A_CELL` says what is left out
of it, and why.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_core.tools import BaseTool, tool
from langgraph.graph import START, StateGraph
from langgraph.graph.message import MessagesState
from langgraph.prebuilt import ToolNode, tools_condition

from bartizan import AccessDenied, Blocked, Decision, Guard, Principal, hookimpl
from bartizan_langchain import BartizanMiddleware, _overrides, guard_model, guard_tool
from bartizan_langchain._judged import JudgedMessages
from bartizan_langchain._stream import AnswerStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

EMAIL, COLLEAGUE = "jane@acme.test", "joe@acme.test"
SECRET = "SEKRET-" + "48151623"
SAID = {
    "block in": "please say FORBIDDEN words",
    "block out": "hello there",
    "redact in": f"hello, I am {EMAIL} and well",
    "redact out": "hello there",
    "tool denied": "hello there",
}
DENIAL = "nobody wipes"
USAGE: Any = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


class Clerk:
    """Anyone who is known may look; nobody may wipe."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.asked.append(request.action)
        return self.judge(request)

    def judge(self, request: Any) -> Decision:
        return Decision.deny(DENIAL) if request.action == "tool:wipe" else Decision.ALLOW


class Speaker(BaseChatModel):
    """Records what it is given and answers as its case has it; `failures` are errors before its first answer."""

    case: str
    acts: bool = False
    heard: Any = None
    failures: list[int] = []  # noqa: RUF012 (pydantic copies a default)

    @property
    def _llm_type(self) -> str:
        return "speaker"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=[{"name": one.name, "description": one.description} for one in tools], **kwargs)

    def _answer(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        self.heard.append(repr([message.model_dump() for message in messages]) + repr(kwargs))
        if self.failures:
            self.failures.pop()
            message = "the provider is away"
            raise ConnectionError(message)
        if self.case == "block out":
            return AIMessage("it is FORBIDDEN to say", usage_metadata=USAGE)
        if self.case == "redact out":
            return AIMessage(f"the key is {SECRET}, keep it", usage_metadata=USAGE)
        results = [message for message in messages if isinstance(message, ToolMessage)]
        if self.acts and not results:
            named = ["look", "wipe"] if self.case == "tool denied" else ["look"]
            calls = [{"name": one, "args": {"what": "table"}, "id": f"c-{one}"} for one in named]
            return AIMessage("", tool_calls=calls, usage_metadata=USAGE)
        words = " ".join(message.text for message in messages).split()
        return AIMessage("noted: " + " ".join(word for word in words if "@" in word or "<" in word), usage_metadata=USAGE)

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages, kwargs))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages, kwargs)
        text = str(answer.content)
        for at in range(0, len(text), 4):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[at : at + 4]))
        for index, call in enumerate(answer.tool_calls):
            args = json.dumps(call["args"])
            for at in range(0, len(args), 5):
                head = {"name": call["name"], "id": call["id"]} if not at else {"name": None, "id": None}
                piece: Any = {**head, "args": args[at : at + 5], "index": index, "type": "tool_call_chunk"}
                yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[piece]))

    async def _agenerate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return self._generate(messages, stop, **kwargs)

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages, stop, **kwargs):
            yield chunk


@dataclass
class Kit:
    """What a composition is made of, guarded or not; and what is recorded."""

    case: str
    guard: Guard | None
    clerk: Clerk
    heard: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def raw_model(self, *, acts: bool = False, failures: int = 0) -> Speaker:
        return Speaker(case=self.case, acts=acts or self.case == "tool denied", heard=self.heard, failures=[1] * failures)

    def model(self, *, acts: bool = False, failures: int = 0) -> Any:
        return self._guarded(guard_model, self.raw_model(acts=acts, failures=failures))

    def raw_tool(self, name: str) -> BaseTool:
        def run(what: str) -> str:
            self.ran.append(name)
            return f"on the {what}: {COLLEAGUE}"

        return tool(name, description=f"{name} at something")(run)

    def tool(self, name: str) -> Any:
        return self._guarded(guard_tool, self.raw_tool(name))

    @property
    def middleware(self) -> list[Any]:
        return [BartizanMiddleware(self.guard)] if self.guard is not None else []

    def _guarded(self, how: Callable[[Any, Guard], Any], thing: Any) -> Any:
        return thing if self.guard is None else how(thing, self.guard)


PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{q}")])


def pick(name: str) -> RunnableLambda[Any, Any]:
    """The call of that tool in a model's message."""
    return RunnableLambda(lambda message: next(call for call in message.tool_calls if call["name"] == name))


def ending(kit: Kit, *, wipe: Any = None) -> Any:
    """What follows a model in a chain: nothing, or the tools that it calls."""
    if kit.case != "tool denied":
        return RunnablePassthrough()
    return pick("wipe") | (wipe or kit.tool("wipe"))


def lcel(kit: Kit) -> Any:
    return PROMPT | kit.model() | ending(kit)


def parallel(kit: Kit) -> Any:
    if kit.case == "tool denied":
        return PROMPT | kit.model() | RunnableParallel(look=pick("look") | kit.tool("look"), wipe=pick("wipe") | kit.tool("wipe"))
    return RunnableParallel(a=PROMPT | kit.model(), b=PROMPT | kit.model())


def nested(kit: Kit) -> Any:
    chain = PROMPT | kit.model() | ending(kit)
    return RunnablePassthrough.assign(answer=RunnableLambda(lambda _: RunnableParallel(inner=chain)))


def fallbacks(kit: Kit) -> Any:
    """The primary model is away, so its fallback answers; a refusal must not make the fallback answer."""
    away = 99 if kit.case in {"redact in", "redact out"} else 0
    model = kit.model(failures=away).with_fallbacks([kit.raw_model()])
    return PROMPT | model | ending(kit, wipe=kit.tool("wipe").with_fallbacks([kit.raw_tool("wipe")]))


def retry(kit: Kit) -> Any:
    again: Any = {"stop_after_attempt": 3, "wait_exponential_jitter": False}
    return PROMPT | kit.model().with_retry(**again) | ending(kit, wipe=kit.tool("wipe").with_retry(**again))


def cache(kit: Kit) -> Any:
    """What an unguarded model has put into the cache for this very prompt, and for what the guard makes of it."""
    set_llm_cache(InMemoryCache())
    said = SAID[kit.case]
    for text in (said, said.replace(EMAIL, "<EMAIL_ADDRESS>")):
        kit.raw_model().invoke([SystemMessage("Be brief."), HumanMessage(text)])
    if kit.case != "redact in":
        kit.heard.clear()
    else:
        kit.heard[:] = kit.heard[1:]
    return PROMPT | kit.model() | ending(kit)


def agent(kit: Kit) -> Any:
    tools = [kit.raw_tool("look"), kit.raw_tool("wipe")]
    return create_agent(kit.raw_model(acts=kit.case == "redact in"), tools=tools, middleware=kit.middleware)


def tool_node(kit: Kit) -> Any:
    tools = [kit.tool("look"), kit.tool("wipe")]
    model = kit.model(acts=kit.case == "redact in").bind_tools(tools)

    def call(state: MessagesState, config: Any) -> Any:
        return {"messages": [model.invoke(state["messages"], config)]}

    async def acall(state: MessagesState, config: Any) -> Any:
        return {"messages": [await model.ainvoke(state["messages"], config)]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", RunnableLambda(call, acall))
    graph.add_node("tools", ToolNode(tools, handle_tool_errors=True))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph.compile()


COMPOSITIONS = {
    "LCEL": lcel, "parallel": parallel, "nested": nested, "fallbacks": fallbacks, "retry": retry, "cache": cache,
    "create_agent": agent, "ToolNode": tool_node,
}  # fmt: skip
GRAPHS = {"create_agent", "ToolNode"}
Out = list[str]


def invoke(runnable: Any, given: Any, out: Out) -> None:
    out.append(repr(runnable.invoke(given)))


def ainvoke(runnable: Any, given: Any, out: Out) -> None:
    out.append(repr(asyncio.run(runnable.ainvoke(given))))


def stream_of(runnable: Any, given: Any) -> Any:
    return {"stream_mode": ["messages", "updates", "custom"]} if hasattr(runnable, "stream_mode") else {}


def stream(runnable: Any, given: Any, out: Out) -> None:
    for piece in runnable.stream(given, **stream_of(runnable, given)):
        out.append(repr(piece))


def astream(runnable: Any, given: Any, out: Out) -> None:
    async def read() -> None:
        async for piece in runnable.astream(given, **stream_of(runnable, given)):
            out.append(repr(piece))

    asyncio.run(read())


def batch(runnable: Any, given: Any, out: Out) -> None:
    out.append(repr(runnable.batch([given, given])))


def abatch(runnable: Any, given: Any, out: Out) -> None:
    out.append(repr(asyncio.run(runnable.abatch([given, given]))))


def astream_events(runnable: Any, given: Any, out: Out) -> None:
    async def read() -> None:
        async for event in runnable.astream_events(given, version="v2"):
            out.append(repr({key: value for key, value in event["data"].items() if key != "input"}))

    asyncio.run(read())


def v3(runnable: Any, given: Any, out: Out) -> None:
    graph, given = as_graph(runnable, given)
    for event in graph.stream_events(given, version="v3"):
        out.append(repr(event))


def av3(runnable: Any, given: Any, out: Out) -> None:
    async def read() -> None:
        graph, start = as_graph(runnable, given)
        async for event in await graph.astream_events(start, version="v3"):
            out.append(repr(event))

    asyncio.run(read())


class Outcome(TypedDict, total=False):
    """The state of the graph around a chain."""

    out: Any


def as_graph(runnable: Any, given: Any) -> tuple[Any, Any]:
    """LangChain has v3 events for models and graphs alone: a chain runs as the node of one. Its models are called by their events."""
    if hasattr(runnable, "stream_mode"):
        return runnable, given

    def run(_: Outcome, config: Any) -> Any:
        return {"out": [runnable.invoke(given, config)]}

    async def arun(_: Outcome, config: Any) -> Any:
        return {"out": [await runnable.ainvoke(given, config)]}

    graph = StateGraph(Outcome)
    graph.add_node("chain", RunnableLambda(run, arun))
    graph.add_edge(START, "chain")
    return graph.compile(), {}


MODES = {
    "invoke": invoke, "ainvoke": ainvoke, "stream": stream, "astream": astream, "batch": batch, "abatch": abatch,
    "astream_events": astream_events, "v3 events": v3, "async v3 events": av3,
}  # fmt: skip
NOT_A_CELL: dict[tuple[str, str, str], str] = {}
"""(mode, composition, case) → why there is no such cell. Empty: where LangChain has no v3 events, the chain is put into a graph."""
CELLS = [(m, c, k) for m in MODES for c in COMPOSITIONS for k in SAID if (m, c, k) not in NOT_A_CELL]


@dataclass
class Seen:
    """What came of a cell."""

    heard: list[str]
    returned: str
    ran: list[str]
    asked: list[str]
    error: BaseException | None

    @property
    def said(self) -> str:
        """All that the caller got to see, errors with all that they carry included; what they had said themselves is left out."""
        return self.returned + ("" if self.error is None else "".join(traceback.format_exception(self.error)))


def run(cell: tuple[str, str, str], planted: Any, *, guarded: bool) -> Seen:
    mode, composition, case = cell
    clerk = Clerk()
    guard = Guard(plugins=[planted(), clerk])
    kit = Kit(case, guard if guarded else None, clerk)
    said = SAID[case]
    out: Out = []
    error: BaseException | None = None
    with guard, guard.session(Principal("alice")):
        runnable = COMPOSITIONS[composition](kit)
        try:
            MODES[mode](runnable, {"messages": [HumanMessage(said)]} if composition in GRAPHS else {"q": said}, out)
        except Exception as caught:  # noqa: BLE001 (whatever comes back is looked through)
            error = caught
    return Seen(kit.heard, "\n".join(out).replace(said, "[as given]"), kit.ran, clerk.asked, error)


def check(cell: tuple[str, str, str], seen: Seen) -> None:
    """What must hold in a guarded cell, and must not in an unguarded one."""
    mode, composition, case = cell
    for value in (SECRET, SECRET[-8:]):
        assert value not in seen.said
    assert not any(value in one for one in seen.heard for value in (EMAIL, COLLEAGUE))
    assert EMAIL not in seen.said
    assert COLLEAGUE not in seen.said
    if case in {"block in", "block out"}:
        assert isinstance(seen.error, Blocked), seen.error
        assert "FORBIDDEN" not in seen.said.replace("FORBIDDEN by planted", "").replace("FORBIDDEN by Planted", "")
        assert not any("FORBIDDEN" in one for one in seen.heard)
        assert len(seen.heard) == {"block in": 0}.get(case, len(seen.heard))
        return
    if case == "tool denied":
        assert "wipe" not in seen.ran
        assert DENIAL in seen.said  # by the policy for alice, and not because nobody was identified
        if composition not in GRAPHS:
            assert isinstance(seen.error, AccessDenied), seen.error
        elif mode not in {"batch", "abatch"}:
            assert seen.ran == ["look"]
        if composition == "retry" and mode not in {"batch", "abatch"}:
            assert seen.asked == ["tool:wipe"]
        return
    assert seen.error is None, seen.error
    if case == "redact in":
        assert seen.heard
        assert all("<EMAIL_ADDRESS>" in one for one in seen.heard)
        assert "<EMAIL_ADDRESS>" in seen.returned
    else:
        assert "<SEKRET>" in seen.returned


@pytest.mark.filterwarnings("ignore:.*(beta|experimental)")
@pytest.mark.parametrize("cell", CELLS, ids="-".join)
class TestMatrix:
    def test_guarded_nothing_raw_arrives_or_comes_back(self, cell: tuple[str, str, str], planted: Any) -> None:
        check(cell, run(cell, planted, guarded=True))

    def test_unguarded_the_same_check_fails(self, cell: tuple[str, str, str], planted: Any) -> None:
        seen = run(cell, planted, guarded=False)
        assert seen.error is None  # so that it is the leak that the check finds
        with pytest.raises(AssertionError):
            check(cell, seen)


def _nothing_asked(guard: Any, one: Any, messages: Any, kwargs: Any, model: Any) -> Any:
    judged = JudgedMessages(messages)
    judged.passes = (one,)
    return judged, kwargs


async def _anothing_asked(*args: Any) -> Any:
    return _nothing_asked(*args)


async def _anothing_judged(guard: Any, result: Any, model: Any) -> Any:
    return result


@pytest.mark.filterwarnings("ignore:.*(beta|experimental)")
@pytest.mark.parametrize("mode", MODES)
class TestWithAPartOfTheGuardOff:
    """The matrix notices each part by itself."""

    def fails(self, cell: tuple[str, str, str], planted: Any) -> None:
        seen = run(cell, planted, guarded=True)
        assert seen.error is None
        with pytest.raises(AssertionError):
            check(cell, seen)

    def test_prompts(self, mode: str, planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_overrides, "ask", _nothing_asked)
        monkeypatch.setattr(_overrides, "aask", _anothing_asked)
        self.fails((mode, "LCEL", "redact in"), planted)
        self.fails((mode, "LCEL", "block in"), planted)

    def test_answers(self, mode: str, planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_overrides, "answer", lambda guard, result, model: result)
        monkeypatch.setattr(_overrides, "aanswer", _anothing_judged)
        monkeypatch.setattr(AnswerStream, "feed", lambda self, chunk: chunk)
        self.fails((mode, "LCEL", "redact out"), planted)
        self.fails((mode, "LCEL", "block out"), planted)

    def test_authorization(self, mode: str, planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Clerk, "judge", lambda self, request: Decision.ALLOW)
        self.fails((mode, "LCEL", "tool denied"), planted)


def test_every_combination_is_a_cell_or_has_a_reason() -> None:
    assert len(CELLS) + len(NOT_A_CELL) == len(MODES) * len(COMPOSITIONS) * len(SAID) == 360
    assert all(NOT_A_CELL.values())
