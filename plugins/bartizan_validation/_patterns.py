"""RE2 patterns over str: linear in the text, with what a wrong pattern is told in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol, cast

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NEIGHBOURS: Final = "", "\n", "a", " "
"""The kinds of character that ^, $ and \\b tell apart, and none."""


class Match(Protocol):
    """What a search gives; positions count characters."""

    def start(self) -> int: ...
    def end(self) -> int: ...


class Pattern(Protocol):
    r"""A compiled pattern; `^`, `$` and `\b` look beyond `pos` and `endpos`."""

    def search(self, text: str, pos: int, endpos: int) -> Match | None: ...
    def match(self, text: str, pos: int, endpos: int) -> Match | None: ...
    def finditer(self, text: str) -> Iterator[Match]: ...


def compiled(pattern: str, *, ignore_case: bool = False) -> Pattern:
    """The pattern in RE2 syntax.

    Raises:
        ValueError: RE2 refuses it; the message says why.
    """
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else "it does not compile"
        message = f"is no RE2 pattern: {reason.decode(errors='replace') if isinstance(reason, bytes) else reason}"
        raise ValueError(message) from None
    except UnicodeEncodeError:
        message = "is no RE2 pattern: it holds a lone surrogate"
        raise ValueError(message) from None


def matches_nothing(pattern: Pattern) -> bool:
    """Whether it can match without taking a character, between any two neighbours that an assertion tells apart."""
    places = ((before + after, len(before)) for before in _NEIGHBOURS for after in _NEIGHBOURS)
    return any(pattern.match(text, at, at) is not None for text, at in places)


def encodable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 can't carry, as U+FFFD; its length stays."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
