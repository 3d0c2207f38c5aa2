"""Texts in events: for observers that ask, every finding replaced by its label; never for the others."""

from __future__ import annotations

from typing import Any

import pytest
from support.doubles import BLOCK, NOTE, REDACT, guarded, plugin, scanning

from bartizan import Finding, Guard
from bartizan.testing import capture_events


def observer(seen: list[Any], name: str = "reads", *, wants: bool = True) -> Any:
    return plugin(name, observe=lambda self, event: seen.append(event), attributes={"wants_texts": wants})


@pytest.mark.parametrize("action", [NOTE, REDACT, BLOCK])
def test_every_finding_is_replaced_whatever_its_action(action: Any) -> None:
    seen: list[Any] = []
    guard = guarded(scanning("secret", "WORD", action), observer(seen))
    assert guard.pre_prompt(["a secret b", "plain"]).blocked is (action is BLOCK)
    assert seen[0].texts == ("a <WORD> b", "plain")
    assert seen[0].characters == 15
    assert "plain" not in repr(seen[0])


def test_findings_that_overlap_are_one_and_nothing_of_them_stays() -> None:
    seen: list[Any] = []
    guard = guarded(scanning("abcd", "FIRST", NOTE, name="one"), scanning("cdef", "SECOND", REDACT, name="two"), observer(seen))
    guard.pre_prompt("xabcdefx")
    assert seen[0].texts == ("x<FIRST>x",)


def test_a_finding_about_the_whole_segment_covers_it() -> None:
    seen: list[Any] = []
    whole = plugin("whole", pre_prompt=lambda self, prompt, context: [Finding("ALL", NOTE, segment=1)])
    guarded(whole, observer(seen)).pre_prompt(["one", "two"])
    assert seen[0].texts == ("one", "<ALL>")


def test_who_does_not_ask_gets_none() -> None:
    asked: list[Any] = []
    others: list[Any] = []
    guard = guarded(observer(asked), observer(others, "watches", wants=False))
    with capture_events(guard) as captured:
        guard.pre_prompt("hello")
    assert asked[0].texts == ("hello",)
    assert others[0].texts == captured[0].texts == ()


def test_where_a_plugin_failed_there_are_none() -> None:
    seen: list[Any] = []

    def fails(self: Any, prompt: Any, context: Any) -> None:
        raise ValueError

    guard = Guard(plugins=[plugin("fails", pre_prompt=fails), observer(seen)], on_error="continue")
    guard.pre_prompt("what it would have found is not known")
    assert seen[0].texts == ()
