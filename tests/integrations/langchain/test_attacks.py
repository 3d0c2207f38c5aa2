"""Ways around a guard that an attacker, or a hurried colleague, would try: side doors of models, side channels, other users."""

from __future__ import annotations

import asyncio
import copy
import sqlite3
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import BaseCache, InMemoryCache
from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.globals import set_debug, set_llm_cache, set_verbose
from langchain_core.language_models import LLM, BaseChatModel, BaseLLM
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import ConfigurableField
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_core.tools import BaseTool, tool
from langchain_core.tracers.base import BaseTracer
from langgraph.graph import START, StateGraph
from langgraph.graph.message import MessagesState
from langgraph.prebuilt import ToolNode, tools_condition

from bartizan import AccessDenied, Approval, BartizanError, Blocked, Decision, Guard, Principal, hookimpl
from bartizan_langchain import BartizanCallback, BartizanMiddleware, _agents, _in_place, guard_model, guard_tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMAIL, SECRET = "jane@acme.test", "SEKRET-" + "48151623"
PROMPT, ANSWER, SAFE = f"I am {EMAIL}, hello", f"the key is {SECRET}, keep it", "the key is <SEKRET>, keep it"
ALICE, BOB = Principal("alice"), Principal("bob")


class Echo(BaseChatModel):
    """Says what it was told; `heard` is shared by its copies."""

    heard: Any = None

    @property
    def _llm_type(self) -> str:
        return "echo"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.heard.append(messages[-1].text)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(messages[-1].text))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.heard.append(messages[-1].text)
        text = messages[-1].text
        for at in range(0, len(text), 3):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[at : at + 3]))


class EchoText(LLM):
    """The same as a plain text model."""

    heard: Any = None
    _llm_type = "echo"

    def _call(self, prompt: str, *args: Any, **kwargs: Any) -> str:
        self.heard.append(prompt)
        return prompt


@pytest.fixture
def pseudonyms() -> Iterator[Guard]:
    with Guard(plugins=["redaction"], config={"redaction": {"style": "pseudonym"}}) as made:
        yield made


class Memory(BaseChatMessageHistory):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.messages = []

    def add_messages(self, messages: Any) -> None:
        self.messages += messages

    def clear(self) -> None:
        self.messages = []


