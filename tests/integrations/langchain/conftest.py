"""A guard with planted values to find, and chat models that follow a script and record what they receive."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool

from bartizan import Action, Finding, Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

EMAIL = "jane@acme.test"
SECRET = "SEKRET-" + "48151623"
FORBIDDEN = "FORBIDDEN"


class PlantedScanner:
    """Finds the planted values. They hold no blank, so that an unfinished one can only begin in the last word."""

    max_span = 64
    lookaround = 1
    pointwise = False
    _values = re.compile(
        r"(?P<EMAIL_ADDRESS>\b[a-z]{1,20}@[a-z]{1,20}\.test\b)|(?P<SEKRET>\bSEKRET-[0-9]{8}\b)|(?P<FORBIDDEN>\bFORBIDDEN\b)"
    )
    _blank = re.compile(r"\s(?=\S*\Z)")

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        for found in self._values.finditer(text, start):
            label = str(found.lastgroup)
            action = Action.BLOCK if label == "FORBIDDEN" else Action.REDACT
            yield Finding(label, action, start=found.start(), end=found.end())

    def pending(self, text: str, start: int) -> int:
        return max([start, *(found.end() for found in self._blank.finditer(text, start))])


class Planted:
    """A plugin with nothing but that scanner."""

    scanners = (PlantedScanner(),)
    labels = frozenset({"EMAIL_ADDRESS", "SEKRET", "FORBIDDEN"})
    groups = {"pii": frozenset({"EMAIL_ADDRESS"})}  # noqa: RUF012 (read only)


class Scripted(BaseChatModel):
    """Answers with its script, over and over; `heard` is shared by its copies and holds what it was given, in full."""

    script: list[AIMessage] = []  # noqa: RUF012 (pydantic copies a default)
    chunks: list[AIMessageChunk] = []  # noqa: RUF012 (pydantic copies a default)
    infos: list[dict[str, Any] | None] = []  # noqa: RUF012 (pydantic copies a default)
    heard: Any = None
    model_name: str = "scripted-1"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return super().bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _hear(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> None:
        self.heard.append(repr([message.model_dump() for message in messages]) + repr(kwargs))

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self._hear(messages, kwargs)
        return ChatResult(generations=[ChatGeneration(message=copy.deepcopy(message)) for message in self.script])


class Streaming(Scripted):
    """The same, with a stream of its own. It tells its run_manager every raw token, as providers' classes do."""

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self._hear(messages, kwargs)
        infos = self.infos or [None] * len(self.chunks)
        for message, info in zip(self.chunks, infos, strict=True):
            chunk = ChatGenerationChunk(message=copy.deepcopy(message), generation_info=copy.deepcopy(info))
            if run_manager is not None:
                run_manager.on_llm_new_token(str(message.content), chunk=chunk)
            yield chunk


class AsyncStreaming(Streaming):
    """With native asynchronous methods too."""

    async def _agenerate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return Scripted._generate(self, messages, **kwargs)

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in Streaming._stream(self, messages, **kwargs):
            yield chunk


CLASSES = {"plain": Scripted, "streaming": Streaming, "async": AsyncStreaming}


def cut(text: str, size: int) -> list[AIMessageChunk]:
    """A text as chunks of some characters."""
    return [AIMessageChunk(content=text[i : i + size]) for i in range(0, len(text), size)]


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(plugins=[Planted()]) as made:
        yield made


@pytest.fixture
def planted() -> type[Planted]:
    return Planted


@pytest.fixture
def cutter() -> Any:
    return cut


@pytest.fixture
def scripted() -> Any:
    """Makes a model: `scripted(answer)`, `scripted(message, kind="plain")`, `scripted(chunks=[...])`."""

    def make(
        answer: str | AIMessage = "fine", *, kind: str = "async", chunks: list[AIMessageChunk] | None = None, **fields: Any
    ) -> Scripted:
        message = AIMessage(answer) if isinstance(answer, str) else answer
        if chunks is None and isinstance(message.content, str) and not message.tool_calls:
            chunks = cut(message.content, 3)
        return CLASSES[kind](script=[message], chunks=chunks or [], heard=[], **fields)

    return make


@pytest.fixture(autouse=True)
def _no_cache() -> Iterator[None]:
    yield
    set_llm_cache(None)
