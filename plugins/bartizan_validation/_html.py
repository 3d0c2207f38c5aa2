"""HTML in markdown: elements that load something, and styles that do.

Tags are read as browsers read them (WHATWG HTML Standard, 13.2.5), attribute by attribute, within `REACH` characters.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan_validation._ahead import Ahead
from bartizan_validation._attributes import Attributes, Values
from bartizan_validation._spans import REACH, Span

if TYPE_CHECKING:
    from bartizan_validation._hosts import Hosts

LOADING: Final = frozenset(
    {
        "applet",
        "audio",
        "base",
        "bgsound",
        "body",
        "embed",
        "feimage",
        "frame",
        "iframe",
        "image",
        "img",
        "input",
        "link",
        "meta",
        "object",
        "param",
        "source",
        "track",
        "use",
        "video",
    }
)
"""Not `script`: a renderer that runs scripts is lost with or without their source."""
LINKING: Final = frozenset({"a", "area"})
_NAME: Final = re.compile(r"<([A-Za-z][^\s/>]{0,7})(?![^\s/>])")
"""No name that counts is longer."""
_NAME_SO_FAR: Final = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{0,31})?")
_QUOTED_LINE: Final = re.compile(r"[\s\d.)*+-]*>")
_QUOTE_GOES_ON: Final = re.compile(r"\n[ \t]*>")
_CONTINUED: Final = re.compile(r"\n[ \t>]*")
_VALUE: Final = re.compile(r"""\s*+(?:"([^"]*+)"|'([^']*+)'|(?!["'])([^\s>]*+))""")


class Tag(NamedTuple):
    """A tag's name in lower case, and how far it reaches."""

    name: str
    span: Span


class Html:
    """The tags and styles of one text, asked for from left to right."""

    def __init__(self, text: str, hosts: Hosts | None) -> None:
        self._text = text
        self._values = None if hosts is None else Values(hosts)
        self._attributes = Attributes(text, self._values)
        self._unmarked: Attributes | None = None
        self._quotes = Ahead(_QUOTE_GOES_ON, text)

    def tag(self, at: int) -> Tag | None:
        """The loading or linking element whose tag begins at `at`; None where there is none."""
        text = self._text
        limit = min(len(text), at + REACH)
        named = _NAME.match(text, at, limit)
        name = "" if named is None else named.group(1).lower()
        if named is None or (name not in LOADING and name not in LINKING):
            return None
        start = named.end()
        end, settled = self._attributes.extent(start, limit)
        unmarked = None
        if self._quotes.span(at)[1] <= limit and self._in_quote(at):
            # The marks of the block quote are not part of the tag, yet look like its end.
            unmarked = self._without_marks()
            other, closed = unmarked.extent(start, limit)
            end, settled = max(end, other), settled and closed
        if not settled and (limit == at + REACH or end < limit):
            # No end in sight: what it would load can't be seen. Only the opening is taken, which is enough to undo it.
            return Tag(name, Span(start, away=True, settled=True))
        links = name in LINKING
        away = self._values is not None and (
            self._attributes.lead_away(start, limit, links=links)
            or (unmarked is not None and unmarked.lead_away(start, limit, links=links))
        )
        return Tag(name, Span(end, away, settled))

    def name_may_go_on(self, at: int) -> bool:
        """Whether the text ends within what may become the name of such an element."""
        name = _NAME_SO_FAR.match(self._text, at)
        return name is not None and name.end() == len(self._text)

    def style(self, name: str, at: int) -> Span:
        """The value of a `style` or `background` attribute (or of one whose name is out of sight), from `at`, after its `=`."""
        text = self._text
        limit = min(len(text), at + REACH)
        cut = limit == at + REACH
        value = _VALUE.match(text, at, limit)
        if value is None:  # an open quote
            return Span(limit, away=cut, settled=cut)
        settled = cut or value.end() < limit or value.group(3) is None
        if value.end() == limit and cut:
            return Span(limit, away=True, settled=True)
        if self._values is None:
            return Span(value.end(), away=False, settled=settled)
        content = unescape(next((group for group in value.groups() if group is not None), ""))
        away = name.lower() != "style" and self._values.lead_away(content)
        if name.lower() != "background" and "(" in content:  # a backslash may spell any character of CSS
            away = away or "\\" in content or self._values.parts_lead_away(content)
        return Span(value.end(), away, settled)

    def _without_marks(self) -> Attributes:
        if self._unmarked is None:
            unmarked = _CONTINUED.sub(lambda line: line.group().replace(">", " "), self._text)
            self._unmarked = Attributes(unmarked, self._values)
        return self._unmarked

    def _in_quote(self, at: int) -> bool:
        """Whether the line is in a block quote, or too long to tell."""
        floor = max(0, at - REACH)
        line = self._text.rfind("\n", floor, at)
        if line < 0:
            return floor > 0 or _QUOTED_LINE.match(self._text, 0, at) is not None
        return _QUOTED_LINE.match(self._text, line + 1, at) is not None
