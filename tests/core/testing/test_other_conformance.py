"""The kit for authorizers, observers and plugins that see training jobs: honest plugins pass, each broken one is caught."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from bartizan import AccessRequest, Decision, TrainingJob, hookimpl
from bartizan.testing import PLANTED, AuthorizerConformance, ObserverConformance, TrainingPluginConformance


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: float = 100.0


class Plugin:
    Config = Config

    def __init__(self, config: Config) -> None:
        self.config = config


class Spending(Plugin):
    """Payments up to a limit; nothing else is its business."""

    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        if request.action != "tool:pay":
            return None
        amount = request.args.get("amount")
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < float("inf"):
            return Decision.deny("a payment needs an amount")
        return Decision.ALLOW if amount <= self.config.limit else Decision.ask("payments over the limit need a person")


class SlowSpending(Spending):
    @hookimpl
    async def authorize(self, request: AccessRequest) -> Decision | None:
        await asyncio.sleep(0)
        return Spending.authorize(self, request)


class Truthy(Spending):
    @hookimpl
    def authorize(self, request: AccessRequest) -> Any:
        return request.principal.id == "p1"


class Fragile(Spending):
    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        return Decision.ALLOW if request.action == "tool:pay" and request.args["amount"] <= self.config.limit else None


class Generous(Spending):
    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        return Decision.deny("no") if request.action == "tool:pay" else Decision.ALLOW


class LoopBound(Spending):
    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return Decision.ALLOW if request.action == "tool:pay" else None
        return None


class Unsteady(Spending):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.asked = 0

    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        self.asked += 1
        return Decision.ALLOW if request.action == "tool:pay" and self.asked % 7 else None


class Meddling(Spending):
    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        request.args["amount"] = 1  # type: ignore[index]
        return None


class Chatty(Spending):
    @hookimpl
    def authorize(self, request: AccessRequest) -> Decision | None:
        logging.getLogger("spending").info("asked about %s", request.args)
        return super().authorize(request)


class Unbreakable(Spending):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.authorize = hookimpl(lambda request: Decision.ALLOW)


class SpendingCase(AuthorizerConformance):
    plugin = Spending
    actions = ("tool:pay",)
    rounds = 120


class TestAnHonestAuthorizer(SpendingCase):
    pass


class TestAnHonestAsynchronousAuthorizer(SpendingCase):
    plugin = SlowSpending
    config: ClassVar[dict[str, Any]] = {"limit": 5.0}


AUTHORIZERS = [
    ("it_answers_any_request_with_a_decision_or_nothing", Truthy, "it fails on a request"),
    ("it_answers_any_request_with_a_decision_or_nothing", Fragile, "it fails on a request"),
    ("an_action_never_heard_of_is_not_allowed", Generous, "return None where the plugin has no objection"),
    ("sync_async_together_and_threads_give_one_answer", LoopBound, "aauthorize decides otherwise"),
    ("sync_async_together_and_threads_give_one_answer", Unsteady, "decides otherwise"),
    ("the_request_is_left_as_it_is", Meddling, "changes the arguments"),
    ("no_argument_is_told", Chatty, "tells an argument"),
    ("if_it_fails_the_request_is_refused", Unbreakable, "is permitted though the authorizer raises"),
]


class Counting(Plugin):
    """Counts events by hook."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.counts: dict[str, int] = {}

    @hookimpl
    def observe(self, event: Any) -> None:
        self.counts[event.hook] = self.counts.get(event.hook, 0) + 1


class RequiredCounting(Counting):
    required = True


class SlowCounting(Counting):
    required = True

    @hookimpl
    async def observe(self, event: Any) -> None:
        await asyncio.sleep(0)
        Counting.observe(self, event)


class Expecting(Counting):
    @hookimpl
    def observe(self, event: Any) -> None:
        Counting.observe(self, event)
        assert event.decision.effect  # there is none where nothing was decided


class Altering(Counting):
    @hookimpl
    def observe(self, event: Any) -> None:
        object.__setattr__(event, "refused", "")


class Keeping(Counting):
    @hookimpl
    def observe(self, event: Any) -> None:
        self.kept = PLANTED["EMAIL_ADDRESS"]  # as one that looks up the stack would


class OneThread(Counting):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.rows = sqlite3.connect(":memory:")

    @hookimpl
    def observe(self, event: Any) -> None:
        self.rows.execute("select 1").close()

    def close(self) -> None:
        self.rows.close()


class Absorbing(RequiredCounting):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.observe = hookimpl(lambda event: None)


class TestAnHonestObserver(ObserverConformance):
    plugin = Counting


class TestAnHonestRequiredObserver(ObserverConformance):
    plugin = RequiredCounting