class TestSideDoors:
    """Other ways to make a model say something, or send something."""

    def doors(self) -> dict[str, Any]:
        async def astream_log(model: Any) -> str:
            return repr([patch async for patch in model.astream_log(PROMPT, include_names=["none"])])

        async def atransform(model: Any) -> str:
            async def given() -> Any:
                yield PROMPT

            return "".join([chunk.text async for chunk in model.atransform(given())])

        async def abatch_as_completed(model: Any) -> str:
            return repr([one async for one in model.abatch_as_completed([PROMPT])])

        return {
            "batch_as_completed": lambda model: repr(list(model.batch_as_completed([PROMPT]))),
            "abatch_as_completed": lambda model: asyncio.run(abatch_as_completed(model)),
            "transform": lambda model: "".join(chunk.text for chunk in model.transform(iter([PROMPT]))),
            "atransform": lambda model: asyncio.run(atransform(model)),
            "generate_prompt": lambda model: repr(
                model.generate_prompt([ChatPromptTemplate.from_template("{q}").invoke({"q": PROMPT})])
            ),
            "map": lambda model: repr(model.map().invoke([PROMPT])),
            "as_tool": lambda model: repr(
                (ChatPromptTemplate.from_template("{q}") | model).as_tool(name="t", description="d").invoke({"q": PROMPT})
            ),
            "configurable_fields": lambda model: repr(
                model.configurable_fields(model_name=ConfigurableField(id="n"))
                .with_config(configurable={"n": "x"})
                .invoke(PROMPT)
            ),
            "with_types": lambda model: repr(model.with_types(input_type=str).invoke(PROMPT)),
            "with_listeners": lambda model: repr(model.with_listeners(on_end=lambda run: None).invoke(PROMPT)),
            "copy": lambda model: repr(copy.copy(model).invoke(PROMPT)),
            "astream_log": lambda model: asyncio.run(astream_log(model)),
        }

    @pytest.mark.filterwarnings("ignore:.*astream_log")
    @pytest.mark.filterwarnings("ignore:This API is in beta")
    @pytest.mark.parametrize("kind", ["plain", "async"])
    def test_all_lead_by_the_guard(self, kind: str, guard: Guard, scripted: Any) -> None:
        for name, door in self.doors().items():
            raw = scripted(ANSWER, kind=kind)
            assert SECRET in door(raw) or name == "astream_log", name
            raw.heard.clear()
            said = door(guard_model(raw, guard))
            assert "<SEKRET>" in said, name
            assert SECRET not in said, name
            assert raw.heard, name
            assert not any(EMAIL in one for one in raw.heard), name

    def test_a_provider_that_counts_tokens_is_sent_nothing_raw(self, guard: Guard) -> None:
        sent: list[str] = []

        class Counting(Echo):
            def get_num_tokens_from_messages(self, messages: Any, tools: Any = None, **kwargs: Any) -> int:
                sent.append(repr(messages) + repr(tools))
                return 7

            def get_num_tokens(self, text: str) -> int:
                sent.append(text)
                return 7

        model = guard_model(Counting(heard=[]), guard)
        assert model.get_num_tokens_from_messages([HumanMessage(PROMPT)], [{"name": "t", "description": SECRET}]) == 7
        assert model.get_num_tokens_from_messages([HumanMessage(PROMPT)], tools=[{"name": "t", "description": SECRET}]) == 7
        assert model.get_num_tokens(PROMPT) == 7
        assert len(sent) == 3
        assert not any(EMAIL in one or SECRET in one for one in sent)
        with pytest.raises(Blocked):
            model.get_num_tokens("FORBIDDEN")
        assert len(sent) == 3

    def test_a_chain_that_begins_with_the_model_keeps_its_fallbacks_guarded(self, guard: Guard, scripted: Any) -> None:
        raw = scripted("fine", kind="plain")
        chain = guard_model(scripted(kind="plain"), guard) | StrOutputParser()
        for made in (chain, chain | str.upper, {"q": guard_model(scripted(kind="plain"), guard)} | chain):
            with pytest.raises(Blocked):
                made.with_fallbacks([raw | StrOutputParser()]).invoke("say FORBIDDEN")
        assert raw.heard == []


