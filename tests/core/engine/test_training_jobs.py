"""on_train: authorized first, one plugin after the other on the last one's job, refused as its plugins say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.doubles import ALICE, plugin

from bartizan import AccessDenied, Blocked, Decision, Guard, PluginError, Refused, Resource, TrainingJob

JOB = TrainingJob([{"text": "a"}], ["text"], dataset_id="tickets")


def adds(name: str, *, asynchronous: bool = False) -> Any:
    def on_train(self: Any, job: TrainingJob, context: Any) -> TrainingJob:
        return TrainingJob([*job.dataset, name], job.text_columns, dataset_id=job.dataset_id)

    async def aon_train(self: Any, job: TrainingJob, context: Any) -> TrainingJob:
        return on_train(self, job, context)

    return plugin(name, on_train=aon_train if asynchronous else on_train)


@pytest.mark.parametrize("kinds", [(False, False, False), (True, True, True), (True, False, True), (False, True, False)])
def test_each_plugin_gets_the_last_ones_job_in_the_policys_order(kinds: tuple[bool, ...]) -> None:
    names = ["a", "b", "c"]
    for order in (names, names[::-1]):
        with Guard(plugins=[adds(name, asynchronous=kind) for name, kind in zip(order, kinds, strict=True)]) as guard:
            want = [{"text": "a"}, *order]
            assert guard.on_train(JOB).dataset == want
            assert asyncio.run(guard.aon_train(JOB)).dataset == want
    assert JOB.dataset == [{"text": "a"}]


def test_none_leaves_the_job_as_it_is() -> None:
    assert Guard(plugins=[plugin(on_train=lambda self, job, context: None)]).on_train(JOB) is JOB
    assert Guard(plugins=[]).on_train(JOB) is JOB


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("error", [Refused("too few rows"), Blocked("too few rows"), ValueError("row text")], ids=repr)
def test_a_refusal_stops_the_chain(error: Exception, asynchronous: bool) -> None:
    def on_train(self: Any, job: Any, context: Any) -> Any:
        try:
            raise KeyError("row text")  # noqa: EM101, TRY003, TRY301 (a cause to be hidden)
        except KeyError as cause:
            raise error from cause

    async def aon_train(self: Any, job: Any, context: Any) -> Any:
        on_train(self, job, context)

    ran: list[str] = []
    later = plugin("later", on_train=lambda self, job, context: ran.append("later"))
    events: list[Any] = []
    with Guard(plugins=[plugin("refuses", on_train=aon_train if asynchronous else on_train), later]) as guard:
        guard.engine.reporter.add(events.append)
        for call in (lambda: guard.on_train(JOB), lambda: asyncio.run(guard.aon_train(JOB))):
            with pytest.raises(type(error) if isinstance(error, Refused) else PluginError) as caught:
                call()
            assert "row text" not in str(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None
    assert ran == []
    assert [run.status for run in events[0].runs] == ["failed", "skipped"]
    assert events[0].refused


def test_a_plugins_own_refusal_holds_where_errors_are_passed_over() -> None:
    def on_train(self: Any, job: Any, context: Any) -> Any:
        raise self.error

    refuses = plugin(attributes={"error": Refused("no")}, on_train=on_train)
    with pytest.raises(Refused, match="no"):
        Guard(plugins=[refuses], on_error="continue").on_train(JOB)
    fails = plugin(attributes={"error": ValueError()}, on_train=on_train)
    assert Guard(plugins=[fails, adds("later")], on_error="continue").on_train(JOB).dataset[-1] == "later"


def test_where_an_authorizer_is_loaded_training_on_the_data_set_is_authorized_first() -> None:
    asked: list[Any] = []

    def authorize(self: Any, request: Any, context: Any) -> Any:
        asked.append((request.action, request.resource))
        return Decision.ALLOW if request.principal == ALICE else Decision.DENY

    with Guard(plugins=[adds("a"), plugin("rbac", authorize=authorize)]) as guard:
        for refused in (lambda: guard.on_train(JOB), lambda: asyncio.run(guard.aon_train(JOB))):
            with pytest.raises(AccessDenied, match="nobody"):
                refused()
        assert asked == []
        assert guard.session(ALICE).on_train(JOB).dataset[-1] == "a"
        assert asyncio.run(guard.session(ALICE).aon_train(JOB)).dataset[-1] == "a"
        assert asked == [("train", Resource("dataset", "tickets"))] * 2


def test_the_hook_sees_who_trains_and_for_what() -> None:
    seen: list[Any] = []
    one = plugin(on_train=lambda self, job, context: seen.append((context.principal, context.purpose)))
    Guard(plugins=[one]).session(ALICE).on_train(TrainingJob([], ["text"], dataset_id="d", purpose="support"))
    assert seen == [(ALICE, "support")]


@pytest.mark.parametrize("job", [None, [], {"dataset": []}, "tickets"], ids=repr)
def test_what_is_no_job_is_refused(job: Any) -> None:
    guard = Guard(plugins=[])
    with pytest.raises(TypeError, match="TrainingJob"):
        guard.on_train(job)
    with pytest.raises(TypeError, match="TrainingJob"):
        asyncio.run(guard.aon_train(job))


@pytest.mark.parametrize(
    ("columns", "dataset_id"),
    [("text", "d"), ([1], "d"), ([None], "d"), (["text"], ""), (["text"], None), (["text"], 5)],
    ids=repr,
)
def test_a_job_names_its_columns_and_its_data_set(columns: Any, dataset_id: Any) -> None:
    with pytest.raises(TypeError, match=r"TrainingJob\."):
        TrainingJob([], columns, dataset_id=dataset_id)
