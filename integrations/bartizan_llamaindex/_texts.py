"""The texts of LlamaIndex objects: one walk gathers them, the same walk over again puts the judged ones in place.

A walk is a function that hands every text it meets to `Texts` and builds a new object only where it gets another text back. So each
type is described once, in one function, and reading and writing can't come apart.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel

from bartizan import BartizanError, Origin, Segment
from bartizan.structured import flatten, flatten_json

T = TypeVar("T")
Walk = Callable[["Texts"], T]
Opaque = Literal["refuse", "keep", "drop"]
"""What becomes of a value that is no text: the policy on unknown blocks decides; it stays; None stands in its place."""

MAX_DEPTH: Final = 60
"""Levels of nesting; deeper values are refused, for each costs several frames of the interpreter's stack."""
_DOCUMENT: Final = Origin.DOCUMENT


class Texts:
    """Gathers segments on the first walk; gives their judged texts on the second."""

    __slots__ = ("_at", "_judged", "_known", "_order", "_pairs", "segments")

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._order: list[int] = []
        self._known: dict[tuple[str, str, str], int] = {}
        self._pairs: dict[tuple[str, str], list[int]] = {}
        self._judged: Sequence[Segment] | None = None
        self._at = 0

    def rewritten(self, judged: Sequence[Segment], walk: Walk[T], first: T) -> T:
        """What the walk makes of the judged texts: `first`, its result when they were gathered, if none of them changed."""
        for new, old in zip(judged, self.segments, strict=True):
            if new is not old:
                break
        else:
            return first
        self._judged, self._at = judged, 0
        return walk(self)

    def text(self, text: str, origin: Origin, path: str, part: str = "text", source: str = "", key: str = "") -> str:
        """One text. What is judged in `part` metadata of documents is judged once, however many documents repeat it."""
        if not text:
            return text
        judged = self._judged
        if judged is not None:
            index = self._order[self._at]
            self._at += 1
            new = judged[index]
            return text if new is self.segments[index] else new.text
        if part == "metadata" and origin is _DOCUMENT:
            known = self._known
            signature = text, key, part
            index = known.get(signature, -1)
            if index < 0:
                index = known[signature] = len(self.segments)
                self.segments.append(Segment(text, origin, path, key, source, part))
        else:
            index = len(self.segments)
            self.segments.append(Segment(text, origin, path, key, source, part))
        self._order.append(index)
        return text

    def repeated(self, pairs: Mapping[str, Any]) -> bool:
        """Whether every key and value of a document's metadata has been gathered already; they are then counted once more.

        Most nodes of a store share theirs: this is `text` for all of them, in a fifth of the time.
        """
        if self._judged is not None:
            return False
        known = self._pairs
        found = []
        for name, item in pairs.items():
            places = known.get((name, item)) if type(item) is str else None
            if places is None:
                return False
            found += places
        self._order += found
        return True

    def pair(self, name: str, item: str, path: str, source: str) -> tuple[str, str]:
        """A key of a document's metadata and its value, which the key is context for."""
        at = len(self._order)
        made = self.text(name, _DOCUMENT, path, "metadata", source), self.text(item, _DOCUMENT, path, "metadata", source, name)
        if self._judged is None:
            self._pairs[name, item] = self._order[at:]
        return made

    def json(self, text: str, origin: Origin, path: str, part: str, source: str = "") -> str:
        """A JSON document, leaf by leaf; what is none is one text."""
        if not text:
            return text
        flat = flatten_json(text, origin=origin, path=path, part=part, source=source)
        rebuilt: str = flat.rebuild([self._taken(segment) for segment in flat.segments])
        return rebuilt

    def unreadable(self, kind: str, origin: Origin, path: str, *, media: bool) -> None:
        """Something that can't be read: the policy decides on it."""
        if self._judged is not None:
            self._at += 1
            return
        self._order.append(len(self.segments))
        self.segments.append(Segment("", origin, path, part="unreadable", metadata={"kind": kind, "media": media}))

    def _taken(self, segment: Segment) -> Segment:
        if segment.part == "unreadable":
            self.unreadable(str(segment.metadata.get("kind")), segment.origin, segment.path, media=False)
            return segment
        new = self.text(segment.text, segment.origin, segment.path, segment.part, segment.source, segment.key)
        return segment if new is segment.text else segment.with_text(new)


