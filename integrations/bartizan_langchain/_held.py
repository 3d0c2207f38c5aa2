"""What a streamed answer holds until it is whole, and the chunk that brings it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.base import merge_content
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.utils._merge import merge_dicts, merge_lists

from bartizan import Origin
from bartizan.structured import Flat
from bartizan_langchain._blocks import TEXT_FIELDS
from bartizan_langchain._messages import read_message, read_metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bartizan import Segment

    Content = str | list[Any]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Whole:
    """The pieces, merged as LangChain merges chunks."""

    content: Any
    calls: list[Any]
    extras: dict[str, Any]
    metadata: dict[str, Any]
    information: dict[str, Any]
    others: dict[str, Any]
    position: str | None

    def __repr__(self) -> str:
        return f"Whole(calls={len(self.calls)})"


class Held:
    """The pieces as they came."""

    def __init__(self) -> None:
        self.content: list[Content] = []
        self.calls: list[list[Any]] = []
        self.extras: list[dict[str, Any]] = []
        self.metadata: list[dict[str, Any]] = []
        self.information: list[dict[str, Any]] = []
        self.others: dict[str, Any] = {}
        """Further fields of the message, such as its id."""
        self.position: str | None = None

    def read(self) -> Flat:
        """The segments of all of it; `rebuild` gives a `Whole` with the judged texts."""
        whole = Whole(
            _joined(_merged([piece for piece in self.content if piece], merge_content, "")),
            _merged(self.calls, lambda left, right: merge_lists(left, right) or [], []),
            _merged(self.extras, merge_dicts, {}),
            _merged(self.metadata, merge_dicts, {}),
            _merged(self.information, merge_dicts, {}),
            self.others,
            self.position,
        )
        update = {
            "content": whole.content,
            "tool_call_chunks": whole.calls,
            "additional_kwargs": whole.extras,
            "response_metadata": whole.metadata,
            **self.others,
        }
        message = AIMessageChunk(content="").model_copy(update=update)
        flat, info = read_message(message, "message"), read_metadata(whole.information, Origin.ASSISTANT, "generation_info")
        size = len(flat.segments)

        def rebuild(judged: Sequence[Segment]) -> Whole:
            new, information = flat.rebuild(judged[:size]), info.rebuild(judged[size:])
            others = {name: getattr(new, name) for name in self.others}
            return Whole(
                new.content,
                new.tool_call_chunks,
                new.additional_kwargs,
                new.response_metadata,
                information,
                others,
                self.position,
            )

        return Flat((*flat.segments, *info.segments), rebuild)


def last_chunk(last: ChatGenerationChunk | None, held: Whole, content: Content, extras: dict[str, Any]) -> ChatGenerationChunk:
    """The chunk that ends an answer: what the model marked as last, if it did, with all that was held."""
    base: dict[str, Any] = {}
    kind: type[Any] = AIMessageChunk
    metadata, information = held.metadata, held.information
    if last is not None:
        message = last.message
        base = {**message.__dict__, **(message.__pydantic_extra__ or {})}
        kind = type(message)
        content = merge_content(message.content, content) if message.content and content else content or message.content
        extras = merge_dicts(message.additional_kwargs, extras)
        metadata = {**message.response_metadata, **metadata}
        information = {**(last.generation_info or {}), **information}
    for name in ("type", "tool_calls", "invalid_tool_calls"):
        base.pop(name, None)
    base |= {**held.others, "content": content, "additional_kwargs": extras, "response_metadata": metadata}
    if issubclass(kind, AIMessageChunk):
        base |= {"tool_call_chunks": held.calls, "chunk_position": held.position}
    # The class's own constructor: it reads the calls from their chunks.
    return ChatGenerationChunk(message=kind(**base), generation_info=information or None)


def _joined(content: Content) -> Content:
    """Neighbouring running text without an index as one block: a value may be split over pieces that LangChain does not merge."""
    if isinstance(content, str):
        return content
    out: list[Any] = []
    texts: list[str] = []
    kind = ""

    def flush() -> None:
        if texts:
            out.append({"type": kind, TEXT_FIELDS[kind][0]: "".join(texts)} if kind else "".join(texts))
            texts.clear()

    for block in content:
        found = _running(block)
        if found is None:
            flush()
            out.append(block)
            continue
        if texts and not {kind, found[0]} <= {"", "text"} and kind != found[0]:
            flush()
        kind = found[0] or kind if texts else found[0]
        texts.append(found[1])
    flush()
    return out


def _running(block: object) -> tuple[str, str] | None:
    """The type and text of a block that is nothing else; a bare str has no type."""
    if isinstance(block, str):
        return "", block
    if not isinstance(block, dict) or not isinstance(kind := block.get("type"), str) or kind not in TEXT_FIELDS:
        return None
    text = block.get(TEXT_FIELDS[kind][0])
    return (kind, text) if isinstance(text, str) and len(block) == len(("type", "text")) else None


def _merged(pieces: Sequence[T], merge: Callable[[T, T], T], empty: T) -> T:
    """All pieces as one. Neighbours first: one after the other, a long text would be copied once for every piece of it."""
    level = list(pieces)
    while len(level) > 1:
        level = [merge(*level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0] if level else empty
