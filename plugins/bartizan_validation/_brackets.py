"""Which bracket a `](` closes: that of a link, or that of an image, which loads without a click.

CommonMark 6.3 and 6.4, decided within `REACH` characters. Code spans, HTML and escapes may hide a bracket; whether they do can
hang on text arbitrarily far before, so groups of brackets are sorted into plain ones, which close where they seem to, and others,
of which the worst is assumed.
"""

from __future__ import annotations

import re
import sys
from typing import Final

from bartizan_validation._ahead import Ahead
from bartizan_validation._spans import REACH

_TRIES: Final = 8
"""Opening brackets looked at on the way back; more before one place are of no use to a writer."""
_NEAR: Final = 32
"""Characters before a bracket that are searched before all within REACH are."""
_INSIDE: Final = r"(?:[^\[\]`<\\]++|`[^`\[\]]++`(?!`))*+"
# Text without escapes and HTML, code spans that hold no bracket, and one level of such groups.
_PLAIN: Final = re.compile(rf"\[{_INSIDE}(?:\[{_INSIDE}\]{_INSIDE})*+\]")
_PLAIN_SO_FAR: Final = re.compile(rf"\[{_INSIDE}(?:\[{_INSIDE}\]{_INSIDE})*+(?:`[^`\[\]]*+`?|\[{_INSIDE}(?:`[^`\[\]]*+`?)?+)?+")
_LABEL: Final = re.compile(r"\[(?:[^\\\[\]]++|\\.)*+\]", re.DOTALL)
_LABEL_SO_FAR: Final = re.compile(r"\[(?:[^\\\[\]]++|\\.)*+\\?+", re.DOTALL)
_HIDING: Final = re.compile("[`>]")
# Where inline text ends for certain: a blank line, a bullet or a first numbered item, a heading (CommonMark 4.8, 5.2).
_BOUNDARY: Final = re.compile(r"\n[ \t\r]*\n|\n {0,3}(?:[-*+]|1[.)])[ \t]+\S|\n {0,3}#{1,6}[ \t]")
_IMAGE: Final = "!["


class Brackets:
    """The brackets of one text, asked about from left to right; each group is read once, however many ask for it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._groups: dict[int, int | None] = {}
        self._labels: dict[int, int | None] = {}
        self._boundaries = Ahead(_BOUNDARY, text)
        self._boundary = -1
        self._images: list[tuple[int, int]] = []
        self._images_to = 0

    def opening(self, close: int, *, label: bool = False) -> int | None:
        """The `[` whose plain group (or link label) the `]` at `close` ends; None where there is none to be sure of."""
        floor = max(0, close - REACH)
        at = self._text.rfind("[", floor, close)
        for _ in range(_TRIES):
            if at < 0:
                return None
            if self._end(at, label=label) == close + 1:
                return at
            at = self._text.rfind("[", floor, at)
        return None

    def may_be_label(self, close: int) -> bool:
        """Whether some `[` is near enough before the `]` at `close`."""
        return self._text.rfind("[", max(0, close - REACH), close) >= 0

    def may_be_image(self, at: int | None, close: int) -> bool:
        """Whether the `](` at `close`, whose plain group begins at `at` (None: it has none), may end an image's description."""
        if at is not None:
            before = self._text[at - 1 : at]
            if before == "!":
                return True
            if before != "\\" and _HIDING.search(self._text, at, close) is None:
                return False  # nothing could hide either bracket alone
        floor = max(0, close - REACH)
        boundary = self._last_boundary(close)
        begin = boundary + 1 if boundary >= floor else floor
        return self._last_open_image(close) >= begin or begin == floor > 0  # or its beginning is out of sight

    def _end(self, at: int, *, label: bool) -> int | None:
        """Where the plain group (or link label) at `at` ends. A `]` within reach ends it whatever follows that `]`."""
        known = self._labels if label else self._groups
        if at not in known:
            group = (_LABEL if label else _PLAIN).match(self._text, at, at + REACH + 1)
            known[at] = None if group is None else group.end()
        return known[at]

    def _last_boundary(self, close: int) -> int:
        """Where the last place that ends inline text, and itself ends by `close`, begins; -1: nowhere near enough."""
        for back in (_NEAR, REACH):
            start, end = self._boundaries.span(max(self._boundary + 1, close - back))
            while end <= close:
                self._boundary = start
                start, end = self._boundaries.span(start + 1)
            if self._boundary >= close - back:
                break
        return self._boundary

    def _last_open_image(self, close: int) -> int:
        """The last `![` before `close` whose group does not end before it; -1: none."""
        image = self._text.find(_IMAGE, max(self._images_to, close - REACH), close)
        while image >= 0:
            end = self._end(image + 1, label=False)
            self._images.append((image, sys.maxsize if end is None else end))
            self._images_to = image + 1
            image = self._text.find(_IMAGE, max(self._images_to, close - REACH), close)
        while self._images and self._images[-1][1] <= close:
            self._images.pop()
        return self._images[-1][0] if self._images else -1


def group_end(text: str, at: int, *, label: bool) -> int | None:
    """Where the plain group (or link label) that begins at `at` ends; `len(text)` if it may go on; None if it is none."""
    stop = min(len(text), at + REACH + 1)
    if label:
        inner = _LABEL_SO_FAR.match(text, at, stop)
        if inner is None or inner.end() < stop:
            return inner.end() + 1 if inner is not None and text[inner.end()] == "]" else None
        return stop if stop == len(text) else None
    whole = _PLAIN.match(text, at, stop)
    if whole is not None:
        return whole.end()
    so_far = _PLAIN_SO_FAR.match(text, at, stop)
    return stop if so_far is not None and so_far.end() == stop == len(text) else None
