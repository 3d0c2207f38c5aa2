"""The one scanner behind all entities: gate, pivots, resolvers.

It is pointwise: every finding belongs to a pivot, a place that the text alone decides, so that neither where scanning starts nor
other findings matter. The gate (RE2, over UTF-8, in pieces) says which entities may occur in a piece at all; only for these are
the pivots enumerated, by `re` on characters, so that no offset needs mapping. Time is linear: each pivot looks at a bounded
stretch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_redaction._entities import REACH
from bartizan_redaction._pending import Pending
from bartizan_redaction._re2 import Gate, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bartizan_redaction._custom import CustomEntity
    from bartizan_redaction._entities import Entity

_PIECE: Final = 4096
"""How many characters the gate is asked about at once: the less, the fewer pivots are looked for in vain around a hit."""


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
        self._gate = Gate(entity.gate for entity in self._entities) if self._entities else None
        self.max_span = max([1, *(entity.max_span for entity in self._entities), *(entity.max_span for entity in self._custom)])
        self.lookaround = max((REACH, *(entity.lookaround for entity in self._custom)))
        self.pending = Pending(self._entities, self._custom).pending

    def __repr__(self) -> str:
        return f"RedactionScanner({len(self._entities)} entities, {len(self._custom)} custom)"

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        """Findings that begin at or after `start`, in order of their beginning; spans in characters."""
        found: list[Finding] = []
        if self._gate is not None:
            self._scan_entities(text, start, self._gate, found)
        for entity in self._custom:
            found.extend(
                Finding(entity.label, Action.REDACT, start=begin, end=end, detail=entity.why)
                for begin, end in entity.spans(text, start)
                if self._allowed is None or not self._allowed(text[begin:end])
            )
        found.sort(key=_place)
        return found

    def _scan_entities(self, text: str, start: int, gate: Gate, found: list[Finding]) -> None:
        size = len(text)
        spans: dict[tuple[int, int], int] = {}
        # A pivot may lie before the value it belongs to (the name of a secret).
        begin = start - REACH if start > REACH else 0
        while begin < size:
            end = begin + _PIECE
            raw = encode(text[begin - REACH if begin > REACH else 0 : end + REACH])
            for index in gate.hits(raw):
                entity = self._entities[index]
                resolve = entity.resolve
                for candidate in entity.pivot.finditer(text, begin, end + REACH):
                    pivot = candidate.start()
                    if pivot >= end:
                        break
                    span = resolve(text, pivot)
                    if span is not None and span[0] >= start and spans.get(span, index) >= index:
                        spans[span] = index
            begin = end
        for (first, last), index in spans.items():
            if self._allowed is None or not self._allowed(text[first:last]):
                entity = self._entities[index]
                found.append(Finding(entity.label, Action.REDACT, start=first, end=last, detail=entity.why))


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.start or 0, finding.end or 0, finding.label
