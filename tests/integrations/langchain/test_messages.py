"""Where text hides in LangChain's messages: every place is visited, on the way in and on the way out."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import BaseModel

from bartizan import Blocked, Guard, Origin
from bartizan_langchain import guard_model
from bartizan_langchain._answers import Answer, only_text
from bartizan_langchain._messages import Reading, read_message

EMAIL = "jane@acme.test"
SECRET = "SEKRET-" + "48151623"
URL = f"https://a.test/?to={SECRET}"
DATA = "data:image/png;base64,aGVsbG8="


class Model(BaseModel):
    note: str
    inner: dict[str, Any] = {}


@dataclass
class Record:
    note: str


class Colour(Enum):
    RED = "red"


def human(*content: Any) -> HumanMessage:
    return HumanMessage(list(content))


HIDING: dict[str, BaseMessage] = {
    "str content": HumanMessage(SECRET),
    "bare str": human(SECRET),
    "text block": human({"type": "text", "text": SECRET}),
    "text with other keys": human({"type": "text", "text": "a", "extras": {"note": SECRET}}),
    "an unknown key": human({"type": "text", "text": "a", SECRET: 1}),
    "untyped text": human({"text": SECRET}),
    "plain text file": human({"type": "text-plain", "text": SECRET, "mime_type": "text/plain"}),
    "reasoning": AIMessage([{"type": "reasoning", "reasoning": SECRET}]),
    "reasoning summary": AIMessage([{"type": "reasoning", "summary": [{"type": "summary_text", "text": SECRET}]}]),
    "thinking": AIMessage([{"type": "thinking", "thinking": SECRET, "signature": "s"}]),
    "refusal": AIMessage([{"type": "refusal", "refusal": SECRET}]),
    "citation": AIMessage([{"type": "text", "text": "a", "citations": [{"url": URL, "title": "t", "cited_text": "c"}]}]),
    "annotation": AIMessage([{"type": "text", "text": "a", "annotations": [{"type": "citation", "title": SECRET}]}]),
    "tool call block": AIMessage([{"type": "tool_call", "name": "t", "args": {"a": [SECRET]}, "id": "1"}]),
    "tool use block": AIMessage([{"type": "tool_use", "name": "t", "input": {"a": {"b": SECRET}}, "id": "1"}]),
    "function call block": AIMessage(
        [{"type": "function_call", "name": "t", "arguments": f'{{"a": "{SECRET}"}}', "call_id": "1"}]
    ),
    "server tool call": AIMessage([{"type": "server_tool_call", "name": "web_search", "args": {"query": SECRET}, "id": "1"}]),
    "server tool result": AIMessage([{"type": "server_tool_result", "tool_call_id": "1", "output": {"a": SECRET}}]),
    "web search result": AIMessage([{"type": "web_search_tool_result", "content": [{"title": SECRET}]}]),
    "nested tool result": human({"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": SECRET}]}),
    "tool result as text": human({"type": "tool_result", "tool_use_id": "1", "content": SECRET}),
    "non standard": AIMessage([{"type": "non_standard", "value": {"type": "text", "text": SECRET}}]),
    "image url": human({"type": "image_url", "image_url": {"url": URL}}),
    "image url as text": human({"type": "image_url", "image_url": URL}),
    "image block": human({"type": "image", "url": URL, "mime_type": "image/png"}),
    "image extras": human({"type": "image", "base64": "aGVsbG8=", "mime_type": "image/png", "extras": {"alt": SECRET}}),
    "file name": human({"type": "file", "file": {"filename": f"{SECRET}.pdf", "file_data": DATA}}),
    "file as text": human({"type": "file", "source_type": "text", "url": SECRET, "mime_type": "text/plain"}),
    "document source": human(
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": SECRET}, "title": "t"}
    ),
    "tool calls": AIMessage("", tool_calls=[{"name": "t", "args": {"a": SECRET}, "id": "1"}]),
    "keys of tool calls": AIMessage("", tool_calls=[{"name": "t", "args": {SECRET: 1}, "id": "1"}]),
    "name of a tool call": AIMessage("", tool_calls=[{"name": SECRET, "args": {}, "id": "1"}]),
    "id of a tool call": AIMessage("", tool_calls=[{"name": "t", "args": {}, "id": SECRET}]),
    "invalid tool calls": AIMessage(
        "", invalid_tool_calls=[{"name": "t", "args": f'{{"a": "{SECRET}', "id": "1", "error": None}]
    ),
    "error of an invalid call": AIMessage(
        "", invalid_tool_calls=[{"name": "t", "args": "{", "id": "1", "error": f"at {SECRET}"}]
    ),
    "raw tool calls": AIMessage(
        "",
        additional_kwargs={
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "t", "arguments": f'{{"a": "{SECRET}"}}'}}]
        },
    ),
    "function call": AIMessage("", additional_kwargs={"function_call": {"name": "t", "arguments": f'{{"a": "{SECRET}"}}'}}),
    "reasoning content": AIMessage("a", additional_kwargs={"reasoning_content": SECRET}),
    "refusal in kwargs": AIMessage("a", additional_kwargs={"refusal": SECRET}),
    "other kwargs": HumanMessage("a", additional_kwargs={"x": {"y": [SECRET]}}),
    "a key in kwargs": HumanMessage("a", additional_kwargs={SECRET: 1}),
    "response metadata": AIMessage("a", response_metadata={"note": SECRET}),
    "model name": AIMessage("a", response_metadata={"model_name": SECRET}),
    "finish reason": AIMessage("a", response_metadata={"finish_reason": SECRET}),
    "model provider": AIMessage("a", response_metadata={"model_provider": SECRET}),
    "in the usage": AIMessage("a", response_metadata={"token_usage": {"prompt_tokens": 3, "note": SECRET}}),
    "name": HumanMessage("a", name=SECRET),
    "id": HumanMessage("a", id=SECRET),
    "a field of one's own": HumanMessage("a", remark=SECRET),
    "tool content": ToolMessage(SECRET, tool_call_id="1"),
    "tool artifact": ToolMessage("a", tool_call_id="1", artifact={"rows": [SECRET]}),
    "documents as artifact": ToolMessage("a", tool_call_id="1", artifact=[Document(SECRET, metadata={"by": "x"})]),
    "metadata of a document": ToolMessage("a", tool_call_id="1", artifact=[Document("d", metadata={"by": SECRET})]),
    "a record as artifact": ToolMessage("a", tool_call_id="1", artifact=Record(SECRET)),
    "tool call id": ToolMessage("a", tool_call_id=SECRET),
    "function message": FunctionMessage(name="f", content=SECRET),
    "chat message": ChatMessage(role="critic", content=SECRET),
    "a model in kwargs": AIMessage("a", additional_kwargs={"parsed": Model(note=SECRET)}),
    "inside a model in kwargs": AIMessage("a", additional_kwargs={"parsed": Model(note="a", inner={"b": [SECRET]})}),
}


@pytest.mark.parametrize("place", list(HIDING))
def test_no_planted_value_reaches_the_model_from_anywhere(place: str, guard: Guard, scripted: Any) -> None:
    message = HIDING[place]
    before = copy.deepcopy(message)
    raw = scripted(kind="plain")
    raw.invoke([message])
    assert "48151623" in raw.heard[-1]
    guard_model(raw, guard).invoke([SystemMessage("be brief"), message, HumanMessage("go on")])
    assert "48151623" not in raw.heard[-1]
    assert "<SEKRET>" in raw.heard[-1]
    assert message == before


@pytest.mark.parametrize("place", [place for place, message in HIDING.items() if isinstance(message, AIMessage)])
def test_no_planted_value_comes_back_from_anywhere(place: str, guard: Guard, scripted: Any) -> None:
    raw = scripted(HIDING[place], kind="plain")
    assert "48151623" in repr(raw.invoke("hello"))
    try:
        answer = repr(guard_model(raw, guard).invoke("hello"))
    except Blocked:
        answer = "refused"
    assert "48151623" not in answer
    assert "<SEKRET>" in answer or answer == "refused"


CALLS = {
    "tool calls",
    "keys of tool calls",
    "tool call block",
    "tool use block",
    "function call block",
    "invalid tool calls",
    "raw tool calls",
    "function call",
}


@pytest.mark.parametrize("place", sorted(CALLS))
def test_a_secret_in_the_arguments_of_an_answers_call_refuses_it(place: str, guard: Guard, scripted: Any) -> None:
    with pytest.raises(Blocked):
        guard_model(scripted(HIDING[place], kind="plain"), guard).invoke("hello")


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        "block",
        [
            {"type": "image_url", "image_url": {"url": DATA}},
            {"type": "image", "base64": "U0VLUkVUMTIz", "mime_type": "image/png"},
            {"type": "image", "source_type": "base64", "data": "aGVsbG8=", "mime_type": "image/png"},
            {"type": "input_audio", "input_audio": {"data": "aGVsbG8=", "format": "wav"}},
            {"type": "file", "file_id": "f-1"},
            {"image": {"format": "png", "source": {"bytes": b"hello"}}},
        ],
    )
    def test_known_media_pass_as_they_are(self, block: dict[str, Any], guard: Guard, scripted: Any) -> None:
        raw = scripted(kind="plain")
        raw.invoke([human(block)])
        guard_model(raw, guard).invoke([human(block)])
        first, second = (re.sub(r"lc_[0-9a-f-]{36}", "", heard) for heard in raw.heard)  # ids that LangChain makes up
        assert first == second

    def test_media_are_refused_where_the_policy_says_so(self, scripted: Any) -> None:
        strict = Guard.from_dict({"guard": {"plugins": [], "unreadable_media": "refuse"}})
        with pytest.raises(Blocked):
            guard_model(scripted(), strict).invoke([human({"type": "image_url", "image_url": {"url": DATA}})])

    @pytest.mark.parametrize(
        "block", [{"type": "hologram", "a": 1}, {"a": 1, "b": 2}, {"type": SECRET}, {"type": "non_standard", "value": {"x": 1}}]
    )
    def test_unknown_blocks_are_refused(self, block: dict[str, Any], guard: Guard, scripted: Any) -> None:
        raw = scripted()
        with pytest.raises(Blocked, match="UNREADABLE") as refused:
            guard_model(raw, guard).invoke([human(block)])
        assert raw.heard == []
        assert SECRET not in str(refused.value)

    def test_the_text_of_unknown_blocks_is_judged_where_they_may_pass(self, planted: Any, scripted: Any) -> None:
        open_guard = Guard.from_dict({"guard": {"plugins": [], "unreadable_blocks": "pass"}})
        reading = Reading([human({"type": "hologram", "a": {"b": SECRET}})])
        assert SECRET in [segment.text for segment in reading.segments]
        guard_model(scripted(), open_guard).invoke([human({"type": "hologram", "a": 1})])

    def test_an_artifact_of_any_type_passes_for_no_model_sees_it(self, guard: Guard, scripted: Any) -> None:
        raw = scripted()
        guard_model(raw, guard).invoke([ToolMessage("a", tool_call_id="1", artifact=object())])
        assert len(raw.heard) == 1

    def test_an_object_elsewhere_is_refused(self, guard: Guard, scripted: Any) -> None:
        with pytest.raises(Blocked):
            guard_model(scripted(), guard).invoke([HumanMessage("a", additional_kwargs={"x": object()})])


class TestOrigins:
    @pytest.mark.parametrize(
        ("message", "origin"),
        [
            (SystemMessage("a"), Origin.SYSTEM),
            (HumanMessage("a"), Origin.USER),
            (AIMessage("a"), Origin.ASSISTANT),
            (ToolMessage("a", tool_call_id="1"), Origin.TOOL),
            (FunctionMessage(name="f", content="a"), Origin.TOOL),
            (ChatMessage(role="developer", content="a"), Origin.SYSTEM),
            (ChatMessage(role="critic", content="a"), Origin.DOCUMENT),
            (HumanMessage("a", additional_kwargs={"lc_source": "summarization"}), Origin.DOCUMENT),
            (human({"type": "tool_result", "tool_use_id": "1", "content": "a"}), Origin.TOOL),
        ],
    )
    def test_a_text_comes_from_whom_its_message_says(self, message: BaseMessage, origin: Origin) -> None:
        found = {segment.text: segment.origin for segment in Reading([message]).segments}
        assert found["a"] is origin

    def test_a_tool_result_names_its_source(self) -> None:
        (segment, *_) = Reading([ToolMessage("a", tool_call_id="call_1", name="search")]).segments
        assert segment.source == "search:call_1"

    def test_paths_and_parts_say_where_a_text_stands(self) -> None:
        message = AIMessage([{"type": "reasoning", "reasoning": "r"}], tool_calls=[{"name": "t", "args": {"to": "x"}, "id": "1"}])
        found = {
            segment.text: (segment.path, segment.part, segment.key) for segment in Reading([HumanMessage("h"), message]).segments
        }
        assert found["h"] == ("messages[0].content", "text", "")
        assert found["r"] == ("messages[1].content[0].reasoning", "reasoning", "")
        assert found["x"] == ("messages[1].tool_calls[0].args.to", "tool_args", "to")


class TestRebuilding:
    @pytest.mark.parametrize("place", list(HIDING))
    def test_what_is_not_changed_is_the_same_object(self, place: str) -> None:
        message = HIDING[place]
        flat = read_message(message, "m")
        assert flat.rebuild(flat.segments) is message

    @pytest.mark.parametrize("place", list(HIDING))
    def test_only_the_changed_text_differs(self, place: str) -> None:
        message = HIDING[place]
        flat = read_message(message, "m")
        changed = flat.rebuild([segment.with_text(segment.text.replace(SECRET, "gone")) for segment in flat.segments])
        assert type(changed) is type(message)
        assert repr(changed.model_dump()) == repr(message.model_dump()).replace(SECRET, "gone")

    def test_neighbours_are_kept_and_order_stays(self) -> None:
        messages = [HumanMessage("a"), HumanMessage(SECRET), human("b")]
        reading = Reading(messages)
        out = reading.rebuild([s.with_text("gone") if s.text == SECRET else s for s in reading.segments])
        assert out[0] is messages[0]
        assert out[2] is messages[2]
        assert out[1].content == "gone"

    def test_a_parsed_object_stays_of_its_class(self, guard: Guard, scripted: Any) -> None:
        answer = AIMessage("a", additional_kwargs={"parsed": Model(note=SECRET, inner={"c": Colour.RED})})
        assert guard_model(scripted(answer, kind="plain"), guard).invoke("x").additional_kwargs == {
            "parsed": Model(note="<SEKRET>", inner={"c": Colour.RED})
        }

    def test_token_probabilities_go_with_a_changed_answer(self, guard: Guard, scripted: Any) -> None:
        logprobs = {"content": [{"token": "the key is "}, {"token": "SEKRET-"}, {"token": "48151623"}]}
        model = guard_model(
            scripted(AIMessage(f"the key is {SECRET}", response_metadata={"logprobs": logprobs}), kind="plain"), guard
        )
        assert model.invoke("x").response_metadata == {}
        spelt_otherwise = {"content": [{"logprob": -0.5, "bytes": [52, 56]}]}
        model = guard_model(
            scripted(AIMessage(f"it is {SECRET}", response_metadata={"logprobs": spelt_otherwise}), kind="plain"), guard
        )
        assert model.invoke("x").response_metadata == {}
        kept = {"content": [{"token": "fine"}]}
        model = guard_model(scripted(AIMessage("fine", response_metadata={"logprobs": kept}), kind="plain"), guard)
        assert model.invoke("x").response_metadata == {"logprobs": kept}

    def test_deep_values_are_refused_before_they_exhaust_the_stack(self, guard: Guard, scripted: Any) -> None:
        value: Any = "x"
        for _ in range(300):
            value = [value]
        with pytest.raises(Exception, match="levels deep"):
            guard_model(scripted(), guard).invoke([HumanMessage("a", additional_kwargs={"x": value})])


def test_usage_and_constant_metadata_cost_no_segment() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "input_token_details": {"cache_read": 0}}
    metadata = {
        "finish_reason": "stop",
        "model_provider": "openai",
        "token_usage": {"prompt_tokens": 3},
        "created": 1_700_000_000,
    }
    message = AIMessage(
        "a", usage_metadata=usage, response_metadata=metadata, id="lc_run--019a0000-0000-7000-8000-000000000000-0"
    )
    assert [segment.text for segment in Reading([message]).segments] == ["a"]


def test_a_number_that_could_be_a_card_is_no_count() -> None:
    message = AIMessage("a", response_metadata={"token_usage": {"prompt_tokens": 4_111_111_111_111_111}})
    assert "4111111111111111" in [segment.text for segment in Reading([message]).segments]


def test_the_short_way_of_plain_answers_gives_what_the_long_way_gives() -> None:
    result = ChatResult(generations=[ChatGeneration(message=AIMessage("a", id="lc_run--019a0000-0000-7000-8000-000000000000-0"))])
    assert [only_text(result)] == Answer(result).segments
    more = [
        ChatResult(generations=result.generations, llm_output={"note": "b"}),
        ChatResult(generations=result.generations * 2),
        ChatResult(generations=[ChatGeneration(message=AIMessage("a"), generation_info={"note": "b"})]),
        *(
            ChatResult(generations=[ChatGeneration(message=message)])
            for place, message in HIDING.items()
            if place != "str content"
        ),
    ]
    assert [only_text(one) for one in more] == [None] * len(more)
