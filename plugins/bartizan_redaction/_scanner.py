"""The one scanner behind all entities: one search for places, then the resolvers that may begin there.

It is pointwise: every finding belongs to a pivot, a place that the text alone decides, so that neither where scanning starts nor
other findings matter. All gates together are one pattern in RE2, searched over Latin-1 (a byte for each character, so that no
offset needs mapping); from each place that it finds on, only the resolvers are asked whose values begin
like that. Time is linear: the search is, and each pivot looks at a bounded stretch.
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_redaction._entities import REACH
from bartizan_redaction._made import maker
from bartizan_redaction._pending import Pending
from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bartizan_redaction._custom import CustomEntity
    from bartizan_redaction._entities import Entity
    from bartizan_redaction._entities._entity import Resolve, Spread

    Asked = tuple[tuple[int, Resolve, Spread | None], ...]

_UNDERSCORE: Final = ord("_")
_ZERO: Final = ord("0")
_NINE: Final = ord("9")
_MOST_BEGINNINGS: Final = 10_000
_SHAPES: Final = bytes(
    ord("0")
    if character == "0"
    else ord("1")
    if character.isdecimal()
    else ord("a")
    if character in ascii_letters
    else ord(" ")
    if character == "\u00a0"
    else ord(character)
    if character in " .-:()/+"
    else _UNDERSCORE
    for character in map(chr, range(256))
)


class _ByBeginning(dict[bytes, "Asked"]):
    """How a place begins -> the entities whose gate may match there, worked out when it is first met."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        super().__init__()
        self._entities = tuple(enumerate(entities))

    def __missing__(self, key: bytes) -> Asked:
        if len(self) >= _MOST_BEGINNINGS:
            self.clear()
        beginning = key.decode("latin-1")
        asked = tuple(
            (index, entity.resolve, entity.spread) for index, entity in self._entities if re.match(entity.begins, beginning)
        )
        self[key] = asked
        return asked


class RedactionScanner:
    """Finds the values of all the entities it is given. Fixed once made, and safe to share between threads."""

    pointwise = True

    def __init__(
        self,
        entities: Sequence[Entity],
        custom: Sequence[CustomEntity] = (),
        allowed: Callable[[str], bool] | None = None,
    ) -> None:
        self._entities = tuple(entities)
        self._custom = tuple(custom)
        self._allowed = allowed
        self._find = Union(dict.fromkeys(entity.gate for entity in self._entities)).find if self._entities else None
        self._made = tuple(maker(entity.label, entity.why) for entity in self._entities)
        self._asked = _ByBeginning(self._entities)
        self.max_span: int = max(
            [1, *(entity.max_span for entity in self._entities), *(entity.max_span for entity in self._custom)]
        )
        self.lookaround: int = max((REACH, *(entity.lookaround for entity in self._custom)))
        self.pending: Callable[[str, int], int] = Pending(self._entities, self._custom).pending

    def __repr__(self) -> str:
        return f"RedactionScanner({len(self._entities)} entities, {len(self._custom)} custom)"

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        """Findings that begin at or after `start`, in order of their beginning; spans in characters."""
        found: list[Finding] = []
        if self._find is not None:
            self._scan_entities(text, start, self._find, found)
        for entity in self._custom:
            found.extend(
                Finding(entity.label, Action.REDACT, start=begin, end=end, detail=entity.why)
                for begin, end in entity.spans(text, start)
                if self._allowed is None or not self._allowed(text[begin:end])
            )
        if len(found) > 1:
            found.sort(key=_place)
        return found

    def _scan_entities(self, text: str, start: int, find: Callable[[bytes, int, int], int], found: list[Finding]) -> None:
        raw, size = encode_latin_1(text), len(text)
        # A pivot may lie before the value it belongs to (the name of a secret).
        place = find(raw, start - REACH if start > REACH else 0, size)
        if place < 0:
            return
        shapes, by_beginning = b"", self._asked
        spans: dict[tuple[int, int], int] = {}
        done: dict[int, int] = {}
        while place >= 0:
            pivot = place + 1 if raw[place] == _UNDERSCORE else place
            shapes = shapes or raw.translate(_SHAPES)
            key = (
                shapes[pivot : pivot + 8]
                if _ZERO <= raw[pivot] <= _NINE
                else raw[pivot : pivot + 2] + shapes[pivot + 2 : pivot + 8]
            )
            for index, resolve, spread in by_beginning[key]:
                if spread is not None:
                    pivots, done[index] = spread(text, pivot, done.get(index, 0))
                    for at in pivots:
                        span = resolve(text, at)
                        if span is not None and span[0] >= start and spans.get(span, index) >= index:
                            spans[span] = index
                    continue
                span = resolve(text, pivot)
                if span is not None and span[0] >= start and spans.get(span, index) >= index:
                    spans[span] = index
            place = find(raw, pivot + 1, size)
        allowed = self._allowed
        for (begin, end), index in spans.items():
            if allowed is None or not allowed(text[begin:end]):
                found.append(self._made[index](begin, end))


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.start or 0, finding.end or 0, finding.label
