"""Content blocks ↔ segments: what each type of block holds, by LangChain's standard types and the providers' own.

Sources: langchain_core.messages.content (v1 types), and the content formats of OpenAI (chat and responses), Anthropic, Amazon
Bedrock (converse) and Google, which LangChain passes through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bartizan import Origin, Segment
from bartizan.structured import Flat, flatten, flatten_json
from bartizan_langchain._flats import fixed, mapping, sequence, text
from bartizan_langchain._objects import read_object, read_others

TEXT_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "text": ("text", "text"),
    "input_text": ("text", "text"),
    "output_text": ("text", "text"),
    "summary_text": ("text", "reasoning"),
    "text-plain": ("text", "text"),
    "refusal": ("refusal", "text"),
    "reasoning": ("reasoning", "reasoning"),
    "thinking": ("thinking", "reasoning"),
}
"""Type of a block that is running text: the key of its text, and the part that text is."""
MEDIA: Final = frozenset({
    "image", "image_url", "input_image", "audio", "audio_url", "input_audio", "video", "video_url", "input_video", "file",
    "input_file", "document", "media",
})  # fmt: skip
"""Types that carry what can't be read; their URLs, names and other strings are judged all the same."""
_CALLS: Final[Mapping[str, str]] = {
    "tool_call": "args",
    "tool_call_chunk": "args",
    "invalid_tool_call": "args",
    "tool_use": "input",
    "function_call": "arguments",
    "custom_tool_call": "input",
    "input_json_delta": "partial_json",
}
"""Type of a block that asks for a call: the key of its arguments."""
_RESULTS: Final = frozenset({"tool_result", "server_tool_result", "function_call_output"})
_SERVER: Final = ("server_tool", "web_search", "web_fetch", "code_execution", "code_interpreter", "mcp_", "file_search")
"""What a provider's own tools were asked and answered: other people's words, already run."""
_OPAQUE: Final = frozenset({"redacted_thinking", "guard_content", "cache_point", "compaction"})
_STRUCTURE: Final = frozenset({"type", "index", "cache_control"})
_PAYLOADS: Final = frozenset({"base64", "file_data", "bytes", "b64_json"})
_KIND: Final = re.compile(r"[a-z][a-z_-]{0,39}")


def read_content(content: object, origin: Origin, path: str, source: str = "") -> Flat:
    """A message's content, str or list of blocks."""
    if isinstance(content, str):
        return text(content, origin, path, source=source)
    if isinstance(content, list):
        return sequence(content, [_item(item, origin, f"{path}[{i}]", source) for i, item in enumerate(content)])
    return read_object(content, origin, path, "text", source)


def read_call(call: Mapping[str, Any], origin: Origin, path: str, arguments: str = "args") -> Flat:
    """One call of a tool: its arguments, parsed or as JSON text, its name, id and whatever else hangs on it."""
    name = call.get("name")
    source = name if isinstance(name, str) else ""
    parts = []
    for key, value in call.items():
        at = f"{path}.{key}"
        if key == arguments:
            if isinstance(value, str):
                parts.append(
                    (key, flatten_json(value, origin=origin, path=at, part="tool_args", source=source) if value else fixed(value))
                )
            else:
                parts.append((key, read_object(value, origin, at, "tool_args", source)))
        elif key == "function" and isinstance(value, Mapping):
            parts.append((key, read_call(value, origin, at, "arguments")))
        elif key == "type" and value in {"function", "custom", *_CALLS}:
            continue
        elif key in {"id", "call_id", "name", "error"} and isinstance(value, str):
            parts.append((key, text(value, origin, at, "metadata")))
        elif key in {"id", "call_id", "name", "error", "index"} and (value is None or isinstance(value, int)):
            continue
        else:
            parts.append((key, read_under(key, value, origin, at, "metadata")))
    return mapping(call, parts)


def kind_of(block: Mapping[Any, Any]) -> str:
    """A block's type as it may be shown: one that is not a plain name could hold anything. Empty where it has none."""
    kind = block.get("type")
    if kind is None:
        return ""
    return kind if isinstance(kind, str) and _KIND.fullmatch(kind) else "unknown"


def _item(item: object, origin: Origin, path: str, source: str) -> Flat:
    return _block(item, origin, path, source) if isinstance(item, Mapping) else read_object(item, origin, path, "text", source)


def _block(block: Mapping[Any, Any], origin: Origin, path: str, source: str) -> Flat:
    kind = kind_of(block)
    if not kind:
        return _untyped(block, origin, path, source)
    if kind in TEXT_FIELDS:
        return _text_block(block, kind, origin, path, source)
    if kind in _CALLS:
        return read_call(block, origin, path, _CALLS[kind])
    if kind in _RESULTS or kind.startswith(_SERVER) or kind.endswith("_tool_result"):
        return _result(block, path, source)
    return _special(block, kind, origin, path, source)


