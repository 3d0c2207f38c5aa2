"""Tells observers what happened; a required one that fails refuses the call."""

from __future__ import annotations

import logging
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bartizan._engine.faults import LEAVING, describe, discard, overrun
from bartizan._engine.loop import Overrun, Task
from bartizan._errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bartizan._engine.loop import Outcome, PrivateLoop
    from bartizan._plugins.member import Implementation, Member
    from bartizan._values.events import Event

    Listener = Callable[[Event], None]

_log: Final = logging.getLogger("bartizan")


class Reporter:
    """Hands each event to the `observe` implementations and to listeners (`bartizan.testing`)."""

    def __init__(self, members: Sequence[Member], loop: PrivateLoop) -> None:
        found = [member.hooks["observe"] for member in members if "observe" in member.hooks]
        self._sync: tuple[Implementation, ...] = tuple(one for one in found if not one.asynchronous)
        self._async: tuple[Implementation, ...] = tuple(one for one in found if one.asynchronous)
        self._loop = loop
        self._listeners: tuple[Listener, ...] = ()
        self.active: bool = bool(found)
        self.wants_texts: bool = any(map(_wants_texts, found))

    def add(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._listeners = (*self._listeners, listener)
        self.active = True

    def remove(self, listener: Listener) -> None:
        """Stop calling it."""
        self._listeners = tuple(one for one in self._listeners if one is not listener)
        self.active = bool(self._listeners or self._sync or self._async)

    def report(self, event: Event) -> None:
        """Tell all observers, and wait for the asynchronous ones.

        Raises:
            PluginError: a required observer failed or overran.
        """
        failure = self._tell_sync(event)
        if self._async:
            failure = self._judge(self._loop.run(self._tasks(event))) or failure
        if failure is not None:
            raise failure

    async def areport(self, event: Event) -> None:
        """The same, without blocking the caller's event loop."""
        failure = self._tell_sync(event)
        if self._async:
            failure = self._judge(await self._loop.arun(self._tasks(event))) or failure
        if failure is not None:
            raise failure

    def _tell_sync(self, event: Event) -> PluginError | None:
        failure = None
        for listener in self._listeners:
            listener(_without_texts(event))
        for observer in self._sync:
            began, reason = perf_counter(), ""
            try:
                answer = observer.call(*observer.args((_for(observer, event),)))
                if hasattr(answer, "__await__"):
                    discard(answer)
                    reason = "returned an awaitable from a plain observe: write async def"
            except LEAVING:
                raise
            except BaseException as error:
                reason = describe(error, "observe")
            if not reason and perf_counter() - began > observer.member.timeout_s:
                reason = overrun("observe", observer.member.timeout_s)
            if reason:
                failure = _failed(observer, reason) or failure
        return failure

    def _tasks(self, event: Event) -> list[Task]:
        return [Task(one.call, one.args((_for(one, event),)), one.member.timeout_s) for one in self._async]

    def _judge(self, outcomes: Sequence[Outcome]) -> PluginError | None:
        failure = None
        for observer, outcome in zip(self._async, outcomes, strict=True):
            if isinstance(outcome.error, Overrun):
                failure = _failed(observer, overrun("observe", observer.member.timeout_s)) or failure
            elif outcome.error is not None:
                failure = _failed(observer, describe(outcome.error, "observe")) or failure
        return failure


def _wants_texts(observer: Implementation) -> bool:
    return getattr(observer.member.instance, "wants_texts", False) is True


def _for(observer: Implementation, event: Event) -> Event:
    """The event as this observer may see it."""
    return event if _wants_texts(observer) else _without_texts(event)


def _without_texts(event: Event) -> Event:
    return replace(event, texts=()) if event.texts else event


def _failed(observer: Implementation, reason: str) -> PluginError | None:
    """A required observer's failure is the call's; another's is logged, for nobody else would hear of it."""
    if observer.member.required:
        return PluginError(observer.member.name, reason)
    _log.warning("observer %s failed and is not required: %s", observer.member.name, reason.partition(":")[0])
    return None
