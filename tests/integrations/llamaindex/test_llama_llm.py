"""guard_llm: all eight calls, streams, structured prediction, what hangs on an answer, judged once."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from llama_index.core import Settings
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CitableBlock,
    CitationBlock,
    CompletionResponse,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.llms.llm import BaseLLM
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.openai import OpenAI
from pydantic import BaseModel
from support.llama import ALICE, EMAIL, TOKEN, Chatting, Completing, calling, chatting, completing, redacting

from bartizan import Action, BartizanError, Blocked, Finding, Guard, Origin, Prompt, hookimpl
from bartizan.testing import assert_no_planted, capture_events
from bartizan_llamaindex import guard_llm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ANSWER = f"Ask {EMAIL}, or use {TOKEN}. That is all there is to say."
QUESTION = f"I am {EMAIL} with {TOKEN}"
KINDS: dict[str, Callable[..., Any]] = {"own methods": chatting, "LlamaIndex's": completing}
METHODS = ("chat", "achat", "stream_chat", "astream_chat", "complete", "acomplete", "stream_complete", "astream_complete")


def made(kind: str, answer: str = ANSWER) -> Any:
    return KINDS[kind](answer)


async def _gathered(model: Any, method: str, given: Any) -> list[Any]:
    found = await getattr(model, method)(given)
    return [one async for one in found] if "stream" in method else [found]


def call(model: Any, method: str, question: str = QUESTION) -> list[Any]:
    """All chunks of an answer; a whole answer is one."""
    given = [ChatMessage(question)] if "chat" in method else question
    if method.startswith("a"):
        return asyncio.run(_gathered(model, method, given))
    found = getattr(model, method)(given)
    return list(found) if "stream" in method else [found]


def text_of(chunks: list[Any]) -> str:
    last = chunks[-1]
    return (last.message.content or "") if isinstance(last, ChatResponse) else last.text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_call_is_judged_in_both_directions(kind: str, method: str) -> None:
    plain = made(kind)
    model = guard_llm(plain, redacting())
    chunks = call(model, method)
    assert text_of(chunks) == "Ask <EMAIL_ADDRESS>, or use <GITHUB_TOKEN>. That is all there is to say."
    if "stream" in method:
        assert "".join(chunk.delta or "" for chunk in chunks) == text_of(chunks)
    assert_no_planted(chunks, plain.heard)
    assert len(plain.heard) == 1
    assert "I am <EMAIL_ADDRESS> with <GITHUB_TOKEN>" in plain.heard[0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_without_the_guard_the_same_call_shows_them(kind: str, method: str) -> None:
    plain = made(kind)
    chunks = call(plain, method)
    for shown in (chunks, plain.heard):
        with pytest.raises(AssertionError):
            assert_no_planted(shown)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_one_method_calls_of_another_is_judged_once(kind: str, method: str) -> None:
    guard = redacting()
    with capture_events(guard) as events:
        call(guard_llm(made(kind), guard), method)
    # A stream's text and what hangs on it are two of them.
    hooks = [event.hook for event in events]
    assert hooks.count("pre_prompt") == 1
    assert hooks.count("post_response") <= 2


@pytest.mark.parametrize("method", METHODS)
def test_a_clean_answer_is_the_model_s_own_object_or_the_same_text(method: str) -> None:
    plain = chatting("All is well, and nothing is to be found here.")
    model = guard_llm(plain, redacting())
    assert text_of(call(model, method, "how is it?")) == text_of(call(plain, method, "how is it?"))


class Whole:
    """A plugin that needs the whole answer."""

    name = "whole"

    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl
    def post_response(self, response: Any, context: Any) -> Iterable[Finding] | None:
        self.seen.append("".join(segment.text for segment in response.segments if segment.part == "text"))
        return [Finding("ALL", Action.BLOCK, segment=0)] if "forbidden" in self.seen[-1] else None


@pytest.mark.parametrize("method", ["stream_chat", "astream_chat", "stream_complete", "astream_complete"])
def test_a_stream_waits_where_a_plugin_needs_the_whole(method: str) -> None:
    plugin = Whole()
    guard = Guard(plugins=["redaction", plugin])
    chunks = call(guard_llm(chatting(ANSWER), guard), method)
    assert len(chunks) == 1
    assert plugin.seen == [ANSWER]
    assert chunks[0].delta == text_of(chunks) == "Ask <EMAIL_ADDRESS>, or use <GITHUB_TOKEN>. That is all there is to say."
    with pytest.raises(Blocked):
        call(guard_llm(chatting("this is forbidden"), guard), method)


@pytest.mark.parametrize("method", ["stream_chat", "astream_complete"])
def test_a_blocked_value_stops_a_stream_before_its_first_character(method: str) -> None:
    guard = Guard(config={"redaction": {"actions": {"EMAIL_ADDRESS": "block"}}})
    model = guard_llm(chatting("It is all very well said. " + ANSWER), guard)
    seen: list[str] = []

    async def read() -> None:
        async for chunk in await model.astream_complete("who?"):
            seen.append(chunk.delta)  # noqa: PERF401 (what came before the refusal must be seen)

    with pytest.raises(Blocked) as blocked:
        if method == "stream_chat":
            for chunk in model.stream_chat([ChatMessage("who?")]):
                seen.append(chunk.delta)  # noqa: PERF401 (the same)
        else:
            asyncio.run(read())
    assert "It is all very well said." in "".join(seen)
    assert EMAIL[:3] not in "".join(seen)
    assert_no_planted(blocked.value)


def test_whose_stream_it_is_is_settled_when_it_is_asked_for() -> None:
    guard = Guard(config={"redaction": {"style": "pseudonym"}})
    plain = chatting()
    model = guard_llm(plain, guard)
    session = guard.session(ALICE, id="chat")
    with session:
        model.chat([ChatMessage(f"write to {EMAIL}")])
        placeholder = plain.heard[-1].split("write to ")[1].split("'")[0]
        plain.script[:] = [ChatMessage(f"done: {placeholder}!", role=MessageRole.ASSISTANT)]
        mine = model.stream_chat([ChatMessage("did you?")])
    other = guard.session(ALICE, id="another")
    with other:
        theirs = model.stream_chat([ChatMessage("did you?")])
        assert text_of(list(mine)) == f"done: {EMAIL}!"
    assert EMAIL not in text_of(list(theirs))


def full_message() -> ChatMessage:
    blocks = [
        TextBlock(text=f"text {EMAIL}"),
        ThinkingBlock(content=f"thought {EMAIL}", additional_information={"signature": f"s {TOKEN}"}),
        ToolCallBlock(tool_call_id="c1", tool_name="find", tool_kwargs={"who": "nobody"}),
        CitableBlock(title=f"title {EMAIL}", source="s", content=[TextBlock(text=f"cited {EMAIL}")]),
        CitationBlock(
            cited_content=TextBlock(text=f"said {EMAIL}"), source=f"from {TOKEN}", title="t", additional_location_info={}
        ),
        ImageBlock(url=f"https://example.com/{EMAIL}.png", detail="high"),
        DocumentBlock(data=b"aGVsbG8=", title=f"about {EMAIL}"),
    ]
    return ChatMessage(
        role=MessageRole.USER, blocks=blocks, additional_kwargs={"name": f"by {EMAIL}", "deep": [{"password": TOKEN}]}
    )


def test_every_block_and_argument_of_a_message_is_judged() -> None:
    plain = chatting()
    message = full_message()
    before = message.model_dump()
    guard_llm(plain, redacting()).chat([message])
    assert_no_planted(plain.heard)
    assert "aGVsbG8" in plain.heard[0]
    assert message.model_dump() == before
    with pytest.raises(AssertionError):
        assert_no_planted(message)


@pytest.mark.parametrize("method", ["chat", "achat", "stream_chat", "astream_chat"])
def test_every_block_of_an_answer_is_judged(method: str) -> None:
    answer = full_message()
    answer.role = MessageRole.ASSISTANT
    chunks = call(guard_llm(chatting(answer), redacting()), method)
    assert_no_planted(chunks)
    assert [type(block).__name__ for block in chunks[-1].message.blocks] == [type(block).__name__ for block in answer.blocks]


def test_tool_schemas_are_judged_with_the_prompt() -> None:
    plain = chatting()
    guard_llm(plain, redacting()).chat([ChatMessage("hi")], tools=[{"function": {"name": "f", "description": f"use {TOKEN}"}}])
    assert_no_planted(plain.heard)


@pytest.mark.parametrize("method", ["chat", "achat", "stream_chat", "astream_chat"])
def test_a_secret_in_a_call_s_arguments_refuses_it_and_personal_data_stays(method: str) -> None:
    with pytest.raises(Blocked):
        call(guard_llm(chatting(calling("send", key=TOKEN)), redacting()), method)
    (block,) = call(guard_llm(chatting(calling("send", to=EMAIL)), redacting()), method)[-1].message.blocks
    assert block.tool_kwargs == {"to": EMAIL}


def test_counts_stay_on_an_answer_that_changed_and_its_probabilities_go() -> None:
    (response,) = call(guard_llm(chatting(ANSWER), redacting()), "chat")
    assert response.raw["usage"] == {"total_tokens": 7}
    assert response.raw["choices"][0]["blocks"][0]["text"].startswith("Ask <EMAIL_ADDRESS>")


class Answer(BaseModel):
    """What a structured prediction gives."""

    who: str
    keys: list[str] = []


class Structured(Chatting):
    """Gives the object as JSON, in text."""

    @property
    def metadata(self) -> Any:
        return super().metadata.model_copy(update={"is_function_calling_model": False})


FIND = PromptTemplate("Who? {hint}")


@pytest.mark.parametrize("by", ["call", "text"])
def test_predicted_objects_are_judged_as_answers(by: str) -> None:
    found = {"who": EMAIL, "keys": ["none"]}
    cls = Chatting if by == "call" else Structured
    answer = calling("Answer", **found) if by == "call" else ChatMessage(json.dumps(found), role=MessageRole.ASSISTANT)
    plain = cls(script=[answer], heard=[])
    model = guard_llm(plain, redacting())
    results: list[Any] = [model.structured_predict(Answer, FIND, hint=EMAIL)]
    results.append(asyncio.run(model.astructured_predict(Answer, FIND, hint=EMAIL)))
    results.append(model.as_structured_llm(Answer).complete(f"who is {EMAIL}?").raw)
    assert results == [Answer(who="<EMAIL_ADDRESS>", keys=["none"])] * 3
    assert_no_planted(plain.heard)
    assert all(one == Answer(**found) for one in [cls(script=[answer], heard=[]).structured_predict(Answer, FIND, hint="")])


def test_a_stream_of_predicted_objects_gives_the_last_one_judged() -> None:
    plain = Structured(script=[ChatMessage(json.dumps({"who": EMAIL}), role=MessageRole.ASSISTANT)], heard=[])
    model = guard_llm(plain, redacting())
    found = list(model.stream_structured_predict(Answer, FIND, hint="x"))

    async def run() -> list[Any]:
        return [one async for one in await model.astream_structured_predict(Answer, FIND, hint="x")]

    for one in (found, asyncio.run(run())):
        assert len(one) == 1
        assert_no_planted(one[0].model_dump())


def test_the_copy_is_of_the_model_s_type_and_the_model_stays_as_it_was() -> None:
    plain = chatting(ANSWER)
    model = guard_llm(plain, redacting())
    assert isinstance(model, Chatting)
    assert isinstance(model, BaseLLM)
    assert type(model).__name__ == "Chatting"
    assert model.metadata == plain.metadata
    assert type(plain) is Chatting
    assert guard_llm(model, redacting()) is model
    Settings.llm = model
    assert Settings.llm is model
    assert_no_planted(call(copy.copy(model), "chat"), call(copy.deepcopy(model), "chat"))


def test_two_guards_both_judge() -> None:
    strict = Guard(config={"redaction": {"actions": {"EMAIL_ADDRESS": "block"}}})
    model = guard_llm(guard_llm(chatting("fine"), redacting()), strict)
    with pytest.raises(Blocked):
        model.complete(QUESTION)


def test_a_guarded_model_is_not_pickled_without_its_guard() -> None:
    with pytest.raises(pickle.PicklingError, match="guard_llm where it is loaded"):
        pickle.dumps(guard_llm(completing(), Guard(plugins=[Whole()])))


@pytest.mark.parametrize("thing", ["a model", None, Guard])
def test_what_is_no_model_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="guard_llm takes a model"):
        guard_llm(thing, redacting())
    with pytest.raises(TypeError, match="takes a Guard"):
        guard_llm(completing(), thing)


class Bypassing(Completing):
    """Predicts by a way of its own."""

    def predict(self, prompt: Any, **prompt_args: Any) -> str:
        return "raw"


def test_a_model_whose_own_way_goes_round_the_guard_is_refused() -> None:
    with pytest.raises(BartizanError, match="its own predict calls no method"):
        guard_llm(Bypassing(heard=[]), redacting())


class Origins:
    """Keeps the origins of what it judges."""

    name = "origins"

    def __init__(self) -> None:
        self.seen: list[tuple[str, Origin, str]] = []

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Any) -> None:
        self.seen += [(segment.text, segment.origin, context.model) for segment in prompt.segments]


def test_roles_are_origins() -> None:
    plugin = Origins()
    model = guard_llm(chatting(), Guard(plugins=[plugin]))
    roles = {
        MessageRole.SYSTEM: Origin.SYSTEM,
        MessageRole.DEVELOPER: Origin.SYSTEM,
        MessageRole.USER: Origin.USER,
        MessageRole.ASSISTANT: Origin.ASSISTANT,
        MessageRole.CHATBOT: Origin.ASSISTANT,
        MessageRole.MODEL: Origin.ASSISTANT,
        MessageRole.TOOL: Origin.TOOL,
        MessageRole.FUNCTION: Origin.TOOL,
    }
    assert set(roles) == set(MessageRole)
    model.chat([ChatMessage(role.value, role=role) for role in roles])
    assert plugin.seen == [(role.value, origin, "chatting-1") for role, origin in roles.items()]


class Inconsistent(MockLLM):
    """Its text runs ahead of its pieces, as MockLLM's own does."""

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        return (CompletionResponse(text=f"all at once: {EMAIL}", delta=piece) for piece in ("all ", "at ", "once"))


