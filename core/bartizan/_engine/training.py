"""Runs a training job: its texts are sanitised first, by all scanners at once, then the `on_train` plugins follow in the policy's order."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from bartizan._engine.faults import describe, discard, overrun, wrong_type
from bartizan._engine.loop import Overrun, Task
from bartizan._engine.run import not_awaited
from bartizan._errors import AccessDenied, ApprovalRequired, BartizanError, Blocked, PluginError, Refused
from bartizan._values.events import Event, PluginRun
from bartizan._values.training import TrainingJob

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from bartizan._engine.loop import Outcome
    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._plugins.member import Implementation
    from bartizan._values.context import Context

_HOOK: Final = "on_train"


class TrainingRun:
    """The state of one job: `sanitize`, then each of `steps` either is done or asks for an asynchronous call, whose outcome goes to `take`."""

    def __init__(
        self, implementations: Sequence[Implementation], job: TrainingJob, context: Context, sanitizer: Sanitizer | None = None
    ) -> None:
        self._implementations = implementations
        self._sanitizer = sanitizer
        self._record: Mapping[str, Any] | None = None
        self._context = context
        self._runs = [PluginRun(one.member.name, "skipped", 0.0) for one in implementations]
        self._began = perf_counter()
        self._outcome: Outcome | None = None
        self.job = job
        self.enforced = True
        self.failure: BartizanError | None = None

    def sanitize(self) -> None:
        """Replace the job's data set by its sanitised form, where a scanner serves training; what is given is never changed."""
        if self._sanitizer is None:
            return
        from bartizan.data._sets import sanitize_set

        job = self.job
        dataset: object = None
        try:
            self._sanitizer.check()
            dataset, self._record = sanitize_set(job.dataset, job.text_columns, self._sanitizer)
        except BartizanError as error:
            self.failure = free_of_data(error)
        except Exception as error:
            self.failure = BartizanError(f"sanitising the data set {describe(error, _HOOK)}")
        self.enforced = self.enforced and not self._sanitizer.unenforced
        if self.failure is None:
            self.job = _with(job, dataset, job.decisions)

    def steps(self) -> Iterator[Task]:
        """Run the plugins one after the other; yields what is to be awaited before going on."""
        for place, one in enumerate(self._implementations):
            if self.failure is not None:
                return
            began, reason = perf_counter(), ""
            answer: object = None
            error: BaseException | None = None
            given = one.args((self.job, self._context))
            if one.asynchronous:
                yield Task(one.call, given, one.member.timeout_s if one.member.timed_training else None)
                answer, error = (self._outcome.value, self._outcome.error) if self._outcome else (None, Overrun())
            else:
                try:
                    answer = one.call(*given)
                    if hasattr(answer, "__await__"):
                        reason = not_awaited(answer, _HOOK)
                except Exception as raised:
                    error = raised
            if isinstance(error, Overrun):
                reason = overrun(_HOOK, one.member.timeout_s)
            elif isinstance(error, Refused):
                self._refuse(error)
                reason = str(error)
            elif error is not None:
                reason = describe(error, _HOOK)
            elif not reason and answer is not None and not isinstance(answer, TrainingJob):
                discard(answer)
                reason = wrong_type(_HOOK, answer, "TrainingJob or None")
            self._close(place, one, answer, reason, perf_counter() - began)

    def take(self, outcome: Outcome) -> None:
        """Take what the asynchronous call came to."""
        self._outcome = outcome

    def outcome(self) -> TrainingJob:
        """The job as it may be trained on; what sanitising came to is the last word in its `decisions`.

        Raises:
            BartizanError: the reason why it may not.
        """
        if self.failure is not None:
            raise self.failure
        if self._record is None:
            return self.job
        return _with(self.job, self.job.dataset, {**self.job.decisions, "sanitize": self._record})

    def event(self) -> Event:
        """What observers are told. Findings in a data set are counted, not listed; in a set that is read lazily they come later."""
        found = {} if self._record is None else self._record["findings"]
        return Event(
            hook=_HOOK,
            context=self._context,
            runs=(*(() if self._sanitizer is None else self._sanitizer.runs()), *self._runs),
            findings=(),
            decision=None,
            seconds=perf_counter() - self._began,
            enforced=self.enforced,
            refused="" if self.failure is None else str(self.failure),
            findings_left_out=sum(number for labels in found.values() for number in labels.values()),
        )

    def _refuse(self, error: Refused) -> None:
        """A plugin's own refusal, without the traceback and context that may quote rows of the data set."""
        if isinstance(error, Blocked):
            self.failure = Blocked(error.reason, error.findings)
        elif isinstance(error, AccessDenied):
            self.failure = AccessDenied(error.reason, error.request, error.retry_after)
        elif isinstance(error, ApprovalRequired):
            self.failure = ApprovalRequired(error.reason, error.request)
        else:
            self.failure = Refused(error.reason)

    def _close(self, place: int, one: Implementation, answer: object, reason: str, seconds: float) -> None:
        member = one.member
        if not reason and not one.asynchronous and member.timed_training and seconds > member.timeout_s:
            reason = overrun(_HOOK, member.timeout_s)
        self._runs[place] = PluginRun(member.name, "failed" if reason else "ran", seconds)
        if _HOOK not in member.enforced:
            self.enforced = False
            self.failure = None
        elif reason and self.failure is None and member.closed_on_error:
            self.failure = PluginError(member.name, reason)
        elif not reason and isinstance(answer, TrainingJob):
            self.job = answer


def _with(job: TrainingJob, dataset: object, decisions: Mapping[str, Any]) -> TrainingJob:
    return TrainingJob(
        dataset,
        job.text_columns,
        dataset_id=job.dataset_id,
        model=job.model,
        hyperparameters=job.hyperparameters,
        purpose=job.purpose,
        decisions=decisions,
    )


def free_of_data(error: BartizanError) -> BartizanError:
    """The error without its traceback and context, which may quote rows of the data set."""
    if isinstance(error, PluginError):
        return PluginError(error.plugin, error.reason)
    made = type(error).__new__(type(error), *error.args)
    made.args = error.args
    made.__dict__.update(vars(error))
    return made
