"""What a guarded model lets through, in every way to call one; the raw model beside it shows that each way would leak."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel
from pydantic import BaseModel

from bartizan import Blocked, Context, Event, Finding, Guard, Principal, Response, hookimpl
from bartizan_langchain import guard_model
from bartizan_langchain._model import is_guarded

EMAIL = "jane@acme.test"
SECRET = "SEKRET-" + "48151623"
PROMPT = f"I am {EMAIL}, hello"
ANSWER = f"the key is {SECRET}, keep it"
SAFE = "the key is <SEKRET>, keep it"


def invoke(model: Any, value: Any, config: Any) -> str:
    return str(model.invoke(value, config).content)


def stream(model: Any, value: Any, config: Any) -> str:
    return "".join(str(chunk.content) for chunk in model.stream(value, config))


def batch(model: Any, value: Any, config: Any) -> str:
    return "".join(str(one.content) for one in model.batch([value], config))


def ainvoke(model: Any, value: Any, config: Any) -> str:
    return str(asyncio.run(model.ainvoke(value, config)).content)


def astream(model: Any, value: Any, config: Any) -> str:
    async def read() -> str:
        return "".join([str(chunk.content) async for chunk in model.astream(value, config)])

    return asyncio.run(read())


def abatch(model: Any, value: Any, config: Any) -> str:
    return "".join(str(one.content) for one in asyncio.run(model.abatch([value], config)))


def generate(model: Any, value: Any, config: Any) -> str:
    return str(
        model.generate([[HumanMessage(value)]], callbacks=(config or {}).get("callbacks")).generations[0][0].message.content
    )


def astream_events(model: Any, value: Any, config: Any) -> str:
    async def read() -> str:
        events = [event async for event in model.astream_events(value, config, version="v2")]
        streamed = "".join(str(e["data"]["chunk"].content) for e in events if e["event"] == "on_chat_model_stream")
        (end,) = [e["data"]["output"].content for e in events if e["event"] == "on_chat_model_end"]
        assert streamed in {"", end}
        return str(end)

    return asyncio.run(read())


MODES = [invoke, stream, batch, ainvoke, astream, abatch, generate, astream_events]


@pytest.mark.parametrize("kind", ["plain", "streaming", "async"])
@pytest.mark.parametrize("mode", MODES)
class TestEveryWayToCall:
    def test_neither_prompt_nor_answer_leaks_where_the_raw_model_leaks_both(
        self, mode: Any, kind: str, guard: Guard, scripted: Any
    ) -> None:
        raw = scripted(ANSWER, kind=kind)
        assert SECRET in mode(raw, PROMPT, None)
        assert EMAIL in raw.heard[-1]
        model = guard_model(raw, guard)
        assert mode(model, PROMPT, None) == SAFE
        assert EMAIL not in raw.heard[-1]
        assert "<EMAIL_ADDRESS>, hello" in raw.heard[-1]

    def test_a_refused_prompt_never_reaches_the_model(self, mode: Any, kind: str, guard: Guard, scripted: Any) -> None:
        raw = scripted(kind=kind)
        with pytest.raises(Blocked):
            mode(guard_model(raw, guard), "say FORBIDDEN", None)
        assert raw.heard == []

    def test_a_refused_answer_is_not_given(self, mode: Any, kind: str, guard: Guard, scripted: Any) -> None:
        with pytest.raises(Blocked):
            mode(guard_model(scripted("it is FORBIDDEN to say", kind=kind), guard), "hello", None)

    def test_handlers_see_no_raw_answer(self, mode: Any, kind: str, guard: Guard, scripted: Any) -> None:
        seen: list[str] = []

        class Listener(BaseCallbackHandler):
            def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
                seen.append(repr((token, kwargs.get("chunk"))))

            def on_llm_end(self, response: Any, **_: Any) -> None:
                seen.append(repr(response))

        mode(guard_model(scripted(ANSWER, kind=kind), guard), PROMPT, {"callbacks": [Listener()]})
        assert seen
        assert not any("48151623" in one for one in seen)
        assert any("<SEKRET>" in one for one in seen)

    def test_each_side_is_judged_once(self, mode: Any, kind: str, planted: Any, scripted: Any) -> None:
        events: list[Event] = []
        guard = Guard(plugins=[planted()])
        guard.engine.reporter.add(events.append)
        mode(guard_model(scripted(ANSWER, kind=kind), guard), PROMPT, None)
        assert [event.hook for event in events] == ["pre_prompt", "post_response"]
        assert {event.context.model for event in events} == {"scripted-1"}


@pytest.mark.parametrize("kind", ["streaming", "async"])
@pytest.mark.parametrize("mode", [invoke, ainvoke])
class TestStreamsInsideInvoke:
    """LangChain streams within invoke where it is told to, or a handler wants tokens."""

    def test_they_are_judged_once_and_cached_judged(self, mode: Any, kind: str, planted: Any, scripted: Any) -> None:
        events: list[str] = []
        guard = Guard(plugins=[planted()])
        guard.engine.reporter.add(lambda event: events.append(event.hook))
        raw = scripted(ANSWER, kind=kind)
        set_llm_cache(InMemoryCache())
        model = guard_model(raw, guard).bind(stream=True)
        assert mode(model, PROMPT, None) == SAFE
        assert events == ["pre_prompt", "post_response"]
        assert mode(model, PROMPT, None) == SAFE
        assert len(raw.heard) == 1

    def test_a_model_that_tells_its_handlers_itself_tells_them_nothing_raw(
        self, mode: Any, kind: str, guard: Guard, scripted: Any
    ) -> None:
        seen: list[str] = []

        class Listener(BaseCallbackHandler):
            def on_llm_new_token(self, token: str, **_: Any) -> None:
                seen.append(token)

        class Telling(type(scripted(kind=kind))):  # type: ignore[misc]  # a class of the fixture's
            def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
                if run_manager is not None:
                    run_manager.on_llm_new_token(ANSWER)
                return super()._generate(messages, **kwargs)

            async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
                if run_manager is not None:
                    await run_manager.on_llm_new_token(ANSWER)
                return super()._generate(messages, **kwargs)

        raw = Telling(script=[AIMessage(ANSWER)], heard=[])
        config = {"callbacks": [Listener()]}
        mode(raw, "hello", config)
        assert seen == [ANSWER]
        assert mode(guard_model(raw, guard), "hello", config) == SAFE
        assert seen == [ANSWER]


@pytest.mark.parametrize("mode", [invoke, ainvoke, stream, astream])
class TestWhereGuardsAreNested:
    def test_the_same_guard_twice_judges_once(self, mode: Any, guard: Guard, scripted: Any) -> None:
        model = guard_model(scripted(ANSWER), guard)
        assert guard_model(model, guard) is model

    def test_two_guards_both_judge_once(self, mode: Any, planted: Any, scripted: Any) -> None:
        one, two = Guard(plugins=[planted()]), Guard(plugins=[planted()])
        events: list[tuple[int, str]] = []
        one.engine.reporter.add(lambda event: events.append((1, event.hook)))
        two.engine.reporter.add(lambda event: events.append((2, event.hook)))
        assert mode(guard_model(guard_model(scripted(ANSWER), one), two), PROMPT, None) == SAFE
        assert sorted(events) == [(1, "post_response"), (1, "pre_prompt"), (2, "post_response"), (2, "pre_prompt")]


@pytest.mark.filterwarnings("ignore:.*beta")
@pytest.mark.parametrize("kind", ["streaming", "async"])
@pytest.mark.parametrize("asynchronous", [False, True])
class TestEventStreams:
    """Version 3 of LangChain's events, which have a way to the model of their own."""

    @staticmethod
    def read(model: Any, value: Any, asynchronous: bool) -> tuple[str, str]:
        if not asynchronous:
            stream = model.stream_events(value, version="v3")
            return "".join(stream.text), repr(stream.output)

        async def read() -> tuple[str, str]:
            stream = await model.astream_events(value, version="v3")
            return "".join([text async for text in stream.text]), repr(await stream.output)

        return asyncio.run(read())

    def test_they_are_guarded(self, asynchronous: bool, kind: str, guard: Guard, scripted: Any) -> None:
        raw = scripted(ANSWER, kind=kind)
        assert self.read(raw, PROMPT, asynchronous)[0] == ANSWER
        text, output = self.read(guard_model(raw, guard), PROMPT, asynchronous)
        assert text == SAFE
        assert SAFE in output
        assert EMAIL not in raw.heard[-1]
        with pytest.raises(Blocked):
            self.read(guard_model(raw, guard), "say FORBIDDEN", asynchronous)
        assert len(raw.heard) == 2

    def test_a_native_source_of_events_is_not_used(self, asynchronous: bool, kind: str, guard: Guard, scripted: Any) -> None:
        base = type(scripted(kind=kind))

        class Native(base):  # type: ignore[misc, valid-type]  # a class of the fixture's
            def _stream_chat_model_events(self, *args: Any, **kwargs: Any) -> Any:
                raise AssertionError

            async def _astream_chat_model_events(self, *args: Any, **kwargs: Any) -> Any:
                raise AssertionError
                yield

        plain = scripted(ANSWER, kind=kind)
        native = Native(**{name: getattr(plain, name) for name in ("script", "chunks", "heard")})
        with pytest.raises(AssertionError):
            self.read(native, PROMPT, asynchronous)
        assert self.read(guard_model(native, guard), PROMPT, asynchronous)[0] == SAFE

    def test_a_cached_answer_is_replayed_guarded(self, asynchronous: bool, kind: str, guard: Guard, scripted: Any) -> None:
        from langchain_core.tracers._streaming import _V2StreamingCallbackHandler

        seen: list[str] = []

        class Listener(BaseCallbackHandler, _V2StreamingCallbackHandler):
            def on_stream_event(self, event: Any, **_: Any) -> None:
                seen.append(repr(event))

        set_llm_cache(InMemoryCache())
        raw = scripted(ANSWER, kind=kind)
        raw.invoke("hello")
        raw.invoke("hello", {"callbacks": [Listener()]})
        assert any("48151623" in one for one in seen)
        seen.clear()
        mode = ainvoke if asynchronous else invoke
        assert mode(guard_model(raw, guard), "hello", {"callbacks": [Listener()]}) == SAFE
        assert any("<SEKRET>" in one for one in seen)
        assert not any("48151623" in one for one in seen)
        assert len(raw.heard) == 1


