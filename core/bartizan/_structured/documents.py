"""JSON documents (RFC 8259) as text: leaves are judged and replaced in place, so that all else stays byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from bartizan._errors import BartizanError
from bartizan._structured.values import Flat, below, bounded
from bartizan._values.texts import Origin, Segment

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"true|false|null|NaN|-?Infinity")


def flatten_json(
    document: str, *, origin: Origin = Origin.USER, path: str = "", part: str = "text", source: str = ""
) -> Flat:
    """The segments of a JSON document's strings, numbers and keys; `rebuild` gives the document with changed leaves rewritten.

    A text that is not JSON is one segment: nothing in it goes unjudged. Control characters within strings are let pass, as lenient
    readers do: whatever some reader would decode must be judged decoded.
    """
    reader = _Reader(document, path)
    if not reader.read():
        only = Segment(document, origin, path, "", source, part)
        return Flat((only,), lambda segments: segments[0].text)
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
                pieces += [document[at:start], json.dumps(new.text, ensure_ascii=document.isascii())]
                at = end
        if not pieces:
            return document
        for keys in objects:
            _refuse_collision([originals[i].text for i in keys], [segments[i].text for i in keys])
        return "".join([*pieces, document[at:]])

    return Flat(originals, rebuild)


def _refuse_collision(before: Sequence[str], after: Sequence[str]) -> None:
    if len(set(after)) < len(set(before)):
        message = "two keys of a JSON object are the same once redacted: give them other names, or let a rule keep them"
        raise BartizanError(message)


class _Open:
    """A container that is being read."""

    __slots__ = ("count", "is_object", "key", "keys", "path")

    def __init__(self, is_object: bool, path: str, key: str) -> None:  # noqa: FBT001 (private, one caller)
        self.is_object = is_object
        self.path = path
        self.key = key
        self.keys: list[int] = []
        self.count = 0


class _Reader:
    """A JSON reader that keeps where each leaf stands; it has a stack of its own, so depth can't exhaust the interpreter's."""

    def __init__(self, document: str, path: str) -> None:
        self._text = document
        self._path = path
        self.leaves: list[tuple[str, str, str, int, int]] = []
        """Text, path, key, and where the token stands (quotes included)."""
        self.objects: list[list[int]] = []
        """For each object, the leaves that are its keys."""

    def read(self) -> bool:
        """Whether the whole document is one JSON value."""
        text, length = self._text, len(self._text)
        stack: list[_Open] = []
        path, key, at = self._path, "", self._skip(0)
        while True:
            if at >= length:
                return False
            char = text[at]
            if char in "{[":
                at = self._skip(at + 1)
                opened = _Open(char == "{", path, key)
                stack.append(opened)
                if opened.is_object:
                    self.objects.append(opened.keys)
                if at < length and text[at] == ("}" if char == "{" else "]"):
                    stack.pop()
                    at += 1
                else:
                    entered = self._enter(opened, at)
                    if entered is None:
                        return False
                    at, path, key = entered
                    continue
            elif (end := self._leaf(at, path, key)) is None:
                return False
            else:
                at = end
            while True:  # a value has ended: what follows it?
                at = self._skip(at)
                if not stack:
                    return at == length
                if at >= length:
                    return False
                if text[at] == ("}" if stack[-1].is_object else "]"):
                    stack.pop()
                    at += 1
                    continue
                if text[at] != ",":
                    return False
                entered = self._enter(stack[-1], self._skip(at + 1))
                if entered is None:
                    return False
                at, path, key = entered
                break

    def _enter(self, container: _Open, at: int) -> tuple[int, str, str] | None:
        """Step to the next value of the innermost container: past its key in an object."""
        base = container.path
        if not container.is_object:
            container.count += 1
            return at, below(base, container.count - 1), container.key
        if at >= len(self._text) or self._text[at] != '"':
            return None
        read = self._string(at)
        if read is None:
            return None
        name, end = read
        container.keys.append(len(self.leaves))
        self.leaves.append((name, below(base, "<key>"), "", at, end))
        at = self._skip(end)
        if at >= len(self._text) or self._text[at] != ":":
            return None
        step = bounded(name)
        return self._skip(at + 1), below(base, step), step

    def _leaf(self, at: int, path: str, key: str) -> int | None:
        if self._text[at] == '"':
            read = self._string(at)
            if read is None:
                return None
            self.leaves.append((read[0], path, key, at, read[1]))
            return read[1]
        word = _WORD.match(self._text, at)
        if word is not None:
            return word.end()
        number = _NUMBER.match(self._text, at)
        if number is None:
            return None
        self.leaves.append((number.group(), path, key, at, number.end()))
        return number.end()

    def _string(self, at: int) -> tuple[str, int] | None:
        try:
            return json.decoder.scanstring(self._text, at + 1, False)  # type: ignore[attr-defined, no-any-return]  # public, missing in typeshed
        except ValueError:
            return None

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return at if found is None else found.end()
