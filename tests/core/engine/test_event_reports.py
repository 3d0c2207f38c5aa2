"""What observers are told: which plugin ran, failed or was skipped, how long it took, and what was found."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from support.doubles import ALICE, BLOCK, NOTE, REDACT, guarded, plugin, scanning

from bartizan import Blocked, Decision, Event, Finding, Guard, PluginError, PluginLoadError, TrainingJob

SECRET = "hunter2-" + "swordfish"


def observing(name: str = "log", *, asynchronous: bool = False, required: bool = False, fail: Any = None) -> Any:
    seen: list[Event] = []

    def observe(self: Any, event: Event) -> None:
        seen.append(event)
        if fail is not None:
            fail(event)

    async def aobserve(self: Any, event: Event) -> None:
        await asyncio.sleep(0)
        observe(self, event)

    return plugin(name, attributes={"required": required, "seen": seen}, observe=aobserve if asynchronous else observe)


def sees(name: str, answer: Any = None, *, asynchronous: bool = False) -> Any:
    def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        time.sleep(0.02)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def apre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        await asyncio.sleep(0.02)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return plugin(name, pre_prompt=apre_prompt if asynchronous else pre_prompt)


@pytest.mark.parametrize("observer_async", [False, True])
@pytest.mark.parametrize("twin", [False, True])
def test_each_plugin_ran_failed_or_was_skipped(twin: bool, observer_async: bool) -> None:
    log = observing(asynchronous=observer_async)
    plugins = [sees("first"), sees("second", ValueError(SECRET)), sees("third"), sees("fourth", asynchronous=True), log]
    with Guard(plugins=plugins) as guard:
        with pytest.raises(PluginError, match="'second'"):
            asyncio.run(guard.apre_prompt("hello")) if twin else guard.pre_prompt("hello")
        (event,) = log.seen
    assert [(run.plugin, run.status) for run in event.runs] == [
        ("first", "ran"),
        ("second", "failed"),
        ("third", "skipped"),
        ("fourth", "skipped"),
    ]
    assert event.runs[0].seconds >= 0.02
    assert event.runs[2].seconds == 0
    assert event.hook == "pre_prompt"
    assert "'second' raised ValueError" in event.refused
    assert event.seconds >= 0.04


@pytest.mark.parametrize("asynchronous", [False, True])
def test_findings_are_told_with_their_plugin_and_place_and_without_values(asynchronous: bool) -> None:
    log = observing()
    found = [
        Finding("WORD", REDACT, start=0, end=4, replacement="****" + SECRET[-3:], detail="weak"),
        Finding("ALL", NOTE, detail=SECRET),
    ]
    with Guard(plugins=[sees("one", found, asynchronous=asynchronous), log]) as guard:
        assert guard.pre_prompt(SECRET).text == "****ish" + SECRET[4:]
    (event,) = log.seen
    assert [(f.plugin, f.label, f.action, f.start, f.end, f.segment, f.detail, f.replacement) for f in event.findings] == [
        ("one", "WORD", REDACT, 0, 4, 0, "weak", None),
        ("one", "ALL", NOTE, None, None, 0, "", None),
    ]
    assert event.outcome is REDACT
    assert event.enforced is True
    assert event.runs[0].status == "ran"
    assert event.runs[0].seconds >= 0.02


def test_a_refusal_is_told_with_its_reason() -> None:
    log = observing()
    guard = Guard(plugins=[scanning("harm", action=BLOCK), log])
    verdict = guard.pre_prompt("harm")
    with pytest.raises(Blocked) as caught:
        _ = verdict.text
    assert log.seen[0].outcome is BLOCK
    assert log.seen[0].refused
    assert log.seen[0].refused in caught.value.reason


def test_every_hook_is_told_of() -> None:
    log = observing()
    one = plugin(
        "all",
        authorize=lambda self, request, context: Decision.ALLOW,
        on_train=lambda self, job, context: None,
        scanners=scanning("x").scanners,
    )
    with Guard(plugins=[one, log]) as guard, guard.session(ALICE, id="s") as session:
        guard.pre_prompt("x")
        guard.post_response("x")
        list(guard.stream_response(["x"]))
        guard.is_allowed("deploy")
        asyncio.run(_allowed(session))
        guard.on_train(TrainingJob([], ["t"], dataset_id="d"))
    assert [(event.hook, event.action) for event in log.seen] == [
        ("pre_prompt", ""),
        ("post_response", ""),
        ("post_response", ""),
        ("authorize", "deploy"),
        ("authorize", "query"),
        ("authorize", "train"),
        ("on_train", ""),
    ]
    assert {event.context.principal for event in log.seen} == {ALICE}
    assert {event.context.session_id for event in log.seen} == {"s"}
    assert all(
        event.decision is not None and event.decision.effect.value == "allow" for event in log.seen if event.hook == "authorize"
    )


async def _allowed(session: Any) -> bool:
    return bool(await session.ais_allowed("query"))


def _raise(event: Event) -> None:
    raise ValueError(SECRET)


def _dawdle(event: Event) -> None:
    time.sleep(0.12)


@pytest.mark.parametrize("twin", [False, True], ids=["sync verb", "async verb"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync observer", "async observer"])
@pytest.mark.parametrize("fail", [_raise, _dawdle])
class TestAnObserverThatFails:
    @staticmethod
    def call(guard: Guard, *, twin: bool) -> Any:
        return asyncio.run(guard.apre_prompt("hello")) if twin else guard.pre_prompt("hello")

    def test_it_refuses_the_call_where_it_is_required(self, fail: Any, asynchronous: bool, twin: bool) -> None:
        with Guard(plugins=[observing(asynchronous=asynchronous, required=True, fail=fail)], timeout_s=0.05) as guard:
            with pytest.raises(PluginError, match=r"'log' (raised ValueError|took longer)") as caught:
                self.call(guard, twin=twin)
            assert SECRET not in f"{caught.value}{caught.value.__cause__!r}{caught.value.__context__!r}"

    def test_otherwise_it_is_logged_without_data(
        self, fail: Any, asynchronous: bool, twin: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        with (
            caplog.at_level(logging.DEBUG),
            Guard(plugins=[observing(asynchronous=asynchronous, fail=fail)], timeout_s=0.05) as guard,
        ):
            assert self.call(guard, twin=twin).text == "hello"
        assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] == ["bartizan"]
        assert "observer log failed" in caplog.text
        assert SECRET not in caplog.text


def test_a_required_observer_that_fails_refuses_decisions_and_training_too() -> None:
    log = observing(required=True, fail=_raise)
    allows = plugin("rbac", authorize=lambda self, request, context: Decision.ALLOW)
    guard = guarded(allows, log)
    with pytest.raises(PluginError, match="'log'"):
        guard.session(ALICE).authorize("deploy")
    with pytest.raises(PluginError, match="'log'"):
        guard.session(ALICE).is_allowed("deploy")
    with pytest.raises(PluginError, match="'log'"):
        guarded(log).on_train(TrainingJob([], ["t"], dataset_id="d"))
    with pytest.raises(PluginError, match="'log'"):
        "".join(guarded(log).stream_response(["x"]))


def test_a_plain_observe_that_returns_a_coroutine_fails() -> None:
    async def later() -> None:
        return None

    log = plugin("log", attributes={"required": True}, observe=lambda self, event: later())
    with pytest.raises(PluginError, match="awaitable from a plain observe"):
        guarded(log).pre_prompt("hello")


@pytest.mark.parametrize("truthy", [1, "yes", [True]])
def test_required_is_said_with_true_or_false_alone(truthy: Any) -> None:
    log = plugin("log", attributes={"required": truthy}, observe=lambda self, event: 1 / 0)
    with pytest.raises(PluginLoadError, match="has required of type"):
        guarded(log)


def test_an_observer_is_told_though_another_fails(caplog: pytest.LogCaptureFixture) -> None:
    first, second = observing("first", fail=_raise), observing("second")
    guarded(first, second).pre_prompt("hello")
    assert len(second.seen) == 1
    assert "observer first" in caplog.text
