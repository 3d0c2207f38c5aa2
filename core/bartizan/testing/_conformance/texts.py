"""Texts dense in what a plugin finds: an engine that is wrong on one in a thousand shows only where findings stand close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_GLUE: Final = (
    "",
    "",
    " ",
    " ",
    " ",
    "\n",
    ". ",
    ", ",
    ": ",
    "-",
    "_",
    "/",
    "=",
    "(",
    ")",
    '"',
    "'",
    "0",
    "1",
    "a",
    "Z",
    "\t",
    "the ",
)
_BEYOND_ASCII: Final = (
    "é",
    "ß",
    "\u0301",
    "\u4e2d\u6587",
    "\u05e9",
    "\u0627",
    "\U0001f600",
    "\U0001d54f",
    "\u00a0",
    "\u2028",
    "İ",
    "\ud800",
)
_LONGEST: Final = 10
_PIECE: Final = 30


def dense(rng: random.Random, hits: Sequence[str], misses: Sequence[str]) -> str:
    """Values, near misses, pieces of values, glue and characters of many planes, joined at random."""
    out: list[str] = []
    pieces = [*hits, *hits, *hits, *misses]
    for _ in range(rng.randint(1, _LONGEST)):
        piece = rng.choice(pieces)
        if rng.random() < 1 / 6 and piece:
            begin = rng.randrange(len(piece))
            piece = piece[begin : begin + rng.randint(1, _PIECE)]
        out += [piece, rng.choice(_GLUE if rng.random() < 5 / 6 else _BEYOND_ASCII), rng.choice(("", " ", " "))]
    return "".join(out)


def cut(rng: random.Random, text: str) -> list[str]:
    """The text in random pieces, empty ones among them; at times in single characters."""
    if rng.random() < 1 / 3:
        return list(text)
    places = sorted(rng.choices(range(len(text) + 1), k=rng.randint(1, 12)))
    return [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]
