"""What a plugin that implements `on_train` must hold to."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any, ClassVar

from bartizan._values.access import Principal
from bartizan._values.training import TrainingJob
from bartizan.testing._conformance.loaded import CANARY, Conformance, breaking, refusal_of, watched
from bartizan.testing._record import capture_events

if TYPE_CHECKING:
    from bartizan._errors import BartizanError
    from bartizan._guard import Guard


class TrainingPluginConformance(Conformance):
    """Subclass it in a test module, and name the plugin.

        class TestMine(TrainingPluginConformance):
            plugin = Mine
            rows = ({"body": "a row"}, {"body": "another"})
            text_columns = ("body",)

    Attributes:
        plugin: the class that the entry point names.
        config: its table in a policy.
        rows: a data set that it takes.
        text_columns: which of its columns hold text.
        principal: who trains.
    """

    rows: ClassVar[tuple[dict[str, Any], ...]] = ({"text": "hello"}, {"text": "how are you?"})
    text_columns: ClassVar[tuple[str, ...]] = ("text",)
    principal: ClassVar[Principal] = Principal("conformance")

    def job(self) -> TrainingJob:
        """The job that each check starts from; override it for a data set of another kind, or with a model."""
        return TrainingJob(copy.deepcopy(list(self.rows)), self.text_columns, dataset_id="conformance", purpose="test")

    def test_it_gives_back_a_job_and_leaves_its_own_as_it_is(self) -> None:
        """The data set that came in is the caller's: what changes is a copy. What the job is called stays."""
        with self.guard() as guard:
            job = self.job()
            before = copy.deepcopy(list(job.dataset)), dict(job.hyperparameters), dict(job.decisions)
            after = self._trained(guard, job)
            assert (list(job.dataset), dict(job.hyperparameters), dict(job.decisions)) == before, (
                "the plugin changes the job it was given"
            )
            assert (after.dataset_id, after.purpose) == (job.dataset_id, job.purpose), "the plugin changes whose job it is"
            assert set(job.decisions) <= set(after.decisions), "the plugin drops what others decided before it"
            assert after.dataset is not None, "the plugin drops the data set"

    def test_sync_and_async_give_one_answer(self) -> None:
        """`aon_train`, inside a running loop."""
        with self.guard() as guard:
            first = self._trained(guard, self.job())
            second = asyncio.run(self._atrained(guard))
            assert (list(first.dataset), first.text_columns) == (list(second.dataset), second.text_columns), "aon_train differs"

    def test_if_it_fails_nothing_is_trained(self) -> None:
        """It is made to raise: the job is refused, and what was raised is not repeated."""
        with breaking(self.plugin, "on_train"), self.guard() as guard:
            refused = self._refusal_to_train(guard)
            assert refused is not None, "the job goes on though the plugin raises"
            assert CANARY not in str(refused), "the refusal repeats the exception's text"

    def test_its_event_tells_no_text(self) -> None:
        """What observers are told, and what the plugin itself logs or prints, holds none of the data set's texts."""
        with self.guard() as guard, capture_events(guard) as events:
            with watched() as logged:
                self._trained(guard, self.job())
            shown = "".join([repr(events), *logged])
            texts = [str(row[column]) for row in self.rows for column in self.text_columns if column in row]
            assert not any(text in shown for text in texts if text), "an event or a log tells a text of the data set"

    def _trained(self, guard: Guard, job: TrainingJob) -> TrainingJob:
        with guard.session(self.principal):
            return guard.on_train(job)

    async def _atrained(self, guard: Guard) -> TrainingJob:
        with guard.session(self.principal):
            return await guard.aon_train(self.job())

    def _refusal_to_train(self, guard: Guard) -> BartizanError | None:
        return refusal_of(lambda: self._trained(guard, self.job()))
