"""Where an unfinished finding could begin: what lets a stream release prose at once.

A finding without white space can only be unfinished if it lies in the run that the text ends with; one in groups (a card with
spaces) only if nothing but digits, capitals and separators follows its beginning; one that holds other white space or is very
long says itself (`Entity.unfinished`). Everything else that precedes is settled, whatever text follows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities import REACH, SPACED_CHARACTERS, SPACED_SPAN, TOKEN_SPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan_redaction._custom import CustomEntity
    from bartizan_redaction._entities import Entity

_GROUP_BEGINS: Final = re.compile(r"[0-9+(]|[A-Z](?=[A-Z](?: ?[0-9]| \Z))")

_FEW: Final = 64
_STEP: Final = 2
_LONG: Final = 256
"""The least step is what is held back, or this if that is more, divided by two to that power."""


class Pending:
    """The `pending` of one choice of entities."""

    __slots__ = ("_custom_span", "_held", "_spaced", "_tail")

    def __init__(self, entities: Sequence[Entity], custom: Sequence[CustomEntity]) -> None:
        spans = [entity.max_span for entity in entities if entity.unfinished is None]
        spans += [entity.max_span for entity in custom if not entity.may_hold_space]
        self._tail = max([TOKEN_SPAN, *spans]) + REACH
        self._spaced = any(entity.spaced for entity in entities)
        self._held = tuple({entity.unfinished: None for entity in entities if entity.unfinished is not None})
        self._custom_span = max((entity.max_span for entity in custom if entity.may_hold_space), default=0)

    def pending(self, text: str, start: int) -> int:
        """The first place in [start, len(text)] where a finding could still appear, vanish or change, whatever follows."""
        size = len(text)
        if size - start <= _FEW and not self._custom_span:
            new = text[start:]
            if new.islower() and new.isascii() and new.replace(" ", "").isalpha():
                # Plain words, as most tokens are: what follows would say the same, only the last of them may still grow.
                place = max(start, text.rfind(" ", start) + 1)
                return place if place - start > (size - place) >> _STEP else start
        tail = text if size <= self._tail else text[-self._tail :]
        base = size - len(tail)
        place = size if tail == "" or tail[-1].isspace() else size - len(tail.rsplit(None, 1)[-1])
        if self._spaced:
            zone = base + len(tail.rstrip(SPACED_CHARACTERS))
            if zone < place:
                floor = size - SPACED_SPAN - REACH
                group = _GROUP_BEGINS.search(text, zone if zone > floor else floor, place)  # noqa: FURB136 (every token passes here)
                if group is not None:
                    place = group.start()
        if self._custom_span:
            place = min(place, size - self._custom_span - 1)
        for unfinished in self._held:
            held = unfinished(text, start)
            if held < place:  # noqa: PLR1730 (every token passes here)
                place = held
        # Not for a step that is small beside what is held back: each step has the text behind it scanned again.
        return place if place - start > min(size - place, _LONG) >> _STEP else start
