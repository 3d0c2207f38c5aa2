"""Hits on texts that hold nothing: versions, ISBNs, orders, times, hashes, code, placeholders, prose in many languages.

Run: `pytest tests/plugins/redaction/corpus -s` prints the table; `-m slow` takes ten times the texts.
"""

from __future__ import annotations

from functools import cache

import pytest
from support.redaction_corpus import measure, negatives

from bartizan import Guard

HITS = 0.01
PER_FAMILY = 120


@cache
def families(per_family, seed):
    guard = Guard(plugins=["redaction"])
    return measure.hits(
        lambda text: [(found.label, found.start, found.end) for found in guard.pre_prompt(text).findings], per_family, seed
    )


def report(found):
    return "\n".join(f"{text!r} | {[(label, text[a:b]) for label, a, b in spans]}" for text, spans in found[:8])


@pytest.mark.parametrize("name", sorted(negatives.FAMILIES))
def test_hardly_a_text_of_the_family_gives_a_finding(name):
    total, found = families(PER_FAMILY, 0)[name]
    assert len(found) <= HITS * total, report(found)


def test_hits_over_all_families():
    every = families(PER_FAMILY, 0)
    print(measure.hits_table(every))
    assert sum(len(found) for _, found in every.values()) <= HITS * sum(total for total, _ in every.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_hits_on_ten_times_as_many_texts(seed):
    every = families(10 * PER_FAMILY, seed)
    print(measure.hits_table(every))
    high = {name: report(found) for name, (total, found) in every.items() if len(found) > HITS * total}
    assert not high, "\n".join(f"{name}: {text}" for name, text in high.items())
