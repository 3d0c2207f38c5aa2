"""Plain text models: the same promises as for chat models, in every way to call one."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import LLM, BaseLLM
from langchain_core.outputs import Generation, GenerationChunk, LLMResult
from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough

from bartizan import BartizanError, Blocked, Event, Guard, Principal, hookimpl
from bartizan_langchain import BartizanCallback, _probe, guard_model
from bartizan_langchain._classes import is_guarded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

EMAIL, SECRET = "jane@acme.test", "SEKRET-" + "48151623"
PROMPT, ANSWER, SAFE = f"I am {EMAIL}, hello", f"the key is {SECRET}, keep it", "the key is <SEKRET>, keep it"
INFO = {"finish_reason": "stop", "note": f"by {EMAIL}"}


class Plain(BaseLLM):
    """Answers a batch at once; `heard` is shared by its copies."""

    answer: str = ANSWER
    heard: Any = None
    info: dict[str, Any] | None = None
    failures: list[int] = []  # noqa: RUF012 (pydantic copies a default)

    @property
    def _llm_type(self) -> str:
        return "plain"

    def _hear(self, prompts: list[str], kwargs: dict[str, Any]) -> None:
        assert all(type(one) is str for one in prompts)
        self.heard += [one + (repr(kwargs) if kwargs else "") for one in prompts]
        if self.failures:
            self.failures.pop()
            message = f"away, says {EMAIL}"
            raise ConnectionError(message)

    def _generate(self, prompts: list[str], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> LLMResult:
        self._hear(prompts, kwargs)
        one = Generation(text=self.answer, generation_info=copy.deepcopy(self.info))
        return LLMResult(generations=[[one] for _ in prompts], llm_output={"model_name": "p-1", "note": f"by {EMAIL}"})


class Streaming(Plain):
    """Streams, and tells its handlers every raw token itself, as plain models do."""

    def _stream(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Iterator[GenerationChunk]:
        self._hear([prompt], kwargs)
        for at in range(0, len(self.answer), 3):
            chunk = GenerationChunk(text=self.answer[at : at + 3])
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk
        yield GenerationChunk(text="", generation_info=copy.deepcopy(self.info))


class AsyncStreaming(Streaming):
    """With native asynchronous methods too."""

    async def _agenerate(self, prompts: list[str], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> LLMResult:
        return Plain._generate(self, prompts, **kwargs)

    async def _astream(
        self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[GenerationChunk]:
        for chunk in Streaming._stream(self, prompt, **kwargs):
            if run_manager is not None:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


class Calling(LLM):
    """The simple kind: one prompt, one text."""

    answer: str = ANSWER
    heard: Any = None
    info: Any = None

    @property
    def _llm_type(self) -> str:
        return "calling"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        self.heard.append(prompt)
        return self.answer


KINDS: dict[str, type[Any]] = {"plain": Plain, "streaming": Streaming, "async": AsyncStreaming, "calling": Calling}


def invoke(model: Any, value: Any, config: Any = None) -> str:
    return str(model.invoke(value, config))


def ainvoke(model: Any, value: Any, config: Any = None) -> str:
    return str(asyncio.run(model.ainvoke(value, config)))


def stream(model: Any, value: Any, config: Any = None) -> str:
    return "".join(model.stream(value, config))


def astream(model: Any, value: Any, config: Any = None) -> str:
    async def read() -> str:
        return "".join([piece async for piece in model.astream(value, config)])

    return asyncio.run(read())


def batch(model: Any, value: Any, config: Any = None) -> str:
    one, two = model.batch([value, value], config)
    assert one == two
    return str(one)


def abatch(model: Any, value: Any, config: Any = None) -> str:
    one, two = asyncio.run(model.abatch([value, value], config))
    assert one == two
    return str(one)


def generate(model: Any, value: Any, config: Any = None) -> str:
    return str(model.generate([value], callbacks=(config or {}).get("callbacks")).generations[0][0].text)


def agenerate(model: Any, value: Any, config: Any = None) -> str:
    result = asyncio.run(model.agenerate([value], callbacks=(config or {}).get("callbacks")))
    return str(result.generations[0][0].text)


def events(model: Any, value: Any, config: Any = None) -> str:
    """The end of the chain around it: of a cached answer LangChain tells handlers nothing."""

    async def read() -> str:
        chain = RunnablePassthrough() | model
        seen = [event async for event in chain.astream_events(value, config, version="v2")]
        (end,) = [event["data"]["output"] for event in seen if event["event"] == "on_chain_end" and event["parent_ids"] == []]
        return str(end)

    return asyncio.run(read())


MODES = [invoke, ainvoke, stream, astream, batch, abatch, generate, agenerate, events]


def made(kind: str, **fields: Any) -> Any:
    return KINDS[kind](heard=[], **fields)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", MODES)
class TestEveryWayToCall:
    def test_neither_prompt_nor_answer_leaks_where_the_raw_model_leaks_both(self, mode: Any, kind: str, guard: Guard) -> None:
        raw = made(kind)
        assert SECRET in mode(raw, PROMPT)
        assert EMAIL in raw.heard[-1]
        raw.heard.clear()
        assert mode(guard_model(raw, guard), PROMPT) == SAFE
        assert set(raw.heard) == {"I am <EMAIL_ADDRESS>, hello"}

    def test_a_refused_prompt_never_reaches_the_model(self, mode: Any, kind: str, guard: Guard) -> None:
        raw = made(kind)
        with pytest.raises(Blocked):
            mode(guard_model(raw, guard), "say FORBIDDEN")
        assert raw.heard == []

    def test_a_refused_answer_is_not_given(self, mode: Any, kind: str, guard: Guard) -> None:
        with pytest.raises(Blocked):
            mode(guard_model(made(kind, answer="it is FORBIDDEN to say"), guard), "hello")

    def test_handlers_see_no_raw_answer(self, mode: Any, kind: str, guard: Guard) -> None:
        seen: list[str] = []

        class Listener(BaseCallbackHandler):
            def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
                seen.append(repr((token, kwargs.get("chunk"))))

            def on_llm_end(self, response: Any, **_: Any) -> None:
                seen.append(repr(response))

        mode(guard_model(made(kind, info=INFO), guard), PROMPT, {"callbacks": [Listener()]})
        assert any("<SEKRET>" in one for one in seen)
        assert not any("48151623" in one or EMAIL in one for one in seen)

    def test_each_side_is_judged_once(self, mode: Any, kind: str, planted: Any) -> None:
        told: list[Event] = []
        guard = Guard(plugins=[planted()])
        guard.engine.reporter.add(told.append)
        mode(guard_model(made(kind), guard), PROMPT)
        assert [event.hook for event in told] == ["pre_prompt", "post_response"]

    def test_a_cached_answer_and_a_cached_refusal_come_guarded(self, mode: Any, kind: str, guard: Guard) -> None:
        set_llm_cache(InMemoryCache())
        raw = made(kind)
        for prompt in ("I am <EMAIL_ADDRESS>, hello", "say FORBIDDEN"):
            raw.invoke(prompt)
        assert mode(guard_model(raw, guard), PROMPT) == SAFE
        with pytest.raises(Blocked):
            mode(guard_model(raw, guard), "say FORBIDDEN")

    def test_the_cache_is_given_nothing_raw(self, mode: Any, kind: str, guard: Guard) -> None:
        cache = InMemoryCache()
        set_llm_cache(cache)
        model = guard_model(made(kind, info=INFO), guard)
        assert mode(model, PROMPT) == mode(model, PROMPT) == SAFE
        assert "48151623" not in repr(cache._cache)
        assert EMAIL not in repr(cache._cache)

    def test_a_callback_of_the_same_guard_leaves_it_to_the_model(self, mode: Any, kind: str, guard: Guard) -> None:
        assert mode(guard_model(made(kind), guard), PROMPT, {"callbacks": [BartizanCallback(guard)]}) == SAFE

    def test_where_a_plugin_needs_the_whole_it_is_the_same(self, mode: Any, kind: str, planted: Any) -> None:
        given: list[str] = []

        class Whole:
            @hookimpl
            async def post_response(self, response: Any, context: Any) -> None:
                given.append("".join(segment.text for segment in response.segments if segment.part == "text"))

        with Guard(plugins=[planted(), Whole()]) as guard:
            assert mode(guard_model(made(kind, info=INFO), guard), PROMPT) == SAFE
        assert set(given) <= {ANSWER, ANSWER * 2}

    def test_an_error_that_quotes_data_is_withheld(self, mode: Any, kind: str, guard: Guard) -> None:
        if kind == "calling":
            return
        with pytest.raises(BartizanError, match="ConnectionError; its text is withheld") as raised:
            mode(guard_model(made(kind, failures=[1]), guard), "hello")
        assert raised.value.__context__ is None


class TestBatches:
    @pytest.mark.parametrize("kind", ["plain", "async"])
    @pytest.mark.parametrize("asynchronous", [False, True])
    @pytest.mark.parametrize("config", [None, {"max_concurrency": 2}, [{"tags": ["a"]}] * 3])
    def test_one_refusal_is_not_the_answer_to_the_others(self, config: Any, asynchronous: bool, kind: str, guard: Guard) -> None:
        raw = made(kind)
        model, given = guard_model(raw, guard), ["hello", "say FORBIDDEN", PROMPT]
        if asynchronous:
            done = asyncio.run(model.abatch(given, config, return_exceptions=True))
        else:
            done = model.batch(given, config, return_exceptions=True)
        assert [done[0], done[2]] == [SAFE, SAFE]
        assert isinstance(done[1], Blocked)
        assert not any("FORBIDDEN" in one or EMAIL in one for one in raw.heard)

    def test_partly_cached(self, guard: Guard) -> None:
        set_llm_cache(InMemoryCache())
        raw = made("plain")
        raw.invoke("one")
        assert guard_model(raw, guard).batch(["one", "two"]) == [SAFE, SAFE]
        assert raw.heard == ["one", "two"]


class TestStreams:
    @pytest.mark.parametrize("kind", ["streaming", "async"])
    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_metadata_waits_and_comes_judged(self, kind: str, asynchronous: bool, guard: Guard) -> None:
        raw = made(kind, info={**INFO, "logprobs": {"tokens": ["SEKRET-", "48151623"]}})
        model = guard_model(raw, guard)

        async def read() -> list[GenerationChunk]:
            return [chunk async for chunk in model._astream("hello")]

        chunks = asyncio.run(read()) if asynchronous else list(model._stream("hello"))
        total = chunks[0]
        for chunk in chunks[1:]:
            total = total + chunk
        assert total.text == SAFE
        assert total.generation_info == {"finish_reason": "stop", "note": "by <EMAIL_ADDRESS>"}

    def test_text_goes_out_as_it_is_settled_and_a_block_before_any_of_it(self, guard: Guard) -> None:
        got: list[str] = []
        with pytest.raises(Blocked):
            got.extend(guard_model(made("streaming", answer="well, FORBIDDEN words"), guard).stream("hello"))
        assert "".join(got) == "well, "

    def test_whose_stream_it_is_is_settled_when_it_begins(self, planted: Any) -> None:
        guard, users = Guard(plugins=[planted()]), []
        guard.engine.reporter.add(lambda event: users.append(event.context.principal))
        reading = guard_model(made("streaming"), guard).stream("hello")
        next(reading)
        with guard.session(Principal("alice")):
            list(reading)
        assert users == [None, None]


class TestFidelity:
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_is_the_model_that_it_was(self, kind: str, guard: Guard) -> None:
        raw = made(kind)
        model = guard_model(raw, guard)
        assert isinstance(model, KINDS[kind])
        assert (type(model).__name__, type(model).__module__) == (type(raw).__name__, type(raw).__module__)
        assert model._identifying_params == raw._identifying_params
        assert model.model_dump() == raw.model_dump()
        assert guard_model(model, guard) is model
        assert is_guarded(model, guard)
        assert (type(model)._stream is BaseLLM._stream) == (KINDS[kind]._stream is BaseLLM._stream)
        for one in (copy.copy(model), copy.deepcopy(model), model.model_copy()):
            assert one.invoke("hello") == SAFE
        with pytest.raises(pickle.PicklingError, match="guard_model"):
            pickle.dumps(model)

    def test_chains_bindings_retries_and_fallbacks(self, guard: Guard) -> None:
        raw = made("plain")
        model = guard_model(raw, guard)
        assert (PromptTemplate.from_template("I am {q}") | model).invoke({"q": EMAIL}) == SAFE
        assert RunnableParallel(a=model, b=model.bind(stop=["x"])).invoke(PROMPT) == {"a": SAFE, "b": SAFE}
        assert guard_model(raw.bind(stop=["x"]), guard).invoke(PROMPT) == SAFE
        away = guard_model(made("plain", failures=[1] * 9), guard)
        assert away.with_fallbacks([raw]).invoke(PROMPT) == SAFE
        assert not any(EMAIL in one for one in raw.heard)
        raw.heard.clear()
        with pytest.raises(Blocked):
            model.with_retry(stop_after_attempt=3).with_fallbacks([raw]).invoke("say FORBIDDEN")
        assert raw.heard == []
        assert guard_model(made("plain", failures=[1]), guard).with_retry(wait_exponential_jitter=False).invoke("hello") == SAFE

    @pytest.mark.parametrize("mode", [invoke, ainvoke, stream, astream])
    def test_what_is_bound_to_it_is_judged(self, mode: Any, guard: Guard) -> None:
        raw = made("async")
        mode(guard_model(raw, guard).bind(suffix=f"by {EMAIL}"), "hello")
        assert raw.heard == ["hello{'suffix': 'by <EMAIL_ADDRESS>'}"]

    def test_two_guards_both_judge(self, planted: Any) -> None:
        told: list[tuple[int, str]] = []
        one, two = Guard(plugins=[planted()]), Guard(plugins=[planted()])
        one.engine.reporter.add(lambda event: told.append((1, event.hook)))
        two.engine.reporter.add(lambda event: told.append((2, event.hook)))
        assert guard_model(guard_model(made("plain"), one), two).invoke(PROMPT) == SAFE
        assert sorted(told) == [(1, "post_response"), (1, "pre_prompt"), (2, "post_response"), (2, "pre_prompt")]

    def test_pseudonyms_come_back(self) -> None:
        class Echo(Calling):
            def _call(self, prompt: str, *args: Any, **kwargs: Any) -> str:
                self.heard.append(prompt)
                return f"Dear {prompt}"

        config = {"redaction": {"style": "pseudonym"}}
        with Guard(plugins=["redaction"], config=config) as guard, guard.session(Principal("alice"), id="7"):
            raw = Echo(heard=[])
            assert guard_model(raw, guard).invoke("jane@example.com") == "Dear jane@example.com"
            assert "jane" not in raw.heard[0]


class TestProbe:
    def test_the_installed_langchain_is_as_expected(self) -> None:
        assert _probe.mismatch(BaseLLM, _probe.LLM_PARAMETERS, _probe.LLM_CALLS, "BaseLLM") == ""

    @pytest.mark.parametrize("name", sorted({*_probe.LLM_PARAMETERS, *_probe.LLM_CALLS}))
    def test_a_renamed_or_changed_method_is_seen(self, name: str) -> None:
        class Changed(BaseLLM):
            pass

        setattr(Changed, name, None)
        assert name in _probe.mismatch(Changed, _probe.LLM_PARAMETERS, _probe.LLM_CALLS, "BaseLLM")
        setattr(Changed, name, lambda self, text: None)
        assert f"BaseLLM.{name}" in _probe.mismatch(Changed, _probe.LLM_PARAMETERS, _probe.LLM_CALLS, "BaseLLM")

    def test_guarding_fails_with_the_method_and_the_version(self, monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
        monkeypatch.setattr(BaseLLM, "_generate_helper", lambda self, prompts: None)
        _probe.check_llms.cache_clear()
        with pytest.raises(BartizanError, match=r"langchain-core \d+\.\d+.*_generate_helper"):
            guard_model(made("plain"), guard)
        monkeypatch.undo()
        _probe.check_llms.cache_clear()
        guard_model(made("plain"), guard)

    def test_a_model_that_answers_by_itself_is_refused(self, guard: Guard) -> None:
        class Own(Plain):
            def invoke(self, *args: Any, **kwargs: Any) -> str:
                return "mine"

        with pytest.raises(BartizanError, match="Own: its own invoke"):
            guard_model(Own(heard=[]), guard)
