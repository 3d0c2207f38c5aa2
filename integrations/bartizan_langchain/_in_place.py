"""Whether a handler may redact a prompt by changing its messages: found out on a fake model, once, not assumed."""

from __future__ import annotations

import asyncio
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

if TYPE_CHECKING:
    from collections.abc import Iterator

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
