"""A callback beside guarded models of the same guard: it leaves them alone; beside others it judges."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage

from bartizan import Blocked, Guard, Principal
from bartizan_langchain import BartizanCallback, guard_model

if TYPE_CHECKING:
    from collections.abc import Callable

WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "invoke": lambda model, given, config: model.invoke(given, config).text,
    "ainvoke": lambda model, given, config: asyncio.run(model.ainvoke(given, config)).text,
    "stream": lambda model, given, config: "".join(chunk.text for chunk in model.stream(given, config)),
    "batch": lambda model, given, config: model.batch([given], config)[0].text,
}
BLOCKS = [HumanMessage([{"type": "text", "text": "I am jane@acme.test"}])]


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
@pytest.mark.parametrize("kind", ["plain", "streaming", "async"])
class TestBeside:
    def test_what_a_callback_could_not_redact_the_model_redacts(self, guard: Guard, scripted: Any, way: Any, kind: str) -> None:
        model = scripted("write to joe@acme.test please", kind=kind)
        out = way(guard_model(model, guard), BLOCKS, {"callbacks": [BartizanCallback(guard)]})
        assert out == "write to <EMAIL_ADDRESS> please"
        assert "jane@acme.test" not in str(model.heard)

    def test_a_model_of_another_guard_is_judged(self, guard: Guard, planted: Any, scripted: Any, way: Any, kind: str) -> None:
        with Guard(plugins=[planted()]) as other, pytest.raises(Blocked, match="callback"):
            way(guard_model(scripted(kind=kind), guard), BLOCKS, {"callbacks": [BartizanCallback(other)]})

    def test_the_inner_of_two_guards_counts_too(self, guard: Guard, planted: Any, scripted: Any, way: Any, kind: str) -> None:
        with Guard(plugins=[planted()]) as other:
            model = guard_model(guard_model(scripted("joe@acme.test", kind=kind), guard), other)
            assert way(model, BLOCKS, {"callbacks": [BartizanCallback(guard)]}) == "<EMAIL_ADDRESS>"

    def test_restored_values_are_no_finding(self, scripted: Any, way: Any, kind: str) -> None:
        config = {"redaction": {"style": "pseudonym"}}
        with Guard(plugins=["redaction"], config=config) as guard, guard.session(Principal("alice"), id="s"):
            hidden = guard.pre_prompt("jane@example.com").text
            model = guard_model(scripted(f"hello {hidden} there", kind=kind), guard)
            out = way(model, [HumanMessage("I am jane@example.com")], {"callbacks": [BartizanCallback(guard)]})
        assert out == "hello jane@example.com there"

    def test_an_unguarded_model_is_judged_as_ever(self, guard: Guard, scripted: Any, way: Any, kind: str) -> None:
        model = scripted(kind=kind)
        guard_model(model, guard)
        with pytest.raises(Blocked):
            way(model, BLOCKS, {"callbacks": [BartizanCallback(guard)]})
        assert model.heard == []
