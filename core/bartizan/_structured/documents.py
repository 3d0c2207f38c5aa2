"""JSON documents (RFC 8259) as text: leaves are judged and replaced in place, so that all else stays byte for byte."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from bartizan._errors import BartizanError
from bartizan._structured.values import Flat, below, bounded
from bartizan._values.texts import Origin, Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WORD: Final = re.compile(r"true|false|null|NaN|-?Infinity")


def flatten_json(document: str, *, origin: Origin = Origin.USER, path: str = "", part: str = "text", source: str = "") -> Flat:
    """The segments of a JSON document's strings, numbers and keys; `rebuild` gives the document with changed leaves rewritten.

    A text that is not JSON is one segment: nothing in it goes unjudged. Control characters within strings are let pass, as lenient
    readers do: whatever some reader would decode must be judged decoded.
    """
    found = read_json(document, origin=origin, path=path, part=part, source=source)
    if found is None:
        only = Segment(document, origin, path, "", source, part)
        return Flat((only,), lambda segments: segments[0].text)
    return found


def read_json(
    document: str, *, origin: Origin = Origin.USER, path: str = "", part: str = "text", source: str = ""
) -> Flat | None:
    """As `flatten_json`; None for a text that is not one JSON value."""
    reader = _Reader(document, path)
    if not reader.read():
        return None
    originals = tuple(Segment(text, origin, where, key, source, part) for text, where, key, _, _ in reader.leaves)
    spans = [(start, end) for _, _, _, start, end in reader.leaves]
    objects = reader.objects

    def rebuild(segments: Sequence[Segment]) -> Any:
        if len(segments) != len(originals):
            message = f"rebuilding takes the {len(originals)} segments that flatten_json gave, not {len(segments)}"
            raise BartizanError(message)
        pieces, at = [], 0
        for (start, end), old, new in zip(spans, originals, segments, strict=True):
            if new.text != old.text:
                pieces += [document[at:start], _quoted(new.text, ascii_only=document.isascii())]
                at = end
        if not pieces:
            return document
        for keys in objects:
            _refuse_collision([originals[i].text for i in keys], [segments[i].text for i in keys])
        return "".join([*pieces, document[at:]])

    return Flat(originals, rebuild)


def _quoted(text: str, *, ascii_only: bool) -> str:
    """A JSON string; half of a surrogate pair (RFC 8259, section 8.2) stays escaped, for no encoding could hold it."""
    lone = not ascii_only and _SURROGATE.search(text) is not None
    return json.dumps(text, ensure_ascii=ascii_only or lone)


def _refuse_collision(before: Sequence[str], after: Sequence[str]) -> None:
    if len(set(after)) < len(set(before)):
        message = "two keys of a JSON object are the same once redacted: give them other names, or let a rule keep them"
        raise BartizanError(message)


class _Open:
    """A container that is being read."""

    __slots__ = ("closing", "count", "is_object", "key", "keys", "path")

    def __init__(self, is_object: bool, path: str, key: str) -> None:  # noqa: FBT001 (private, one caller)
        self.is_object = is_object
        self.closing = "}" if is_object else "]"
        self.path = path
        self.key = key
        self.keys: list[int] = []
        self.count = 0


class _NotJson(Exception):
    """The document is not one JSON value."""


class _Reader:
    """A JSON reader that keeps where each leaf stands; it has a stack of its own, so depth can't exhaust the interpreter's."""

    def __init__(self, document: str, path: str) -> None:
        self._text = document
        self._at = 0
        self._path = path
        self._key = ""
        self._stack: list[_Open] = []
        self.leaves: list[tuple[str, str, str, int, int]] = []
        """Text, path, key, and where the token stands (quotes included)."""
        self.objects: list[list[int]] = []
        """For each object, the leaves that are its keys."""

    def read(self) -> bool:
        """Whether the whole document is one JSON value."""
        try:
            self._space()
            while not self._value():
                pass
        except _NotJson:
            return False
        return self._at == len(self._text)

    def _value(self) -> bool:
        """Read a leaf, or open a container and step into it; True once the outermost value has ended."""
        char = self._next()
        if char not in "{[":
            self._leaf(char)
            return self._ended()
        container = _Open(char == "{", self._path, self._key)
        self._stack.append(container)
        if container.is_object:
            self.objects.append(container.keys)
        self._at += 1
        self._space()
        if self._next() == container.closing:
            return self._ended()
        self._enter(container)
        return False

    def _ended(self) -> bool:
        """A value has ended: close what closes, or step to the next value; True once the outermost one has ended."""
        while True:
            self._space()
            if not self._stack:
                return True
            container = self._stack[-1]
            char = self._next()
            if char == container.closing:
                self._stack.pop()
                self._at += 1
            elif char == ",":
                self._at += 1
                self._space()
                self._enter(container)
                return False
            else:
                raise _NotJson

    def _enter(self, container: _Open) -> None:
        """Step to a container's next value: past its key in an object."""
        base = container.path
        if not container.is_object:
            container.count += 1
            self._path, self._key = below(base, container.count - 1), container.key
            return
        if self._next() != '"':
            raise _NotJson
        container.keys.append(len(self.leaves))
        name = self._string(below(base, "<key>"), "")
        self._space()
        if self._next() != ":":
            raise _NotJson
        self._at += 1
        self._space()
        self._path, self._key = below(base, name), bounded(name)

    def _leaf(self, char: str) -> None:
        if char == '"':
            self._string(self._path, self._key)
            return
        word = _WORD.match(self._text, self._at)
        token = word or _NUMBER.match(self._text, self._at)
        if token is None:
            raise _NotJson
        if word is None:
            self.leaves.append((token.group(), self._path, self._key, token.start(), token.end()))
        self._at = token.end()

    def _string(self, path: str, key: str) -> str:
        start = self._at
        try:
            text, self._at = json.decoder.scanstring(self._text, start + 1, False)  # type: ignore[attr-defined]  # missing in typeshed
        except ValueError:
            text = None
        if not isinstance(text, str):
            raise _NotJson
        self.leaves.append((text, path, key, start, self._at))
        return text

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise _NotJson
        return self._text[self._at]

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = self._at if found is None else found.end()
