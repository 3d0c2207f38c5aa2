"""What the callback refuses, redacts and stops; and that it says what it can't do."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun  # noqa: TC002 (pydantic looks at it)
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolCall
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool

from bartizan import AccessDenied, Blocked, Decision, Event, Guard, Principal, hookimpl
from bartizan_langchain import BartizanCallback, _callback, _in_place, guard_model

EMAIL = "jane@acme.test"
SECRET = "SEKRET-" + "48151623"
PROMPT = f"I am {EMAIL}, hello"


def invoke(model: Any, value: Any, config: Any) -> str:
    return str(model.invoke(value, config).content)


def ainvoke(model: Any, value: Any, config: Any) -> str:
    return str(asyncio.run(model.ainvoke(value, config)).content)


def stream(model: Any, value: Any, config: Any) -> str:
    return "".join(str(chunk.content) for chunk in model.stream(value, config))


def astream(model: Any, value: Any, config: Any) -> str:
    async def read() -> str:
        return "".join([str(chunk.content) async for chunk in model.astream(value, config)])

    return asyncio.run(read())


MODES = [invoke, ainvoke, stream, astream]


@pytest.fixture
def config(guard: Guard) -> Any:
    return {"callbacks": [BartizanCallback(guard)]}


@pytest.mark.parametrize("mode", MODES)
class TestPrompts:
    def test_a_refused_prompt_never_reaches_the_model(self, mode: Any, config: Any, scripted: Any) -> None:
        raw = scripted()
        with pytest.raises(Blocked):
            mode(raw, "say FORBIDDEN", config)
        assert raw.heard == []

    def test_plain_text_is_redacted_in_place(self, mode: Any, config: Any, scripted: Any) -> None:
        raw = scripted()
        messages = [HumanMessage(PROMPT)]
        assert mode(raw, messages, config) == "fine"
        assert EMAIL not in raw.heard[-1]
        assert messages[0].content == "I am <EMAIL_ADDRESS>, hello"  # the caller's own: so it says

    def test_where_that_is_not_wanted_it_refuses_and_touches_nothing(self, mode: Any, guard: Guard, scripted: Any) -> None:
        raw = scripted()
        messages = [HumanMessage(PROMPT)]
        with pytest.raises(Blocked, match="use guard_model") as refused:
            mode(raw, messages, {"callbacks": [BartizanCallback(guard, redact="refuse")]})
        assert raw.heard == []
        assert messages[0].content == PROMPT
        assert EMAIL not in str(refused.value)
        assert [finding.label for finding in refused.value.findings] == ["EMAIL_ADDRESS"]

    @pytest.mark.parametrize(
        "message",
        [
            HumanMessage([{"type": "text", "text": PROMPT}]),
            HumanMessage([{"type": "text", "text": PROMPT}, {"type": "image_url", "image_url": {"url": "https://a.test"}}]),
            HumanMessage([{"text": PROMPT}]),
            HumanMessage("hello", name=EMAIL),
            HumanMessage(PROMPT, additional_kwargs={"note": EMAIL}),
        ],
    )
    def test_what_no_change_reaches_is_refused(self, mode: Any, message: Any, config: Any, scripted: Any) -> None:
        raw = scripted()
        with pytest.raises(Blocked, match="use guard_model"):
            mode(raw, [message], config)
        assert raw.heard == []

    def test_where_the_probe_fails_it_refuses(
        self, mode: Any, monkeypatch: pytest.MonkeyPatch, config: Any, scripted: Any
    ) -> None:
        monkeypatch.setattr(_callback, "changes_arrive", lambda: False)
        raw = scripted()
        with pytest.raises(Blocked):
            mode(raw, PROMPT, config)
        assert raw.heard == []

    def test_a_chain_is_covered_by_one_line(self, mode: Any, config: Any, scripted: Any) -> None:
        raw = scripted()
        chain = ChatPromptTemplate.from_messages([("system", "Answer."), ("user", "{q}")]) | raw
        mode(chain, {"q": PROMPT}, config)
        assert "I am <EMAIL_ADDRESS>, hello" in raw.heard[-1]


class TestProbe:
    def test_it_finds_that_changes_arrive_in_this_langchain(self) -> None:
        _in_place.changes_arrive.cache_clear()
        assert _in_place.changes_arrive()

    def test_it_would_see_a_copy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = _in_place._Changing.on_chat_model_start

        def on_a_copy(self: Any, serialized: Any, messages: Any, **kwargs: Any) -> None:
            seen(self, serialized, [[message.model_copy() for message in batch] for batch in messages], **kwargs)

        monkeypatch.setattr(_in_place._Changing, "on_chat_model_start", on_a_copy)
        _in_place.changes_arrive.cache_clear()
        assert not _in_place.changes_arrive()
        _in_place.changes_arrive.cache_clear()

    def test_it_works_inside_a_running_loop(self) -> None:
        _in_place.changes_arrive.cache_clear()

        async def inside() -> bool:
            return _in_place.changes_arrive()

        assert asyncio.run(inside())


class TestAnswers:
    @pytest.mark.parametrize("mode", [invoke, ainvoke])
    @pytest.mark.parametrize(
        "answer",
        [
            AIMessage("it is FORBIDDEN"),
            AIMessage(f"the key is {SECRET}"),
            AIMessage("", tool_calls=[ToolCall(name="t", args={"a": SECRET}, id="1")]),
            AIMessage("a", additional_kwargs={"reasoning_content": SECRET}),
            AIMessage("a", response_metadata={"note": SECRET}),
        ],
    )
    def test_what_would_have_to_change_is_refused(self, mode: Any, answer: AIMessage, config: Any, scripted: Any) -> None:
        raw = scripted(answer, kind="plain")
        mode(raw, "hello", None)
        with pytest.raises(Blocked) as refused:
            mode(raw, "hello", config)
        assert SECRET not in str(refused.value)

    @pytest.mark.parametrize("mode", MODES)
    def test_a_clean_answer_passes(self, mode: Any, config: Any, scripted: Any) -> None:
        assert mode(scripted("all is well"), "hello", config) == "all is well"

    @pytest.mark.parametrize("value", ["FORBIDDEN", SECRET])
    @pytest.mark.parametrize("size", [1, 3, 100])
    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_a_stream_stops_before_the_token_that_completes_it(
        self, asynchronous: bool, size: int, value: str, config: Any, cutter: Any, scripted: Any
    ) -> None:
        got: list[str] = []
        raw = scripted(chunks=cutter(f"well then, {value}", size))

        async def read() -> None:
            async for chunk in raw.astream("hello", config):
                got.append(str(chunk.content))  # noqa: PERF401 (a comprehension would keep nothing of a source that raises)

        with pytest.raises(Blocked):
            _ = asyncio.run(read()) if asynchronous else got.extend(str(chunk.content) for chunk in raw.stream("hello", config))
        text = "".join(got)
        assert value not in text
        assert f"well then, {value}".startswith(text)
        assert len(text) >= len(f"well then, {value}") - 2 * size  # and not much earlier

    def test_tokens_in_blocks_and_reasoning_are_watched(self, config: Any, scripted: Any) -> None:
        for chunks in (
            [AIMessageChunk(content=[{"type": "text", "text": piece, "index": 0}]) for piece in ("SEKRET", "-48151623")],
            [
                AIMessageChunk(content=[{"type": "reasoning", "reasoning": piece, "index": 0}])
                for piece in ("SEKRET", "-48151623")
            ],
            [AIMessageChunk(content="", additional_kwargs={"reasoning_content": piece}) for piece in ("SEKRET", "-48151623")],
        ):
            got: list[str] = []
            with pytest.raises(Blocked):
                got.extend(repr(chunk) for chunk in scripted(chunks=chunks).stream("hello", config))
            assert len(got) == 1

    def test_where_a_plugin_needs_the_whole_it_comes_at_the_end_and_explain_says_so(self, planted: Any, scripted: Any) -> None:
        class Asking:
            @hookimpl
            def post_response(self, response: Any, context: Any) -> None:
                return None

        handler = BartizanCallback(Guard(plugins=[planted(), Asking()]))
        got: list[str] = []
        with pytest.raises(Blocked):
            got.extend(str(chunk.content) for chunk in scripted(f"key {SECRET}").stream("hello", {"callbacks": [handler]}))
        assert SECRET in "".join(got)
        assert "comes too late" in handler.explain()

    def test_a_plain_llm_is_covered_too(self, config: Any) -> None:
        model = FakeListLLM(responses=[f"key {SECRET}"])
        with pytest.raises(Blocked):
            model.invoke("hello", config)
        with pytest.raises(Blocked, match="plain LLM"):
            model.invoke(PROMPT, config)
        assert FakeListLLM(responses=["fine"]).invoke("hello", config) == "fine"


class TestOnce:
    @pytest.mark.parametrize("mode", MODES)
    def test_a_handler_given_twice_judges_once(self, mode: Any, planted: Any, scripted: Any) -> None:
        events: list[Event] = []
        guard = Guard(plugins=[planted()])
        guard.engine.reporter.add(events.append)
        handler = BartizanCallback(guard)
        model = scripted("well then, all is well").with_config(callbacks=[handler])
        assert mode(model, "hello", {"callbacks": [handler]}) == "well then, all is well"
        assert [event.hook for event in events].count("pre_prompt") == 1
        once = [event.hook for event in events]
        events.clear()
        mode(scripted("well then, all is well"), "hello", {"callbacks": [handler]})
        assert [event.hook for event in events] == once

    def test_nothing_is_kept_of_runs_that_ended(self, guard: Guard, scripted: Any) -> None:
        handler = BartizanCallback(guard)
        for answer, prompt in (
            ("fine", "hello"),
            ("FORBIDDEN", "hello"),
            ("fine", "FORBIDDEN"),
            ("fine", HumanMessage("a", name=EMAIL)),
        ):
            for mode in (invoke, stream):
                try:
                    mode(scripted(answer), [prompt] if isinstance(prompt, HumanMessage) else prompt, {"callbacks": [handler]})
                except Blocked:
                    continue
        assert len(handler._runs) == 0

    def test_runs_that_never_end_are_bounded(self, guard: Guard) -> None:
        handler = BartizanCallback(guard)
        for _ in range(5_000):
            handler.on_llm_start({}, ["hello"], run_id=uuid4())
        assert len(handler._runs) <= 4_096

    def test_beside_guard_model_both_hold(self, guard: Guard, scripted: Any) -> None:
        raw = scripted(f"key {SECRET}")
        assert invoke(guard_model(raw, guard), PROMPT, {"callbacks": [BartizanCallback(guard)]}) == "key <SEKRET>"


class Deciding:
    """Grants alice everything but `tool:shell`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.asked.append((request.action, dict(request.args)))
        return Decision.DENY if request.action == "tool:shell" else Decision.ALLOW


