"""The scanners of answers as one: every token of a stream passes here, and most tokens are words that need one look, not two."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from bartizan_validation._triggers import none_triggers, none_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan import Finding
    from bartizan_validation._characters import CharacterScanner
    from bartizan_validation._markdown import MarkdownScanner


class AnswerScanner:
    """Finds what both scanners find. Each of their findings is independent of all others, so theirs together are as well."""

    pointwise = True
    hooks = frozenset({"post_response"})

    def __init__(self, characters: CharacterScanner, markdown: MarkdownScanner) -> None:
        self._characters = characters
        self._markdown = markdown
        self.max_span: int = max(characters.max_span, markdown.max_span)
        self.lookaround: int = max(characters.lookaround, markdown.lookaround)

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """What is found from `start` on."""
        new = text[start:]
        if new.isascii() and new.isprintable() and none_triggers(new):
            return ()
        return list(chain(self._characters.scan(text, start), self._markdown.scan(text, start)))

    def pending(self, text: str, start: int) -> int:
        """Where the first thing begins that more text could still complete or change; the end of the text otherwise."""
        new = text[start:]
        if new.isascii() and new.isprintable():  # no escape, joiner, selector or flag
            return len(text) if none_unfinished(new) else self._markdown.pending(text, start)
        return min(self._characters.pending(text, start), self._markdown.pending(text, start))
