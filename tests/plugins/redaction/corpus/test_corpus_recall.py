"""Recall over every entity on values made from the public definitions of their formats, in many carriers.

Run: `pytest tests/plugins/redaction/corpus -s` prints the tables; `-m slow` (without `-s` if need be) takes ten times the values.
"""

from __future__ import annotations

from functools import cache

import pytest
from support.redaction_corpus import carriers, measure, national_more, records

from bartizan import Guard

RECALL = 0.98
OVER_LONG = 0.01
STRAY = 0.01
PER_KIND = 120


@cache
def detector():
    guard = Guard(plugins=["redaction"])
    return lambda text: [(found.label, found.start, found.end) for found in guard.pre_prompt(text).findings]


@cache
def rows(per_kind, seed):
    return measure.recall(detector(), per_kind, seed)


def report(row):
    lines = [f"{sample.form} | {sample.carrier} | {sample.text!r} | {spans}" for sample, spans in row.missed[:8]]
    return "\n".join([f"recall {row.recall:.3f} of {row.total}", *lines])


@pytest.mark.parametrize("name", sorted(carriers.BY_NAME))
def test_nearly_every_value_of_the_kind_is_found_whole_under_its_label(name):
    row = rows(PER_KIND, 0)[name]
    assert row.recall >= RECALL, report(row)


def test_findings_reach_hardly_ever_beyond_the_value_and_nothing_else_in_the_carriers_is_found():
    every = rows(PER_KIND, 0)
    print(measure.table(every))
    total = sum(row.total for row in every.values())
    over_long = [f"{sample.text!r} -> {found!r}" for row in every.values() for sample, found in row.overlong]
    stray = {name: dict(row.stray) for name, row in every.items() if row.stray}
    assert len(over_long) <= OVER_LONG * total, over_long[:8]
    assert sum(row.stray.total() for row in every.values()) <= STRAY * total, stray


def test_recall_over_all_kinds():
    every = rows(PER_KIND, 0).values()
    assert sum(row.found for row in every) / sum(row.total for row in every) >= RECALL


@pytest.mark.parametrize("kind", national_more.KINDS, ids=lambda kind: kind.name)
def test_identifiers_of_more_countries_are_found_in_their_contexts(kind):
    row = measure.score(detector(), carriers.samples(kind, 60, measure.seeded(kind.name, 0)))
    assert row.recall >= RECALL, report(row)


@pytest.mark.parametrize("shape", records.SHAPES)
def test_every_value_of_a_text_with_several_is_found(shape):
    by_kind = measure.score_records(detector(), records.SHAPES[shape], 60, measure.seeded(shape, 0))
    print(measure.table(by_kind))
    missed = {name: report(row) for name, row in by_kind.items() if row.missed}
    found, total = sum(row.found for row in by_kind.values()), sum(row.total for row in by_kind.values())
    assert found / total >= RECALL, "\n".join(missed.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_recall_on_ten_times_as_many_values(seed):
    every = rows(10 * PER_KIND, seed)
    print(measure.table(every))
    low = {name: round(row.recall, 3) for name, row in every.items() if row.recall < RECALL}
    assert not low, "\n".join(f"{name}: {report(every[name])}" for name in low)