ran: list[str] = []


@tool
def shell(command: str) -> str:
    """Run a command."""
    ran.append(command)
    return "done"


@tool
def pay(to: str, amount: int) -> str:
    """Pay someone."""
    ran.append(to)
    return "paid"


class Shelf(BaseRetriever):
    documents: list[Document] = []  # noqa: RUF012 (pydantic copies a default)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        ran.append(query)
        return self.documents


class TestToolsAndRetrieval:
    @pytest.fixture(autouse=True)
    def _fresh(self) -> None:
        ran.clear()

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_a_tool_is_authorized_before_it_runs(self, asynchronous: bool, planted: Any) -> None:
        deciding = Deciding()
        guard = Guard(plugins=[planted(), deciding])
        config: Any = {"callbacks": [BartizanCallback(guard)]}

        def call(one: Any, args: Any) -> Any:
            return asyncio.run(one.ainvoke(args, config)) if asynchronous else one.invoke(args, config)

        with pytest.raises(AccessDenied):
            call(pay, {"to": "bob", "amount": 3})  # nobody is identified
        with guard.session(Principal("alice")):
            assert call(pay, {"to": "bob", "amount": 3}) == "paid"
            with pytest.raises(AccessDenied):
                call(shell, {"command": "ls"})
        assert ran == ["bob"]
        assert deciding.asked == [("tool:pay", {"to": "bob", "amount": 3}), ("tool:shell", {"command": "ls"})]

    def test_secrets_in_arguments_refuse_and_personal_data_passes(self, config: Any) -> None:
        with pytest.raises(Blocked):
            pay.invoke({"to": SECRET, "amount": 3}, config)
        assert ran == []
        assert pay.invoke({"to": EMAIL, "amount": 3}, config) == "paid"
        assert ran == [EMAIL]

    def test_retrieval_is_authorized(self, planted: Any) -> None:
        guard = Guard(plugins=[planted(), Deciding()])
        config: Any = {"callbacks": [BartizanCallback(guard)]}
        shelf = Shelf(documents=[Document("fine")])
        with pytest.raises(AccessDenied):
            shelf.invoke("q", config)
        assert ran == []
        with guard.session(Principal("alice")):
            assert shelf.invoke("q", config) == [Document("fine")]

    @pytest.mark.parametrize("document", [Document("FORBIDDEN"), Document("fine", metadata={"note": "FORBIDDEN"})])
    def test_a_refused_document_stops_the_chain(self, document: Document, config: Any) -> None:
        with pytest.raises(Blocked, match="document"):
            Shelf(documents=[Document("fine"), document]).invoke("q", config)

    def test_what_needs_redacting_in_documents_is_left_to_the_prompt(self, config: Any) -> None:
        assert Shelf(documents=[Document(PROMPT)]).invoke("q", config)[0].page_content == PROMPT


class TestHonesty:
    def test_explain_says_what_it_can_do_here(self, guard: Guard, planted: Any) -> None:
        assert "redacted in place where a message is plain text" in BartizanCallback(guard).explain()
        assert "redacted in place" not in BartizanCallback(guard, redact="refuse").explain()
        assert "no authorizer is loaded" in BartizanCallback(guard).explain()
        assert "no authorizer is loaded" not in BartizanCallback(Guard(plugins=[planted(), Deciding()])).explain()
        assert "guard_model has none of these limits" in BartizanCallback(guard).explain()

    def test_it_fails_closed_in_langchain(self, guard: Guard) -> None:
        assert BartizanCallback(guard).raise_error
        assert BartizanCallback(guard).run_inline

    def test_wrong_arguments_are_refused(self, guard: Guard) -> None:
        with pytest.raises(TypeError, match="takes a Guard"):
            BartizanCallback(None)  # type: ignore[arg-type]  # that is the point
        with pytest.raises(ValueError, match="in_place"):
            BartizanCallback(guard, redact="maybe")  # type: ignore[arg-type]  # that is the point
