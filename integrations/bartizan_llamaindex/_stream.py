"""Streamed answers: running text goes through the guard's stream as it comes, all else goes out with the last chunk.

LlamaIndex's chunks hold the whole of the answer so far beside the new piece. Those that go out hold what was let out so far; calls of
tools, reasoning and metadata, whole only at the end, are judged there. Where a plugin needs the whole answer, everything waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, MessageRole, TextBlock

from bartizan_llamaindex._answers import read_chat, read_completion, usage
from bartizan_llamaindex._judged import ajudge_answer, judge_answer

if TYPE_CHECKING:
    from bartizan import ResponseStream, Session
    from bartizan_llamaindex._texts import Texts

    Chunk = ChatResponse | CompletionResponse

_THINKING_DELTA: Final = "thinking_delta"


class AnswerStream:
    """One streamed answer: `feed` each chunk, then `end` (or `await aend`); `close` in any case."""

    def __init__(self, guard: Session, model: str | None) -> None:
        self._guard = guard
        self._model = model
        stream = guard.open_stream(model=model)
        self._text: ResponseStream | None = None if stream.holds else stream
        self._raw: list[str] = []
        self._length = 0
        self._out: list[str] = []
        self._so_far = ""
        self._last: Chunk | None = None
        self._usage: dict[str, Any] | None = None

    def feed(self, chunk: Chunk) -> Chunk | None:
        """The chunk with what may go out by now; None where nothing may.

        Raises:
            Blocked: something in it is refused; none of that has gone out.
        """
        self._last = chunk
        self._usage = usage(chunk.raw) or self._usage
        piece = self._piece(chunk)
        if not piece:
            return None
        self._raw.append(piece)
        self._length += len(piece)
        if self._text is None:
            return None
        out = self._text.feed(piece)
        if not out:
            return None
        self._so_far += out
        return _chunk(chunk, self._so_far, out)

    def end(self) -> Chunk | None:
        """The last chunk, with all that was held; None if there was no chunk at all."""
        if self._last is None:
            return None
        tail = self._text.end() if self._text is not None else ""
        last = self._bare()
        return self._final(judge_answer(self._guard, lambda texts: _read(texts, last), self._model), tail)

    async def aend(self) -> Chunk | None:
        """The same, without blocking the event loop on asynchronous plugins."""
        if self._last is None:
            return None
        tail = await self._text.aend() if self._text is not None else ""
        last = self._bare()
        return self._final(await ajudge_answer(self._guard, lambda texts: _read(texts, last), self._model), tail)

    def close(self) -> None:
        """Give the stream up where it is; after `end` this does nothing."""
        if self._text is not None:
            self._text.close()

    def _piece(self, chunk: Chunk) -> str:
        """The new text: the chunk's own `delta`, or by how much its text has grown where it has none."""
        if chunk.delta:
            return chunk.delta
        whole = _text_of(chunk)
        return whole[self._length :] if chunk.delta is None and len(whole) > self._length else ""

    def _bare(self) -> Chunk:
        """The last chunk without what the stream has judged already: its text is the joined pieces, and `raw` repeats some."""
        last = self._last
        assert last is not None  # noqa: S101 (its callers saw to it)
        kept = {key: value for key, value in last.additional_kwargs.items() if key != _THINKING_DELTA}
        changed: dict[str, Any] = {"raw": None, "logprobs": None, "delta": None, "additional_kwargs": kept}
        if self._text is not None and _text_of(last) == "".join(self._raw):
            last = _with_text(last, "")
        return last.model_copy(update=changed)

    def _final(self, judged: Chunk, tail: str) -> Chunk:
        text = self._so_far + tail
        if self._text is None:
            tail = text = _text_of(judged)
        elif not _text_of(judged):
            judged = _with_text(judged, text)
        return judged.model_copy(update={"delta": tail, "raw": self._usage})


def _read(texts: Texts, last: Chunk) -> Chunk:
    return read_chat(texts, last) if isinstance(last, ChatResponse) else read_completion(texts, last)


def _text_of(chunk: Chunk) -> str:
    return (chunk.message.content or "") if isinstance(chunk, ChatResponse) else chunk.text


def _with_text(chunk: Chunk, text: str) -> Chunk:
    """A copy whose text is this one; other blocks stay where they are."""
    if not isinstance(chunk, ChatResponse):
        return chunk.model_copy(update={"text": text})
    blocks: list[Any] = []
    for block in chunk.message.blocks:
        if not isinstance(block, TextBlock):
            blocks.append(block)
        elif text is not None and not any(isinstance(one, TextBlock) for one in blocks):
            blocks.append(TextBlock(text=text))
    if text and not any(isinstance(one, TextBlock) for one in blocks):
        blocks.insert(0, TextBlock(text=text))
    return chunk.model_copy(update={"message": chunk.message.model_copy(update={"blocks": blocks})})


def _chunk(given: Chunk, so_far: str, delta: str) -> Chunk:
    """A chunk in the middle: text alone."""
    if isinstance(given, ChatResponse):
        role = given.message.role if isinstance(given.message.role, MessageRole) else MessageRole.ASSISTANT
        return ChatResponse(message=ChatMessage(role=role, blocks=[TextBlock(text=so_far)]), delta=delta)
    return CompletionResponse(text=so_far, delta=delta)
