"""One private event loop for a guard's asynchronous plugins, so that a client bound to one loop stays valid in both twins."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

from bartizan._engine.locks import ForkSafeLock
from bartizan._errors import BartizanError

if TYPE_CHECKING:
    import asyncio
    import concurrent.futures
    from collections.abc import Callable, Coroutine, Sequence

_GRACE_S: Final = 1.0
"""How much longer than its plugins' limits a caller waits for a loop that a plugin blocks."""


class Overrun(Exception):  # noqa: N818 (a marker, turned into a PluginError by its caller)
    """An asynchronous plugin took longer than its limit and was abandoned."""


class Task:
    """One asynchronous call to make: the function is called on the loop itself, with a limit in seconds (None: no limit)."""

    __slots__ = ("args", "function", "timeout_s")

    def __init__(self, function: Callable[..., Coroutine[Any, Any, object]], args: tuple[object, ...], timeout_s: float | None) -> None:
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


class PrivateLoop:
    """Runs tasks on a thread of its own, started at the first one; a forked child starts its own."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
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
        future = self._submit(loop, tasks)
        limit = _limit(tasks)
        outcome = _awaited(future, limit)
        return [Outcome(None, Overrun(), limit or 0.0) for _ in tasks] if outcome is None else outcome

    async def arun(self, tasks: Sequence[Task]) -> list[Outcome]:
        """The same, awaited from any event loop; cancelling the caller cancels the tasks."""
        return await self.wait(self.start(tasks), tasks)

    def start(self, tasks: Sequence[Task]) -> concurrent.futures.Future[list[Outcome]]:
        """Start the tasks now; `wait` for their outcomes."""
        return self._submit(self._started(), tasks)

    async def wait(self, future: concurrent.futures.Future[list[Outcome]], tasks: Sequence[Task]) -> list[Outcome]:
        """The outcomes of tasks that were started."""
        import asyncio

        limit = _limit(tasks)
        waiting = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({waiting}, timeout=limit)
        except asyncio.CancelledError:
            future.cancel()
            raise
        if not done:
            future.cancel()
            return [Outcome(None, Overrun(), limit or 0.0) for _ in tasks]
        return waiting.result()

    def close(self) -> None:
        """Stop the loop and its thread; a later task starts anew."""
        with self._lock:
            loop, thread, mine = self._loop, self._thread, self._pid == os.getpid()
            self._loop = self._thread = None
        if loop is not None and thread is not None and mine:
            loop.call_soon_threadsafe(loop.stop)
            if thread is not threading.current_thread():
                thread.join(timeout=_GRACE_S)

    def _submit(self, loop: asyncio.AbstractEventLoop, tasks: Sequence[Task]) -> concurrent.futures.Future[list[Outcome]]:
        import asyncio

        return asyncio.run_coroutine_threadsafe(_run_all(tasks), loop)

    def _started(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is not None and self._pid == os.getpid():
            return loop
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                import asyncio

                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=_serve, args=(loop,), name="bartizan-plugins", daemon=True)
                thread.start()
                weakref.finalize(self, _stop, loop, os.getpid())
                self._loop, self._thread, self._pid = loop, thread, os.getpid()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _stop(loop: asyncio.AbstractEventLoop, pid: int) -> None:
    if pid == os.getpid() and not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)


def _limit(tasks: Sequence[Task]) -> float | None:
    """How long to wait for tasks that hold themselves to their limits: longer only by the grace for a loop that is blocked."""
    limits = [task.timeout_s for task in tasks if task.timeout_s is not None]
    return max(limits) + _GRACE_S if len(limits) == len(tasks) else None


def _awaited(future: concurrent.futures.Future[list[Outcome]], limit_s: float | None) -> list[Outcome] | None:
    try:
        return future.result(limit_s)
    except TimeoutError:
        future.cancel()
    except BaseException:
        future.cancel()
        raise
    return None


async def _run_all(tasks: Sequence[Task]) -> list[Outcome]:
    if len(tasks) == 1:
        return [await _run(tasks[0])]
    import asyncio

    return list(await asyncio.gather(*(_run(task) for task in tasks)))


async def _run(task: Task) -> Outcome:
    """Run one task to its limit. It is abandoned there, not awaited: a task that swallows its cancellation must not hold the caller."""
    import asyncio
    from time import perf_counter

    began = perf_counter()
    running = asyncio.ensure_future(_called(task))
    try:
        done, _ = await asyncio.wait({running}, timeout=task.timeout_s)
    except asyncio.CancelledError:
        _abandon(running)
        raise
    seconds = perf_counter() - began
    if not done:
        _abandon(running)
        return Outcome(None, Overrun(), seconds)
    if running.cancelled():
        return Outcome(None, asyncio.CancelledError(), seconds)
    error = running.exception()
    return Outcome(None if error else running.result(), error, seconds)


async def _called(task: Task) -> object:
    return await task.function(*task.args)


def _abandon(running: asyncio.Future[object]) -> None:
    running.cancel()
    # Whatever it still raises is read and dropped: asyncio would log it, and its text may quote what was judged.
    running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