class TestSideChannels:
    """What others get to see of an answer, or keep of it."""

    def test_a_tracer_is_told_no_raw_answer_and_no_raw_result(self, guard: Guard, scripted: Any) -> None:
        class Tracer(BaseTracer):
            def _persist_run(self, run: Any) -> None:
                kept.append(run)

        @tool
        def look(what: str) -> str:
            """Look."""
            return f"{what}: {SECRET}"

        kept: list[Any] = []
        model, looking = guard_model(scripted(ANSWER), guard), guard_tool(look, guard)
        for run in (lambda config: model.invoke("hi", config), lambda config: list(model.stream("hi", config)),
                    lambda config: looking.invoke({"what": "x"}, config)):  # fmt: skip
            run({"callbacks": [Tracer()]})
        assert len(kept) == 3
        assert all("<SEKRET>" in repr(run.outputs) for run in kept)
        # `serialized` shows the scripted model with its script.
        assert not any(
            SECRET[-8:] in repr({name: value for name, value in vars(run).items() if name != "serialized"}) for run in kept
        )

    def test_debug_and_verbose_print_no_raw_answer(self, guard: Guard, scripted: Any, capsys: pytest.CaptureFixture[str]) -> None:
        model = guard_model(scripted(ANSWER), guard)
        try:
            set_debug(True)
            set_verbose(True)
            assert model.invoke("hello").content == SAFE
            assert "".join(chunk.text for chunk in model.stream("hello")) == SAFE
        finally:
            set_debug(False)
            set_verbose(False)
        printed = capsys.readouterr().out
        assert "<SEKRET>" in printed
        assert SECRET[-8:] not in printed

    @pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
    def test_a_cache_on_disk_holds_nothing_raw(self, guard: Guard, tmp_path: Path) -> None:
        where = tmp_path / "cache.db"

        class Disk(BaseCache):
            def lookup(self, prompt: str, llm_string: str) -> Any:
                with sqlite3.connect(where) as db:
                    db.execute("create table if not exists c (k, v)")
                    row = db.execute("select v from c where k = ?", [prompt + llm_string]).fetchone()
                db.close()
                return [loads(one, allowed_objects="core") for one in row[0].split("\0")] if row else None

            def update(self, prompt: str, llm_string: str, return_val: Any) -> None:
                with sqlite3.connect(where) as db:
                    db.execute("insert into c values (?, ?)", [prompt + llm_string, "\0".join(dumps(one) for one in return_val)])
                db.close()

            def clear(self, **kwargs: Any) -> None:
                raise NotImplementedError

        set_llm_cache(Disk())

        class Fixed(Echo):  # without fields that a cache's key would show
            def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
                asked.append("chat")
                return ChatResult(generations=[ChatGeneration(message=AIMessage(ANSWER))])

        class FixedText(LLM):
            _llm_type = "fixed"

            def _call(self, *args: Any, **kwargs: Any) -> str:
                asked.append("text")
                return ANSWER

        asked: list[str] = []
        model, llm = guard_model(Fixed(), guard), guard_model(FixedText(), guard)
        for _ in range(2):
            assert model.invoke(PROMPT).content == SAFE
            assert llm.invoke(PROMPT) == SAFE
        assert asked == ["chat", "text"]
        held = where.read_bytes()
        assert b"<SEKRET>" in held
        assert SECRET[-8:].encode() not in held
        assert EMAIL.encode() not in held

    @pytest.mark.parametrize("make", [lambda heard: Echo(heard=heard), lambda heard: EchoText(heard=heard)], ids=["chat", "text"])
    def test_a_cache_holds_no_value_that_a_session_gave_back(self, make: Any, pseudonyms: Guard) -> None:
        cache = InMemoryCache()
        set_llm_cache(cache)
        heard: list[str] = []
        model = guard_model(make(heard), pseudonyms)
        with pseudonyms.session(ALICE, id="7"):
            for _ in range(2):
                answer = model.invoke("mail jane@example.com")
                assert getattr(answer, "content", answer) == "mail jane@example.com"
        assert len(heard) == 1
        assert "jane@example.com" not in repr(cache._cache)

    @pytest.mark.filterwarnings("ignore:RunnableWithMessageHistory is deprecated")
    def test_a_conversation_s_memory_keeps_the_judged_answer_and_the_model_never_reads_the_rest(
        self, guard: Guard, scripted: Any
    ) -> None:
        store = Memory()
        raw = scripted(ANSWER, kind="plain")
        prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("past"), ("user", "{q}")])
        chat = RunnableWithMessageHistory(
            prompt | guard_model(raw, guard), lambda: store, input_messages_key="q", history_messages_key="past",
            history_factory_config=[],
        )  # fmt: skip
        for _ in range(2):
            chat.invoke({"q": PROMPT}, {"configurable": {}})
        assert len(raw.heard) == 2
        assert not any(EMAIL in one or SECRET in one for one in raw.heard)
        assert [message.content for message in store.messages[1::2]] == [SAFE, SAFE]

    @pytest.mark.parametrize("mode", ["invoke", "stream"])
    def test_an_error_s_notes_and_causes_are_withheld_too(self, mode: str, guard: Guard) -> None:
        def fail() -> Any:
            error = ExceptionGroup("several", [ValueError(f"at {SECRET}")])
            error.add_note(f"while answering {EMAIL}")
            raise error

        class Failing(Echo):
            def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
                raise fail()

            def _stream(self, *args: Any, **kwargs: Any) -> Any:
                yield ChatGenerationChunk(message=AIMessageChunk(content="well "))
                fail()

        model = guard_model(Failing(heard=[]), guard)
        with pytest.raises(BartizanError, match="ExceptionGroup; its text is withheld") as raised:
            _ = model.invoke("hi") if mode == "invoke" else list(model.stream("hi"))
        shown = "".join(traceback.format_exception(raised.value))
        assert SECRET not in shown
        assert EMAIL not in shown

    def test_a_harmless_error_stays_what_it_is(self, guard: Guard) -> None:
        class Failing(Echo):
            def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
                raise TimeoutError

        with pytest.raises(TimeoutError):
            guard_model(Failing(heard=[]), guard).invoke("hi")


