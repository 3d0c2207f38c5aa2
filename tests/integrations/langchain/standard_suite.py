"""LangChain's standard tests of chat models, on a scripted model: plain and guarded. `test_standard_suite.py` runs this file.

The model can all that the suite asks about: tools, tool choice, structured output, JSON mode, images, documents, usage, streams. The
guarded classes are the same ones, made from the guarded class.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import ConfigDict, Field, SecretStr

from bartizan import Guard
from bartizan_langchain import guard_model

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from langchain_core.runnables import Runnable

USAGE: Any = {"input_tokens": 11, "output_tokens": 22, "total_tokens": 33}


class Capable(BaseChatModel):
    """Answers as a provider's model would, by what it is given; it never looks anything up."""

    model_name: str = Field(default="capable-1", alias="model")
    temperature: float | None = None
    max_tokens: int | None = None
    stop: list[str] | None = None
    timeout: float | None = None
    max_retries: int = 2
    streaming: bool = False
    api_key: SecretStr | None = None
    model_config = ConfigDict(populate_by_name=True)

    @property
    def _llm_type(self) -> str:
        return "capable"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "capable"
        params["ls_model_name"] = kwargs.get("model", self.model_name)
        return params

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | dict[str, Any] | bool | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return super().bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def with_structured_output(self, schema: Any, *, method: str = "function_calling", strict: Any = None, **kwargs: Any) -> Any:
        if method != "json_mode":
            return super().with_structured_output(schema, **kwargs)
        parser: Any = PydanticOutputParser(pydantic_object=schema) if isinstance(schema, type) else JsonOutputParser()
        return self.bind(response_format={"type": "json_object"}) | parser

    def _answer(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        about: dict[str, Any] = {
            "usage_metadata": USAGE,
            "response_metadata": {"model_name": kwargs.get("model", self.model_name)},
        }
        said = messages[-1].text
        tools = kwargs.get("tools") or []
        choice = kwargs.get("tool_choice")
        if tools and not isinstance(messages[-1], ToolMessage):
            named = [one for one in tools if one.get("function", one)["name"] == choice] or tools[:1]
            function = named[0].get("function", named[0])
            schema = function.get("parameters", {})
            args = {name: _value(field, said) for name, field in schema.get("properties", {}).items()}
            return AIMessage("", tool_calls=[{"name": function["name"], "args": args, "id": "call_1"}], **about)
        if kwargs.get("response_format"):
            return AIMessage('{"setup": "Why do cats purr?", "punchline": "They can\'t help it."}', **about)
        return AIMessage("Hello there, how may I help you?", **about)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages, kwargs))])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages, kwargs)
        text = str(answer.content)
        for at in range(0, len(text), 6):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[at : at + 6]))
        for index, call in enumerate(answer.tool_calls):
            args = json.dumps(call["args"])
            for at in range(0, len(args), 7):
                head = {"name": call["name"], "id": call["id"]} if not at else {"name": None, "id": None}
                piece: Any = {**head, "args": args[at : at + 7], "index": index, "type": "tool_call_chunk"}
                yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[piece]))
        last = AIMessageChunk(content="", usage_metadata=USAGE, response_metadata=answer.response_metadata, chunk_position="last")
        yield ChatGenerationChunk(message=last)

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return self._generate(messages, stop, **kwargs)

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages, stop, **kwargs):
            yield chunk


def _value(field: dict[str, Any], said: str) -> Any:
    """An argument of the field's type, from what was said where that names one."""
    quoted = re.search("'([^']+)'", said)
    number = re.search("[0-9]+", said)
    if field.get("type") == "integer":
        return int(number[0]) if number else 3
    return quoted[1] if quoted else "cats"


class Offline:
    """What the suite fetches is not what it tests: any bytes do."""

    @pytest.fixture(autouse=True)
    def _local(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(httpx, "get", lambda *args, **kwargs: httpx.Response(200, content=b"\x89PNG any bytes"))
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "none")


class Abilities(Offline):
    """What `Capable` says that it can."""

    supports_json_mode = supports_image_inputs = supports_image_urls = supports_pdf_inputs = supports_audio_inputs = True
    supports_anthropic_inputs = supports_image_tool_message = supports_pdf_tool_message = True
    model_override_value = "capable-2"
    init_from_env_params = ({"CAPABLE": "k"}, {"model": "capable-1"}, {"model_name": "capable-1"})


class Plain(Abilities):
    """The model as it is."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return Capable


class Guarded(Abilities):
    """The guarded class in its place."""

    @cached_property
    def _made(self) -> BaseChatModel:
        return guard_model(Capable(), Guard())

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return type(self._made)


class TestUnitPlain(Plain, ChatModelUnitTests):
    """Unit tests, plain."""


class TestUnitGuarded(Guarded, ChatModelUnitTests):
    """Unit tests, guarded."""


class TestIntegrationPlain(Plain, ChatModelIntegrationTests):
    """Integration tests, plain."""


class TestIntegrationGuarded(Guarded, ChatModelIntegrationTests):
    """Integration tests, guarded."""
