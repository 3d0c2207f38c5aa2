"""Runs a training job through the `on_train` plugins, in the policy's order."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from bartizan._engine.faults import describe, discard, overrun, wrong_type
from bartizan._engine.loop import Overrun, Task
from bartizan._engine.run import not_awaited
from bartizan._errors import AccessDenied, ApprovalRequired, Blocked, PluginError, Refused
from bartizan._values.events import Event, PluginRun
from bartizan._values.training import TrainingJob

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bartizan._engine.loop import Outcome
    from bartizan._plugins.member import Implementation
    from bartizan._values.context import Context

_HOOK: Final = "on_train"


class TrainingRun:
    """The state of one job: each of `steps` either is done or asks for an asynchronous call, whose outcome goes to `take`."""

    def __init__(self, implementations: Sequence[Implementation], job: TrainingJob, context: Context) -> None:
        self._implementations = implementations
        self._context = context
        self._runs = [PluginRun(one.member.name, "skipped", 0.0) for one in implementations]
        self._began = perf_counter()
        self._outcome: Outcome | None = None
        self.job = job
        self.enforced = True
        self.failure: PluginError | Refused | None = None

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

    def event(self) -> Event:
        """What observers are told."""
        return Event(
            hook=_HOOK,
            context=self._context,
            runs=tuple(self._runs),
            findings=(),
            decision=None,
            seconds=perf_counter() - self._began,
            enforced=self.enforced,
            refused="" if self.failure is None else str(self.failure),
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