class TestAnHonestAsynchronousObserver(ObserverConformance):
    plugin = SlowCounting


OBSERVERS = [
    ("it_takes_every_event", Expecting, "it fails"),
    ("it_takes_every_event", Altering, "changes an event"),
    ("it_takes_every_event", Keeping, "a planted EMAIL_ADDRESS stands in"),
    ("threads_and_event_loops_may_share_it", OneThread, "it fails"),
    ("if_a_required_observer_fails_the_call_is_refused", Absorbing, "the call goes on"),
]


class Shortening(Plugin):
    """Keeps the first ten characters of each text."""

    @hookimpl
    def on_train(self, job: TrainingJob) -> TrainingJob:
        rows = [{**row, **{name: row[name][:10] for name in job.text_columns}} for row in job.dataset]
        out = TrainingJob(
            rows,
            job.text_columns,
            dataset_id=job.dataset_id,
            model=job.model,
            hyperparameters=job.hyperparameters,
            purpose=job.purpose,
        )
        object.__setattr__(out, "decisions", {**job.decisions, "shortening": 10})
        return out


class SlowShortening(Shortening):
    @hookimpl
    async def on_train(self, job: TrainingJob) -> TrainingJob:
        return Shortening.on_train(self, job)


class InPlace(Plugin):
    @hookimpl
    def on_train(self, job: TrainingJob) -> None:
        for row in job.dataset:
            row["text"] = ""


class Renaming(Plugin):
    @hookimpl
    def on_train(self, job: TrainingJob) -> TrainingJob:
        return TrainingJob(job.dataset, job.text_columns, dataset_id="another", purpose=job.purpose)


class Growing(Shortening):
    calls = 0

    @hookimpl
    def on_train(self, job: TrainingJob) -> TrainingJob:
        type(self).calls += 1
        return TrainingJob([*job.dataset] * self.calls, job.text_columns, dataset_id=job.dataset_id, purpose=job.purpose)


class Logged(Shortening):
    @hookimpl
    def on_train(self, job: TrainingJob) -> TrainingJob:
        logging.getLogger("shortening").debug("first row %s", job.dataset[0])
        return super().on_train(job)


class Unstoppable(Shortening):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.on_train = hookimpl(lambda job: None)


class TestAnHonestTrainingPlugin(TrainingPluginConformance):
    plugin = Shortening
    rows = ({"text": "a text of more than ten characters"}, {"text": "a short one"})


class TestAnHonestAsynchronousTrainingPlugin(TrainingPluginConformance):
    plugin = SlowShortening


TRAINING = [
    ("it_gives_back_a_job_and_leaves_its_own_as_it_is", InPlace, "changes the job it was given"),
    ("it_gives_back_a_job_and_leaves_its_own_as_it_is", Renaming, "changes whose job it is"),
    ("sync_and_async_give_one_answer", Growing, "aon_train differs"),
    ("if_it_fails_nothing_is_trained", Unstoppable, "goes on though the plugin raises"),
    ("its_event_tells_no_text", Logged, "tells a text"),
]
KITS = {SpendingCase: AUTHORIZERS, ObserverConformance: OBSERVERS, TrainingPluginConformance: TRAINING}
BROKEN = [(kit, *case) for kit, cases in KITS.items() for case in cases]


@pytest.mark.parametrize(
    ("kit", "check", "broken", "reason"), BROKEN, ids=[f"{check}: {one.__name__}" for _, check, one, _ in BROKEN]
)
def test_a_broken_plugin_is_caught(kit: type[Any], check: str, broken: type[Any], reason: str) -> None:
    class Broken(kit):
        plugin = broken

    caught = ""
    try:
        getattr(Broken(), f"test_{check}")()
    except AssertionError as failed:
        caught = str(failed)
    assert reason in caught, caught or "it passes"


@pytest.mark.parametrize("kit", KITS)
def test_every_check_is_shown_to_fail(kit: type[Any]) -> None:
    shared = {
        "it_loads_from_a_policy",
        "an_unknown_key_is_refused_by_its_name",
        "a_value_of_the_wrong_type_is_refused_in_one_sentence",
    }
    checks = {name.removeprefix("test_") for name in dir(kit) if name.startswith("test_")} - shared
    assert {check for check, _, _ in KITS[kit]} == checks


def test_what_the_plugin_wrote_is_searched() -> None:
    class Writes(ObserverConformance):
        plugin = Counting

        def written(self) -> object:
            return [PLANTED["EMAIL_ADDRESS"]]

    with pytest.raises(AssertionError, match="a planted EMAIL_ADDRESS"):
        Writes().test_it_takes_every_event()
