"""The texts a guard judges: segments with an origin, gathered into prompts and responses."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bartizan._values.fast import setters

if TYPE_CHECKING:
    from bartizan._messages import Rebuild

NO_METADATA: Final[Mapping[str, Any]] = {}
_MAX_NAME: Final = 40


class Origin(enum.Enum):
    """Who a text comes from. A role that is not known counts as DOCUMENT, the least trusted."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DOCUMENT = "document"

    @property
    def trusted(self) -> bool:
        """Whether the application itself or its user wrote it; tools and documents carry other people's words."""
        return self in {Origin.SYSTEM, Origin.USER}


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Segment:
    """One piece of text that enters or leaves a model.

    `path` is its way in the host's message, `key` the leaf's own key in a structured value (scanners see `key: text`),
    `source` the tool call or document it comes from, `part` one of text, reasoning, citation, tool_args, metadata, unreadable.
    """

    text: str
    origin: Origin = Origin.USER
    path: str = ""
    key: str = ""
    source: str = ""
    part: str = "text"
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        text: str,
        origin: Origin = Origin.USER,
        path: str = "",
        key: str = "",
        source: str = "",
        part: str = "text",
        metadata: Mapping[str, Any] = NO_METADATA,
    ) -> None:
        if type(text) is not str:
            if not isinstance(text, str):
                message = f"Segment.text must be a str, not {type(text).__name__}"
                raise TypeError(message)
            text = str.__str__(text)  # what a subclass formats to may be something else
        if not isinstance(origin, Origin):
            message = f"Segment.origin must be an Origin such as Origin.USER, not {type(origin).__name__}"
            raise TypeError(message)
        _text(self, text)
        _origin(self, origin)
        _path(self, path)
        _key(self, key)
        _source(self, source)
        _part(self, part)
        _metadata(self, metadata)

    def __repr__(self) -> str:
        return f"Segment(<{len(self.text)} characters>, origin={self.origin.name}, part={self.part!r})"

    def with_text(self, text: str) -> Segment:
        """The same segment with another text."""
        return Segment(text, self.origin, self.path, self.key, self.source, self.part, self.metadata)


_text, _origin, _path, _key, _source, _part, _metadata = setters(
    Segment, "text", "origin", "path", "key", "source", "part", "metadata"
)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Prompt:
    """Everything that goes into a model's context in one call."""

    segments: tuple[Segment, ...]
    _rebuild: Rebuild | None = field(default=None, repr=False, compare=False)

    def __init__(self, segments: Iterable[Segment], _rebuild: Rebuild | None = None) -> None:
        _prompt_segments(self, tuple(segments))
        _prompt_rebuild(self, _rebuild)

    def __repr__(self) -> str:
        return f"Prompt(segments={len(self.segments)})"

    @classmethod
    def from_messages(cls, messages: Iterable[Mapping[str, Any]]) -> Prompt:
        """A prompt from chat messages as the OpenAI client takes them; `Verdict.messages()` gives them back.

        Roles map to origins (system, developer, user, assistant, tool, function); any other role is DOCUMENT.
        """
        from bartizan._messages import read_messages

        segments, rebuild = read_messages(messages)
        return cls(segments, rebuild)


_prompt_segments, _prompt_rebuild = setters(Prompt, "segments", "_rebuild")


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """What a model answered."""

    segments: tuple[Segment, ...]

    def __repr__(self) -> str:
        return f"Response(segments={len(self.segments)})"


Text = str | Segment | Sequence[str | Segment] | Prompt
"""What `pre_prompt` takes: a plain str is one USER segment."""

ResponseText = str | Response | Sequence[str | Segment]
"""What `post_response` takes: a plain str is one ASSISTANT segment."""


def plain_name(name: object, instead: str) -> str:
    """A name from a host's message as it may be shown: what is no plain name could hold anything."""
    return name if isinstance(name, str) and name.isidentifier() and len(name) <= _MAX_NAME else instead


def as_segments(value: object, origin: Origin) -> tuple[Segment, ...]:
    """The segments of anything a guard's text verbs take.

    Raises:
        TypeError: the value is none of them.
    """
    if isinstance(value, str):
        return (Segment(value, origin),)
    if isinstance(value, Segment):
        return (value,)
    if isinstance(value, Prompt | Response):
        return tuple(_as_segment(item, origin) for item in value.segments)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return tuple(_as_segment(item, origin) for item in value)
    message = f"a guard judges str, Segment, a sequence of these, Prompt or Response, not {type(value).__name__}"
    raise TypeError(message)


def _as_segment(item: object, origin: Origin) -> Segment:
    if isinstance(item, Segment):
        return item
    if isinstance(item, str):
        return Segment(item, origin)
    hint = ": use Prompt.from_messages(...)" if isinstance(item, Mapping) else ""
    message = f"a sequence of texts holds str or Segment, not {type(item).__name__}{hint}"
    raise TypeError(message)
