"""Whether a plugin's own words repeat what it judged: they go into messages, logs and events, where no value may stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_EDGES: Final = ".,;:!?'\"`()[]{}<>"
_PIECES: Final = re.compile(r"""['"`()\[\]{}<>=,;]+""")
_SHORTEST: Final = 4
_LONG: Final = 16
_MAX_DEPTH: Final = 64


def quotes(said: str, value: str, *, whole: bool) -> bool:
    """Whether `said` repeats `value`, or a word of it.

    `whole`: the value is a text of many words, not one that was found: plain words in common say nothing then, and only those that
    look like data (digits or signs in them, or long) count.
    """
    said, value = said.casefold(), value.casefold()
    if value.strip() and value in said:
        return True
    words = {piece for word in said.split() for piece in (word.strip(_EDGES), *_PIECES.split(word))}
    return any(len(word) >= _SHORTEST and word in value and not (whole and _plain(word)) for word in words)


def quotes_any(said: str, values: object, depth: int = 0) -> bool:
    """Whether `said` repeats a string or a number held by structured values, as far as it looks like data."""
    if isinstance(values, Mapping):
        return depth < _MAX_DEPTH and any(quotes_any(said, item, depth + 1) for pair in values.items() for item in pair)
    if isinstance(values, list | tuple | set | frozenset):
        return depth < _MAX_DEPTH and any(quotes_any(said, item, depth + 1) for item in values)
    if isinstance(values, float) or (isinstance(values, int) and not isinstance(values, bool)):
        values = repr(values) if isinstance(values, float) or values.bit_length() < _LONG * _LONG else ""
    return (
        isinstance(values, str)
        and len(values) >= _SHORTEST
        and not _plain(values.casefold())
        and quotes(said, values, whole=True)
    )


def _plain(word: str) -> bool:
    return word.isalpha() and len(word) < _LONG
