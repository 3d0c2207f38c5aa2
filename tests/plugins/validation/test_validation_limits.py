from __future__ import annotations

import pytest

from bartizan import Action, Context, Prompt, Segment
from bartizan_validation import PROMPT_TOO_LONG, TOO_MANY_SEGMENTS, Config, Validation


def judged(texts: list[str], **config: object) -> list[tuple[str, int | None, str]]:
    plugin = Validation(Config.model_validate(config))
    found = plugin.pre_prompt(Prompt([Segment(text) for text in texts]), Context()) or []
    assert all(f.action is Action.BLOCK and f.start is None and f.end is None for f in found)
    return [(f.label, f.segment, f.detail) for f in found]


def test_a_prompt_at_its_limits_passes() -> None:
    assert judged(["aaa", "bb"], max_chars=5, max_segments=2) == []
    assert judged(["x" * 100_000]) == []
    assert judged([""] * 1_000) == []
    assert judged([]) == []


def test_too_many_characters_are_refused_where_the_limit_is_crossed() -> None:
    assert judged(["aaa", "", "bbb", "c"], max_chars=5) == [(PROMPT_TOO_LONG, 2, "7 characters, at most 5")]
    assert judged(["x" * 100_001]) == [(PROMPT_TOO_LONG, 0, "100,001 characters, at most 100,000")]


def test_too_many_segments_are_refused_where_the_limit_is_crossed() -> None:
    assert judged(["a"] * 4, max_segments=2) == [(TOO_MANY_SEGMENTS, 2, "4 segments, at most 2")]
    assert judged([""] * 1_001) == [(TOO_MANY_SEGMENTS, 1_000, "1,001 segments, at most 1,000")]


def test_both_limits_are_told() -> None:
    assert [label for label, _, _ in judged(["aaa"] * 3, max_chars=1, max_segments=1)] == [TOO_MANY_SEGMENTS, PROMPT_TOO_LONG]


def test_limits_are_lifted_by_name_only() -> None:
    assert judged(["x" * 100_001] + [""] * 1_001, max_chars="unlimited", max_segments="unlimited") == []
    plugin = Validation(Config(max_chars="unlimited", max_segments="unlimited"))
    assert plugin.enabled_hooks == frozenset()
    assert not plugin.labels & {PROMPT_TOO_LONG, TOO_MANY_SEGMENTS}
    assert Validation(Config(max_chars="unlimited")).enabled_hooks == {"pre_prompt"}


@pytest.mark.parametrize("value", [0, -1, "no limit", None])
def test_a_limit_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="max_chars"):
        Config.model_validate({"max_chars": value})
