"""Every engine and chat mode, synchronous, asynchronous and streamed, with a guard that redacts, blocks or denies.

The same assertions are seen to fail on the unguarded twin of each.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import Settings, SummaryIndex, VectorStoreIndex
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.base.response.schema import AsyncStreamingResponse, StreamingResponse
from llama_index.core.indices.query.query_transform import HyDEQueryTransform
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.postprocessor import MetadataReplacementPostProcessor
from llama_index.core.query_engine import (
    CitationQueryEngine,
    RetrieverQueryEngine,
    RouterQueryEngine,
    TransformQueryEngine,
)
from llama_index.core.schema import ImageNode, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool
from support.llama import (
    ALICE,
    EMAIL,
    PLACES,
    TOKEN,
    HashEmbedding,
    blocking,
    chatting,
    completing,
    denying,
    planted_node,
    redacting,
)

from bartizan import Guard, Refused
from bartizan.testing import assert_no_planted
from bartizan_llamaindex import BartizanPostprocessor, guard_llm

if TYPE_CHECKING:
    from collections.abc import Callable

GUARDS: dict[str, Callable[[], Guard]] = {"redact": redacting, "block": blocking, "deny": denying}
WAYS = ("sync", "async", "stream", "astream")
RESPONSE_MODES = (
    "compact", "refine", "tree_summarize", "simple_summarize", "accumulate", "compact_accumulate", "no_text", "context_only",
)  # fmt: skip
CHAT_MODES = ("context", "condense_plus_context", "condense_question", "best", "simple")
WRAPPED = ("transform", "router", "citation", "summary index", "replacement")
ENGINES = tuple(f"query {mode}" for mode in RESPONSE_MODES) + tuple(f"chat {mode}" for mode in CHAT_MODES) + WRAPPED
FULL = os.environ.get("BARTIZAN_FULL") == "1"
PAIRS = [
    (engine, way) for engine in ENGINES for way in WAYS if "accumulate" not in engine or "stream" not in way
]  # it can't stream
CASES = [
    (engine, way, kind, place)
    for number, ((engine, way), kind, place) in enumerate(itertools.product(PAIRS, GUARDS, PLACES))
    if FULL or number % 13 == 0
]
"""A thirteenth of them by default; all with BARTIZAN_FULL=1."""


class Setting:
    """An engine with everything in it guarded, or with nothing, and what came out."""

    def __init__(self, engine: str, way: str, guard: Guard | None, node: TextNode, *, chat_model: bool = True) -> None:
        answer = f"The answer: two years, says {EMAIL}; use {TOKEN} for more."
        if engine == "router":
            answer = '[{"choice": 1, "reason": "it is the only one"}]'
        self.llm: Any = chatting(answer) if chat_model else completing(answer)
        self.heard = self.llm.heard
        self.way = way
        self.engine_name = engine
        self.post: list[Any] = []
        if guard is not None:
            self.llm = guard_llm(self.llm, guard)
            self.post = [BartizanPostprocessor(guard)]
        Settings.llm = self.llm  # some synthesizers want one that they never ask
        other = TextNode(text="The warranty of lamps is a page long.", metadata={"tenant": "a", "window": "a lamp"})
        self.index = VectorStoreIndex([node, other], embed_model=HashEmbedding())
        self.engine: Any = self._made(engine)
        self.out: list[Any] = []

    def _made(self, engine: str) -> Any:  # noqa: PLR0911 (one return for each kind of engine)
        streaming = "stream" in self.way
        retriever = self.index.as_retriever(similarity_top_k=4)
        if engine.startswith("chat "):
            return self.index.as_chat_engine(
                chat_mode=engine.removeprefix("chat "),
                llm=self.llm,
                node_postprocessors=self.post,
                similarity_top_k=4,
                memory=ChatMemoryBuffer.from_defaults(token_limit=3000),  # the default one leaves its connections open
            )
        if engine.startswith("query "):
            mode = engine.removeprefix("query ")
            return RetrieverQueryEngine.from_args(
                retriever, llm=self.llm, node_postprocessors=self.post, response_mode=mode, streaming=streaming
            )
        if engine == "citation":
            return CitationQueryEngine.from_args(
                self.index, llm=self.llm, retriever=retriever, node_postprocessors=self.post, streaming=streaming
            )
        if engine == "summary index":
            nodes = list(self.index.docstore.docs.values())
            return SummaryIndex(nodes).as_query_engine(llm=self.llm, node_postprocessors=self.post, streaming=streaming)
        more = [MetadataReplacementPostProcessor("window"), *self.post] if engine == "replacement" else []
        plain = RetrieverQueryEngine.from_args(
            retriever, llm=self.llm, node_postprocessors=[*self.post, *more], streaming=streaming
        )
        if engine == "transform":
            return TransformQueryEngine(plain, HyDEQueryTransform(llm=self.llm))
        if engine == "router":
            tool = QueryEngineTool.from_defaults(plain, description="warranties")
            return RouterQueryEngine(LLMSingleSelector.from_defaults(llm=self.llm), [tool], llm=self.llm)
        return plain

    def run(self) -> None:
        """Ask, and keep all that came back."""
        question = "how long is the warranty?"
        chat = self.engine_name.startswith("chat ")
        if self.way == "sync":
            self.out.append(self.engine.chat(question) if chat else self.engine.query(question))
        elif self.way == "stream":
            self._keep(self.engine.stream_chat(question) if chat else self.engine.query(question))
        else:
            asyncio.run(self._arun(question, chat=chat))
        if chat:
            self.out.append(self.engine.chat_history)

    def _keep(self, response: Any) -> None:
        self.out.append(response)
        if isinstance(response, StreamingResponse) or hasattr(response, "chat_stream"):
            self.out.append("".join(response.response_gen))

    async def _arun(self, question: str, *, chat: bool) -> None:
        if self.way == "async":
            self.out.append(await (self.engine.achat(question) if chat else self.engine.aquery(question)))
            return
        response = await (self.engine.astream_chat(question) if chat else self.engine.aquery(question))
        self.out.append(response)
        if chat or isinstance(response, AsyncStreamingResponse):
            self.out.append("".join([token async for token in response.async_response_gen()]))
        elif isinstance(response, StreamingResponse):
            self.out.append("".join(response.response_gen))

    def shown(self) -> list[Any]:
        """Everything that a model, a person or a log could see of it."""
        found: list[Any] = [self.heard]
        for one in self.out:
            if isinstance(one, str | list):
                found.append(one)
                continue
            found += [str(getattr(one, "response", "")), getattr(one, "metadata", None)]
            found += [source.model_dump() for source in one.source_nodes]
            found += [str(source) for source in getattr(one, "sources", [])]
        return found


# A chat engine reads the stream in a thread of its own; what its consumer is raised, that thread raises too.
@pytest.mark.filterwarnings("ignore:Exception in thread:pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(("engine", "way", "kind", "place"), CASES, ids=lambda value: str(value).replace(" ", "_"))
def test_nothing_planted_reaches_a_prompt_an_answer_or_the_sources(engine: str, way: str, kind: str, place: str) -> None:
    guard = GUARDS[kind]()
    with guard.session(ALICE):
        setting = Setting(engine, way, guard, planted_node(place))
        refused = None
        try:
            setting.run()
        except Refused as refusal:
            refused = refusal
    assert_no_planted(setting.shown(), refused)
    if kind == "redact":
        assert refused is None
        assert setting.out
    if kind == "block" and place != "relationships":
        assert refused is not None


@pytest.mark.parametrize(("engine", "way"), PAIRS)
def test_without_the_guard_the_same_engine_shows_the_planted_values(engine: str, way: str) -> None:
    setting = Setting(engine, way, None, planted_node("text"))
    setting.run()
    with pytest.raises(AssertionError):
        assert_no_planted(setting.shown())


@pytest.mark.parametrize("place", PLACES)
def test_each_place_is_seen_in_the_sources_without_the_guard(place: str) -> None:
    setting = Setting("query compact", "sync", None, planted_node(place))
    setting.run()
    with pytest.raises(AssertionError):
        assert_no_planted([source.model_dump() for source in setting.out[0].source_nodes])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("chat_model", [True, False], ids=["chat model", "completion model"])
def test_the_model_alone_keeps_planted_values_out_of_prompts_and_answers(chat_model: bool, way: str) -> None:
    guard = redacting()
    setting = Setting("query compact", way, None, planted_node("text"), chat_model=chat_model)
    setting.llm = guard_llm(setting.llm, guard)
    setting.engine = setting._made("query compact")
    setting.run()
    assert len(setting.heard) == 1
    assert_no_planted(setting.heard, [str(getattr(one, "response", one)) for one in setting.out])


@pytest.mark.parametrize("way", WAYS)
def test_an_image_from_a_store_is_refused_before_the_model_is_asked(way: str) -> None:
    guard = redacting()
    image = ImageNode(text="the warranty card", image="aGVsbG8=", metadata={"tenant": "a"})
    setting = Setting("query compact", way, guard, image)
    with pytest.raises(Refused, match="UNREADABLE"):
        setting.run()
    assert setting.heard == []
    assert setting.out == []


def test_an_image_passes_where_the_policy_says_so() -> None:
    guard = Guard.from_dict({"guard": {"unreadable_blocks": "pass"}})
    image = ImageNode(text="the warranty card", image="aGVsbG8=", image_url=f"https://example.com/{EMAIL}")
    setting = Setting("query compact", "sync", guard, image)
    setting.run()
    assert_no_planted(setting.shown())
    assert [source.node.image for source in setting.out[0].source_nodes if isinstance(source.node, ImageNode)] == ["aGVsbG8="]


def test_the_store_s_own_nodes_stay_as_they_were() -> None:
    setting = Setting("query compact", "sync", redacting(), planted_node("metadata value"))
    before = {key: one.model_dump() for key, one in setting.index.docstore.docs.items()}
    setting.run()
    assert {key: one.model_dump() for key, one in setting.index.docstore.docs.items()} == before


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("mode", ["condense_question", "condense_plus_context"])
def test_a_history_that_is_condensed_into_a_question_is_judged_too(mode: str, way: str) -> None:
    history = [ChatMessage(f"I am {EMAIL}, key {TOKEN}"), ChatMessage("Hello.", role=MessageRole.ASSISTANT)]
    for guard in (redacting(), None):
        setting = Setting(f"chat {mode}", way, guard, planted_node("text"))
        if way == "sync":
            setting.engine.chat("how long?", history)
        else:
            asyncio.run(setting.engine.achat("how long?", history))
        assert len(setting.heard) == 2
        if guard is None:
            with pytest.raises(AssertionError):
                assert_no_planted(setting.heard[0])
        else:
            assert_no_planted(setting.heard)
