r"""Values that a line's end cuts in two, also in quoted mail (`\n> `): each line with the next, put together.

A value that is whole on either line needs nothing of the other, so the join counts only where neither is found alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan_redaction._re2 import Union
from bartizan_redaction._views._view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE: Final = 200
"""How many characters of either line are looked at."""

_END: Final = r"[ \t]?\r?\n(?:[>|]{1,4} ?)?"
LINES_GATE: Final = rf"[-0-9@_][-0-9A-Za-z@._+/=]*{_END}[-0-9A-Za-z@.(+_]|[-0-9A-Za-z._+]{_END}@|[0-9A-Z)]{_END}[ (+]?[0-9]"
_find: Final = Union((LINES_GATE,)).find
_BREAK: Final = re.compile(_END)
_TOKEN: Final = re.compile(r"[-0-9A-Za-z@._+/=]+\Z")
_TELLING: Final = re.compile("[-0-9@_]")
_LAST_OF_GROUP: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ)")
_NUMERIC: Final = re.compile(r"[0-9 \t.,;|-]+")
_RANDOM: Final = re.compile(r"(?=[A-Za-z_-]*[0-9])(?=[0-9A-Z_-]*[a-z])(?=[0-9a-z_-]*[A-Z])[0-9A-Za-z_-]{6,}(?![^\s\"',;)])")


class Join(NamedTuple):
    """Two lines that may be one.

    Attributes:
        begin: where the part of the first line that is looked at begins, in the text.
        end: where the first line ends, in the text.
        after: where the second line begins, in the text.
        right: the part of the second line that is looked at.
        between: what stands between the two once they are put together.
    """

    begin: int
    end: int
    after: int
    right: str
    between: str

    @property
    def goes_on(self) -> bool:
        """Whether the second line begins like the rest of a random key."""
        return _RANDOM.match(self.right) is not None

    def view(self, text: str) -> View:
        """The two lines put together."""
        edit = self.end - self.begin, self.after - self.begin, self.between
        return View(text[self.begin : self.after + len(self.right)], [edit], offset=self.begin)


def joins(text: str, raw: bytes, first: int, last: int, side: int = SIDE) -> Iterator[Join]:
    """The lines whose break lies in [first, last), each with the next; `raw` is the text in Latin-1."""
    place = _find(raw, first, last)
    while place >= 0:
        feed = text.find("\n", place)
        end = len(text[max(0, feed - 1) : feed].rstrip("\r")) + max(0, feed - 1)
        end = len(text[max(0, end - 1) : end].rstrip(" \t")) + max(0, end - 1)
        found = _BREAK.match(text, end)
        begin = text.rfind("\n", max(0, end - side), end) + 1 or max(0, end - side)
        if found is not None and begin < end:
            yield from _both(text, begin, end, found.end(), side)
        place = _find(raw, feed, last)


def _both(text: str, begin: int, end: int, after: int, side: int) -> Iterator[Join]:
    stop = text.find("\n", after, after + side)
    left, right = text[begin:end], text[after : after + side if stop < 0 else stop].rstrip("\r")
    if not right or (_NUMERIC.fullmatch(left) and _NUMERIC.fullmatch(right) and _column(text, begin, stop, side)):
        return
    token = _TOKEN.search(left)
    if right[0] == "@" or (token is not None and _TELLING.search(token.group())):
        yield Join(begin, end, after, right, "")
    if left[-1] in _LAST_OF_GROUP and right.lstrip(" (+")[:1].isdigit():
        yield Join(begin, end, after, right, " ")


def _column(text: str, begin: int, stop: int, side: int) -> bool:
    """Whether the line before, or the next one's beginning, holds numbers too, so that all are a column."""
    above = text[max(0, begin - side) : begin].strip("\r\n").rpartition("\n")[2]
    return bool(_NUMERIC.fullmatch(above)) or (stop >= 0 and text[stop + 1 : stop + 2].isdigit())
