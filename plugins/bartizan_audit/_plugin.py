"""The plugin: an observer that records every event."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Self

from bartizan import hookimpl
from bartizan_audit._config import Config as _Config
from bartizan_audit._errors import AuditError
from bartizan_audit._keys import check_extra
from bartizan_audit._opening import log_of
from bartizan_audit._outputs import Outputs
from bartizan_audit._records import body, entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event
    from bartizan_audit._entry import Entry
    from bartizan_audit._log import AuditLog
    from bartizan_audit._tools import Tools


_log: Final = logging.getLogger("bartizan.audit")


class Audit:
    """Records every hook run, decision and refusal in a log that shows tampering.

    The call it records is refused where the record can't be written, unless the policy says `on_audit_failure = "continue"`. The
    log is opened at the first event, so that a policy can be checked where it does not run; `open` does it at once. With
    `durability = "full"` the plugin is asynchronous: an event loop goes on while the disk is waited for.
    """

    Config = _Config

    def __new__(cls, config: _Config) -> Self:
        """With `durability = "full"`, the asynchronous kind."""
        return super().__new__(_Durable if cls is Audit and config.durability == "full" else cls)  # type: ignore[return-value]  # a subclass of cls, which mypy can't follow

    def __init__(self, config: _Config) -> None:
        check_extra()
        self.config = config
        self.required: bool = config.on_audit_failure == "block"
        self.log: AuditLog = log_of(config)
        self._outputs = Outputs(config, self.log)
        self._keeps_texts = config.text == "redacted"
        self.wants_texts: bool = self._keeps_texts or (config.monitor is not None and bool(config.monitor.near_duplicates))

    @hookimpl
    def observe(self, event: Event) -> None:
        """Record it."""
        public = body(event, self.config.max_findings)
        try:
            self.log.append(self._entry(event, public))
        except AuditError:
            if self.required:
                raise
        self._tell(event, public)

    def open(self) -> None:
        """Open the log now, so that what is wrong with it is known at the start.

        Raises:
            AuditError: it can't be opened, was cut, or its key is missing.
        """
        self.log.open()

    @classmethod
    def tools(cls, config: _Config) -> Tools:
        """What `bartizan audit` does with the log of a configuration."""
        from bartizan_audit._tools import Tools

        check_extra()
        return Tools(config)

    def close(self) -> None:
        """Sign the end of the log and close it."""
        try:
            self._outputs.close()
        finally:
            self.log.close()

    def _entry(self, event: Event, public: Mapping[str, Any]) -> Entry:
        return entry(event, public, event.texts if self._keeps_texts else ())

    def _tell(self, event: Event, public: Mapping[str, Any]) -> None:
        if self._outputs.active:
            try:
                self._outputs.event(event, public)
            except AuditError as error:  # without the log's keys nobody can be named
                _log.warning("an event went to no sink: %s", error)

    def __repr__(self) -> str:
        return f"Audit(required={self.required})"


class _Durable(Audit):
    """The record is on the disk before the call goes on; other tasks go on meanwhile."""

    @hookimpl
    async def observe(self, event: Event) -> None:  # type: ignore[override]  # the engine awaits what is declared so
        """Record it."""
        import asyncio

        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        public = body(event, self.config.max_findings)
        one = self._entry(event, public)

        def tell(*_: Any) -> None:  # noqa: ANN401 (takes nothing)
            if not done.done():
                done.set_result(None)

        one.notify = lambda: _call(loop, tell)
        self.log.submit(one)
        await done
        if one.error and self.required:
            raise AuditError(one.error)
        self._tell(event, public)


def _call(loop: Any, tell: Any) -> None:  # noqa: ANN401 (an event loop, a function)
    """Tell the loop, unless it was closed while the record was written: then nobody waits."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)
