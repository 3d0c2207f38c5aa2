"""Python values made of mappings and sequences: one segment per leaf and per key."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bartizan._errors import BartizanError
from bartizan._values.texts import Origin, Segment

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH: Final = 200
"""Levels of nesting; deeper values are refused, for rebuilding them would exhaust the interpreter's stack."""
MAX_PARTS: Final = 1_000_000
"""Leaves and containers of one value: shared parts count each time, so that a small value can't unfold without end."""
_MAX_KEY: Final = 128
_MAX_PATH: Final = 256
_PLAIN: Final = (decimal.Decimal, dt.date, dt.time, dt.timedelta, uuid.UUID)
_LISTS: Final = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class Flat:
    """A value's segments, and the way back: `rebuild` takes as many segments, in the same order."""

    segments: tuple[Segment, ...]
    rebuild: Callable[[Sequence[Segment]], Any]

    def __repr__(self) -> str:
        return f"Flat(segments={len(self.segments)})"


def flatten(value: object, *, origin: Origin = Origin.USER, path: str = "", part: str = "text", source: str = "") -> Flat:
    """The segments of a value's leaves and keys. Booleans and None hold no text; a value or key of another type is unreadable.

    Raises:
        BartizanError: it is nested more than 200 levels deep (a value that holds itself is), or has more than a million parts.
    """
    walk = _Walk(origin, part, source)
    walk.visit(value, path, "", 0)
    originals = tuple(walk.segments)

    def rebuild(segments: Sequence[Segment]) -> Any:
        if len(segments) != len(originals):
            message = f"rebuilding takes the {len(originals)} segments that flatten gave, not {len(segments)}"
            raise BartizanError(message)
        changed = {i: new.text for i, (old, new) in enumerate(zip(originals, segments, strict=True)) if new.text != old.text}
        return _Rebuild(changed).build(value) if changed else value

    return Flat(originals, rebuild)


def bounded(name: str) -> str:
    """A key as context for its values: its end is enough, and a hostile key must not be scanned again with each of them."""
    return name if len(name) <= _MAX_KEY else name[-_MAX_KEY:]


def below(path: str, step: str | int) -> str:
    """The path of a member (its key) or an item (its index); of a long one the end, for deep nesting must not cost its depth at every leaf.

    It is cut between steps, and a long key is only counted: half of a value would no longer be known for one when the path is shown.
    """
    if isinstance(step, int):
        last = f"[{step}]"
    else:
        last = step if len(step) <= _MAX_KEY else f"<key of {len(step):,} characters>"
        last = f".{last}" if path else last
    return f"{path}{last}" if len(path) + len(last) <= _MAX_PATH else f"…{last}"


def _text(value: object) -> str | None:
    """The text of a leaf or key; None where it can't be read as text."""
    if isinstance(value, str):
        return str.__str__(value)  # an enumeration's own str may hide what it holds
    try:
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            return float.__repr__(value)
        return str(value) if isinstance(value, _PLAIN) else None
    except ValueError:  # an int past the interpreter's limit of digits
        return None


def _silent(value: object) -> bool:
    """Whether a leaf holds no text at all."""
    return value is None or isinstance(value, bool)


class _Walk:
    """Visits keys and leaves in one fixed order, which `_Rebuild` follows."""

    def __init__(self, origin: Origin, part: str, source: str) -> None:
        self._origin = origin
        self._part = part
        self._source = source
        self._parts = 0
        self.segments: list[Segment] = []

    def visit(self, value: object, path: str, key: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            message = f"a structured value is nested more than {MAX_DEPTH} levels deep: flatten it before it is judged"
            raise BartizanError(message)
        self._parts += 1
        if self._parts > MAX_PARTS:
            message = f"a structured value has more than {MAX_PARTS:,} parts: judge it piece by piece"
            raise BartizanError(message)
        if isinstance(value, Mapping):
            for name, item in value.items():
                self._add(name, below(path, "<key>"), "")
                step = _text(name) or ""
                self.visit(item, below(path, step), bounded(step), depth + 1)
        elif isinstance(value, _LISTS):
            for index, item in enumerate(value):
                self.visit(item, below(path, index), key, depth + 1)
        else:
            self._add(value, path, key)

    def _add(self, value: object, path: str, key: str) -> None:
        if _silent(value):
            return
        text = _text(value)
        if text is None:
            kind = {"kind": type(value).__name__, "media": False}
            self.segments.append(Segment("", self._origin, path, "", self._source, "unreadable", kind))
        else:
            self.segments.append(Segment(text, self._origin, path, key, self._source, self._part))


class _Rebuild:
    """Builds the value anew with the changed texts in place; containers that hold no change are kept as they are."""

    def __init__(self, changed: Mapping[int, str]) -> None:
        self._changed = changed
        self._next = 0

    def build(self, value: object) -> object:
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, _LISTS):
            items = [self.build(item) for item in value]
            if all(new is old for new, old in zip(items, value, strict=True)):
                return value
            if isinstance(value, tuple) and hasattr(value, "_fields"):
                named: Any = type(value)
                return named(*items)
            return next(kind for kind in _LISTS if isinstance(value, kind))(items)
        return self._taken(value)

    def _mapping(self, value: Mapping[object, object]) -> object:
        out: dict[object, object] = {}
        same = True
        for name, item in value.items():
            new_name = self._taken(name)
            new_item = self.build(item)
            same = same and new_name is name and new_item is item
            if new_name in out:
                message = (
                    "two keys of a structured value are the same once redacted: give them other names, or let a rule keep them"
                )
                raise BartizanError(message)
            out[new_name] = new_item
        return value if same else out

    def _taken(self, value: object) -> object:
        if _silent(value):
            return value
        index, self._next = self._next, self._next + 1
        return self._changed.get(index, value)
