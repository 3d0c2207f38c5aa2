from __future__ import annotations

import pytest

from bartizan import Action, Guard
from bartizan.testing import PLANTED


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(plugins=["redaction"])


@pytest.mark.parametrize("label", PLANTED)
def test_the_built_in_redaction_finds_each_value_whole_under_its_label(guard: Guard, label: str) -> None:
    for text in (PLANTED[label], f"it is {PLANTED[label]} as said"):
        verdict = guard.pre_prompt(text)
        assert verdict.action is Action.REDACT
        assert {finding.label for finding in verdict.findings} == {label}
        assert verdict.text == text.replace(PLANTED[label], f"<{label}>")


def test_every_built_in_label_has_one_but_those_that_only_a_name_gives_away(guard: Guard) -> None:
    (member,) = guard.engine.members
    labels = member.instance.labels  # type: ignore[attr-defined]
    assert labels - set(PLANTED) == {"AWS_SECRET_KEY", "GENERIC_SECRET"}
    assert set(PLANTED) <= labels


def test_no_value_is_part_of_another() -> None:
    values = list(PLANTED.values())
    assert len(set(values)) == len(values)
    assert not any(a in b for a in values for b in values if a != b)
