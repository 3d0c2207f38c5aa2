"""Values of any shape as they hang on messages, answers, nodes and tools; properties of the walk that reads and rewrites them."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import namedtuple
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    ImageBlock,
    LogProb,
    MessageRole,
    ToolCallBlock,
)
from llama_index.core.llms import MockLLM
from llama_index.core.schema import Document, MediaResource, NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.qdrant import QdrantVectorStore
from pydantic import BaseModel
from qdrant_client import AsyncQdrantClient
from support.llama import ALICE, EMAIL, TOKEN, redacting

from bartizan import BartizanError, Blocked, Guard, Origin
from bartizan.testing import assert_no_planted
from bartizan_llamaindex import BartizanPostprocessor, GuardedVectorStore, guard_llm, guard_tool
from bartizan_llamaindex._judged import ajudge_answer, judge_prompt
from bartizan_llamaindex._texts import Texts, Things

Pair = namedtuple("Pair", ["left", "right"])  # noqa: PYI024 (a plain one, as libraries return them)


@dataclass(frozen=True)
class Record:
    name: str
    tags: tuple[str, ...] = ()
    count: int = field(default=0, init=False)


class Model(BaseModel):
    name: str
    inner: dict[str, Any] = {}


def walked(value: Any, **settings: Any) -> Any:
    guard = redacting()
    return judge_prompt(guard, lambda texts: Things(texts, Origin.TOOL, "text", **settings).thing(value, "value"))


@pytest.mark.parametrize(
    "value",
    [
        [EMAIL, {"a": (EMAIL, {EMAIL})}],
        {EMAIL: "x"},
        Pair(EMAIL, "y"),
        Record(EMAIL, (TOKEN,)),
        Model(name=EMAIL, inner={"deep": [Model(name=TOKEN)]}),
        frozenset({EMAIL}),
        {"password": "hunter2hunter2"},
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_rewritten_in_kind_and_the_given_ones_stay(value: Any) -> None:
    before = copy.deepcopy(value)
    found = walked(value)
    assert type(found) is type(value)
    assert found != value
    assert_no_planted(found)
    assert value == before


@pytest.mark.parametrize(
    "value", ["fine", 7, 1.5, True, None, ["a", ("b",)], {"a": {1: None}}, Record("x"), Model(name="x"), b"x"]
)
def test_clean_values_are_the_very_same_objects(value: Any) -> None:
    assert walked(value, opaque="keep") is value


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(0, 99), st.text("abc ", max_size=6), st.just(EMAIL), st.just(f"key {TOKEN}")
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("abcd", min_size=1, max_size=3), inner, max_size=4),
        st.tuples(inner, inner),
    ),
    max_leaves=12,
)


def masked(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(EMAIL, "<EMAIL_ADDRESS>").replace(TOKEN, "<GITHUB_TOKEN>")
    if isinstance(value, list | tuple):
        return type(value)(masked(item) for item in value)
    return {key: masked(item) for key, item in value.items()} if isinstance(value, dict) else value


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_exactly_the_planted_leaves_change_wherever_they_stand(value: Any) -> None:
    assert walked(value) == masked(value)
    node = TextNode(text="x", metadata={"v": value, "w": value})
    (found,) = BartizanPostprocessor(redacting()).postprocess_nodes([NodeWithScore(node=node)])
    assert found.node.metadata == {"v": masked(value), "w": masked(value)}


def test_numbers_are_read_as_text_where_they_may_be_one() -> None:
    card = int("4000002026112308")
    assert walked({"card": card}) == {"card": "<CREDIT_CARD>"}
    assert walked({"card": card}, numbers=False) == {"card": card}
    (found,) = BartizanPostprocessor(redacting()).postprocess_nodes(
        [NodeWithScore(node=TextNode(text="x", metadata={"card": card}))]
    )
    assert found.node.metadata == {"card": "<CREDIT_CARD>"}


def test_keys_that_would_be_the_same_are_refused() -> None:
    both = {"jane@example.com": 1, "joe@example.com": 2}
    with pytest.raises(BartizanError, match="two keys"):
        walked(both)
    with pytest.raises(BartizanError, match="two keys"):
        BartizanPostprocessor(redacting()).postprocess_nodes([NodeWithScore(node=TextNode(text="x", metadata=both))])


def test_deep_values_are_refused_and_not_followed_without_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(BartizanError, match="nested more than 60 levels"):
        walked(endless)


@pytest.mark.parametrize(("opaque", "expected"), [("keep", "same"), ("drop", None)])
def test_what_is_no_text_stays_or_goes_or_refuses(opaque: Any, expected: Any) -> None:
    thing = object()
    assert walked([thing], opaque=opaque)[0] is (thing if expected else None)
    with pytest.raises(Blocked, match="UNREADABLE"):
        walked([thing])


def test_the_arguments_of_a_call_may_be_json_text() -> None:
    class Calls(MockLLM):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            block = ToolCallBlock(tool_call_id=f"c-{EMAIL}", tool_name="f", tool_kwargs=json.dumps({"password": written[0]}))
            return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, blocks=[block]))

    written = ["none of your business"]
    model = guard_llm(Calls(), redacting())
    written[0] = TOKEN
    with pytest.raises(Blocked):
        model.chat([ChatMessage("x")])
    written[0] = ""
    (block,) = model.chat([ChatMessage("x")]).message.blocks
    assert block.tool_kwargs == '{"password": ""}'
    assert_no_planted(block.tool_call_id)
    history = ChatMessage(
        role=MessageRole.ASSISTANT, blocks=[ToolCallBlock(tool_name="f", tool_kwargs=json.dumps({"key": TOKEN}))]
    )
    heard: list[Any] = []

    class Hears(MockLLM):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            heard.append(messages)
            return ChatResponse(message=ChatMessage("fine"))

    guard_llm(Hears(), redacting()).chat([history])
    assert_no_planted(heard)


class Counts(BaseModel):
    total_tokens: int = 7
    model: str = "m"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (SimpleNamespace(usage={"total_tokens": 7, "by": EMAIL}, text=EMAIL), {"usage": {"total_tokens": 7}}),
        (SimpleNamespace(usage=Counts(), text=EMAIL), {"usage": {"total_tokens": 7}}),
        (SimpleNamespace(usage=EMAIL), None),
        (SimpleNamespace(text=EMAIL), None),
        ([{"text": EMAIL}], [{"text": "<EMAIL_ADDRESS>"}]),
        ({"text": EMAIL, "object": object()}, {"text": "<EMAIL_ADDRESS>", "object": None}),
        ("raw " + EMAIL, "raw <EMAIL_ADDRESS>"),
    ],
)
def test_what_the_provider_sent_is_judged_or_goes(raw: Any, expected: Any) -> None:
    class Sends(MockLLM):
        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            return CompletionResponse(text="fine", raw=raw, additional_kwargs={"by": EMAIL}, logprobs=[[LogProb(token="fine")]])

    response = guard_llm(Sends(), redacting()).complete("x")
    assert response.raw == expected
    assert response.additional_kwargs == {"by": "<EMAIL_ADDRESS>"}
    assert response.logprobs == [[LogProb(token="fine")]]


def test_token_probabilities_go_with_what_they_repeat() -> None:
    class Sends(MockLLM):
        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            return CompletionResponse(text=EMAIL, logprobs=[[LogProb(token=EMAIL)]], delta=EMAIL)

    response = guard_llm(Sends(), redacting()).complete("x")
    assert (response.text, response.logprobs, response.delta) == ("<EMAIL_ADDRESS>", None, None)


def test_a_picture_s_own_data_is_no_text_and_its_address_is_one() -> None:
    heard: list[Any] = []

    class Hears(MockLLM):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            heard.extend(messages)
            return ChatResponse(message=ChatMessage("fine"))

    payload = "data:image/png;base64,aGVsbG8="
    given = ChatMessage(blocks=[ImageBlock(url=payload), ImageBlock(url=f"https://example.com/{EMAIL}")])
    guard_llm(Hears(), redacting()).chat([given])
    assert [str(block.url) for block in heard[0].blocks] == [payload, "None"]
    refusing = Guard.from_dict({"guard": {"unreadable_media": "refuse"}})
    with pytest.raises(Blocked, match="UNREADABLE"):
        guard_llm(Hears(), refusing).chat([given])


def test_where_a_document_s_media_lie_is_judged_where_they_pass() -> None:
    guard = Guard.from_dict({"guard": {"unreadable_blocks": "pass"}})
    document = Document(
        text=f"Ask {EMAIL}",
        image_resource=MediaResource(url=f"https://example.com/{EMAIL}", mimetype="image/png"),
        audio_resource=MediaResource(path=f"/sounds/{EMAIL}.wav"),
    )
    (found,) = BartizanPostprocessor(guard).postprocess_nodes([NodeWithScore(node=document)])
    assert_no_planted(found.node.model_dump())
    assert isinstance(found.node, Document)
    assert found.node.image_resource is not None
    assert found.node.image_resource.mimetype == "image/png"


def test_a_walk_without_texts_asks_nobody() -> None:
    assert judge_prompt(redacting(), lambda texts: texts.text("", Origin.USER, "x")) == ""
    assert asyncio.run(ajudge_answer(redacting(), lambda texts: texts.json("", Origin.USER, "x", "text"))) == ""
    assert Texts().segments == []


def test_an_asynchronous_store_is_written_read_and_emptied_by_its_tenants_alone() -> None:
    guard = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "retrieval": {}})

    def node(number: int, tenant: str) -> TextNode:
        name = f"00000000-0000-4000-8000-{number:012d}"
        return TextNode(id_=name, text=f"node {number}", embedding=[1.0, 0.0], metadata={"tenant": tenant})

    async def run() -> None:
        store = GuardedVectorStore(QdrantVectorStore("nodes", aclient=AsyncQdrantClient(":memory:"), index_doc_id=False), guard)
        await store.async_add([node(1, "a"), node(2, "b")])
        with guard.session(ALICE):
            await store.async_add([node(3, "a")])
            with pytest.raises(BartizanError, match="not free"):
                await store.async_add([node(2, "a")])
            ids = [node(i, "a").node_id for i in (1, 2, 3)]
            assert [one.metadata["tenant"] for one in await store.aget_nodes(ids)] == ["a", "a"]
            found = await store.aquery(VectorStoreQuery(query_embedding=[1.0, 0.0], similarity_top_k=9))
            assert {one.metadata["tenant"] for one in found.nodes or ()} == {"a"}
            with pytest.raises(BartizanError, match="no such document"):
                await store.adelete("nothing")
            await store.adelete_nodes(ids)
            assert await store.aget_nodes(ids) == []

    asyncio.run(run())


def test_another_kind_of_refusal_is_left_for_the_model_too() -> None:
    from bartizan import Refused

    guard = redacting()

    def refuse() -> str:
        """Refuse."""
        message = "not now"
        raise Refused(message)

    with guard.session(ALICE):
        with pytest.raises(Refused):
            guard_tool(FunctionTool.from_defaults(refuse), guard).call()
        with pytest.raises(Refused, match="a tool was refused, so the model is not asked again: not now"):
            guard_llm(MockLLM(), guard).complete("x")
