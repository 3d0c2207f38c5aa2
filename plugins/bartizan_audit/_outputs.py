"""Where events go beside the log: sinks, and the monitoring, whose alerts become records and go to the sinks too."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from bartizan_audit._canonical import canonical
from bartizan_audit._entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event
    from bartizan_audit._config import Config
    from bartizan_audit._log import AuditLog
    from bartizan_audit._monitor import Alert
    from bartizan_audit._sinks._sink import Sink
    from bartizan_audit._subjects import Identity

_log: Final = logging.getLogger("bartizan.audit")


class Outputs:
    """What a configuration asks for. Nothing here refuses a call: the record is the log, these are ways to look at it."""

    def __init__(self, config: Config, log: AuditLog) -> None:
        self._log = log
        self._sinks: tuple[Sink, ...] = tuple(_sinks(config))
        self._watch = None
        if config.monitor is not None:
            from bartizan_audit._monitor._watch import Watch

            self._watch = Watch(config.monitor, self._alert)

    @property
    def active(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._sinks) or self._watch is not None

    @property
    def dropped(self) -> int:
        """Events that were not monitored, for too many waited."""
        return 0 if self._watch is None else self._watch.dropped

    def event(self, event: Event, body: Mapping[str, object]) -> None:
        """Tell all."""
        if self._watch is not None:
            self._watch.event(event)
        if not self._sinks:
            return
        principal, session = event.context.principal, event.context.session_id
        who = "" if principal is None else self._log.pseudonym((principal.tenant, principal.id))
        chat = "" if session is None else self._log.pseudonym(("session", session))
        for sink in self._sinks:
            try:
                sink.event(event, body, who, chat)
            except Exception as error:  # noqa: BLE001 (a sink's failure is no reason to refuse; its text could hold anything)
                _failed(sink, error)

    def close(self) -> None:
        """Judge and send what waits."""
        if self._watch is not None:
            self._watch.close()
        for sink in self._sinks:
            sink.close()

    def _alert(self, alert: Alert) -> None:
        body: dict[str, Any] = {"kind": "alert", "t": time.time_ns(), "alert": alert.alert, **alert.detail}
        entry = _entry(body, alert.identity)
        entry.notify = lambda: _told(entry)
        self._log.submit(entry)
        who = "" if alert.identity is None else self._log.pseudonym(alert.identity)
        for sink in self._sinks:
            try:
                sink.alert(body, who)
            except Exception as error:  # noqa: BLE001 (as above)
                _failed(sink, error)


def _sinks(config: Config) -> list[Sink]:
    sinks: list[Sink] = []
    if config.logging is not None:
        from bartizan_audit._sinks._logging import LoggingSink

        sinks.append(LoggingSink(config.logging))
    if config.otel is not None:
        from bartizan_audit._sinks._otel import OtelSink

        sinks.append(OtelSink(config.otel))
    if config.metrics is not None:
        from bartizan_audit._sinks._metrics import MetricsSink

        sinks.append(MetricsSink())
    if config.webhook is not None:
        from bartizan_audit._sinks._webhook import WebhookSink

        sinks.append(WebhookSink(config.webhook))
    return sinks


def _entry(body: dict[str, Any], identity: Identity | None) -> Entry:
    if identity is None:
        return Entry(canonical(body))
    tenant, principal = identity
    private = {"principal": principal} if tenant is None else {"principal": principal, "tenant": tenant}
    return Entry(canonical(body), identity, canonical(private))


def _told(entry: Entry) -> None:
    if entry.error:
        _log.error("an alert could not be recorded: %s", entry.error)


def _failed(sink: Sink, error: Exception) -> None:
    _log.warning("the audit's %s failed with %s", type(sink).__name__, type(error).__name__)