class Whole:
    """Needs the whole answer, and awaits while it looks at it."""

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    @hookimpl
    async def post_response(self, response: Response, context: Context) -> list[Finding]:
        await asyncio.sleep(0)
        self.given.append([segment.text for segment in response.segments])
        return []


@pytest.mark.parametrize("mode", MODES)
def test_a_plugin_that_needs_the_whole_answer_gets_the_same_in_every_mode(mode: Any, planted: Any, scripted: Any) -> None:
    whole = Whole()
    assert mode(guard_model(scripted(ANSWER), Guard(plugins=[planted(), whole])), PROMPT, None) == SAFE
    assert whole.given == [[ANSWER]]


@pytest.mark.parametrize("mode", [ainvoke, astream])
def test_asynchronous_plugins_work_inside_a_running_loop(mode: Any, planted: Any, scripted: Any) -> None:
    class Asking:
        @hookimpl
        async def pre_prompt(self, prompt: Any, context: Context) -> None:
            await asyncio.sleep(0)

    assert mode(guard_model(scripted(ANSWER, kind="streaming"), Guard(plugins=[planted(), Asking()])), PROMPT, None) == SAFE


class TestFaithfulness:
    def test_the_type_the_name_and_the_serialised_form_stay(self, guard: Guard) -> None:
        raw = FakeListChatModel(responses=["a"])
        model = guard_model(raw, guard)
        assert isinstance(model, FakeListChatModel)
        assert type(raw) is FakeListChatModel
        assert (model.get_name(), model.lc_id(), model.to_json()) == (raw.get_name(), raw.lc_id(), raw.to_json())
        assert model.responses == ["a"]

    def test_the_callers_messages_and_the_models_answer_stay_as_they_were(self, guard: Guard, scripted: Any) -> None:
        raw = scripted(ANSWER)
        messages = [SystemMessage("be brief"), HumanMessage(PROMPT), HumanMessage([{"type": "text", "text": PROMPT}])]
        before = copy.deepcopy(messages)
        assert guard_model(raw, guard).invoke(messages).content == SAFE
        assert messages == before
        assert raw.script[0].content == ANSWER

    def test_copies_stay_guarded(self, guard: Guard, scripted: Any) -> None:
        model = guard_model(scripted(ANSWER), guard)
        for one in (copy.copy(model), copy.deepcopy(model), model.model_copy()):
            assert one.invoke(PROMPT).content == SAFE

    def test_a_guard_that_can_t_be_pickled_says_so(self, guard: Guard) -> None:
        with pytest.raises(pickle.PicklingError, match="call guard_model where it is loaded"):
            pickle.dumps(guard_model(FakeListChatModel(responses=["a"]), guard))

    def test_a_guard_that_can_be_pickled_is_there_again(self, monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
        monkeypatch.setattr(Guard, "__reduce__", lambda _: "UNPICKLED", raising=False)
        monkeypatch.setattr("bartizan._guard.UNPICKLED", guard, raising=False)
        again = pickle.loads(pickle.dumps(guard_model(FakeListChatModel(responses=[ANSWER]), guard)))  # noqa: S301 (made here)
        assert again.invoke("hello").content == SAFE

    def test_a_guarded_class_is_made_once(self, guard: Guard, scripted: Any) -> None:
        raw = scripted()
        assert type(guard_model(raw, guard)) is type(guard_model(raw, guard))
        assert type(guard_model(raw, guard)) is not type(guard_model(raw, Guard(plugins=[])))

    @pytest.mark.parametrize("thing", ["gpt", StrOutputParser(), StrOutputParser().bind(a=1)])
    def test_what_is_no_chat_model_is_refused(self, thing: Any, guard: Guard) -> None:
        with pytest.raises(TypeError, match="takes a chat model or a plain text model"):
            guard_model(thing, guard)

    def test_what_is_no_guard_is_refused(self, scripted: Any) -> None:
        with pytest.raises(TypeError, match="takes a Guard"):
            guard_model(scripted(), None)


class TestCache:
    @pytest.mark.parametrize("mode", [invoke, ainvoke, batch, abatch])
    def test_an_answer_is_cached_as_it_was_judged(self, mode: Any, guard: Guard, scripted: Any) -> None:
        set_llm_cache(InMemoryCache())
        raw = scripted(ANSWER)
        model = guard_model(raw, guard)
        assert [mode(model, PROMPT, None) for _ in range(3)] == [SAFE] * 3
        assert len(raw.heard) == 1
        safe_prompt = PROMPT.replace(EMAIL, "<EMAIL_ADDRESS>")
        assert mode(raw, safe_prompt, None) == SAFE
        assert len(raw.heard) == 1

    @pytest.mark.parametrize("mode", [invoke, ainvoke, batch, abatch])
    def test_an_answer_that_was_cached_unguarded_is_judged_each_time(self, mode: Any, guard: Guard, scripted: Any) -> None:
        set_llm_cache(InMemoryCache())
        raw = scripted(ANSWER)
        assert mode(raw, "hello", None) == ANSWER
        assert [mode(guard_model(raw, guard), "hello", None) for _ in range(2)] == [SAFE] * 2
        assert mode(raw, "hello", None) == ANSWER
        assert len(raw.heard) == 1

    @pytest.mark.parametrize("mode", [invoke, ainvoke])
    def test_a_prompt_that_was_cached_unguarded_is_refused_all_the_same(self, mode: Any, guard: Guard, scripted: Any) -> None:
        set_llm_cache(InMemoryCache())
        raw = scripted("cached")
        assert mode(raw, "say FORBIDDEN", None) == "cached"
        with pytest.raises(Blocked):
            mode(guard_model(raw, guard), "say FORBIDDEN", None)

    def test_no_raw_value_is_in_a_key(self, guard: Guard, scripted: Any) -> None:
        cache = InMemoryCache()
        set_llm_cache(cache)
        guard_model(scripted("fine"), guard).invoke(PROMPT)
        assert cache._cache
        assert EMAIL not in repr(list(cache._cache))


class TestRunnables:
    @pytest.mark.parametrize("mode", [invoke, ainvoke, stream, astream])
    def test_a_chain_streams_and_answers_the_same(self, mode: Any, guard: Guard, scripted: Any) -> None:
        raw = scripted(ANSWER)
        chain = ChatPromptTemplate.from_messages([("system", "Answer."), ("user", "{q}")]) | guard_model(raw, guard)
        assert mode(chain, {"q": PROMPT}, None) == SAFE
        assert EMAIL not in raw.heard[-1]

    def test_parallel_branches_are_guarded(self, guard: Guard, scripted: Any) -> None:
        model = guard_model(scripted(ANSWER), guard)
        both = RunnableParallel(a=model | StrOutputParser(), b=model | StrOutputParser())
        assert both.invoke(PROMPT) == {"a": SAFE, "b": SAFE}

    @pytest.mark.parametrize("wrapped", ["model", "bind", "bind_tools", "with_config", "with_retry", "rebound"])
    def test_fallbacks_are_guarded(self, wrapped: str, guard: Guard, scripted: Any) -> None:
        backup = scripted(ANSWER)
        model = guard_model(scripted("it is FORBIDDEN"), guard)
        primary = {
            "model": lambda: model,
            "bind": lambda: model.bind(stop=["x"]),
            "bind_tools": lambda: model.bind_tools([]),
            "with_config": lambda: model.with_config(tags=["t"]),
            "with_retry": lambda: model.with_retry(stop_after_attempt=1),
            "rebound": lambda: model.bind(stop=["x"]).with_config(tags=["t"]).bind(stop=["y"]),
        }[wrapped]()
        for fallback in (backup, backup.bind(stop=["z"]), backup | StrOutputParser()):
            answer = primary.with_fallbacks([fallback]).invoke(PROMPT)
            assert getattr(answer, "content", answer) == SAFE
            assert EMAIL not in backup.heard[-1]
            with pytest.raises(Blocked):
                primary.with_fallbacks([fallback]).invoke("say FORBIDDEN")
        assert len(backup.heard) == 3

    def test_alternatives_are_guarded(self, guard: Guard, scripted: Any) -> None:
        from langchain_core.runnables import ConfigurableField

        model = guard_model(scripted("first"), guard).configurable_alternatives(
            ConfigurableField(id="which"), default_key="first", other=scripted(ANSWER), lazy=lambda: scripted(ANSWER)
        )
        for which in ("other", "lazy"):
            assert model.with_config(configurable={"which": which}).invoke(PROMPT).content == SAFE

    def test_a_bound_model_is_guarded_inside(self, guard: Guard, scripted: Any) -> None:
        raw = scripted(ANSWER)
        bound = guard_model(raw.bind(stop=["x"]), guard)
        assert bound.invoke(PROMPT).content == SAFE
        assert EMAIL not in raw.heard[-1]
        assert is_guarded(bound.bound, guard)

    def test_structured_output_is_judged(self, guard: Guard, scripted: Any) -> None:
        class Reply(BaseModel):
            note: str

        call = {"name": "Reply", "args": {"note": f"ask {EMAIL}"}, "id": "1"}
        raw = scripted(AIMessage("", tool_calls=[call]))
        reply = guard_model(raw, guard).with_structured_output(Reply).invoke(PROMPT)
        assert reply == Reply(note=f"ask {EMAIL}")  # noted: arguments are never quietly rewritten
        assert EMAIL not in raw.heard[-1]
        call["args"] = {"note": SECRET}
        with pytest.raises(Blocked):
            guard_model(scripted(AIMessage("", tool_calls=[call])), guard).with_structured_output(Reply).invoke("hello")

    def test_tool_schemas_are_judged_as_the_applications_own_text(self, guard: Guard, scripted: Any) -> None:
        def search(query: str) -> str:
            return query

        search.__doc__ = f"Search. Sign in with {SECRET}."
        raw = scripted()
        guard_model(raw, guard).bind_tools([search]).invoke("hello")
        assert SECRET not in raw.heard[-1]
        assert "Sign in with <SEKRET>." in raw.heard[-1]


class TestSessions:
    def test_interleaved_streams_keep_their_users_apart(self, planted: Any, scripted: Any) -> None:
        guard = Guard(plugins=[planted()])
        users: list[tuple[str, str | None]] = []
        guard.engine.reporter.add(lambda e: users.append((e.hook, e.context.principal and e.context.principal.id)))
        model = guard_model(scripted(ANSWER), guard)
        alice, bob = (guard.session(Principal(name), id="chat") for name in ("alice", "bob"))
        with alice:
            first = model.stream(PROMPT)
            text = str(next(first).content)
        with bob:
            second = model.stream(PROMPT)
            other = str(next(second).content)
            text += "".join(str(chunk.content) for chunk in first)
        with alice:
            other += "".join(str(chunk.content) for chunk in second)
        assert text == other == SAFE
        assert sorted(users) == sorted((hook, user) for hook in ("pre_prompt", "post_response") for user in ("alice", "bob"))

    def test_nobodys_stream_stays_nobodys_when_read_on_in_a_session(self, planted: Any, scripted: Any) -> None:
        guard = Guard(plugins=[planted()])
        users: list[Principal | None] = []
        guard.engine.reporter.add(lambda event: users.append(event.context.principal))
        call = {"name": "pay", "args": {"to": "bob"}, "id": "1"}
        chunks = [AIMessageChunk(content="one "), AIMessageChunk(content="", tool_calls=[call])]
        reading = guard_model(scripted(chunks=chunks), guard).stream(PROMPT)
        next(reading)
        with guard.session(Principal("alice")):
            list(reading)
        assert users == [None] * 3

    def test_concurrent_users_keep_apart(self, planted: Any, scripted: Any) -> None:
        guard = Guard(plugins=[planted()])
        users: list[tuple[str, str | None]] = []
        guard.engine.reporter.add(lambda e: users.append((e.hook, e.context.principal and e.context.principal.id)))
        model = guard_model(scripted(ANSWER), guard)

        async def ask(name: str) -> str:
            with guard.session(Principal(name)):
                return "".join([str(chunk.content) async for chunk in model.astream(PROMPT)])

        async def both() -> list[str]:
            return await asyncio.gather(ask("alice"), ask("bob"))

        assert asyncio.run(both()) == [SAFE, SAFE]
        assert sorted(users) == sorted((hook, user) for hook in ("pre_prompt", "post_response") for user in ("alice", "bob"))


class TestPrivateMethods:
    @pytest.mark.parametrize("mode", ["_generate", "_stream", "_agenerate", "_astream"])
    def test_calling_them_directly_is_guarded_too(self, mode: str, guard: Guard, scripted: Any) -> None:
        raw = scripted(ANSWER)
        method = getattr(guard_model(raw, guard), mode)

        async def gather() -> str:
            if mode == "_agenerate":
                return str((await method([HumanMessage(PROMPT)])).generations[0].text)
            return "".join([chunk.text async for chunk in method([HumanMessage(PROMPT)])])

        if mode.startswith("_a"):
            answer = asyncio.run(gather())
        elif mode == "_generate":
            answer = method([HumanMessage(PROMPT)]).generations[0].text
        else:
            answer = "".join(chunk.text for chunk in method([HumanMessage(PROMPT)]))
        assert answer == SAFE
        assert EMAIL not in raw.heard[-1]


def test_the_base_class_is_left_alone(guard: Guard, scripted: Any) -> None:
    before = dict(vars(BaseChatModel))
    guard_model(scripted(), guard)
    assert dict(vars(BaseChatModel)) == before


@pytest.mark.parametrize("mode", MODES)
def test_the_default_guard_keeps_cards_and_addresses_from_either_side(mode: Any, scripted: Any) -> None:
    raw = scripted("write to bob@example.com, he knows")
    with Guard() as guard:
        answer = mode(guard_model(raw, guard), "my card is 4111 1111 1111 1111, thanks", None)
    assert answer == "write to <EMAIL_ADDRESS>, he knows"
    assert "my card is <CREDIT_CARD>, thanks" in raw.heard[-1]
