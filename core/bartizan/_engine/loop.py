"""One private event loop for a guard's asynchronous plugins, so that a client bound to one loop stays valid in both twins."""

from __future__ import annotations

import os
import threading
import weakref
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from bartizan._engine.faults import discard
from bartizan._engine.locks import ForkSafeLock
from bartizan._errors import BartizanError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Sequence

_GRACE_S: Final = 1.0
"""How much longer than its plugins' limits a caller waits for a loop that a plugin blocks."""


class Overrun(Exception):
    """An asynchronous plugin took longer than its limit and was abandoned."""


class Task:
    """One asynchronous call to make: the function is called on the loop itself, with a limit in seconds (None: no limit)."""

    __slots__ = ("args", "function", "timeout_s")

    def __init__(
        self, function: Callable[..., Coroutine[Any, Any, object]], args: tuple[object, ...], timeout_s: float | None
    ) -> None:
        self.function = function
        self.args = args
        self.timeout_s = timeout_s


class Outcome:
    """What became of a task: a value, or the exception it ended with; and how long it took."""

    __slots__ = ("error", "seconds", "value")

    def __init__(self, value: object, error: BaseException | None, seconds: float) -> None:
        self.value = value
        self.error = error
        self.seconds = seconds


class Batch:
    """Tasks that run side by side on the private loop, each to its own limit.

    A task that overruns is abandoned, not awaited: one that swallows its cancellation must not hold the caller.
    """

    def __init__(self, tasks: Sequence[Task], loop: asyncio.AbstractEventLoop) -> None:
        self._tasks = tasks
        self._loop = loop
        self._outcomes: list[Outcome | None] = [None] * len(tasks)
        self._left = len(tasks)
        self._running: list[asyncio.Task[None]] = []
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._notify: Callable[[], object] | None = None
        self._lock = threading.Lock()
        self._given_up = False
        limits = [task.timeout_s for task in tasks if task.timeout_s is not None]
        self.limit_s: float | None = max(limits) + _GRACE_S if len(limits) == len(tasks) else None
        # The calls run in a copy of the caller's context, so that contextvars reach the plugins.
        loop.call_soon_threadsafe(self._start)

    def when_done(self, notify: Callable[[], object]) -> None:
        """Call `notify` once, from whichever thread ends the last task; at once if it has ended."""
        with self._lock:
            if self._left:
                self._notify = notify
                return
        notify()

    def outcomes(self) -> list[Outcome]:
        """What became of each task; one that has not ended by now overran, for the loop itself was held up."""
        return [Outcome(None, Overrun(), self.limit_s or 0.0) if one is None else one for one in self._outcomes]

    def give_up(self) -> None:
        """Cancel whatever still runs; nobody waits for it."""
        if self._left:
            self._given_up = True
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._cancel)

    def _start(self) -> None:
        if self._given_up:
            return
        for index, task in enumerate(self._tasks):
            running = self._loop.create_task(self._called(index, task))
            self._running.append(running)
            if task.timeout_s is not None:
                self._timers[index] = self._loop.call_later(task.timeout_s, self._overran, index, running, task.timeout_s)

    async def _called(self, index: int, task: Task) -> None:
        """Call and settle within one step of the loop. No exception gets out: asyncio would log it, and its text may quote the data."""
        began = perf_counter()
        value: object = None
        error: BaseException | None = None
        try:
            value = await task.function(*task.args)
        except GeneratorExit:
            raise
        except BaseException as raised:
            error = raised
        timer = self._timers.pop(index, None)
        if timer is not None:
            timer.cancel()
        took = perf_counter() - began
        if task.timeout_s is not None and took > task.timeout_s:
            discard(value)
            value, error = None, Overrun()  # it blocked the loop, so its timer could not go off
        self._settle(index, Outcome(value, error, took))

    def _overran(self, index: int, running: asyncio.Task[None], seconds: float) -> None:
        running.cancel()
        self._settle(index, Outcome(None, Overrun(), seconds))

    def _settle(self, index: int, outcome: Outcome) -> None:
        with self._lock:
            if self._outcomes[index] is not None:
                return
            self._outcomes[index] = outcome
            self._left -= 1
            notify = None if self._left else self._notify
        if notify is not None:
            notify()

    def _cancel(self) -> None:
        for running in self._running:
            running.cancel()


class PrivateLoop:
    """Runs tasks on a thread of its own, started at the first one; a forked child starts its own."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] | None = None
        self._pid = 0

    def run(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Run the tasks side by side and wait for them.

        Raises:
            BartizanError: called from a plugin on this very loop, which would wait for itself.
        """
        loop = self._started()
        if threading.current_thread() is self._thread:
            message = "a guard's synchronous verb was called from its own asynchronous plugin: await the a… twin instead"
            raise BartizanError(message)
        done = threading.Lock()
        done.acquire()
        batch = Batch(tasks, loop)
        batch.when_done(done.release)
        try:
            done.acquire(timeout=-1 if batch.limit_s is None else batch.limit_s)
        finally:
            batch.give_up()
        return batch.outcomes()

    async def arun(self, tasks: Sequence[Task]) -> list[Outcome]:
        """The same, awaited from any event loop; cancelling the caller cancels the tasks."""
        return await self.wait(self.start(tasks))

    def start(self, tasks: Sequence[Task]) -> Batch:
        """Start the tasks now; `wait` for their outcomes."""
        return Batch(tasks, self._started())

    @staticmethod
    async def wait(batch: Batch) -> list[Outcome]:
        """The outcomes of tasks that were started."""
        import asyncio

        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        def notify() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(wake)

        timer = None if batch.limit_s is None else loop.call_later(batch.limit_s, wake)
        batch.when_done(notify)
        try:
            await woken
        finally:
            if timer is not None:
                timer.cancel()
            batch.give_up()
        return batch.outcomes()

    def close(self) -> None:
        """Stop the loop and its thread; a later task starts anew."""
        with self._lock:
            stop, thread, mine = self._stop, self._thread, self._pid == os.getpid()
            self._loop = self._thread = self._stop = None
        if stop is not None and thread is not None and mine:
            stop()
            if thread is not threading.current_thread():
                thread.join(timeout=2 * _GRACE_S)

    def _started(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is not None and self._pid == os.getpid() and not loop.is_closed():
            return loop
        with self._lock:
            # A plugin's own task that raises SystemExit, or stops the loop, ends it: the next call gets a new one.
            if self._loop is None or self._pid != os.getpid() or self._loop.is_closed():
                import asyncio

                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=_serve, args=(loop,), name="bartizan-plugins", daemon=True)
                thread.start()
                self._stop = weakref.finalize(
                    self, _stop, loop, os.getpid()
                )  # at most once: a second stop would cut the first short
                self._loop, self._thread, self._pid = loop, thread, os.getpid()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    loop.set_exception_handler(_log_fault)
    try:
        loop.run_forever()
    finally:
        try:
            pending = asyncio.all_tasks(loop)
            for task in pending:
                task.cancel()
            loop.run_until_complete(asyncio.wait(pending, timeout=_GRACE_S) if pending else asyncio.sleep(0))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def _log_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG001 (asyncio's signature)
    """What a plugin left to run by itself failed: asyncio's own log would quote the exception, which may quote the data."""
    import logging

    error = context.get("exception")
    what = "something that ended badly" if error is None else type(error).__name__
    logging.getLogger("bartizan").warning("a plugin left a task on the private event loop: %s", what)


def _stop(loop: asyncio.AbstractEventLoop, pid: int) -> None:
    if pid == os.getpid() and not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