class Growing(MockLLM):
    """Gives no pieces, only the text so far."""

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        return (CompletionResponse(text=ANSWER[:at]) for at in range(5, len(ANSWER) + 5, 5))


def test_streams_of_other_shapes_let_nothing_through() -> None:
    chunks = list(guard_llm(Inconsistent(), redacting()).stream_complete("x"))
    assert_no_planted(chunks)
    assert chunks[-1].text == "all at once: <EMAIL_ADDRESS>"
    assert "".join(chunk.delta or "" for chunk in chunks) == "all at once"
    chunks = list(guard_llm(Growing(), redacting()).stream_complete("x"))
    assert_no_planted(chunks)
    assert "".join(chunk.delta or "" for chunk in chunks) == chunks[-1].text
    assert chunks[-1].text.startswith("Ask <EMAIL_ADDRESS>")


def completion(content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [choice],
        "usage": usage,
    }


def events(content: str) -> str:
    lines = []
    for at in range(0, len(content), 4):
        choice = {"index": 0, "delta": {"role": "assistant", "content": content[at : at + 4]}, "finish_reason": None}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini", "choices": [choice]}
        lines.append(f"data: {json.dumps(chunk)}\n\n")
    return "".join([*lines, "data: [DONE]\n\n"])


class Provider:
    """OpenAI's end of the wire: keeps every request, and answers with planted values."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content.decode())
        if json.loads(self.bodies[-1]).get("stream"):
            return httpx.Response(200, text=events(ANSWER), headers={"content-type": "text/event-stream"})
        return httpx.Response(200, json=completion(ANSWER))

    async def answered(self, request: httpx.Request) -> httpx.Response:
        return self(request)

    def model(self) -> OpenAI:
        return OpenAI(
            model="gpt-4o-mini",
            api_key="none",
            max_retries=0,
            http_client=httpx.Client(transport=httpx.MockTransport(self)),
            async_http_client=httpx.AsyncClient(transport=httpx.MockTransport(self.answered)),
        )


@pytest.mark.parametrize("method", METHODS)
def test_nothing_planted_is_in_a_request_to_openai_or_in_what_comes_back(method: str) -> None:
    provider = Provider()
    chunks = call(guard_llm(provider.model(), redacting()), method)
    assert_no_planted(provider.bodies, [chunk.model_dump() for chunk in chunks])
    assert text_of(chunks) == "Ask <EMAIL_ADDRESS>, or use <GITHUB_TOKEN>. That is all there is to say."
    raw = provider.model()
    shown = call(raw, method)
    for one in (provider.bodies, [chunk.model_dump() for chunk in shown]):
        with pytest.raises(AssertionError):
            assert_no_planted(one)


def test_tools_structured_output_and_history_reach_openai_without_planted_values() -> None:
    from llama_index.core.tools import FunctionTool

    provider = Provider()
    model = guard_llm(provider.model(), redacting())

    def find(name: str) -> str:
        return name

    tool = FunctionTool.from_defaults(find, description=f"finds people; key {TOKEN}")
    history = [ChatMessage(f"my key is {TOKEN}"), ChatMessage(f"found {EMAIL}", role=MessageRole.TOOL, tool_call_id="c1")]
    model.chat_with_tools([tool], user_msg=QUESTION, chat_history=history)
    assert isinstance(model, LLM)
    with pytest.raises(Exception):  # noqa: B017, PT011 (the scripted answer is no JSON: only the request matters)
        model.structured_predict(Answer, FIND, hint=EMAIL)
    assert len(provider.bodies) == 2
    assert_no_planted(provider.bodies)
