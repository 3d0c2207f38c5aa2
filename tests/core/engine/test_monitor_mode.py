"""Monitor mode: recorded, nothing changed; per guard for text hooks, per plugin for all, said in its own table for authorize and on_train."""

from __future__ import annotations

from typing import Any

import pytest
from support.doubles import ALICE, BLOCK, NOTE, REDACT, plugin, scanning

from bartizan import AccessDenied, Action, Blocked, Decision, Effect, Event, Finding, Guard, PluginError, Segment, TrainingJob

JOB = TrainingJob([{"text": "a"}], ["text"], dataset_id="d")


def events_of(guard: Guard) -> list[Event]:
    events: list[Event] = []
    guard.engine.reporter.add(events.append)
    return events


@pytest.mark.parametrize("action", [REDACT, BLOCK])
def test_a_guard_that_monitors_records_and_changes_nothing(action: Action) -> None:
    guard = Guard(plugins=[scanning("secret", action=action)], mode="monitor")
    events = events_of(guard)
    for verb in (guard.pre_prompt, guard.post_response):
        verdict = verb("a secret")
        assert verdict.text == "a secret"
        assert verdict.blocked is False
        assert verdict.enforced is False
        assert verdict.action is action
        assert [(f.label, f.action, f.start, f.end) for f in verdict.findings] == [("WORD", action, 2, 8)]
        assert "monitor mode" in verdict.explain()
    assert "".join(guard.stream_response(["a sec", "ret"])) == "a secret"
    assert [event.enforced for event in events] == [False] * 3
    assert [event.outcome for event in events] == [action] * 3
    assert all(event.refused == "" for event in events)


@pytest.mark.parametrize("action", [REDACT, BLOCK])
def test_the_same_guard_enforcing_changes_or_refuses(action: Action) -> None:
    verdict = Guard(plugins=[scanning("secret", action=action)]).pre_prompt("a secret")
    assert verdict.enforced is True
    assert verdict.blocked is (action is BLOCK)
    if action is REDACT:
        assert verdict.text == "a <WORD>"


def test_one_plugin_may_only_monitor_while_the_others_enforce() -> None:
    watched, active = scanning("watched", "WATCHED", BLOCK, name="watched"), scanning("active", "ACTIVE", name="active")
    guard = Guard(plugins=[watched, active], config={"watched": {"mode": "monitor"}})
    verdict = guard.pre_prompt("watched active")
    assert verdict.text == "watched <ACTIVE>"
    assert verdict.enforced is False
    assert {f.label for f in verdict.findings} == {"WATCHED", "ACTIVE"}
    assert guard.pre_prompt("active").enforced is True
    assert "".join(guard.stream_response(["watched ", "active"])) == "watched <ACTIVE>"


def test_a_monitored_finding_never_widens_what_another_redacts() -> None:
    guard = Guard(
        plugins=[scanning("a.*z", "WIDE", name="wide"), scanning("m", "M", name="m")], config={"wide": {"mode": "monitor"}}
    )
    assert guard.pre_prompt("a m z").text == "a <M> z"


def test_one_plugin_may_enforce_in_a_guard_that_monitors() -> None:
    watched, active = scanning("watched", "WATCHED", name="watched"), scanning("active", "ACTIVE", name="active")
    guard = Guard(plugins=[watched, active], mode="monitor", config={"active": {"mode": "enforce"}})
    verdict = guard.pre_prompt("active")
    assert verdict.text == "<ACTIVE>"
    assert verdict.enforced is True
    assert "monitor" not in verdict.explain()
    assert guard.pre_prompt("watched active").text == "watched <ACTIVE>"
    assert guard.pre_prompt("watched active").enforced is False


def test_a_cluster_that_is_too_large_is_refused_also_where_only_its_plugin_enforces() -> None:
    wide = plugin(
        "wide", pre_prompt=lambda self, prompt, context: [Finding("WIDE", REDACT, start=0, end=len(prompt.segments[0].text))]
    )
    guard = Guard(plugins=[wide], mode="monitor", config={"wide": {"mode": "enforce"}})
    verdict = guard.pre_prompt("x" * 65_537)
    assert verdict.blocked
    with pytest.raises(Blocked, match="CLUSTER_TOO_LARGE"):
        _ = verdict.text
    assert Guard(plugins=[wide], mode="monitor").pre_prompt("x" * 65_537).text == "x" * 65_537


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("settings", [{"mode": "monitor"}, {"config": {"probe": {"mode": "monitor"}}}], ids=["guard", "plugin"])
def test_a_monitored_plugin_that_fails_refuses_nothing_and_is_recorded(settings: Any, asynchronous: bool) -> None:
    def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        raise ValueError

    async def apre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        raise ValueError

    with Guard(plugins=[plugin(pre_prompt=apre_prompt if asynchronous else pre_prompt)], **settings) as guard:
        events = events_of(guard)
        assert guard.pre_prompt("hello").text == "hello"
        assert [run.status for run in events[0].runs] == ["failed"]


