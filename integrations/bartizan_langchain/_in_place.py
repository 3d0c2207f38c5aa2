"""What a handler can do in the installed LangChain: refuse, and redact by changing messages. Found out once, not assumed."""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document  # noqa: TC002 (pydantic reads the retriever's annotations)
from langchain_core.language_models import BaseChatModel, FakeListLLM
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import StructuredTool

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_logger: Final = logging.getLogger("langchain_core.callbacks.manager")
_BEFORE: Final = "before"
_AFTER: Final = "after"


@cache
def changes_arrive() -> bool:
    """Whether a change that a handler makes to a message's str content reaches the model, in every way to call one."""
    return _tried() == [_AFTER] * 4


def _tried() -> list[str]:
    model, config = _Listening(cache=False), {"callbacks": [_Changing()]}
    model.invoke([HumanMessage(_BEFORE)], config)  # type: ignore[arg-type]  # a RunnableConfig, as a plain dict
    list(model.stream([HumanMessage(_BEFORE)], config))  # type: ignore[arg-type]

    async def asynchronous() -> None:
        await model.ainvoke([HumanMessage(_BEFORE)], config)  # type: ignore[arg-type]
        async for _ in model.astream([HumanMessage(_BEFORE)], config):  # type: ignore[arg-type]
            pass

    # A thread of its own: the caller's may be running an event loop.
    thread = Thread(target=asyncio.run, args=(asynchronous(),), name="bartizan-probe")
    thread.start()
    thread.join()
    return model.heard


@cache
def refusals_stop() -> bool:
    """Whether what a handler raises at the start of a model, a tool or a retriever stops it before it runs."""
    ran: list[str] = []
    model = _Listening(cache=False)
    tool, shelf = StructuredTool.from_function(lambda: ran.append("tool"), name="probe", description="probe"), _Shelf(ran=ran)
    tries: list[Callable[[dict[str, Any]], Any]] = [
        lambda config: model.invoke(_BEFORE, config),  # type: ignore[arg-type]  # a RunnableConfig, as a plain dict
        lambda config: list(model.stream(_BEFORE, config)),  # type: ignore[arg-type]
        lambda config: FakeListLLM(responses=[_AFTER], cache=False).invoke(_BEFORE, config),  # type: ignore[arg-type]
        lambda config: tool.invoke({}, config),  # type: ignore[arg-type]
        lambda config: shelf.invoke(_BEFORE, config),  # type: ignore[arg-type]
    ]
    refused = 0
    _logger.addFilter(_not_ours)  # LangChain warns of each error in a handler
    try:
        for one in tries:
            try:
                one({"callbacks": [_Refusing()]})
            except _Refusal:
                refused += 1
    finally:
        _logger.removeFilter(_not_ours)
    return refused == len(tries) and not ran and not model.heard


def _not_ours(record: logging.LogRecord) -> bool:
    return _Refusing.__name__ not in record.getMessage()


class _Refusal(BartizanError):
    """What the handler of the probe raises."""


class _Refusing(BaseCallbackHandler):
    raise_error = True
    run_inline = True

    def _refuse(self, *_: Any, **__: Any) -> None:
        raise _Refusal

    on_chat_model_start = on_llm_start = on_tool_start = on_retriever_start = _refuse


class _Shelf(BaseRetriever):
    ran: Any

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:  # noqa: ARG002 (the host's names)
        self.ran.append("retriever")
        return []


class _Changing(BaseCallbackHandler):
    raise_error = True
    run_inline = True

    def on_chat_model_start(self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **_: Any) -> None:  # noqa: ARG002 (the host's names)
        for message in messages[0]:
            message.content = _AFTER


class _Listening(BaseChatModel):
    heard: list[str] = []  # noqa: RUF012 (pydantic copies a default)

    @property
    def _llm_type(self) -> str:
        return "bartizan-probe"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:  # noqa: ARG002 (the host's names)
        self.heard.append(str(messages[0].content))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="ok"))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,  # noqa: ARG002 (the host's names)
        run_manager: Any = None,  # noqa: ARG002 (the host's names)
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.heard.append(str(messages[0].content))
        yield ChatGenerationChunk(message=AIMessageChunk(content="ok"))
