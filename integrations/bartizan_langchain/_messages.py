"""LangChain messages ↔ segments: every place where text stands is visited, and what is rewritten is rewritten in a copy.

Plain text messages take a short way: they are most of all messages, and their one segment costs about a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from bartizan import Origin, Segment
from bartizan.structured import Flat
from bartizan_langchain._blocks import read_call, read_content
from bartizan_langchain._constants import ECHOES, KNOWN_KEYS, is_constant, is_own_id, only_numbers
from bartizan_langchain._flats import DROPPED, fixed, mapping, sequence, text
from bartizan_langchain._objects import passed, read_object, read_others

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN: Final = {HumanMessage: Origin.USER, SystemMessage: Origin.SYSTEM, AIMessage: Origin.ASSISTANT}
_ORIGINS: Final[tuple[tuple[type[BaseMessage], Origin], ...]] = (
    (SystemMessage, Origin.SYSTEM),
    (HumanMessage, Origin.USER),
    (AIMessage, Origin.ASSISTANT),
    (ToolMessage, Origin.TOOL),
    (FunctionMessage, Origin.TOOL),
)
_ROLES: Final = {
    "system": Origin.SYSTEM,
    "developer": Origin.SYSTEM,
    "user": Origin.USER,
    "human": Origin.USER,
    "assistant": Origin.ASSISTANT,
    "ai": Origin.ASSISTANT,
    "tool": Origin.TOOL,
    "function": Origin.TOOL,
}
_FIELDS: Final = frozenset({"type", "example", "chunk_position"})
_REASONING: Final = frozenset({"reasoning_content", "reasoning", "thinking"})


class Reading:
    """The segments of some messages, and the way back."""

    __slots__ = ("_messages", "_plans", "segments")

    def __init__(self, messages: Sequence[BaseMessage], root: str = "messages") -> None:
        self._messages = messages
        self.segments: list[Segment] = []
        self._plans: list[Flat | None] = []
        segments, plans = self.segments, self._plans
        for index, message in enumerate(messages):
            origin = _PLAIN.get(type(message))
            if origin is not None and is_plain(message):
                plans.append(None)
                segments.append(Segment(message.__dict__["content"], origin, f"{root}[{index}].content"))
            else:
                flat = read_message(message, f"{root}[{index}]")
                plans.append(flat)
                segments += flat.segments

    def rebuild(self, judged: Sequence[Segment]) -> Sequence[BaseMessage]:
        """The messages with the judged texts in place: the very same objects where nothing changed, copies elsewhere."""
        if unchanged(judged, self.segments):
            return self._messages
        out, at = [], 0
        for message, plan in zip(self._messages, self._plans, strict=True):
            if plan is None:
                new = judged[at]
                out.append(message if new is self.segments[at] else message.model_copy(update={"content": new.text}))
                at += 1
            else:
                size = len(plan.segments)
                out.append(plan.rebuild(judged[at : at + size]) if size else message)
                at += size
        return out


def unchanged(judged: Sequence[Segment], given: Sequence[Segment]) -> bool:
    """Whether the guard gave back the very segments it got; further ones on either side don't count."""
    for new, old in zip(judged, given, strict=False):  # noqa: SIM110 (a third of the time of all() over a generator)
        if new is not old:
            return False
    return True


def is_plain(message: BaseMessage) -> bool:
    """Whether a message holds nothing but a str content."""
    fields = message.__dict__
    if (
        fields["additional_kwargs"]
        or fields["response_metadata"]
        or fields["name"] is not None
        or message.__pydantic_extra__
        or type(fields["content"]) is not str
    ):
        return False
    if (own := fields["id"]) is not None and not is_own_id(own):
        return False
    if "tool_calls" in fields:
        usage = fields["usage_metadata"]
        return not (fields["tool_calls"] or fields["invalid_tool_calls"]) and (usage is None or only_numbers(usage))
    return True


def origin_of(message: BaseMessage) -> Origin:
    """Who a message comes from; what is not known counts as DOCUMENT.

    A summary that LangChain's SummarizationMiddleware puts in as a HumanMessage retells tools and documents: DOCUMENT too.
    """
    if message.additional_kwargs.get("lc_source") == "summarization":
        return Origin.DOCUMENT
    if isinstance(message, ChatMessage):
        return _ROLES.get(message.role.lower(), Origin.DOCUMENT)
    return next((origin for kind, origin in _ORIGINS if isinstance(message, kind)), Origin.DOCUMENT)


