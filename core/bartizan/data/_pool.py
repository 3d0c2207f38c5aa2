"""Workers in processes of their own, in order, with a bounded number of chunks under way.

Each is a fresh interpreter that builds the scanning plugins of the same policy and talks over its standard streams: nothing is forked,
the caller's main module is not run again, and a worker whose parent is killed reads the end of its input and stops.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import subprocess
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Self

from bartizan._engine.faults import describe
from bartizan._engine.sanitizer import HOOK
from bartizan._errors import BartizanError
from bartizan.data._errors import DataError
from bartizan.data._work import Done, worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan.data._work import Layout

LENGTH: Final = struct.Struct("<Q")
_COMMAND: Final = "from bartizan.data._worker import main; main()"
_GRACE_S: Final = 5.0


class WorkerEnded(DataError):
    """A worker process was killed or broke down: what is done so far is kept."""


class Here:
    """The worker in this very process."""

    size = 1

    def __init__(self, layout: Layout, sanitizer: Sanitizer) -> None:
        self._worker = worker(layout, sanitizer)

    def run(self, chunks: Iterable[tuple[bytes, int]]) -> Iterator[tuple[Done, int, int]]:
        """What each chunk comes to, its length, and the position after it."""
        for chunk, after in chunks:
            yield self._judge(chunk), len(chunk), after

    def _judge(self, chunk: bytes) -> Done:
        problem = ""
        try:
            return self._worker(chunk)
        except (BartizanError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (told without its text, which may quote a row)
            problem = describe(error, HOOK)
        message = f"sanitising a chunk {problem}"
        raise DataError(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        pass


class Pool:
    """Workers in other processes."""

    def __init__(self, size: int, recipe: bytes) -> None:
        self.size = size
        self._recipe = recipe
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="bartizan-sanitize")
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._processes: list[_Process] = []

    def run(self, chunks: Iterable[tuple[bytes, int]]) -> Iterator[tuple[Done, int, int]]:
        """What each chunk comes to, in the order of the chunks; at most two a worker are under way."""
        under_way: deque[tuple[Future[Done], int, int]] = deque()
        for chunk, after in chunks:
            under_way.append((self._threads.submit(self._judge, chunk), len(chunk), after))
            if len(under_way) >= 2 * self.size:
                done, length, position = under_way.popleft()
                yield done.result(), length, position
        while under_way:
            done, length, position = under_way.popleft()
            yield done.result(), length, position

    def _judge(self, chunk: bytes) -> Done:
        process = self._idle.get()
        try:
            return process.judge(chunk)
        finally:
            self._idle.put(process)

    def __enter__(self) -> Self:
        for _ in range(self.size):
            process = _Process(self._recipe)
            self._processes.append(process)
            self._idle.put(process)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes:
            process.stop(at_once=kind is not None)
        self._threads.shutdown(cancel_futures=True)


class _Process:
    """One worker. It is asked by one thread at a time."""

    def __init__(self, recipe: bytes) -> None:
        path = os.pathsep.join(os.getcwd() if entry == "" else entry for entry in sys.path)  # noqa: PTH109 (a str, for the environment)
        # Ctrl-C is the parent's to answer.
        windows: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        options: dict[str, Any] = {"creationflags": windows} if windows else {"process_group": 0}
        self._process: Any = subprocess.Popen(  # noqa: S603 (this interpreter, a fixed command)
            [sys.executable, "-P", "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            **options,
        )
        self._recipe: bytes | None = recipe

    def judge(self, chunk: bytes) -> Done:
        """What a chunk comes to.

        Raises:
            BartizanError: the worker's own refusal, or it ended.
        """
        answer: object = None
        try:
            if self._recipe is not None:  # the first chunk: the policy goes before it
                send(self._process.stdin, self._recipe)
                self._recipe = None
            send(self._process.stdin, chunk)
            answer = receive(self._process.stdout)
        except (OSError, ValueError):
            answer = None
        if isinstance(answer, bytes):
            answer = pickle.loads(answer)  # noqa: S301 (our own worker's)
        if isinstance(answer, Done):
            return answer
        if isinstance(answer, BartizanError):
            raise answer
        message = f"a worker process ended ({self._status()}): run the same command again to go on, with fewer --workers if memory ran out"
        raise WorkerEnded(message)

    def stop(self, *, at_once: bool) -> None:
        """End it: at the end of its input, or now."""
        if at_once:
            self._process.kill()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _status(self) -> str:
        try:
            code = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            return "it no longer answers"
        return f"signal {-code}" if code < 0 else f"exit status {code}"


def send(stream: Any, data: bytes) -> None:
    """Write a frame."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: Any) -> bytes | None:
    """Read a frame; None at the end, or where it was cut."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data: bytes = stream.read(length)
    return data if len(data) == length else None
