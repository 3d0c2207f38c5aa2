"""Chat messages as the OpenAI client takes them: read into segments, and written back with what was redacted."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from bartizan._errors import BartizanError
from bartizan._structured.documents import flatten_json
from bartizan._structured.values import Flat, flatten
from bartizan._values.texts import Origin, Segment

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
_MAX_KIND: Final = 40
_STRUCTURAL: Final = frozenset({"role", "type"})

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
            if key in _STRUCTURAL and _kind(message[key]) == message[key]:
                continue  # a plain name; anything else could hold a text, and some hosts write the role into the prompt
            path = f"messages[{index}].{key}"
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
                yield flatten(block[key], origin=origin, path=f"{path}.{key}", part=part, source=source), _setter(block, key)
        return
    unreadable = Segment("", origin, path, "", source, "unreadable", {"kind": _kind(kind), "media": kind in MEDIA})
    yield Flat((unreadable,), lambda _: None), _nothing


def _calls(calls: Sequence[Any], origin: Origin, path: str) -> Iterable[tuple[Flat, _Setter]]:
    for index, call in enumerate(calls):
        at = f"{path}[{index}]"
        if not isinstance(call, Mapping):
            yield flatten(call, origin=origin, path=at, part="tool_args"), _setter(calls, index)
            continue
        for key in call:
            if key == "function" and isinstance(call[key], Mapping):
                yield from _call(call[key], origin, f"{at}.function")
            elif key != "type" or _kind(call[key]) != call[key]:
                yield flatten(call[key], origin=origin, path=f"{at}.{key}", part="metadata"), _setter(call, key)


def _call(call: Mapping[str, Any], origin: Origin, path: str) -> Iterable[tuple[Flat, _Setter]]:
    for key in call:
        at = f"{path}.{key}"
        if key == "arguments" and isinstance(call[key], str):
            yield flatten_json(call[key], origin=origin, path=at, part="tool_args"), _setter(call, key)
        else:
            part = "tool_args" if key == "arguments" else "metadata"
            yield flatten(call[key], origin=origin, path=at, part=part), _setter(call, key)


def _setter(container: Any, key: object) -> _Setter:
    def put(value: Any) -> None:
        container[key] = value

    return put


def _kind(kind: object) -> str:
    """A block's type as it may be shown: one that is not a plain name could hold anything."""
    return kind if isinstance(kind, str) and kind.isidentifier() and len(kind) <= _MAX_KIND else "unknown"


def _nothing(_: Any) -> None:
    """An unreadable block stays as it is."""