class TestOtherUsers:
    def test_one_user_s_placeholder_gives_another_nothing(self, pseudonyms: Guard) -> None:
        raw = Echo(heard=[])
        model = guard_model(raw, pseudonyms)

        async def ask(user: Principal, text: str) -> tuple[str, str]:
            with pseudonyms.session(user, id="7"):
                answer = "".join([chunk.text async for chunk in model.astream(text)])
                await asyncio.sleep(0)
                return answer, (await model.ainvoke(text)).text

        async def both() -> Any:
            return await asyncio.gather(ask(ALICE, "jane@example.com"), ask(BOB, "joe@example.com"))

        assert asyncio.run(both()) == [("jane@example.com",) * 2, ("joe@example.com",) * 2]
        assert not any("@" in one for one in raw.heard)
        (alices,) = {one for one in raw.heard if pseudonyms.session(ALICE, id="7").restore(one) == "jane@example.com"}
        assert asyncio.run(ask(BOB, alices)) == (alices, alices)

    def test_a_thread_without_the_session_restores_nothing_and_may_do_nothing(self, planted: Any) -> None:
        class Clerk:
            @hookimpl
            def authorize(self, request: Any, context: Any) -> Decision:
                return Decision.ALLOW

        @tool
        def look(what: str) -> str:
            """Look."""
            ran.append(what)
            return what

        ran: list[str] = []
        errors: list[BaseException] = []
        with Guard(plugins=[planted(), Clerk()]) as guard, guard.session(ALICE):
            looking = guard_tool(look, guard)

            def alone() -> None:
                try:
                    looking.invoke({"what": "x"})
                except AccessDenied as denied:
                    errors.append(denied)

            thread = threading.Thread(target=alone)
            thread.start()
            thread.join()
            assert looking.invoke({"what": "y"}) == "y"
        assert ran == ["y"]
        assert len(errors) == 1


