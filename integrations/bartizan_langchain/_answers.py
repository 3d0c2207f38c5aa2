"""Whole answers: a ChatResult's segments, and the way back to a new one. A cache may hold the given one: it stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from bartizan import Origin, Segment
from bartizan_langchain._constants import ECHOES
from bartizan_langchain._messages import Reading, is_plain, read_metadata, unchanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    from bartizan.structured import Flat


class Answer:
    """The segments of some generations and of what came with them."""

    __slots__ = ("_information", "_messages", "_result", "segments")

    def __init__(self, result: ChatResult) -> None:
        self._result = result
        generations = result.generations
        self._messages = Reading([generation.message for generation in generations], "generations")
        self._information: list[Flat | None] = []
        more: list[Segment] = []
        for index, generation in enumerate(generations):
            more += self._read(generation.generation_info, f"generations[{index}].generation_info")
        more += self._read(result.llm_output, "llm_output")
        self.segments: list[Segment] = [*self._messages.segments, *more]

    def _read(self, value: dict[str, Any] | None, path: str) -> tuple[Segment, ...]:
        flat = read_metadata(value, Origin.ASSISTANT, path) if value else None
        self._information.append(flat)
        return () if flat is None else flat.segments

    def rebuild(self, judged: Sequence[Segment]) -> ChatResult:
        """The result with the judged texts in place; the very same object where nothing changed."""
        if unchanged(judged, self.segments):
            return self._result
        messages = self._messages.rebuild(judged)
        at = len(self._messages.segments)
        information: list[Any] = []
        for flat in self._information:
            size = len(flat.segments) if flat is not None else 0
            information.append(flat.rebuild(judged[at : at + size]) if flat is not None else None)
            at += size
        generations = [
            _changed(old, message, info)
            for old, message, info in zip(self._result.generations, messages, information[:-1], strict=True)
        ]
        return self._result.model_copy(
            update={"generations": generations, "llm_output": information[-1] or self._result.llm_output}
        )


def only_text(result: ChatResult) -> Segment | None:
    """The one segment of an answer that is one plain text, as most are; None for others. `Answer` gives the same, later."""
    generations = result.generations
    if len(generations) != 1 or result.llm_output:
        return None
    generation = generations[0]
    message = generation.message
    if generation.generation_info or type(message) is not AIMessage or not is_plain(message):
        return None
    return Segment(message.__dict__["content"], Origin.ASSISTANT, "generations[0].content")


def _changed(generation: ChatGeneration, message: BaseMessage, info: dict[str, Any] | None) -> ChatGeneration:
    if info and message is not generation.message:
        info = {key: value for key, value in info.items() if key not in ECHOES}
    # Its own constructor: `text` follows from the message.
    return type(generation)(message=message, generation_info=info or generation.generation_info)
