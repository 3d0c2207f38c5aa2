"""`BartizanEvents`: LlamaIndex's own instrumentation, judged for the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatStartEvent,
    LLMCompletionEndEvent,
    LLMCompletionStartEvent,
)
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent
from pydantic import PrivateAttr

from bartizan import BartizanError, Guard, Origin
from bartizan_llamaindex._answers import read_chat, read_completion
from bartizan_llamaindex._classes import check_guard
from bartizan_llamaindex._inside import judged_here
from bartizan_llamaindex._messages import read_messages
from bartizan_llamaindex._nodes import read_scored
from bartizan_llamaindex._texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index.core.instrumentation.events import BaseEvent


class BartizanEvents(BaseEventHandler):
    """Audit only: shows the guard's observers what passes models and retrievers that nobody guards. It can stop and change nothing.

    Register it with `get_dispatcher().add_event_handler(BartizanEvents(guard))`. Prompts, answers (streamed ones when they end) and
    retrieved nodes are judged, and the guard's observers get an event for each, as for any call; the verdict itself leads to nothing,
    for LlamaIndex swallows what its handlers raise. What a model guarded by the same guard is asked and answers is left to it.

    Raises:
        TypeError: `guard` is no Guard.
    """

    _guard: Guard = PrivateAttr()

    def __init__(self, guard: Guard, **kwargs: Any) -> None:
        check_guard(guard, "BartizanEvents", "as its argument")
        super().__init__(**kwargs)
        self._guard = guard

    @classmethod
    def class_name(cls) -> str:
        """Its name in serialised forms."""
        return "BartizanEvents"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:  # noqa: ARG002 (the host's signature)
        """Judge what an event shows, for the record."""
        guard = self._guard
        hook, walk = _seen(event)
        if walk is None or (hook != "retrieve" and judged_here(guard)):
            return
        texts = Texts()
        walk(texts)
        if texts.segments:
            judge = guard.post_response if hook == "answer" else guard.pre_prompt
            try:
                _ = judge(texts.segments).blocked  # read, so that nothing warns: the record is all that is wanted
            except BartizanError:
                return  # a plugin failed: its observers were told


def _seen(event: BaseEvent) -> tuple[str, Callable[[Texts], object] | None]:
    """What kind of text an event shows, and the walk over it."""
    if isinstance(event, LLMChatStartEvent):
        return "prompt", lambda texts: read_messages(texts, event.messages)
    if isinstance(event, LLMCompletionStartEvent):
        return "prompt", lambda texts: texts.text(event.prompt, Origin.USER, "prompt")
    if isinstance(event, LLMChatEndEvent) and event.response is not None:
        response = event.response
        return "answer", lambda texts: read_chat(texts, response)
    if isinstance(event, LLMCompletionEndEvent):
        return "answer", lambda texts: read_completion(texts, event.response)
    if isinstance(event, RetrievalEndEvent):
        return "retrieve", lambda texts: read_scored(texts, event.nodes)
    return "", None
