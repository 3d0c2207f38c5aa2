"""A lock that a fork can't leave locked for ever."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


_renewing = threading.Lock()
"""Held while a child's first user of a lock renews it: two at once would each hold one of their own."""


def _renew() -> None:
    global _renewing  # noqa: PLW0603 (the parent's may have been held when it forked)
    _renewing = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


class ForkSafeLock:
    """A mutex whose forked copy starts free: the thread that held it does not exist in the child."""

    __slots__ = ("_lock", "_pid")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def __enter__(self) -> None:
        if self._pid != os.getpid():
            with _renewing:
                if self._pid != os.getpid():
                    self._lock = threading.Lock()
                    self._pid = os.getpid()
        self._lock.acquire()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.release()
