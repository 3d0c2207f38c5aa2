"""Which bracket a `](` closes: that of a link, or that of an image, which loads without a click.

CommonMark 6.3 and 6.4, decided within `REACH` characters. Code spans, HTML and escapes may hide a bracket; whether they do can
hang on text arbitrarily far before, so groups of brackets are sorted into plain ones, which close where they seem to, and others,
of which the worst is assumed.
"""

from __future__ import annotations

import re
from typing import Final

from bartizan_validation._spans import REACH

_TRIES: Final = 8
"""Opening brackets looked at on the way back; more before one place are of no use to a writer."""
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


def opening(text: str, close: int, *, label: bool = False) -> int | None:
    """The `[` whose plain group (or link label) the `]` at `close` ends; None where there is none to be sure of."""
    pattern = _LABEL if label else _PLAIN
    floor = max(0, close - REACH)
    at = text.rfind("[", floor, close)
    for _ in range(_TRIES):
        if at < 0:
            return None
        group = pattern.match(text, at, close + 1)
        if group is not None and group.end() == close + 1:
            return at
        at = text.rfind("[", floor, at)
    return None


def may_be_label(text: str, close: int) -> bool:
    """Whether some `[` is near enough before the `]` at `close`."""
    return text.rfind("[", max(0, close - REACH), close) >= 0


def may_be_image(text: str, at: int | None, close: int) -> bool:
    """Whether the `](` at `close`, whose plain group begins at `at` (None: it has none), may end an image's description."""
    if at is not None:
        before = text[at - 1 : at]
        if before == "!":
            return True
        if before != "\\" and _HIDING.search(text, at, close) is None:
            return False  # nothing could hide either bracket alone
    floor = max(0, close - REACH)
    begin = floor
    for boundary in _BOUNDARY.finditer(text, floor, close):
        begin = boundary.start() + 1
    image = text.find(_IMAGE, begin, close)
    while image >= 0:
        group = _PLAIN.match(text, image + 1, close + 1)
        if group is None or group.end() == close + 1:
            return True
        image = text.find(_IMAGE, image + 1, close)
    return begin == floor > 0  # its beginning is out of sight


def group_end(text: str, at: int, *, label: bool) -> int | None:
    """Where the plain group (or link label) that begins at `at` ends; `len(text)` if it may go on; None if it is none."""
    stop = min(len(text), at + REACH + 1)
    whole = (_LABEL if label else _PLAIN).match(text, at, stop)
    if whole is not None:
        return whole.end()
    so_far = (_LABEL_SO_FAR if label else _PLAIN_SO_FAR).match(text, at, stop)
    return stop if so_far is not None and so_far.end() == stop == len(text) else None