def read_message(message: BaseMessage, path: str) -> Flat:
    """The segments of one message, in all fields of its class; `rebuild` gives it back, or a copy with the changes."""
    origin = origin_of(message)
    fields = {**message.__dict__, **(message.__pydantic_extra__ or {})}
    source = _source(message) if origin is Origin.TOOL else ""
    parts = [
        (name, flat) for name, value in fields.items() if (flat := _field(name, value, origin, f"{path}.{name}", source)).segments
    ]
    flat = mapping(fields, parts)
    echoes = [key for key in ECHOES if message.response_metadata.get(key) is not None]

    def rebuild(judged: Sequence[Segment]) -> Any:
        new = flat.rebuild(judged)
        if new is fields:
            return message
        changed = {name: new[name] for name, _ in parts if new[name] is not fields[name]}
        if echoes:
            changed["response_metadata"] = {key: item for key, item in new["response_metadata"].items() if key not in ECHOES}
        return message.model_copy(update=changed)

    return Flat(flat.segments, rebuild)


def read_metadata(value: Mapping[Any, Any], origin: Origin, path: str) -> Flat:
    """What a provider says about an answer (in `response_metadata` and the like); `_constants` says what passes."""
    parts: list[tuple[Any, Flat]] = []
    constant = {key for key, item in value.items() if is_constant(key, item)}
    for key, item in value.items():
        if key in constant:
            continue
        at = f"{path}.{key}"
        if key in ECHOES:
            parts.append((key, _echo(item, origin, at)))
        elif key in KNOWN_KEYS:
            parts.append(
                (key, text(item, origin, at, "metadata") if isinstance(item, str) else read_object(item, origin, at, "metadata"))
            )
    return mapping(value, parts, read_others(value, {*constant, *(key for key, _ in parts)}, origin, path, "metadata"))


def _field(name: str, value: Any, origin: Origin, path: str, source: str) -> Flat:
    if value is None or value in ({}, [], "") or name in _FIELDS or (name == "id" and is_own_id(value)):
        return fixed(value)
    if name == "usage_metadata" and only_numbers(value):
        return fixed(value)
    read = _READERS.get(name)
    if read is not None:
        return read(value, origin, path, source)
    return (
        text(value, origin, path, "metadata", source)
        if isinstance(value, str)
        else read_object(value, origin, path, "metadata", source)
    )


def _metadata(value: Any, origin: Origin, path: str, source: str) -> Flat:
    return (
        read_metadata(value, origin, path) if isinstance(value, Mapping) else read_object(value, origin, path, "metadata", source)
    )


def _artifact(value: Any, origin: Origin, path: str, source: str) -> Flat:
    """Of any type; LangChain shows it to no model."""
    return passed(read_object(value, origin, path, "metadata", source))


def _calls(value: Any, origin: Origin, path: str, source: str = "") -> Flat:
    if not isinstance(value, list):
        return read_object(value, origin, path, "tool_args", source)
    flats = [
        read_call(call, origin, f"{path}[{i}]")
        if isinstance(call, Mapping)
        else read_object(call, origin, f"{path}[{i}]", "tool_args")
        for i, call in enumerate(value)
    ]
    return sequence(value, flats)


def _extras(value: Any, origin: Origin, path: str, source: str) -> Flat:
    if not isinstance(value, Mapping):
        return read_object(value, origin, path, "metadata", source)
    parts: list[tuple[Any, Flat]] = []
    constant = {key for key, item in value.items() if is_constant(key, item)}
    for key, item in value.items():
        at = f"{path}.{key}"
        if key == "tool_calls" and isinstance(item, list):
            parts.append((key, _calls(item, origin, at)))
        elif key == "function_call" and isinstance(item, Mapping):
            parts.append((key, read_call(item, origin, at, "arguments")))
        elif key in _REASONING:
            parts.append((key, read_object(item, origin, at, "reasoning", source)))
        elif key in {"refusal", "parsed"}:  # of structured output: an object stays one of its class
            parts.append((key, read_object(item, origin, at, "text", source)))
    return mapping(value, parts, read_others(value, {*constant, *(key for key, _ in parts)}, origin, path, "metadata", source))


def _echo(value: object, origin: Origin, path: str) -> Flat:
    """Token probabilities: judged as the text that their tokens make, gone if that would change."""
    texts = ["".join(_tokens(value, alternatives=False)), "".join(_tokens(value, alternatives=True))]
    flat = sequence(texts, [text(one, origin, path, "metadata") for one in texts])
    return Flat(flat.segments, lambda judged: value if flat.rebuild(judged) is texts else DROPPED)


def _tokens(value: object, *, alternatives: bool) -> Iterable[str]:
    """The tokens in their order: those of the answer, or those that were weighed against them (`top_logprobs`)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if alternatives or key != "top_logprobs":
                yield from _tokens(item, alternatives=alternatives)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tokens(item, alternatives=alternatives)


def _source(message: BaseMessage) -> str:
    call = getattr(message, "tool_call_id", None)
    return ":".join(name for name in (message.name, call) if isinstance(name, str) and name)


_READERS: Final[Mapping[str, Callable[[Any, Origin, str, str], Flat]]] = {
    "content": read_content,
    "tool_calls": _calls,
    "invalid_tool_calls": _calls,
    "tool_call_chunks": _calls,
    "additional_kwargs": _extras,
    "response_metadata": _metadata,
    "artifact": _artifact,
}
