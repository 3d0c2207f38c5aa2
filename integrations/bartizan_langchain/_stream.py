"""Streamed answers: running text goes through the guard's stream, all else waits until it is whole.

A chunk is never dropped, for usage and other metadata ride on it; it goes on with as much of its text as is settled. Calls of
tools, citations, metadata and blocks of any other kind are gathered, judged together at the end and sent with the last chunk.
Where a plugin needs the whole answer, the text is gathered too, so that it sees the same Response as with `invoke`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.base import merge_content
from langchain_core.outputs import ChatGenerationChunk
from pydantic import BaseModel

from bartizan_langchain._blocks import TEXT_FIELDS
from bartizan_langchain._constants import is_constant, is_own_id, only_numbers
from bartizan_langchain._held import Held, last_chunk
from bartizan_langchain._messages import read_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import BaseMessageChunk

    from bartizan import ResponseStream, Session
    from bartizan_langchain._held import Whole

_REASONING: Final = ("reasoning_content", "reasoning")
# pydantic's own slots, which its models fill past their `__setattr__`.
_new: Final = object.__new__
_set_dict: Final[Any] = BaseModel.__dict__["__dict__"].__set__
_set_fields: Final[Any] = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Final[Any] = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Final[Any] = BaseModel.__dict__["__pydantic_private__"].__set__


class AnswerStream:
    """One streamed answer: `feed` each chunk, then `end` (or `await aend`); `close` in any case."""

    def __init__(self, guard: Session, model: str | None) -> None:
        self._guard = guard
        self._model = model
        self._whole: bool = guard.engine.plans["post_response"].holds_streams
        self._streams: dict[tuple[str, str, Any], ResponseStream] = {}
        self._plain: Any = None
        self._like: dict[str, Any] | None = None
        """The fields of a chunk whose text alone needs judging."""
        self._held = Held()
        self._last: ChatGenerationChunk | None = None
        self._lists = False
        self._holding = self._whole
        self._known_id: str | None = None

    def feed(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk | None:
        """The chunk with what may go out by now; None for the chunk that says it is the last, which `end` gives.

        Raises:
            Blocked: something in it is refused; none of that has gone out.
        """
        message, like = chunk.message, self._like
        if like is not None and chunk.generation_info is None and type(message) is AIMessageChunk:
            fields = message.__dict__
            like["content"] = content = fields["content"]
            # Nothing but its text tells it from one that went through all of the checks: compared in C, for every token passes here.
            if type(content) is str and fields == like and not message.__pydantic_extra__:
                out = self._plain.feed(content) if content else content
                sent = chunk if out == content else _with_text(chunk, out)
                return sent if self._last is None else self._passed(sent)
        return self._passed_slowly(chunk)

    def end(self) -> ChatGenerationChunk | None:
        """The last chunk, with all that was held; None if there is nothing to send."""
        flat = self._held.read()
        judged = self._guard.post_response(flat.segments, model=self._model).segments if flat.segments else ()
        tails = {key: stream.end() for key, stream in self._streams.items()}
        return self._final(flat.rebuild(judged), tails)

    async def aend(self) -> ChatGenerationChunk | None:
        """The same, without blocking the event loop on asynchronous plugins."""
        flat = self._held.read()
        judged = (await self._guard.apost_response(flat.segments, model=self._model)).segments if flat.segments else ()
        tails = {key: await stream.aend() for key, stream in self._streams.items()}
        return self._final(flat.rebuild(judged), tails)

    def close(self) -> None:
        """Give the streams up where they are; after `end` this does nothing."""
        for stream in self._streams.values():
            stream.close()

    def _passed(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk | None:
        """The chunk to send now: the one marked as last waits, for what is held goes with it."""
        last = self._last
        if last is None:
            return chunk
        self._last = chunk
        return last

    def _passed_slowly(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk | None:
        message, held = chunk.message, self._held
        changed: dict[str, Any] = {"content": self._content(message.content), **self._calls(message)}
        if message.additional_kwargs:
            changed["additional_kwargs"] = self._extras(message.additional_kwargs)
        if message.response_metadata:
            changed["response_metadata"] = _split(message.response_metadata, held.metadata)
        info = _split(chunk.generation_info, held.information) if chunk.generation_info else None
        changed |= self._others(message)
        last = getattr(message, "chunk_position", None) == "last"
        if last:
            held.position = "last"
            changed["chunk_position"] = None
        if set(changed) <= {"content", "response_metadata"} and not last and self._goes_on_like(message, changed):
            self._like = dict(message.__dict__)
        sent = self._passed(new := ChatGenerationChunk(message=message.model_copy(update=changed), generation_info=info or None))
        if last and self._last is None:
            self._last = new
            return None
        return sent

    def _goes_on_like(self, message: BaseMessageChunk, changed: Mapping[str, Any]) -> bool:
        """Whether a chunk with the same fields could go on with its text judged and nothing else: all that it has is constant."""
        fields = message.__dict__
        return (
            self._plain is not None
            and not self._holding
            and type(fields["content"]) is str
            and not fields["additional_kwargs"]
            and fields["usage_metadata"] is None
            and changed.get("response_metadata", {}) == fields["response_metadata"]
        )

    def _calls(self, message: BaseMessageChunk) -> dict[str, Any]:
        """Hold the calls; what stays of them on this chunk."""
        fields = message.__dict__
        if fields.get("tool_call_chunks"):
            self._held.calls.append(fields["tool_call_chunks"])
        elif fields.get("tool_calls"):  # set without their chunks, from which LangChain makes the calls of the whole
            calls = fields["tool_calls"]
            self._held.calls.append(
                [
                    {"name": c["name"], "args": json.dumps(c["args"]), "id": c["id"], "index": None, "type": "tool_call_chunk"}
                    for c in calls
                ]
            )
        return {name: [] for name in ("tool_call_chunks", "tool_calls", "invalid_tool_calls") if fields.get(name)}

    def _others(self, message: BaseMessageChunk) -> dict[str, Any]:
        """What can't be gathered, since merging chunks would lose it (a name, an id): judged as it comes."""
        fields = {**message.__dict__, **(message.__pydantic_extra__ or {})}
        others = {name: value for name, value in fields.items() if name not in _HANDLED and value is not None}
        if message.id != self._known_id and not is_own_id(message.id):
            others["id"] = message.id
        if not only_numbers(fields.get("usage_metadata")):
            others["usage_metadata"] = fields["usage_metadata"]
        if not others:
            self._known_id = message.id
            return {}
        if self._whole:
            self._held.others |= others
            return dict.fromkeys(others)
        only = AIMessageChunk(content="").model_copy(update=others)
        flat = read_message(only, "chunk")
        judged = flat.rebuild(self._guard.post_response(flat.segments, model=self._model).segments) if flat.segments else only
        if judged is only and "id" in others:
            self._known_id = message.id
        return {name: getattr(judged, name) for name in others}

    def _stream(self, kind: str, part: str, index: object) -> ResponseStream:
        key = (kind, part, index)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = self._guard.open_stream(model=self._model, part=part)
            if not kind:
                self._plain = stream
        return stream

    def _content(self, content: str | list[str | dict[Any, Any]]) -> str | list[Any]:
        self._lists = self._lists or isinstance(content, list)
        if self._holding:
            self._held.content.append(content)
            return "" if isinstance(content, str) else []
        if isinstance(content, str):
            return self._stream("", "text", None).feed(content) if content else ""
        out: list[Any] = []
        for block in content:
            out += self._block(block)
        return out

    def _block(self, block: str | dict[Any, Any]) -> list[Any]:
        """What may go out of a block. One that is not running text waits for the end, and all content after it: order stays."""
        if isinstance(block, str) and not self._holding:
            out = self._stream("", "text", None).feed(block) if block else ""
            return [out] if out else []
        kind, index = (block.get("type"), block.get("index")) if isinstance(block, dict) else (None, None)
        field, part = TEXT_FIELDS.get(kind, ("", "")) if isinstance(kind, str) else ("", "")
        merges = type(index) is int or (isinstance(index, str) and index.startswith("lc_"))
        if self._holding or isinstance(block, str) or not field or not isinstance(block.get(field, ""), str):
            return self._hold(block)
        rest = {
            key: value for key, value in block.items() if key not in {"type", "index", field} and value not in (None, "", [], {})
        }
        if rest and not merges:
            return self._hold(block)
        head = {"type": kind, "index": index} if merges else {"type": kind}
        if rest:  # citations and the like, which LangChain merges into the block of the same index
            self._held.content.append([{**head, **rest}])
        # Text without an index goes on where other text without one ended, blocks or not.
        stream = self._stream("" if kind == "text" and not merges else str(kind), part, index if merges else None)
        out = stream.feed(block[field]) if block.get(field) else ""
        return [{**head, field: out}] if out or merges else []

    def _hold(self, block: str | dict[Any, Any]) -> list[Any]:
        self._holding, self._like = True, None
        self._held.content.append([block])
        return []

    def _extras(self, extras: Mapping[str, Any]) -> dict[str, Any]:
        now: dict[str, Any] = {}
        for key, value in extras.items():
            if key in _REASONING and isinstance(value, str) and not self._whole:
                now[key] = self._stream(key, "reasoning", "additional_kwargs").feed(value) if value else ""
            elif is_constant(key, value):
                now[key] = value
            else:
                self._held.extras.append({key: value})
        return now

    def _final(self, held: Whole, tails: Mapping[tuple[str, str, Any], str]) -> ChatGenerationChunk | None:
        content: str | list[Any] = [] if self._lists else ""
        extras = dict(held.extras)
        for (kind, _, index), tail in tails.items():
            if not tail:
                continue
            if index == "additional_kwargs":
                extras[kind] = tail
            elif kind:
                head = {"type": kind} if index is None else {"type": kind, "index": index}
                content = merge_content(content, [{**head, TEXT_FIELDS[kind][0]: tail}])
            else:
                content = merge_content(content, [tail] if self._lists else tail)
        content = merge_content(content, held.content) if held.content and content else held.content or content
        last = self._last
        if last is None and not (content or extras or held.calls or held.metadata or held.information or held.others):
            return None
        return last_chunk(last, held, content, extras)


