"""A guard's engine: its members, frozen into plans, and the verbs that run them, synchronous and asynchronous alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan._engine.access import AccessRun
from bartizan._engine.approvals import ApprovalDesk
from bartizan._engine.faults import describe
from bartizan._engine.loop import PrivateLoop, Task
from bartizan._engine.plan import plan
from bartizan._engine.reports import Reporter
from bartizan._engine.run import HookRun, Settings
from bartizan._engine.training import TrainingRun
from bartizan._errors import BartizanError, PluginError
from bartizan._values.texts import Origin, Prompt, Response, as_segments
from bartizan._verdict import BlockedVerdict, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from bartizan._engine.plan import Plan
    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.scope import Scope
    from bartizan._plugins.member import Implementation, Member
    from bartizan._values.access import AccessRequest
    from bartizan._values.context import Context
    from bartizan._values.training import TrainingJob

_ORIGIN = {"pre_prompt": Origin.USER, "post_response": Origin.ASSISTANT}


class Engine:
    """Shared by a guard and all its sessions; holds nothing of any one caller."""

    def __init__(self, members: Sequence[Member], settings: Settings, named_key: Callable[[str], bytes] | None = None) -> None:
        self.members: tuple[Member, ...] = tuple(members)
        self.settings = settings
        self.named_key: Callable[[str], bytes] | None = named_key
        """Reads a `[keys.NAME]` of the policy."""
        self.digest: str = ""
        """The policy's."""
        self.exact: bool = False
        """Whether the digest tells all that this engine would do."""
        self.loop: PrivateLoop = PrivateLoop()
        self.reporter: Reporter = Reporter(self.members, self.loop)
        self.desk: ApprovalDesk = ApprovalDesk()
        self.plans: dict[str, Plan] = {hook: plan(hook, self.members) for hook in _ORIGIN}
        self.authorizers: tuple[Implementation, ...] = tuple(m.hooks["authorize"] for m in self.members if "authorize" in m.hooks)
        self.trainers: tuple[Implementation, ...] = tuple(m.hooks["on_train"] for m in self.members if "on_train" in m.hooks)
        self.closed: bool = False

    def judge(self, hook: str, value: object, context: Context, scope: Scope | None) -> Verdict:
        """Run a text hook; the twin of `ajudge`."""
        run = self._begin(hook, value, context, scope)
        if run.waits:
            run.take(self.loop.run(run.tasks()))
        run.settle()
        if self.reporter.active:
            self.reporter.report(run.event(with_texts=self.reporter.wants_texts))
        return self._verdict(run, value)

    async def ajudge(self, hook: str, value: object, context: Context, scope: Scope | None) -> Verdict:
        """Run a text hook without blocking the caller's event loop."""
        run = self._begin(hook, value, context, scope)
        if run.waits:
            run.take(await self.loop.arun(run.tasks()))
        run.settle()
        if self.reporter.active:
            await self.reporter.areport(run.event(with_texts=self.reporter.wants_texts))
        return self._verdict(run, value)

    def decide(self, request: AccessRequest, *, identified: bool) -> AccessRun:
        """Decide a request; the twin of `adecide`."""
        run = self.begin_decision(request, identified=identified)
        if tasks := run.tasks():
            run.take(self.loop.run(tasks))
        run.decide(self.desk)
        if self.reporter.active:
            self.reporter.report(run.event())
        return run

    def afinish(self, run: AccessRun, tasks: Sequence[Task]) -> Coroutine[object, object, None]:
        """Finish a decision begun with `begin_decision`. The calls of asynchronous authorizers start now, the rest when awaited."""
        started = self.loop.start(tasks) if tasks else None

        async def finish() -> None:
            if started is not None:
                run.take(await self.loop.wait(started))
                run.decide(self.desk)
            if self.reporter.active:
                await self.reporter.areport(run.event())

        return finish()

    def begin_decision(self, request: AccessRequest, *, identified: bool) -> AccessRun:
        """Ask the synchronous authorizers."""
        self.check_open()
        run = AccessRun(self.authorizers, request, identified=identified)
        run.ask()
        return run

    def train(self, job: TrainingJob, context: Context) -> TrainingJob:
        """Run a training job through the plugins; the twin of `atrain`."""
        self.check_open()
        run = TrainingRun(self.trainers, job, context, self._sanitizer())
        run.sanitize()
        for task in run.steps():
            run.take(self.loop.run([task])[0])
        if self.reporter.active:
            self.reporter.report(run.event())
        return run.outcome()

    async def atrain(self, job: TrainingJob, context: Context) -> TrainingJob:
        """Run a training job without blocking the caller's event loop on its texts or on asynchronous plugins."""
        self.check_open()
        run = TrainingRun(self.trainers, job, context, sanitizer := self._sanitizer())
        if sanitizer is not None:
            import asyncio

            await asyncio.to_thread(run.sanitize)
        for task in run.steps():
            run.take((await self.loop.arun([task]))[0])
        if self.reporter.active:
            await self.reporter.areport(run.event())
        return run.outcome()

    def check_open(self) -> None:
        """Refuse to work after `close`: plugins may have let go of what they need."""
        if self.closed:
            message = "this guard is closed: make a new one"
            raise BartizanError(message)

    def close(self) -> None:
        """Close the plugins that can be closed, then the private loop.

        Raises:
            PluginError: a plugin failed to close; all others were closed nevertheless.
        """
        if self.closed:
            return
        self.closed = True
        failed: dict[str, str] = {}
        waiting = [member for member in self.members if callable(getattr(member.instance, "aclose", None))]
        for member in self.members:
            close = getattr(member.instance, "close", None)
            if member not in waiting and callable(close):
                try:
                    close()
                except Exception as error:
                    failed[member.name] = describe(error, "close")
        try:
            tasks = [Task(getattr(member.instance, "aclose"), (), member.timeout_s) for member in waiting]  # noqa: B009 (a plugin's own)
            for member, outcome in zip(waiting, self.loop.run(tasks) if tasks else (), strict=True):
                if outcome.error is not None:
                    failed[member.name] = describe(outcome.error, "aclose")
        finally:
            self.loop.close()
        for name, reason in failed.items():
            raise PluginError(name, reason.partition(":")[0])

    def _sanitizer(self) -> Sanitizer | None:
        """A fresh one for each job, None where no scanner serves training."""
        from bartizan._engine.sanitizer import Sanitizer

        return Sanitizer(self.members, self.digest, exact=self.exact) or None

    def _begin(self, hook: str, value: object, context: Context, scope: Scope | None) -> HookRun:
        if self.closed:
            self.check_open()
        plan, origin = self.plans[hook], _ORIGIN[hook]
        cache = None if scope is None or not plan.cacheable else scope.cache
        items = value.segments if isinstance(value, Prompt | Response) else value
        if cache is None or not isinstance(items, list | tuple):
            run = HookRun(plan, as_segments(value, origin), context, scope, self.settings)
            run.judge()
            return run
        items = tuple(items)  # a list may change in another thread while it is judged
        recent = cache.recall(items, hook)
        segments = (
            as_segments(items, origin) if recent is None else recent.segments + as_segments(items[len(recent.items) :], origin)
        )
        run = HookRun(plan, segments, context, scope, self.settings)
        run.judge(recent)
        if run.known is not None:
            cache.remember(items, segments, run.known, hook, recent)
        return run

    @staticmethod
    def _verdict(run: HookRun, value: object) -> Verdict:
        if run.failure is not None:
            raise run.failure
        kind = BlockedVerdict if run.blocking else Verdict
        rebuild = value._rebuild if type(value) is Prompt else None  # noqa: SLF001 (core's own)
        return kind(run.hook, run.segments, run.changed, run.findings, run.blocking, run.action, run.enforced, rebuild)
