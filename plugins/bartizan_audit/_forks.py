"""Logs over forks and at the end of the process: no connection and no held lock goes into a child, and the end is signed."""

from __future__ import annotations

import atexit
import logging
import os
import weakref
from typing import Final, Protocol

from bartizan_audit._errors import AuditError

_log: Final = logging.getLogger("bartizan.audit")


class Forking(Protocol):
    """What is told of forks."""

    def before_fork(self) -> None:
        """Finish what is being written, and let go of the connection."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Begin anew: the threads are the parent's, and so is what waits in its queues."""
        ...

    def close(self) -> None:
        """Sign the end."""
        ...


_live: Final[weakref.WeakSet[Forking]] = weakref.WeakSet()
_unsigned: Final[set[Forking]] = set()


def register(one: Forking) -> None:
    """Tell it of forks, and close it at the end of the process."""
    _live.add(one)


def hold(one: Forking) -> None:
    """Keep it alive: its end is not signed yet, and whoever dropped their guard without closing it wants that too."""
    _unsigned.add(one)


def let_go(one: Forking) -> None:
    """Its end is signed: it may be collected."""
    _unsigned.discard(one)


def _before() -> None:
    for one in sorted(_live, key=id):  # one order in every thread that forks
        one.before_fork()


def _parent() -> None:
    for one in sorted(_live, key=id):
        one.after_fork_in_parent()


def _child() -> None:
    for one in sorted(_live, key=id):
        one.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_parent, after_in_child=_child)


@atexit.register
def _close_all() -> None:
    for one in list(_live):
        try:
            one.close()
        except AuditError as error:
            _log.error("the audit log could not be closed: %s", error)
