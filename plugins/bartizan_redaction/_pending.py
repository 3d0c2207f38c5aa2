"""Where an unfinished finding could begin: what lets a stream release prose at once.

A finding without white space can only be unfinished if it lies in the run that the text ends with; one in groups (a card with
spaces) only if nothing but digits, capitals and separators follows its beginning; one that holds other white space or is very
long says itself (`Entity.unfinished`). Everything else that precedes is settled, whatever text follows.

The same holds for the text as it reads with escapes and odd characters undone, and each way of hiding a value over white space
says where it may have begun (`begun`). All of it looks at the end of the text alone; at more of it only where what it finds
reaches back that far.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities import REACH, SPACED_CHARACTERS, SPACED_SPAN, TOKEN_SPAN
from bartizan_redaction._re2 import encode_latin_1
from bartizan_redaction._views import (
    HIDDEN_REACH,
    HIDDEN_SPAN,
    codes_begun,
    escaped,
    normal,
    one_run,
    spelled_begun,
    spoken_begun,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan_redaction._custom import CustomEntity
    from bartizan_redaction._entities import Entity

_GROUP_BEGINS: Final = re.compile(r"[0-9+(]|[A-Z](?=[A-Z](?: ?[0-9]| \Z))")

_ZONE: Final = f"{SPACED_CHARACTERS}_"
"""An underscore right behind a number says nothing until what follows it is seen."""
_CAPITALIZED: Final = re.compile(r"(?:[A-Z]?[a-z]+[,.]? +)*[a-z]{4,}[,.]? +[a-z]+[,.]? *")
"""Words that may begin with a capital, but for the last two: what begins with a capital and has spaces in it (`March the 5th`, a number
in groups) goes on otherwise."""
_LEAST: Final = 8
"""Fewer new characters than this wait for the next piece: half of all tokens then cost next to nothing, for a few characters held."""
_ENOUGH: Final = 24
"""Fewer than this wait where a closer look is needed, for the next words often make it needless."""
_FEW: Final = 64
_STEP: Final = 2
_LONG: Final = 256
"""The least step is what is held back, or this if that is more, divided by two to that power."""


_TAILS: Final = (320, 1600, HIDDEN_SPAN + HIDDEN_REACH)
"""How much of the end is looked at: the next more where the beginning of something unfinished lies at the edge."""
_EDGE: Final = 128
_LINE: Final = 200
_ESCAPE_BEGUN: Final = re.compile(
    r"(?:%(?:2|25){0,4}[0-9A-Fa-f]?|&(?:amp;){0,2}[#A-Za-z0-9]{0,11}|\\{1,5}(?:[uUx][0-9A-Fa-f{]{0,9}|[0-9]{0,2})\r?(?:\n[ \t]*)?"
    r"|=(?:[0-9A-F]|\r)?)\Z"
)
_ESCAPE_MOST: Final = 24
_GLIMPSE: Final = 8
_ONE_BEFORE: Final = re.compile(r"(?:[\s\"'`(\[{<]|\A)\S\s{1,3}\Z")
_PAIR_BEFORE: Final = re.compile(r"[0-7][0-9A-Fa-f][,:-]? \Z")
_PARTS: Final = re.compile(r"[0-9 \t.,;|-]+")


class Pending:
    """The `pending` of one choice of entities."""

    __slots__ = ("_custom_span", "_email", "_held", "_spaced", "_tail")

    def __init__(self, entities: Sequence[Entity], custom: Sequence[CustomEntity], *, email: bool) -> None:
        spans = [entity.max_span for entity in entities if entity.unfinished is None]
        spans += [entity.max_span for entity in custom if not entity.may_hold_space]
        self._tail = max([TOKEN_SPAN, *spans]) + REACH
        self._spaced = any(entity.spaced for entity in entities)
        self._held = tuple({entity.unfinished: None for entity in entities if entity.unfinished is not None})
        self._custom_span = max((entity.max_span for entity in custom if entity.may_hold_space), default=0)
        self._email = email

    def pending(self, text: str, start: int) -> int:
        """The first place in [start, len(text)] where a finding could still appear, vanish or change, whatever follows."""
        size = len(text)
        if size - start < _LEAST:
            return start
        place = self._quickly(text, start) if size - start <= _FEW and not self._custom_span else None
        if place is None:
            if size - start < _ENOUGH:
                return start
            place = self._closely(text, start)
        # Not for a step that is small beside what is held back: each step has the text behind it scanned again.
        return place if place - start > min(size - place, _LONG) >> _STEP else start

    @staticmethod
    def _quickly(text: str, start: int) -> int | None:
        """The place where plain words are new, as with most tokens; None where a closer look is needed.

        What follows would say the same of them, only the last of them may still grow, or turn out to be an address with spaces in
        it. Single letters may be a word spelled out.
        """
        new = text[start:]
        if new.islower():
            if not new.isascii() or not new.replace(" ", "").replace(",", "").replace(".", "").isalpha():
                return None
        elif _CAPITALIZED.fullmatch(new) is None:
            return None
        place = text.rfind(" ", start, len(text.rstrip(" "))) + 1
        if place <= start:
            return start
        end = place - 1
        if text[end - 1] in ",.":
            end -= 1
        return place if end > 1 and text[end - 2 : end].isalpha() else None

    def _closely(self, text: str, start: int) -> int:
        size = len(text)
        place = self._plain(text)
        if self._custom_span:
            place = min(place, max(size - self._custom_span - 1, 0))
        for unfinished in self._held:
            held = unfinished(text, start)
            if held < place:  # noqa: PLR1730 (every token passes here)
                place = held
        if place > start:
            place = min(place, self._hidden(text, size))
        return max(place, start)

    def _plain(self, text: str) -> int:
        """Where something unfinished could begin if nothing is hidden, but for what says so itself."""
        size = len(text)
        tail = text if size <= self._tail else text[-self._tail :]
        base = size - len(tail)
        place = size if tail == "" or tail[-1].isspace() else size - len(tail.rsplit(None, 1)[-1])
        if self._spaced:
            zone = base + len(tail.rstrip(_ZONE))
            if zone < place:
                floor = size - SPACED_SPAN - REACH
                group = _GROUP_BEGINS.search(text, zone if zone > floor else floor, place)  # noqa: FURB136 (every token passes here)
                if group is not None:
                    place = group.start()
        return place

    def _hidden(self, text: str, size: int) -> int:
        """Where something hidden and unfinished could begin."""
        end = size - 1 if text.endswith("\r") else size  # the line's end that it may begin
        place = base = 0
        for reach in _TAILS[2:] if text.find("-----BEGIN", max(0, size - _TAILS[-1])) >= 0 else _TAILS:
            base = max(0, end - reach)
            tail = text[base:end]
            place = self._read(tail)
            # An escape that is not finished may yet be anything, a digit or nothing.
            partly = _ESCAPE_BEGUN.search(tail, max(0, end - base - _ESCAPE_MOST))
            if partly is not None:
                place = min(place, self._read(tail[: partly.start()]))
            if not base or place > _EDGE:
                break
        return size if place == end - base else base + place

    def _read(self, tail: str) -> int:
        """The same, as it stands and as it reads."""
        place = self._reading(tail)
        if not tail.isascii() or escaped(encode_latin_1(tail), 0, len(tail)):
            # What may follow decides whether the last odd characters count.
            view = normal(f"{tail}0")
            if view is not None:
                new = view.text[:-1]
                read = min([self._reading(new), *(unfinished(new, 0) for unfinished in self._held)])
                if read < len(new):
                    place = min(place, view.begin(read))
        return place

    def _reading(self, text: str) -> int:
        """The same for one way of reading the end of a text."""
        place = self._plain(text)
        size = len(text)
        if size - place >= self._tail:
            place = one_run(text, place)
        # What is spelled out, in pairs of digits or in lines goes on where white space stands: that shows right before the place.
        before = text[max(0, place - _GLIMPSE) : place]
        if before[-1:].isspace() or place == size:
            if _ONE_BEFORE.search(before):
                place = min(place, spelled_begun(text))
            if "\n" in before or _PAIR_BEFORE.search(before):
                place = min(place, codes_begun(text))
            if "\n" in before:
                place = min(place, self._lines(text, text.rfind("\n"), place))
        if self._email:
            place = min(place, spoken_begun(text))
        if self._custom_span:
            place = min(place, max(size - self._custom_span - 1, 0))
        return place

    def _lines(self, text: str, feed: int, place: int) -> int:
        """Where a value could begin that goes on behind the line's end at `feed`."""
        right = text[feed + 1 :]
        if place > feed + 1 + len(right) - len(right.lstrip(">| \t(+")):
            return place
        line = text[:feed].rstrip("\r")
        line = line.rstrip(" \t")
        place = min(place, self._plain(line), max(len(line) - self._custom_span, 0) if self._custom_span else place)
        # Whether a line of numbers is one of several shows when the next one begins.
        above = line.rfind("\n", max(0, feed - _LINE))
        if above >= 0 and not right.strip(">| ") and _PARTS.fullmatch(line, above + 1):
            place = min(place, self._plain(text[:above].rstrip("\r \t")))
        return place