@dataclasses.dataclass(frozen=True, slots=True)
class Things:
    """Walks values of any type: plain data, pydantic models and dataclasses, each leaf with its key as context."""

    texts: Texts
    origin: Origin
    part: str
    source: str = ""
    opaque: Opaque = "refuse"
    numbers: bool = True
    """Whether numbers are read: what a provider counts and dates is no text."""
    special: Callable[[Any, str], Any] | None = None
    """Takes a value and its path; gives NotImplemented for those that it doesn't know."""

    def thing(self, value: Any, path: str, key: str = "", depth: int = 0) -> Any:
        """The value with the judged texts in place; the very same object if none changed.

        Raises:
            BartizanError: it is nested more than 60 levels deep, or two of its keys are the same once redacted.
        """
        if type(value) is str:
            return self.texts.text(value, self.origin, path, self.part, self.source, key)
        if value is None or isinstance(value, bool | enum.Enum):
            return value
        if depth > MAX_DEPTH:
            message = f"a value is nested more than {MAX_DEPTH} levels deep: flatten it before it is judged"
            raise BartizanError(message)
        if self.special is not None:
            found = self.special(value, path)
            if found is not NotImplemented:
                return found
        return self._container(value, path, key, depth)

    def _container(self, value: Any, path: str, key: str, depth: int) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value, path, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(value, path, key, depth)
        if isinstance(value, BaseModel):
            return self._model(value, path, depth)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._record(value, path, depth)
        return self._leaf(value, path, key)

    def _mapping(self, value: Mapping[Any, Any], path: str, depth: int) -> Any:
        out: dict[Any, Any] = {}
        same = True
        for name, item in value.items():
            new_name = name if name is None or isinstance(name, enum.Enum) else self._leaf(name, f"{path}.<key>", "")
            new = self.thing(item, path, name if isinstance(name, str) else "", depth + 1)
            same = same and new_name is name and new is item
            if new_name in out:
                message = (
                    "two keys of a structured value are the same once redacted: give them other names, or let a rule keep them"
                )
                raise BartizanError(message)
            out[new_name] = new
        return value if same else out

    def _items(self, value: Any, path: str, key: str, depth: int) -> Any:
        items = list(value)
        new = [self.thing(item, f"{path}[{i}]", key, depth + 1) for i, item in enumerate(items)]
        if all(one is other for one, other in zip(new, items, strict=True)):
            return value
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*new)
        return next(kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind))(new)

    def _model(self, value: BaseModel, path: str, depth: int) -> Any:
        fields = {**value.__dict__, **(value.__pydantic_extra__ or {})}
        changed = self._changed(fields, path, depth)
        return value.model_copy(update=changed) if changed else value

    def _record(self, value: Any, path: str, depth: int) -> Any:
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        changed = self._changed(fields, path, depth)
        return dataclasses.replace(value, **changed) if changed else value

    def _changed(self, fields: Mapping[str, Any], path: str, depth: int) -> dict[str, Any]:
        """The fields that are others now. Their names are code."""
        changed = {}
        for name, item in fields.items():
            new = self.thing(item, f"{path}.{name}", name, depth + 1)
            if new is not item:
                changed[name] = new
        return changed

    def _leaf(self, value: Any, path: str, key: str) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float) and not self.numbers:
            return value
        flat = flatten(value, origin=self.origin, path=path, part=self.part, source=self.source)
        if not flat.segments:
            return value
        segment = flat.segments[0]
        if segment.part == "unreadable":
            if self.opaque == "refuse":
                self.texts.unreadable(type(value).__name__, self.origin, path, media=False)
            return None if self.opaque == "drop" else value
        new = self.texts.text(segment.text, self.origin, path, self.part, self.source, key)
        return value if new is segment.text else new
