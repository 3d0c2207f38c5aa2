"""A text as it reads once something is undone, and where each of its characters stood.

Positions are in characters. A view is made of stretches copied as they were and of units: characters that stand for a longer or
shorter stretch of the text they were made from. What was deleted belongs to no unit, so that a span that ends before it does not
hold it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Edit = tuple[int, int, str]

_COPIED: Final = -1


class Mapped(Protocol):
    """A text made from another, and its way back."""

    @property
    def text(self) -> str:
        """The text as it reads."""

    def begin(self, place: int) -> int:
        """Where, in the original, the character at `place` begins."""

    def end(self, place: int) -> int:
        """Where, in the original, the character before `place` ends."""


class View:
    """A text after edits. `parent` is the view that the edits were made on, if that was not the original itself."""

    __slots__ = ("_at", "_from", "_offset", "_to", "changed", "parent", "text")

    def __init__(self, text: str, edits: Iterable[Edit], *, parent: View | None = None, offset: int = 0) -> None:
        """Make the edits (begin, end, new text), which are in order and don't overlap, on `text`.

        `offset` is where `text` stands in the original. `changed` says where the edits lie in the new text.
        """
        pieces: list[str] = []
        at, source, to, changed = [0], [0], [_COPIED], []
        size = last = 0
        for begin, end, new in edits:
            if begin > last:
                pieces.append(text[last:begin])
                at.append(size)
                source.append(last)
                to.append(_COPIED)
                size += begin - last
            changed.append(size)
            if new:
                pieces.append(new)
                at.append(size)
                source.append(begin)
                to.append(end)
                size += len(new)
            last = end
        pieces.append(text[last:])
        at.append(size)
        source.append(last)
        to.append(_COPIED)
        self.text = "".join(pieces)
        self._at, self._from, self._to, self._offset = at, source, to, offset
        self.parent = parent
        self.changed: Sequence[int] = (
            changed if parent is None else sorted({*changed, *(self._place(place) for place in parent.changed)})
        )

    def begin(self, place: int) -> int:
        """Where, in the original, the character at `place` begins."""
        stretch = bisect_right(self._at, place) - 1
        found = self._from[stretch] + (place - self._at[stretch] if self._to[stretch] == _COPIED else 0)
        return self._offset + found if self.parent is None else self.parent.begin(found)

    def end(self, place: int) -> int:
        """Where, in the original, the character before `place` ends."""
        stretch = bisect_right(self._at, place - 1) - 1
        to = self._to[stretch]
        found = self._from[stretch] + place - self._at[stretch] if to == _COPIED else to
        return self._offset + found if self.parent is None else self.parent.end(found)

    def seen_from(self, place: int) -> int:
        """The first place of this text that no character before `place` of the original belongs to, or one before it."""
        return self._place(place - self._offset if self.parent is None else self.parent.seen_from(place))

    def _place(self, place: int) -> int:
        stretch = max(bisect_right(self._from, place) - 1, 0)
        if self._to[stretch] != _COPIED:
            return self._at[stretch]
        inside = self._at[stretch] + place - self._from[stretch]
        return inside if stretch + 1 == len(self._at) else min(inside, self._at[stretch + 1])
