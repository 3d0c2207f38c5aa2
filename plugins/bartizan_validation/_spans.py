"""How far a markdown construct reaches, decided within `REACH` characters and the same however the text arrives.

A span is settled once no further text can change it. Without hosts only that is asked: nothing is judged, and nothing leads away.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan_validation._ahead import Ahead
from bartizan_validation._urls import leads_away

if TYPE_CHECKING:
    from bartizan_validation._hosts import Hosts

REACH: Final = 1_000
"""Characters that any one decision looks ahead or back: CommonMark's limit for a link label, and far more than a host needs."""

_GAP: Final = re.compile(r"[\s>]*")
"""Whitespace, and the marks of a block quote that goes on in the next line."""
_BLANK_LINE: Final = re.compile(r"\n[ \t\r]*\n")
_BALANCED: Final = re.compile(r"[^()]*+(?:\([^()]*+\)[^()]*+)*+\)")
_WORD: Final = re.compile(r"[^\s\]]*")
_SPACE: Final = re.compile(r"\s")
_ANGLES: Final = re.compile(r"<[^<>\n]*+>?")
_TITLE: Final = re.compile(r"""[ \t]+(?:"[^"\n]*+"|'[^'\n]*+'|\([^()\n]*+\))""")


class Span(NamedTuple):
    """Where a construct ends, whether it leads away, and whether more text could change either."""

    end: int
    away: bool
    settled: bool


class Spans:
    """What follows the brackets of one text."""

    def __init__(self, text: str, hosts: Hosts | None) -> None:
        self._text = text
        self._hosts = hosts
        self._blank_lines = Ahead(_BLANK_LINE, text)
        self._spaces = Ahead(_SPACE, text)

    def destination(self, at: int) -> Span:
        """What follows the `(` of an inline link or image: up to the `)` that closes it, else the word there.

        A gap longer than REACH before it hides what it is, so it counts as leading away.
        """
        text = self._text
        limit = min(len(text), at + REACH)
        cut = limit == at + REACH
        begin = _end(_GAP, text, at, limit)
        if begin == limit:
            return Span(limit, cut, cut)
        stop, blank_end = self._blank_lines.span(begin)
        blank = blank_end <= limit
        if not blank:
            stop = limit
        close = text.find(")", begin, stop)
        away = self._hosts is not None and leads_away(text[begin : close if close >= 0 else stop], self._hosts)
        balanced = None if close < 0 else _BALANCED.match(text, begin, stop)
        if balanced is not None:
            return Span(balanced.end(), away, settled=True)
        return Span(close + 1 if close >= 0 else _end(_WORD, text, begin, stop), away, cut or blank)

    def definition(self, at: int) -> Span:
        """What follows the `]:` of a reference definition: a destination, and a title in the same line."""
        text, hosts = self._text, self._hosts
        limit = min(len(text), at + REACH)
        cut = limit == at + REACH
        begin = _end(_GAP, text, at, limit)
        if begin == limit:
            return Span(limit, cut, cut)
        target = _end(_ANGLES, text, begin, limit) if text[begin] == "<" else min(limit, self._spaces.span(begin)[0])
        away = hosts is not None and leads_away(text[begin:target], hosts)
        title = _TITLE.match(text, target, limit)
        settled = (
            cut
            or title is not None
            or (target < limit and ((hosts is not None and not away) or text.find("\n", target, limit) >= 0))
        )
        return Span(target if title is None else title.end(), away, settled)


def _end(pattern: re.Pattern[str], text: str, start: int, stop: int) -> int:
    match = pattern.match(text, start, stop)
    return start if match is None else match.end()
