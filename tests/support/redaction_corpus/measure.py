"""Recall per kind and hits per family of hard negatives, over any detector."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from support.redaction_corpus import carriers
from support.redaction_corpus.negatives import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from support.redaction_corpus.model import Kind, Sample

    Spans = Sequence[tuple[str, int, int]]
    Detector = Callable[[str], Spans]

SLACK = 3
"""How many characters beyond the value a finding may reach before it counts as over-long (quotes, brackets)."""


@dataclass
class Row:
    """What a detector did with the samples of one kind."""

    total: int = 0
    found: int = 0
    overlong: list[tuple[Sample, str]] = field(default_factory=list)
    missed: list[tuple[Sample, Spans]] = field(default_factory=list)
    stray: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        return self.found / self.total

    @property
    def mislabelled(self) -> int:
        """How many of the missed are covered, though under another label."""
        return sum(any(a <= s.core[0] and b >= s.core[1] for _, a, b in spans) for s, spans in self.missed)


def seeded(name: str, seed: int) -> Random:
    """A generator of its own for each name, so that adding a kind changes no other's samples."""
    return Random(zlib.crc32(name.encode()) ^ seed)


def score(detect: Detector, samples: Iterable[Sample]) -> Row:
    """One row over these samples."""
    row = Row()
    for sample in samples:
        spans = detect(sample.text)
        row.total += 1
        hits = sample.covering(spans)
        if hits:
            row.found += 1
            a, b = min(hits, key=lambda span: span[1] - span[0])
            if a < sample.whole[0] - SLACK or b > sample.whole[1] + SLACK:
                row.overlong.append((sample, sample.text[a:b]))
        else:
            row.missed.append((sample, spans))
        row.stray.update(label for label, a, b in spans if b <= sample.whole[0] or a >= sample.whole[1])
    return row


def score_records(detect: Detector, make: Callable[[Random], list[Sample]], texts: int, rng: Random) -> dict[str, Row]:
    """A row for each kind that occurs in texts with several values; other values' findings are not stray."""
    rows: dict[str, Row] = {}
    for _ in range(texts):
        samples = make(rng)
        spans = detect(samples[0].text) if samples else []
        for sample in samples:
            row = rows.setdefault(sample.kind.name, Row())
            one = score(lambda _, found=spans: found, [sample])
            row.total += 1
            row.found += one.found
            row.missed += one.missed
            row.overlong += one.overlong
    return rows


def recall(detect: Detector, per_kind: int, seed: int = 0, kinds: Iterable[Kind] = carriers.KINDS) -> dict[str, Row]:
    """A row for each kind."""
    return {kind.name: score(detect, carriers.samples(kind, per_kind, seeded(kind.name, seed))) for kind in kinds}


def table(rows: dict[str, Row]) -> str:
    """The rows as text, the overall recall last."""
    lines = [f"{'kind':<20} {'texts':>6} {'recall':>7} {'other label':>11} {'over-long':>9}  stray findings"]
    for name, row in rows.items():
        stray = ", ".join(f"{label} {n}" for label, n in row.stray.most_common(3))
        lines.append(
            f"{name:<20} {row.total:>6} {row.recall:>7.3f} {row.mislabelled:>11} {len(row.overlong):>9}  {stray}".rstrip()
        )
    total, found = sum(row.total for row in rows.values()), sum(row.found for row in rows.values())
    overlong = sum(len(row.overlong) for row in rows.values())
    lines.append(f"{'all':<20} {total:>6} {found / total:>7.3f} {sum(r.mislabelled for r in rows.values()):>11} {overlong:>9}")
    return "\n".join(lines)


def hits(detect: Detector, per_family: int, seed: int = 0) -> dict[str, tuple[int, list[tuple[str, Spans]]]]:
    """For each family of hard negatives: how many texts, and those with a finding."""
    out = {}
    for name, make in FAMILIES.items():
        rng = seeded(name, seed)
        texts = [make(rng) for _ in range(per_family)]
        out[name] = (len(texts), [(text, spans) for text in texts if (spans := detect(text))])
    return out


def hits_table(families: dict[str, tuple[int, list[tuple[str, Spans]]]]) -> str:
    """The families as text, all of them last."""
    lines = [f"{'family':<24} {'texts':>6} {'hits':>5} {'rate':>7}  labels"]
    for name, (total, found) in families.items():
        labels = Counter(label for _, spans in found for label, _, _ in spans)
        shown = ", ".join(f"{label} {n}" for label, n in labels.most_common(4))
        lines.append(f"{name:<24} {total:>6} {len(found):>5} {len(found) / total:>7.2%}  {shown}".rstrip())
    total, found = sum(t for t, _ in families.values()), sum(len(f) for _, f in families.values())
    lines.append(f"{'all':<24} {total:>6} {found:>5} {found / total:>7.2%}")
    return "\n".join(lines)
