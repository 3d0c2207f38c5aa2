"""The log as an application writes it: group commit, checkpoints, gaps, forks.

What is to be written is queued; whoever commits takes all that is queued, in one transaction. With `waits`, that is the writer
thread, one per process, and callers wait for it: while it syncs, the next batch gathers. Without, a caller takes the log's lock and
commits by itself, its own records and the others'; then the thread only sees to checkpoints. What is acknowledged is committed.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Final

from bartizan_audit._canonical import canonical
from bartizan_audit._entry import Entry
from bartizan_audit._errors import AuditError
from bartizan_audit._forks import hold, let_go, register
from bartizan_audit._writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Store
    from bartizan_audit._subjects import Identity

_log: Final = logging.getLogger("bartizan.audit")
_BATCH: Final = 1_000
_PATIENCE_S: Final = 1.0
"""After so long a waiting caller looks whether the writer thread is still there."""


class AuditLog:
    """One log, for any number of threads. `keys` are asked for when it opens, told whether the log exists.

    Raises:
        AuditError: from every method, where something can't be written: it says what, and nothing was acknowledged.
    """

    def __init__(
        self,
        store: Store,
        keys: Callable[[bool], Keys],
        checkpoint_file: Path,
        *,
        every: int = 1_000,
        every_s: float = 10.0,
        gaps: bool = False,
        waits: bool = True,
    ) -> None:
        self._store = store
        self._ask_keys = keys
        self._file = checkpoint_file
        self._every = every
        self._every_s = every_s
        self._count_gaps = gaps
        self._waits = waits
        self._closed = False
        self._lock = threading.RLock()
        self._queue: deque[Entry] = deque()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._writer: Writer | None = None
        self._dirty = False
        self._owed = False
        self._due = 0.0
        self._gap = 0
        self._gap_since = 0
        self._gap_reason = ""
        register(self)
        weakref.finalize(self, store.close).atexit = False

    def append(self, entry: Entry) -> None:
        """Record it; returns when it is committed.

        Raises:
            AuditError: it was not.
        """
        if self._waits:
            done = threading.Lock()
            done.acquire()
            entry.notify = done.release
            self.submit(entry)
            while not done.acquire(timeout=_PATIENCE_S):
                self.submit(None)
        else:
            self._queue.append(entry)
            with self._lock:
                while not entry.done:
                    self._drain()
        if entry.error:
            raise AuditError(entry.error)

    def submit(self, entry: Entry | None) -> None:
        """Have the writer thread record it; `entry.notify` is called, in that thread, when it is committed or was not.

        None only sees to it that there is such a thread. Once the log is closed, this thread does what is left: it refuses.
        """
        if entry is not None:
            self._queue.append(entry)
        self._start()
        self._wake.set()
        if self._closed:
            with self._lock:
                while self._queue:
                    self._drain()

    def open(self) -> None:
        """Make the log if it is not there, and hold it against its checkpoints; the first record does so too."""
        with self._lock:
            self._opened()

    def pseudonym(self, identity: Identity) -> str:
        """A keyed hash of who it is, 16 hexadecimal digits: it tells people apart, and only the log's key can try names."""
        writer = self._writer
        if writer is None:
            with self._lock:
                writer = self._opened()
        return writer.pseudonym(identity)  # needs no lock: nobody waits for a commit here

    @property
    def gap(self) -> int:
        """Records that could not be written since the last one that could, where gaps are counted."""
        return self._gap

    def close(self) -> None:
        """Write what is queued, sign the end, and let go of the files."""
        with self._lock:
            if self._closed:
                return
            try:
                while self._queue:
                    self._drain()
                if self._dirty and self._writer is not None:
                    self._writer.checkpoint()
            finally:
                self._closed = True
                self._writer = None
                let_go(self)
                self._store.close()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _opened(self) -> Writer:
        if self._closed:
            message = "the audit log is closed: nothing can be recorded any more"
            raise AuditError(message)
        if self._writer is None:
            self._writer = Writer(self._store, self._ask_keys, self._file)
        return self._writer

    def _drain(self) -> None:
        """Commit what is queued, at most 1,000 records at once. The lock is held."""
        batch: list[Entry] = []
        problem = ""
        try:
            self._commit(batch)
        except AuditError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 (whatever it was, nobody may be told that the record is there)
            problem = f"the audit log {self._store.name} failed with {type(error).__name__}"
        if problem:
            batch = batch or self._taken()
            self._failed(batch, problem)
        for entry in batch:
            entry.error = problem
            entry.done = True
            if entry.notify is not None:
                entry.notify()

    def _commit(self, batch: list[Entry]) -> None:
        """Commit what is queued, and put it into `batch`."""
        writer = self._opened()
        if self._owed:  # a checkpoint could not be written when it was due: nothing goes on before it is
            self._checkpoint(writer)

        def take() -> Iterator[Entry]:
            batch.extend(self._taken())
            if self._gap:
                yield self._gap_entry()
            yield from batch

        writer.commit(take)
        self._gap = 0
        if not self._dirty:
            self._dirty = True
            hold(self)
            self._due = time.monotonic() + self._every_s
            self._start()
            self._wake.set()
        if writer.unsigned >= self._every:
            self._try_checkpoint(writer)

    def _taken(self) -> list[Entry]:
        batch: list[Entry] = []
        while self._queue and len(batch) < _BATCH:
            batch.append(self._queue.popleft())
        return batch

    def _gap_entry(self) -> Entry:
        found = {"kind": "gap", "t": time.time_ns(), "count": self._gap, "since": self._gap_since, "reason": self._gap_reason}
        return Entry(canonical(found))

    def _failed(self, batch: Sequence[Entry], problem: str) -> None:
        if not self._count_gaps or not batch:
            return
        if not self._gap:
            self._gap_since = time.time_ns()
        self._gap += len(batch)
        self._gap_reason = problem
        _log.error("%d audit record(s) could not be written and are counted as a gap: %s", len(batch), problem)

    def _try_checkpoint(self, writer: Writer) -> None:
        """What is committed is acknowledged whatever becomes of its checkpoint; the next record is not."""
        try:
            self._checkpoint(writer)
        except AuditError as error:
            _log.error("an audit checkpoint could not be written, so no further record is: %s", error)

    def _checkpoint(self, writer: Writer) -> None:
        self._owed = True
        writer.checkpoint()
        self._owed = self._dirty = False
        let_go(self)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if (self._thread is None or not self._thread.is_alive()) and not self._closed:
                    self._thread = threading.Thread(
                        target=_work, args=(weakref.ref(self), self._wake), name="bartizan-audit", daemon=True
                    )
                    self._thread.start()
                    weakref.finalize(self, self._wake.set).atexit = False  # the thread of a log that was collected ends

    def turn(self) -> float | None:
        """One turn of the writer thread; the seconds until the next one, None where only a record can bring one."""
        with self._lock:
            while self._queue:
                self._drain()
            if not self._dirty or self._writer is None:
                return None
            left = self._due - time.monotonic()
            if left <= 0:
                self._try_checkpoint(self._writer)
                left = self._every_s
                self._due = time.monotonic() + left
            return left

    @property
    def closed(self) -> bool:
        """Whether nothing can be recorded any more."""
        return self._closed

    def before_fork(self) -> None:
        """Wait for what is being written, and let go of the connection: it may not go into a child."""
        self._lock.acquire()
        self._store.close()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Begin anew: the threads are the parent's, and so are the records that wait, and the gaps."""
        self._lock = threading.RLock()
        self._queue = deque()
        self._wake = threading.Event()
        self._thread = self._writer = None
        self._dirty = self._owed = False
        let_go(self)
        self._gap = 0


def _work(log: weakref.ref[AuditLog], wake: threading.Event) -> None:
    """The writer thread; it holds the log only while it works, so that an unused one can be collected."""
    wait: float | None = None
    while True:
        wake.wait(wait)
        wake.clear()
        found = log()
        if found is None:
            return
        wait = found.turn()
        if found.closed:
            return
        del found
