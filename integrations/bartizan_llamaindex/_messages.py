"""Chat messages ↔ texts: their blocks by LlamaIndex's own types (llama_index.core.base.llms.types), and all that hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from bartizan import Origin
from bartizan_llamaindex._nodes import special
from bartizan_llamaindex._texts import Things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan_llamaindex._texts import Texts

_ORIGINS: Final = {
    MessageRole.SYSTEM: Origin.SYSTEM,
    MessageRole.DEVELOPER: Origin.SYSTEM,
    MessageRole.USER: Origin.USER,
    MessageRole.ASSISTANT: Origin.ASSISTANT,
    MessageRole.CHATBOT: Origin.ASSISTANT,
    MessageRole.MODEL: Origin.ASSISTANT,
    MessageRole.TOOL: Origin.TOOL,
    MessageRole.FUNCTION: Origin.TOOL,
}
_MEDIA: Final = {ImageBlock: "image", AudioBlock: "audio", VideoBlock: "video", DocumentBlock: "document"}
_PAYLOADS: Final = frozenset({"image", "audio", "video", "data", "block_type"})


def read_messages(texts: Texts, messages: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
    """The messages of a prompt; those that changed are copies."""
    out = [read_message(texts, message, f"messages[{i}]") for i, message in enumerate(messages)]
    return messages if all(new is old for new, old in zip(out, messages, strict=True)) else out


def read_message(texts: Texts, message: ChatMessage, path: str, origin: Origin | None = None) -> ChatMessage:
    """One message; its role says whose it is, unless `origin` does. A role that is not known is DOCUMENT."""
    whose = origin or _ORIGINS.get(message.role, Origin.DOCUMENT)
    fields = {**message.__dict__, **(message.__pydantic_extra__ or {})}
    source = _source(message) if whose is Origin.TOOL else ""
    things = Things(texts, whose, "metadata", source, special=special(texts))
    changed: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "blocks":
            new: Any = read_blocks(texts, value, whose, f"{path}.blocks", source)
        elif name == "role" or not value:
            continue
        else:
            new = things.thing(value, f"{path}.{name}", name)
        if new is not value:
            changed[name] = new
    return message.model_copy(update=changed) if changed else message


def read_blocks(texts: Texts, blocks: Sequence[Any], origin: Origin, path: str, source: str = "") -> Any:
    """The blocks of a message or of a tool's output."""
    out = [_block(texts, block, origin, f"{path}[{i}]", source) for i, block in enumerate(blocks)]
    return blocks if all(new is old for new, old in zip(out, blocks, strict=True)) else out


def _block(texts: Texts, block: Any, origin: Origin, path: str, source: str) -> Any:
    if isinstance(block, TextBlock):
        text = texts.text(block.text, origin, path, "text", source)
        return block if text is block.text else block.model_copy(update={"text": text})
    if isinstance(block, CachePoint):
        return block
    if isinstance(block, ToolCallBlock):
        return _call(texts, block, origin, path)
    if isinstance(block, ThinkingBlock):
        return _thinking(texts, block, origin, path, source)
    for kind, name in _MEDIA.items():
        if isinstance(block, kind):
            return _media(texts, block, name, origin, path, source)
    return _fields(texts, block, origin, path, source)


def _call(texts: Texts, block: ToolCallBlock, origin: Origin, path: str) -> ToolCallBlock:
    name, given = block.tool_name, block.tool_kwargs
    changed: dict[str, Any] = {}
    new: Any = texts.text(name, origin, f"{path}.tool_name", "metadata")
    if new is not name:
        changed["tool_name"] = new
    if block.tool_call_id:
        new = texts.text(block.tool_call_id, origin, f"{path}.tool_call_id", "metadata")
        if new is not block.tool_call_id:
            changed["tool_call_id"] = new
    at = f"{path}.tool_kwargs"
    if isinstance(given, str):
        new = texts.json(given, origin, at, "tool_args", name)
    else:
        new = Things(texts, origin, "tool_args", name).thing(given, at)
    if new is not given and new != given:
        changed["tool_kwargs"] = new
    return block.model_copy(update=changed) if changed else block


def _thinking(texts: Texts, block: ThinkingBlock, origin: Origin, path: str, source: str) -> ThinkingBlock:
    changed: dict[str, Any] = {}
    if block.content:
        new: Any = texts.text(block.content, origin, path, "reasoning", source)
        if new is not block.content:
            changed["content"] = new
    if block.additional_information:
        new = Things(texts, origin, "metadata", source).thing(block.additional_information, f"{path}.additional_information")
        if new is not block.additional_information:
            changed["additional_information"] = new
    return block.model_copy(update=changed) if changed else block


def _media(texts: Texts, block: Any, kind: str, origin: Origin, path: str, source: str) -> Any:
    """What can't be read, and the strings around it: the policy on media decides."""
    texts.unreadable(kind, origin, path, media=True)
    changed: dict[str, Any] = {}
    for name, value in block.__dict__.items():
        if value is None or name in _PAYLOADS:
            continue
        shown = str(value)
        if name == "url" and shown.startswith("data:"):
            continue  # the payload itself (RFC 2397)
        new = texts.text(shown, origin, f"{path}.{name}", "text", source)
        if new is not shown:
            changed[name] = None if name in {"url", "path"} else new  # a label is neither
    return block.model_copy(update=changed) if changed else block


def _fields(texts: Texts, block: Any, origin: Origin, path: str, source: str) -> Any:
    """A citable or citation block, whose content is blocks again, or one of a type that is not known: it is read field by field."""
    things = Things(texts, origin, "citation" if isinstance(block, CitationBlock) else "text", source)
    changed: dict[str, Any] = {}
    for name, value in block.__dict__.items():
        at = f"{path}.{name}"
        if name == "block_type":
            continue
        if isinstance(block, CitableBlock) and name == "content":
            new = read_blocks(texts, value, Origin.DOCUMENT, at, source)
        elif isinstance(block, CitationBlock) and name == "cited_content":
            new = read_blocks(texts, [value], origin, at, source)[0]
        else:
            new = things.thing(value, at, name)
        if new is not value:
            changed[name] = new
    return block.model_copy(update=changed) if changed else block


def _source(message: ChatMessage) -> str:
    known = (message.additional_kwargs.get(name) for name in ("name", "tool_call_id"))
    return ":".join(name for name in known if isinstance(name, str) and name)