def test_what_cannot_be_read_is_recorded_where_the_guard_monitors() -> None:
    block = Segment("", part="unreadable", metadata={"kind": "odd", "media": False})
    assert Guard(plugins=[]).pre_prompt([block]).blocked
    verdict = Guard(plugins=[], mode="monitor").pre_prompt([block])
    assert not verdict.blocked
    assert [(f.label, f.action) for f in verdict.findings] == [("UNREADABLE", BLOCK)]
    assert verdict.enforced is False


def denies(name: str = "rbac") -> Any:
    return plugin(
        name,
        authorize=lambda self, request, context: Decision.deny("not yours"),
        on_train=lambda self, job, context: TrainingJob("changed", ["text"], dataset_id="d"),
        scanners=scanning("secret").scanners,
    )


def test_a_guard_that_monitors_still_enforces_authorize_and_on_train() -> None:
    guard = Guard(plugins=[denies()], mode="monitor")
    assert guard.pre_prompt("secret").text == "secret"
    with pytest.raises(AccessDenied):
        guard.session(ALICE).authorize("deploy")
    trains = Guard(
        plugins=[plugin("dp", on_train=lambda self, job, context: TrainingJob("changed", ["text"], dataset_id="d"))],
        mode="monitor",
    )
    assert trains.on_train(JOB).dataset == "changed"


def test_a_plugin_that_monitors_in_its_own_table_denies_nothing_and_its_decision_is_recorded() -> None:
    guard = Guard(plugins=[denies()], config={"rbac": {"mode": "monitor"}})
    events = events_of(guard)
    decision = guard.session(ALICE).authorize("deploy")
    assert decision.effect is Effect.ALLOW
    assert "monitor" in decision.reason
    (event,) = events
    assert event.enforced is False
    assert event.decision is not None
    assert event.decision.effect is Effect.DENY
    assert event.decision.reason == "not yours"
    assert event.refused == ""
    assert guard.is_allowed("deploy")  # nobody: denied where it is enforced
    assert events[-1].decision is not None
    assert "nobody" in events[-1].decision.reason


def test_a_monitored_authorizer_neither_grants_nor_denies_beside_an_enforced_one() -> None:
    def allows(name: str) -> Any:
        return plugin(name, authorize=lambda self, request, context: Decision.ALLOW)

    monitored = {"config": {"watch": {"mode": "monitor"}}}
    assert not Guard(plugins=[allows("watch"), denies()], **monitored).session(ALICE).is_allowed("deploy")
    assert Guard(plugins=[denies("watch"), allows("grants")], **monitored).session(ALICE).is_allowed("deploy")
    silent = plugin("silent", authorize=lambda self, request, context: None)
    assert not Guard(plugins=[allows("watch"), silent], **monitored).session(ALICE).is_allowed("deploy")


def test_a_monitored_trainer_changes_nothing_and_refuses_nothing() -> None:
    def on_train(self: Any, job: Any, context: Any) -> Any:
        raise self.kind

    for failing in (ValueError("x"), Blocked("x")):
        one = plugin("dp", attributes={"kind": failing}, on_train=on_train)
        guard = Guard(plugins=[one], config={"dp": {"mode": "monitor"}})
        events = events_of(guard)
        assert guard.on_train(JOB) is JOB
        assert events[0].enforced is False
        assert events[0].runs[0].status == "failed"
        with pytest.raises((PluginError, Blocked)):
            Guard(plugins=[one]).on_train(JOB)
    changes = plugin("dp", on_train=lambda self, job, context: TrainingJob("changed", ["text"], dataset_id="d"))
    assert Guard(plugins=[changes], config={"dp": {"mode": "monitor"}}).on_train(JOB) is JOB


def test_notes_alone_leave_a_verdict_enforced() -> None:
    guard = Guard(plugins=[scanning("a", action=NOTE)], config={"scans": {"mode": "monitor"}}, mode="enforce")
    assert guard.pre_prompt("a").text == "a"
    assert guard.pre_prompt("a").enforced is True
