"""Models that follow a script and record what they receive, embeddings without a model, and nodes with planted values in them."""

from __future__ import annotations

import copy
import hashlib
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LLMMetadata,
    MessageRole,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

from bartizan import AccessRequest, Context, Decision, Guard, Principal, hookimpl
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

EMAIL = PLANTED["EMAIL_ADDRESS"]
TOKEN = PLANTED["GITHUB_TOKEN"]
ALICE = Principal("alice", roles=["user"], tenant="a")
SIZE = 16


class HashEmbedding(BaseEmbedding):
    """A vector from the words of a text: texts with words in common are near each other, everywhere and always alike."""

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * SIZE
        for word in text.lower().split():
            digest = hashlib.sha256(word.encode()).digest()
            vector[digest[0] % SIZE] += 1.0 + digest[1] / 256
        norm = math.sqrt(sum(one * one for one in vector)) or 1.0
        return [one / norm for one in vector]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vector(text)


class Completing(CustomLLM):
    """A completion model; the other six methods are LlamaIndex's own, by these two."""

    answer: str = "fine"
    heard: list[Any] = []  # noqa: RUF012 (pydantic copies a default)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="completing-1")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self.heard.append(repr((prompt, kwargs)))
        return CompletionResponse(text=self.answer, raw={"text": self.answer, "usage": {"total_tokens": 7}})

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Iterator[CompletionResponse]:
        self.heard.append(repr((prompt, kwargs)))

        def chunks() -> Iterator[CompletionResponse]:
            for at in range(0, len(self.answer), 3):
                piece = self.answer[at : at + 3]
                yield CompletionResponse(text=self.answer[: at + 3], delta=piece, raw={"piece": piece})

        return chunks()


class Chatting(FunctionCallingLLM):
    """A chat model with all eight methods of its own. `script` holds its answers in turn, the last one over and over."""

    script: list[ChatMessage] = []  # noqa: RUF012 (pydantic copies a default)
    heard: list[Any] = []  # noqa: RUF012 (pydantic copies a default)
    model: str = "chatting-1"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model, is_chat_model=True, is_function_calling_model=True)

    def _prepare_chat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, tool_required: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        messages = list(chat_history or [])
        if user_msg is not None:
            messages.append(ChatMessage(user_msg) if isinstance(user_msg, str) else user_msg)
        return {"messages": messages, "tools": [tool.metadata.to_openai_tool() for tool in tools]}

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        return [
            ToolSelection(tool_id=block.tool_call_id or "", tool_name=block.tool_name, tool_kwargs=dict(block.tool_kwargs))
            for block in response.message.blocks
            if isinstance(block, ToolCallBlock) and isinstance(block.tool_kwargs, dict)
        ]

    def _next(self, given: Any, kwargs: Any) -> ChatMessage:
        shown = [one.model_dump() for one in given] if not isinstance(given, str) else given
        self.heard.append(repr((shown, kwargs)))
        return copy.deepcopy(self.script[min(len(self.heard), len(self.script)) - 1])

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        message = self._next(messages, kwargs)
        return ChatResponse(message=message, raw={"choices": [message.model_dump()], "usage": {"total_tokens": 7}})

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return type(self).chat.__get__(self)(messages, **kwargs)

    def _chunks(self, message: ChatMessage) -> Iterator[ChatResponse]:
        text, calls = message.content or "", [one for one in message.blocks if not isinstance(one, TextBlock)]
        for at in range(0, len(text), 3):
            blocks = [TextBlock(text=text[: at + 3]), *(calls if at + 3 >= len(text) else [])]
            part = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks)
            yield ChatResponse(message=part, delta=text[at : at + 3], raw={"piece": text[at : at + 3]})
        if not text:
            yield ChatResponse(message=message, delta="", raw={"calls": len(calls)})

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Iterator[ChatResponse]:
        return self._chunks(self._next(messages, kwargs))

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> AsyncIterator[ChatResponse]:
        message = self._next(messages, kwargs)

        async def chunks() -> AsyncIterator[ChatResponse]:
            for chunk in self._chunks(message):
                yield chunk

        return chunks()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self._next(prompt, kwargs).content or "")

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self._next(prompt, kwargs).content or "")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Iterator[CompletionResponse]:
        message = self._next(prompt, kwargs)
        return (CompletionResponse(text=one.message.content or "", delta=one.delta) for one in self._chunks(message))

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> AsyncIterator[CompletionResponse]:
        message = self._next(prompt, kwargs)

        async def chunks() -> AsyncIterator[CompletionResponse]:
            for one in self._chunks(message):
                yield CompletionResponse(text=one.message.content or "", delta=one.delta)

        return chunks()


def chatting(*answers: str | ChatMessage, **fields: Any) -> Chatting:
    script = [ChatMessage(one, role=MessageRole.ASSISTANT) if isinstance(one, str) else one for one in answers or ("fine",)]
    return Chatting(script=script, heard=[], **fields)


def completing(answer: str = "fine") -> Completing:
    return Completing(answer=answer, heard=[])


def calling(name: str, /, **kwargs: Any) -> ChatMessage:
    """A model's message that asks for a call."""
    block = ToolCallBlock(tool_call_id="call_1", tool_name=name, tool_kwargs=kwargs)
    return ChatMessage(role=MessageRole.ASSISTANT, blocks=[block])


class DenyDocuments:
    """An authorizer that lets everyone search, and nobody read what it finds."""

    name = "deny_documents"

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        denied = request.resource is not None and request.resource.type == "document"
        return Decision.deny("no documents today") if denied else Decision.ALLOW


@cache
def redacting() -> Guard:
    return Guard()


@cache
def blocking() -> Guard:
    return Guard(config={"redaction": {"actions": {"EMAIL_ADDRESS": "block", "secrets": "block"}}})


@cache
def denying() -> Guard:
    return Guard(plugins=["validation", "redaction", DenyDocuments()])


def planted_node(place: str) -> TextNode:
    """A node with planted values in one place."""
    text = "The warranty covers two years."
    metadata: dict[str, Any] = {"tenant": "a", "file": "warranty.md"}
    fields: dict[str, Any] = {}
    if place == "text":
        text += f" Ask {EMAIL}, key {TOKEN}."
    elif place == "metadata value":
        metadata["author"] = EMAIL
        metadata["deep"] = {"keys": [TOKEN]}
    elif place == "metadata key":
        metadata[EMAIL] = "author"
    elif place == "template":
        fields["text_template"] = f"by {EMAIL}\n{{metadata_str}}\n{{content}}"
        fields["metadata_template"] = f"{{key}}: {{value}} (key {TOKEN})"
    elif place == "relationships":
        about = RelatedNodeInfo(node_id="document-1", metadata={"author": EMAIL, "key": TOKEN})
        fields["relationships"] = {NodeRelationship.SOURCE: about, NodeRelationship.CHILD: [about]}
    elif place == "hidden metadata":
        metadata["author"] = EMAIL
        fields["excluded_llm_metadata_keys"] = ["author"]
    elif place == "window":
        metadata["window"] = f"A sentence before. {text} Ask {EMAIL}."
    elif place == "id":
        fields["id_"] = f"card-of-{EMAIL}"
    return TextNode(text=text, metadata=metadata, **fields)


PLACES = ("text", "metadata value", "metadata key", "template", "relationships", "hidden metadata", "window", "id")