def close(held: Any, chunks: Any) -> None:
    """Give up a stream that is read no further, and the provider's, which may hold a connection."""
    held.close()
    closing = getattr(chunks, "close", None)
    if closing is not None:
        closing()


async def aclose(held: Any, chunks: Any) -> None:
    """The same for an asynchronous one."""
    held.close()
    closing = getattr(chunks, "aclose", None)
    if closing is not None:
        await closing()


_HANDLED: Final = frozenset({
    "content", "additional_kwargs", "response_metadata", "tool_call_chunks", "tool_calls", "invalid_tool_calls", "type", "id",
    "usage_metadata", "chunk_position", "example",
})  # fmt: skip


def _split(metadata: Mapping[str, Any], held: list[dict[str, Any]]) -> dict[str, Any]:
    """What may go out at once; the rest is held. LangChain joins the strings of two chunks, so only constants go at once."""
    now = {key: value for key, value in metadata.items() if is_constant(key, value)}
    held.append({key: value for key, value in metadata.items() if key not in now})
    return now


def _with_text(chunk: ChatGenerationChunk, text: str) -> Any:
    """A copy of a plain chunk with another text: what `model_copy` does, in a sixth of the time; every token may pass here."""
    message = chunk.message
    new_message: Any = _new(AIMessageChunk)
    fields = message.__dict__.copy()
    fields["content"] = text
    _set_dict(new_message, fields)
    _set_fields(new_message, message.__pydantic_fields_set__.copy())
    _set_extra(new_message, message.__pydantic_extra__)
    _set_private(new_message, None)
    new: Any = _new(ChatGenerationChunk)
    fields = chunk.__dict__.copy()
    fields["message"] = new_message
    fields["text"] = text
    _set_dict(new, fields)
    _set_fields(new, chunk.__pydantic_fields_set__.copy())
    _set_extra(new, None)
    _set_private(new, None)
    return new
