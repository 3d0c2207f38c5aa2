"""Monitoring beside the guarded calls: a thread behind a bounded queue. What finds it full is not monitored, but counted."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Final

from bartizan_audit._monitor._monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan import Event
    from bartizan_audit._monitor._alerts import Alert
    from bartizan_audit._monitor._config import MonitorConfig

_log: Final = logging.getLogger("bartizan.audit")
_WAITING: Final = 10_000
_CLOSING_S: Final = 5.0
_STOP: Final = None


class Watch:
    """Hands events to a monitor, and its alerts to `say`, in a thread of its own."""

    _thread: threading.Thread | None
    _dropped: int
    _lock: threading.Lock

    def __init__(self, config: MonitorConfig, say: Callable[[Alert], None]) -> None:
        self._config = config
        self._say = say
        self._begin()

    @property
    def dropped(self) -> int:
        """Events that were not monitored, for too many waited."""
        return self._dropped

    def event(self, event: Event) -> None:
        """Queue it; never waits."""
        if self._pid != os.getpid():  # the thread stayed with the parent
            self._begin()
        try:
            self._queue.put_nowait((event, time.monotonic()))
        except queue.Full:
            self._dropped += 1
            return
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="bartizan-monitor", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """Judge what waits, for at most five seconds."""
        if self._thread is None or self._pid != os.getpid():
            return
        try:
            self._queue.put(_STOP, timeout=_CLOSING_S)
        except queue.Full:
            _log.warning("the monitoring did not catch up: %d event(s) were not looked at", self._queue.qsize())
            return
        self._thread.join(timeout=_CLOSING_S)
        if self._dropped:
            _log.warning("%d event(s) were not monitored, for too many waited", self._dropped)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._queue: queue.Queue[tuple[Event, float] | None] = queue.Queue(maxsize=_WAITING)
        self._thread = None
        self._lock = threading.Lock()
        self._dropped = 0
        self._monitor = Monitor(self._config, time.monotonic())

    def _work(self) -> None:
        while True:
            found = self._queue.get()
            if found is _STOP:
                return
            try:
                for alert in self._monitor.feed(*found):
                    self._say(alert)
            except Exception as error:  # noqa: BLE001 (the thread must go on; the error's text could quote a text)
                _log.error("the monitoring failed on an event with %s", type(error).__name__)