def _special(block: Mapping[Any, Any], kind: str, origin: Origin, path: str, source: str) -> Flat:
    if kind == "non_standard" and isinstance(block.get("value"), Mapping):
        rest = read_others(block, {*_STRUCTURE, "value"}, origin, path, "metadata", source)
        return mapping(block, [("value", _block(block["value"], origin, f"{path}.value", source))], rest)
    return fixed(block) if kind in _OPAQUE else _unreadable(block, kind, origin, path, source, media=kind in MEDIA)


def _untyped(block: Mapping[Any, Any], origin: Origin, path: str, source: str) -> Flat:
    """Google's and Bedrock's blocks say what they are by their only key."""
    if isinstance(block.get("text"), str):
        return _text_block(block, "text", origin, path, source)
    names = [key for key in block if isinstance(key, str)]
    only = names[0] if len(block) == 1 and names else ""
    return _unreadable(block, only if only in MEDIA else "unknown", origin, path, source, media=only in MEDIA)


def _text_block(block: Mapping[Any, Any], kind: str, origin: Origin, path: str, source: str) -> Flat:
    field, part = TEXT_FIELDS[kind]
    parts: list[tuple[Any, Flat]] = []
    for key in block:
        value, at = block[key], f"{path}.{key}"
        if key == field:
            parts.append((key, read_object(value, origin, at, part, source)))
        elif key in {"citations", "annotations"}:
            parts.append((key, read_object(value, origin, at, "citation", source)))
        elif key == "summary" and isinstance(value, list):
            parts.append((key, sequence(value, [_item(item, origin, f"{at}[{i}]", source) for i, item in enumerate(value)])))
    rest = read_others(block, {*_STRUCTURE, *(key for key, _ in parts)}, origin, path, "metadata", source)
    return mapping(block, parts, rest)


def _result(block: Mapping[Any, Any], path: str, source: str) -> Flat:
    """What a tool, or a provider's own, was asked and gave back, in a message of anyone's: its origin is TOOL."""
    call = block.get("tool_use_id") or block.get("tool_call_id") or block.get("call_id")
    source = call if isinstance(call, str) else source
    parts: list[tuple[Any, Flat]] = []
    for key in ("content", "output", "input", "args"):
        if key in block:
            value, at = block[key], f"{path}.{key}"
            ours = key == "content" and kind_of(block) in _RESULTS
            parts.append(
                (
                    key,
                    read_content(value, Origin.TOOL, at, source) if ours else read_object(value, Origin.TOOL, at, "text", source),
                )
            )
    rest = read_others(block, {*_STRUCTURE, *(key for key, _ in parts)}, Origin.TOOL, path, "metadata", source)
    return mapping(block, parts, rest)


def _unreadable(block: Mapping[Any, Any], kind: str, origin: Origin, path: str, source: str, *, media: bool) -> Flat:
    """The policy decides on what can't be read; the strings around it are judged."""
    payload = Segment("", origin, path, "", source, "unreadable", {"kind": kind, "media": media})
    flat = _around(block, origin, path, source) if media else read_object(block, origin, path, "text", source)
    return Flat((payload, *flat.segments), lambda judged: flat.rebuild(judged[1:]))


def _around(block: Mapping[Any, Any], origin: Origin, path: str, source: str) -> Flat:
    """The strings of a media block, its encoded payload left out."""
    encoded = "base64" in {block.get("source_type"), block.get("type")} or "format" in block
    parts: list[tuple[Any, Flat]] = []
    for key, value in block.items():
        at = f"{path}.{key}"
        if (
            key in _STRUCTURE
            and isinstance(value, str | int)
            and (key != "type" or value in MEDIA or value in {"base64", "url", "text"})
        ):
            continue
        if isinstance(value, Mapping):
            parts.append((key, _around(value, origin, at, source)))
        elif not (
            isinstance(value, bytes)
            or (key in _PAYLOADS and isinstance(value, str))
            or (key == "data" and encoded)
            or (isinstance(value, str) and value.startswith("data:") and ";base64," in value[:_MAX_HEADER])
        ):
            parts.append((key, read_under(key, value, origin, at, "text", source)))
    return mapping(block, parts)


_MAX_HEADER: Final = 200
"""Characters of a data URL (RFC 2397) in which its media type must have ended."""


def read_under(key: object, value: object, origin: Origin, path: str, part: str, source: str = "") -> Flat:
    """A value with its key as context for the scanners; the key itself is a name that code knows."""
    if not isinstance(value, str | int | float):
        return read_object(value, origin, path, part, source)
    flat = flatten({key: value}, origin=origin, part=part, source=source)
    keys = len(flat.segments) - 1
    if keys < 0:
        return fixed(value)
    found = flat.segments[-1]
    only = Segment(found.text, origin, path, found.key, source, part)
    return Flat((only,), lambda judged: value if judged[0].text == only.text else judged[0].text)
