"""Synthetic scanners that compete, chain and bridge, texts dense in what they find, and a naive engine that must fail."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bartizan import Action, Blocked, Finding, Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

NOTE, REDACT, BLOCK = Action.NOTE, Action.REDACT, Action.BLOCK


class Pattern:
    """One regular expression as a scanner: finditer from `start`, so its findings never overlap."""

    pointwise = False

    def __init__(self, pattern: str, label: str, action: Action, max_span: int, lookaround: int = 0) -> None:
        self.regex = re.compile(pattern)
        self.label = label
        self.action = action
        self.max_span = max_span
        self.lookaround = lookaround

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [Finding(self.label, self.action, start=m.start(), end=m.end()) for m in self.regex.finditer(text, start)]


class WordPending(Pattern):
    """The same with `pending`: an unfinished finding begins at the current run without spaces."""

    def pending(self, text: str, start: int) -> int:
        at = len(text)
        while at > start and not text[at - 1].isspace():
            at -= 1
        return at


class Everywhere(Pattern):
    """Pointwise: every place where the pattern matches is a finding, so findings overlap."""

    pointwise = True

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        places = ((at, self.regex.match(text, at)) for at in range(start, len(text)))
        return [Finding(self.label, self.action, start=at, end=m.end()) for at, m in places if m and m.end() > at]


class Scans:
    """A plugin of nothing but scanners."""

    def __init__(self, *scanners: Pattern, name: str = "scans") -> None:
        self.scanners = scanners
        self.name = name


SETS: dict[str, Callable[[], list[Pattern]]] = {
    "chained digits": lambda: [Pattern(r"\d{4}", "D4", REDACT, 4), Pattern(r"(?<=\d)\d{5}", "D5", REDACT, 5, 1)],
    "note across redact": lambda: [Pattern(r"\d{4}", "D4", REDACT, 4), Pattern(r"(?<=\d)\d{5}", "N", NOTE, 5, 1)],
    "email with pending": lambda: [
        WordPending(r"(?<![\w.@])[\w.]{1,8}@\w{1,6}\.\w{2,3}(?![\w@.])", "EMAIL", REDACT, 19, 1),
        Pattern(r"(?<!a)ab{2,3}c", "BLK", BLOCK, 5, 1),
    ],
    "leftmost-longest rivals": lambda: [
        Pattern(r"(?<!\d)\d{1,5}x\d", "A", REDACT, 7, 1),
        Pattern(r"x\d\d", "B", REDACT, 3),
        Pattern(r"key ?= ?\w{3,6}", "K", REDACT, 12),
    ],
    "pointwise bridges": lambda: [
        Everywhere(r"\d\d\d", "P3", REDACT, 3),
        Everywhere(r"x.x", "BRIDGE", REDACT, 3),
        Pattern(r"zed", "BLK", BLOCK, 3),
    ],
    "block inside redact": lambda: [
        Pattern(r"key ?= ?\w{3,6}", "K", REDACT, 12),
        Pattern(r"= ?9{3}", "BLK", BLOCK, 5),
        WordPending(r"(?<!\S)ab+c?(?!\S)", "WORD", REDACT, 6, 1),
    ],
}
PIECES = [
    "0",
    "12",
    "1234",
    "9999999",
    "x",
    "x1",
    "x12",
    " ",
    "ab.c@x.com",
    "aaaaaaaa@b.co",
    "@",
    ".",
    "abbc",
    "abb",
    "key = ",
    "key=",
]
PIECES += ["zed", "q ", "\n", "é", "🙂"]


def dense_texts(seed: int, count: int) -> Iterator[tuple[str, list[str]]]:
    """Texts that are mostly findings and near misses, each with a random cut; half are cut into single characters."""
    rng = random.Random(seed)
    for _ in range(count):
        text = "".join(rng.choice(PIECES) for _ in range(rng.randint(3, 24)))
        yield text, cut(text, rng)


def cut(text: str, rng: random.Random) -> list[str]:
    """The text in random pieces, empty ones among them."""
    if rng.random() < 0.4:
        return list(text)
    places = sorted(rng.choices(range(len(text) + 1), k=rng.randint(1, 12)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@dataclass
class Covered:
    """What a run of texts covered; printed, so that a generator that rarely finds anything is seen."""

    texts: int = 0
    redacted: int = 0
    blocked: int = 0
    early: int = 0
    differ: int = 0

    def __str__(self) -> str:
        return f"{self.texts} texts: {self.redacted} redacted, {self.blocked} blocked, {self.early} released early, {self.differ} differ"


def whole(guard: Guard, text: str) -> str | None:
    """What post_response gives; None where it blocks."""
    verdict = guard.post_response(text)
    return None if verdict.blocked else verdict.text


def streamed(feed: Callable[[str], str], end: Callable[[], str], pieces: Iterable[str]) -> tuple[str | None, bool]:
    """What a push engine gives, None where it blocks; and whether anything came before the end."""
    out = ""
    try:
        for piece in pieces:
            out += feed(piece)
        early = bool(out)
        return out + end(), early
    except Blocked:
        return None, bool(out)


def compare(
    guard: Guard, engine: Callable[[Guard], tuple[Callable[[str], str], Callable[[], str]]], seed: int, count: int
) -> Covered:
    """Run dense texts through a push engine and through post_response."""
    covered = Covered()
    for text, pieces in dense_texts(seed, count):
        want = whole(guard, text)
        got, early = streamed(*engine(guard), pieces)
        covered.texts += 1
        covered.blocked += want is None
        covered.redacted += want is not None and want != text
        covered.early += early
        covered.differ += got != want
    return covered


def ours(guard: Guard) -> tuple[Callable[[str], str], Callable[[], str]]:
    """The product's push engine."""
    stream = guard.open_stream()
    return stream.feed, stream.end


class Naive:
    """What looks right and is not: keep a tail, and scan the kept text anew from its beginning."""

    def __init__(self, guard: Guard, scanners: Sequence[Pattern]) -> None:
        self.guard = guard
        self.tail = max(s.max_span + s.lookaround for s in scanners)
        self.kept = ""

    def feed(self, piece: str) -> str:
        self.kept += piece
        at = max(0, len(self.kept) - self.tail)
        for finding in self.guard.post_response(self.kept).findings:
            if finding.action > NOTE and finding.start < at < finding.end:
                at = finding.start
        out, self.kept = self.kept[:at], self.kept[at:]
        return self.guard.post_response(out).text

    def end(self) -> str:
        return self.guard.post_response(self.kept).text


def naive(scanners: Sequence[Pattern]) -> Callable[[Guard], tuple[Callable[[str], str], Callable[[], str]]]:
    """The naive push engine for a set of scanners."""

    def made(guard: Guard) -> tuple[Callable[[str], str], Callable[[], str]]:
        engine = Naive(guard, scanners)
        return engine.feed, engine.end

    return made