class TestPseudonymsInToolArguments:
    """The model writes a placeholder; the tool gets the value; the model reads the placeholder again."""

    def graph(self, guard: Guard, raw: Any, tools: list[BaseTool]) -> Any:
        model = guard_model(raw, guard)
        graph = StateGraph(MessagesState)
        graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
        graph.add_node("tools", ToolNode([guard_tool(one, guard) for one in tools]))
        graph.add_edge(START, "model")
        graph.add_conditional_edges("model", tools_condition)
        graph.add_edge("tools", "model")
        return graph.compile()

    def agent(self, guard: Guard, raw: Any, tools: list[BaseTool]) -> Any:
        from langchain.agents import create_agent

        return create_agent(raw, tools=tools, middleware=[BartizanMiddleware(guard)])

    @pytest.mark.parametrize("how", ["graph", "agent"])
    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_in_agents_and_tool_nodes(self, how: str, asynchronous: bool, pseudonyms: Guard) -> None:
        class Mailing(Echo):
            def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> ChatResult:
                self.heard.append(repr(messages))
                last = messages[-1]
                if isinstance(last, ToolMessage):
                    return ChatResult(generations=[ChatGeneration(message=AIMessage(f"done: {last.text}"))])
                args_ = {"to": last.text.split()[-1], "lines": [f"Dear {last.text.split()[-1]}"]}
                call = {"name": "mail", "args": args_, "id": "c1"}
                return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])

            _stream = BaseChatModel._stream

        @tool
        def mail(to: str, lines: list[str]) -> str:
            """Mail."""
            got.append((to, lines))
            return f"mailed {to}"

        got: list[Any] = []
        raw = Mailing(heard=[])
        graph = getattr(self, how)(pseudonyms, raw, [mail])
        given = {"messages": [HumanMessage("write to jane@example.com")]}
        with pseudonyms.session(ALICE, id="7"):
            state = asyncio.run(graph.ainvoke(given)) if asynchronous else graph.invoke(given)
        assert got == [("jane@example.com", ["Dear jane@example.com"])]
        assert state["messages"][-1].text == "done: mailed jane@example.com"
        assert len(raw.heard) == 2
        assert not any("jane" in one for one in raw.heard)

    def test_a_rule_may_leave_the_placeholder_to_the_tool(self) -> None:
        @tool
        def mail(to: str) -> str:
            """Mail."""
            got.append(to)
            return "sent"

        got: list[str] = []
        rules = [{"parts": ["tool_args"], "labels": ["EMAIL_ADDRESS"], "action": "redact", "style": "label"}]
        config = {"redaction": {"style": "pseudonym", "rules": rules}}
        with Guard(plugins=["redaction"], config=config) as guard, guard.session(ALICE, id="7"):
            guard_tool(mail, guard).invoke({"to": "jane@example.com"})
        assert got == ["<EMAIL_ADDRESS>"]


class TestLangChainsPromises:
    """What callback and middleware rely on is looked at when one is made."""

    def test_a_callback_that_could_stop_nothing_is_not_made(self, monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
        monkeypatch.setattr(_in_place._Refusing, "raise_error", False)  # as if LangChain no longer looked at it
        _in_place.refusals_stop.cache_clear()
        try:
            with pytest.raises(BartizanError, match=r"can stop nothing in langchain-core \d"):
                BartizanCallback(guard)
        finally:
            monkeypatch.undo()
            _in_place.refusals_stop.cache_clear()
        BartizanCallback(guard)

    def test_the_probe_makes_no_noise(self, guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
        _in_place.refusals_stop.cache_clear()
        BartizanCallback(guard)
        assert caplog.records == []

    @pytest.mark.parametrize("name", sorted(_agents.HOOKS))
    def test_a_hook_that_changed_is_seen(self, name: str, monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
        from langchain.agents import create_agent
        from langchain.agents.middleware import AgentMiddleware

        assert _agents.mismatch(AgentMiddleware, create_agent) == ""
        assert f"does not use {next(iter(_agents.HOOKS))}" in _agents.mismatch(AgentMiddleware, lambda: None)
        monkeypatch.setattr(AgentMiddleware, name, lambda self, other: None)
        _agents.check_agents.cache_clear()
        try:
            with pytest.raises(BartizanError, match=rf"langchain \d.*{name} takes other parameters"):
                BartizanMiddleware(guard)
        finally:
            monkeypatch.undo()
            _agents.check_agents.cache_clear()

    def test_an_approval_type_is_what_a_checkpoint_reads_back(self) -> None:
        assert (Approval.__module__, Approval.__qualname__) in BartizanMiddleware.checkpoint_types


def test_the_base_class_of_plain_models_is_left_alone(guard: Guard) -> None:
    before = dict(vars(BaseLLM))
    guard_model(FakeListLLM(responses=["a"]), guard)
    assert dict(vars(BaseLLM)) == before
