"""Chat messages as the OpenAI client takes them: read into segments, and written back with what was redacted."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from bartizan._errors import BartizanError
from bartizan._structured.documents import flatten_json
from bartizan._structured.values import Flat, flatten
from bartizan._values.texts import Origin, Segment, plain_name

Rebuild = Callable[[Sequence[Segment]], list[dict[str, Any]]]

ROLES: Final[Mapping[str, Origin]] = {
    "system": Origin.SYSTEM,
    "developer": Origin.SYSTEM,
    "user": Origin.USER,
    "human": Origin.USER,
    "assistant": Origin.ASSISTANT,
    "ai": Origin.ASSISTANT,
    "tool": Origin.TOOL,
    "function": Origin.TOOL,
}
MEDIA: Final = frozenset(
    {"image", "image_url", "input_image", "input_audio", "audio", "file", "input_file", "video", "video_url"}
)
"""Block types that are known to hold no text: they pass by default. Any other block without text is refused by default."""
_TEXT_BLOCKS: Final = frozenset({"text", "input_text", "output_text", "refusal"})
_STRUCTURAL: Final = frozenset({"role", "type"})
_PAYLOADS: Final = frozenset({"data", "file_data", "b64_json", "base64", "bytes"})
_MAX_HEADER: Final = 200
"""Characters of a data URL (RFC 2397) in which its media type must have ended."""
_MAX_WRAPPED: Final = 4
"""Levels of tables around a payload; what lies deeper is read as a value like any other."""
_ODD: Final = "<key>"
"""Stands in a path for a key that is no plain name."""

_Setter = Callable[[Any], None]


def read_messages(messages: Iterable[Mapping[str, Any]]) -> tuple[tuple[Segment, ...], Rebuild]:
    """The segments of chat messages, and the way back to messages of the same shape. The originals are never changed.

    Raises:
        TypeError: a message is not a mapping with a `role`.
    """
    given = list(messages)
    for index, message in enumerate(given):
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
            problem = f"messages[{index}] must be a mapping with a 'role', not {type(message).__name__}"
            raise TypeError(problem)
    segments = [segment for flat, _ in _places(given) for segment in flat.segments]

    def rebuild(judged: Sequence[Segment]) -> list[dict[str, Any]]:
        out = [copy.deepcopy(dict(message)) for message in given]
        at = 0
        for flat, put in _places(out):
            size = len(flat.segments)
            put(flat.rebuild(judged[at : at + size]))
            at += size
        if at != len(judged):
            problem = "the messages were changed after they were judged: judge them again"
            raise BartizanError(problem)
        return out

    return tuple(segments), rebuild


def _places(messages: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Flat, _Setter]]:
    """Every place where text stands, in one fixed order, with the way to put it back."""
    for index, message in enumerate(messages):
        origin = ROLES.get(message["role"].lower(), Origin.DOCUMENT)
        source = str(message.get("tool_call_id") or message.get("name") or "") if origin is Origin.TOOL else ""
        for key in message:
            if key in _STRUCTURAL and plain_name(message[key], "") == message[key]:
                continue  # a plain name; anything else could hold a text, and some hosts write the role into the prompt
            path = f"messages[{index}].{plain_name(key, _ODD)}"
            if key == "content":
                yield from _content(message, origin, path, source)
            elif key == "tool_calls" and isinstance(message[key], list):
                yield from _calls(message[key], origin, path)
            elif key == "function_call" and isinstance(message[key], Mapping):
                yield from _call(message[key], origin, path)
            else:
                yield flatten(message[key], origin=origin, path=path, part="metadata", source=source), _setter(message, key)


def _content(message: Mapping[str, Any], origin: Origin, path: str, source: str) -> Iterable[tuple[Flat, _Setter]]:
    content = message["content"]
    if isinstance(content, list):
        for index, block in enumerate(content):
            at = f"{path}[{index}]"
            if isinstance(block, Mapping):
                yield from _block(block, origin, at, source)
            else:
                yield flatten(block, origin=origin, path=at, source=source), _setter(content, index)
    else:
        yield flatten(content, origin=origin, path=path, source=source), _setter(message, "content")


def _block(block: Mapping[str, Any], origin: Origin, path: str, source: str) -> Iterable[tuple[Flat, _Setter]]:
    kind = block.get("type")
    if kind is not None and not isinstance(kind, str):
        kind = "unknown"
    if kind in _TEXT_BLOCKS or (kind is None and isinstance(block.get("text"), str)):
        for key in block:
            if key != "type":
                part = "text" if key in {"text", "refusal"} else "citation"
                at = f"{path}.{plain_name(key, _ODD)}"
                yield flatten(block[key], origin=origin, path=at, part=part, source=source), _setter(block, key)
        return
    shown = {"kind": plain_name(kind, "unknown"), "media": kind in MEDIA}
    yield Flat((Segment("", origin, path, "", source, "unreadable", shown),), lambda _: None), _nothing
    yield from _around(block, origin, path, source, kind in MEDIA, 1)


def _around(
    block: Mapping[str, Any],
    origin: Origin,
    path: str,
    source: str,
    media: bool,  # noqa: FBT001 (private)
    depth: int,
) -> Iterable[tuple[Flat, _Setter]]:
    """What stands around a payload (URLs, names, captions) is text like any other; so is all that an unknown block holds."""
    for key, value in block.items():
        at = f"{path}.{plain_name(key, _ODD)}"
        if isinstance(value, Mapping) and depth < _MAX_WRAPPED:
            yield from _around(value, origin, at, source, media, depth + 1)
        elif not ((media and _is_payload(key, value)) or (key == "type" and plain_name(value, "") == value)):
            yield flatten(value, origin=origin, path=at, source=source), _setter(block, key)


def _is_payload(key: object, value: object) -> bool:
    """Encoded bytes, which the segment of part `unreadable` stands for."""
    if isinstance(value, str):
        return key in _PAYLOADS or (value.startswith("data:") and ";base64," in value[:_MAX_HEADER])
    return isinstance(value, bytes)


def _calls(calls: Sequence[Any], origin: Origin, path: str) -> Iterable[tuple[Flat, _Setter]]:
    for index, call in enumerate(calls):
        at = f"{path}[{index}]"
        if not isinstance(call, Mapping):
            yield flatten(call, origin=origin, path=at, part="tool_args"), _setter(calls, index)
            continue
        for key in call:
            if key == "function" and isinstance(call[key], Mapping):
                yield from _call(call[key], origin, f"{at}.function")
            elif key != "type" or plain_name(call[key], "") != call[key]:
                where = f"{at}.{plain_name(key, _ODD)}"
                yield flatten(call[key], origin=origin, path=where, part="metadata"), _setter(call, key)


def _call(call: Mapping[str, Any], origin: Origin, path: str) -> Iterable[tuple[Flat, _Setter]]:
    for key in call:
        at = f"{path}.{plain_name(key, _ODD)}"
        if key == "arguments" and isinstance(call[key], str):
            yield flatten_json(call[key], origin=origin, path=at, part="tool_args"), _setter(call, key)
        else:
            part = "tool_args" if key == "arguments" else "metadata"
            yield flatten(call[key], origin=origin, path=at, part=part), _setter(call, key)


def _setter(container: Any, key: object) -> _Setter:
    def put(value: Any) -> None:
        container[key] = value

    return put


def _nothing(_: Any) -> None:
    """An unreadable block stays as it is."""
