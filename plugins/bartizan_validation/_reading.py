"""One text's constructs, judged from left to right; what neighbours share is read once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_validation._brackets import Brackets, group_end
from bartizan_validation._html import LINKING, Html
from bartizan_validation._labels import MARKDOWN_IMAGE, MARKDOWN_LINK, MARKDOWN_REFERENCE
from bartizan_validation._spans import REACH, Span, Spans
from bartizan_validation._urls import leads_away

if TYPE_CHECKING:
    from bartizan_validation._hosts import Hosts

_AUTOLINK: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+)(>?)")
Judged = tuple[str, int, int]
"""A label, and the span it is for."""


class Reading:
    """What stands at the triggers of one text. Without hosts nothing is judged; only `unfinished` is asked then."""

    def __init__(self, text: str, hosts: Hosts | None) -> None:
        self._text = text
        self._hosts = hosts
        self._spans = Spans(text, hosts)
        self._brackets = Brackets(text)
        self._html = Html(text, hosts)

    def judged(self, trigger: re.Match[str]) -> Judged | None:
        """What leads away at a TRIGGER; None where nothing does."""
        at = trigger.start()
        if self._text[at] == "]":
            return self._bracket(at)
        if self._text[at] == "<":
            return self._angle(at)
        span = self._style(trigger)
        return (MARKDOWN_IMAGE, at, span.end) if span.away else None

    def unfinished(self, trigger: re.Match[str]) -> bool:
        """Whether more text could complete or change what stands at an UNFINISHED."""
        text, at = self._text, trigger.start()
        if trigger.end() == len(text) and text[at] in "!]<[":
            return True
        if text[at] == "]":
            return self._open_after(at + 1)
        if text[at] == "<":
            return self._open_angle(at)
        if text[at] in "![":
            return any(self._open_group(trigger.end() - 1, label=label) for label in (False, True))
        return text[trigger.end() - 1] != "=" or not self._style(trigger).settled

    def _bracket(self, close: int) -> Judged | None:
        brackets = self._brackets
        if self._text[close + 1] == ":":
            span = self._spans.definition(close + 2)
            if not span.away or not brackets.may_be_label(close):
                return None
            at = brackets.opening(close, label=True)
            return MARKDOWN_REFERENCE, close if at is None else at, span.end
        span = self._spans.destination(close + 2)
        if not span.away:
            return None
        at = brackets.opening(close)
        if brackets.may_be_image(at, close):
            own = at is not None and at > 0 and self._text[at - 1] == "!"
            return MARKDOWN_IMAGE, close if at is None else at - own, span.end
        return MARKDOWN_LINK, close if at is None else at, span.end

    def _angle(self, at: int) -> Judged | None:
        link = _AUTOLINK.match(self._text, at, at + REACH)
        if link is not None:
            ended = link.group(2) or link.end() == at + REACH
            away = ended and self._hosts is not None and leads_away(link.group(1), self._hosts)
            return (MARKDOWN_LINK, at, link.end()) if away else None
        element = self._html.tag(at)
        if element is None or not element.span.away:
            return None
        return MARKDOWN_LINK if element.name in LINKING else MARKDOWN_IMAGE, at, element.span.end

    def _style(self, trigger: re.Match[str]) -> Span:
        return self._html.style(trigger.group()[:-1].rstrip(), trigger.end())

    def _open_group(self, at: int, *, label: bool) -> bool:
        end = group_end(self._text, at, label=label)
        return end is not None and (end == len(self._text) or self._open_after(end))

    def _open_after(self, at: int) -> bool:
        """Whether what follows a `]`, at `at`, is still open."""
        if self._text[at] == "(":
            return not self._spans.destination(at + 1).settled
        return self._text[at] == ":" and not self._spans.definition(at + 1).settled

    def _open_angle(self, at: int) -> bool:
        length = len(self._text)
        link = _AUTOLINK.match(self._text, at, at + REACH)
        if link is not None:
            return link.end() == length < at + REACH and not link.group(2)
        if self._html.name_may_go_on(at):
            return True
        element = self._html.tag(at)
        return element is not None and not element.span.settled
