"""What the corpus is made of: values with the forms that standards give them, and samples, which are values placed in a text.

Everything here comes from public definitions of the formats; no value belongs to anyone. Nothing of the plugin is used.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = UPPER.lower()
HEX = "0123456789abcdef"
ALNUM = UPPER + LOWER + DIGITS
URLSAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"


@dataclass(frozen=True, slots=True)
class Value:
    """One valid value.

    `bare`: it can be told for what it is without a word about it. `core`: the part that a finding must cover (a URL's password);
    all of it if None. `form`: how it is written, for reports. `phrases`: contexts of its own (`{v}` stands for it), in place of the
    kind's.
    """

    text: str
    bare: bool = False
    core: tuple[int, int] | None = None
    form: str = ""
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the recall table: any of `labels` is right for it.

    Without `labels` the kind's own name is right; if that ends in an underscore, any label that begins so (a country's).
    `names` are what English prose calls it, `keys` what a field or variable is called, `phrases` whole contexts (other languages).
    """

    name: str
    make: Callable[[random.Random], Value]
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    parts: bool = False
    """Several findings may share its digits (a latitude and a longitude in fields of their own)."""

    def accepts(self, label: str) -> bool:
        """Whether a finding of this label is right."""
        return label.startswith(self.name) if self.name.endswith("_") else label in (self.labels or {self.name})


@dataclass(frozen=True, slots=True)
class Sample:
    """A value in a text: a finding must cover `text[core]` and should not reach beyond `text[whole]`."""

    kind: Kind
    text: str
    core: tuple[int, int]
    whole: tuple[int, int]
    carrier: str
    form: str

    def covering(self, spans: Iterable[tuple[str, int, int]]) -> list[tuple[int, int]]:
        """The findings of a right label that hold all that must be covered; none if something is left over."""
        right = [(a, b) for label, a, b in spans if self.kind.accepts(label)]
        whole = [(a, b) for a, b in right if a <= self.core[0] and b >= self.core[1]]
        if whole or not self.kind.parts:
            return whole
        left = [at for at in range(*self.core) if self.text[at].isdigit() and not any(a <= at < b for a, b in right)]
        return [] if left else [(a, b) for a, b in right if a < self.core[1] and b > self.core[0]]

    @property
    def gold(self) -> str:
        return self.text[self.whole[0] : self.whole[1]]


def take(rng: random.Random, alphabet: str, length: int) -> str:
    """That many characters of the alphabet; never one character over and over, which would read as a placeholder."""
    return "".join(rng.choice(alphabet) for _ in range(length))


def mixed(rng: random.Random, alphabet: str, length: int) -> str:
    """The same, with a digit, a capital and a small letter at least where the alphabet has them, as a real token has."""
    while True:
        made = take(rng, alphabet, length)
        wanted = [any(c in alphabet for c in group) for group in (DIGITS, UPPER, LOWER)]
        if [any(c in made for c in group) for group in (DIGITS, UPPER, LOWER)] == wanted:
            return made


def grouped(text: str, sizes: tuple[int, ...], separator: str) -> str:
    """The text cut into groups of those sizes; what is left over is the last group."""
    out, at = [], 0
    for size in sizes:
        out.append(text[at : at + size])
        at += size
    if at < len(text):
        out.append(text[at:])
    return separator.join(part for part in out if part)


def birthday(rng: random.Random, first: int = 1930, last: int = 2015) -> dt.date:
    """A day from the first to the last of those years."""
    return dt.date(first, 1, 1) + dt.timedelta(days=rng.randrange((last - first) * 365))
