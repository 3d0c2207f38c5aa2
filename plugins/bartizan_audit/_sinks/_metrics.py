"""Counters and times for Prometheus, in its default registry. No label holds a user, a session, a model or a tool's name.

Names as in https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import threading
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from bartizan import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event

_BUCKETS: Final = (1e-5, 1e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1.0, 5.0)
_making: Final = threading.Lock()


class MetricsSink:
    """Shared by all guards of a process."""

    def __init__(self) -> None:
        with _making:
            self._metrics = _metrics()

    def event(self, event: Event, body: Mapping[str, object], who: str, session: str) -> None:
        """Count it. Of an action only its kind is a label (`tool`, not `tool:pay`): models choose the rest."""
        metrics = self._metrics
        outcome = "" if event.outcome is None else event.outcome.name.lower()
        effect = "" if event.decision is None else event.decision.effect.value
        metrics["events"].labels(event.hook, outcome or effect, "yes" if event.refused else "no").inc()
        metrics["seconds"].labels(event.hook).observe(event.seconds)
        for run in event.runs:
            metrics["runs"].labels(run.plugin, run.status).inc()
        for (plugin, label, action), count in Counter(
            (one.plugin, one.label, one.action.name.lower()) for one in event.findings
        ).items():
            metrics["findings"].labels(plugin, label, action).inc(count)
        if event.decision is not None:
            metrics["decisions"].labels(event.action.partition(":")[0], effect).inc()

    def alert(self, body: Mapping[str, object], who: str) -> None:
        """Count it."""
        self._metrics["alerts"].labels(str(body.get("alert", ""))).inc()

    def close(self) -> None:
        """The registry is the application's."""


@cache
def _metrics() -> dict[str, Any]:
    try:
        from prometheus_client import Counter as Count
        from prometheus_client import Histogram
    except ImportError:
        feature = "the audit's Prometheus sink"
        raise MissingExtra(feature, "metrics") from None
    return {
        "events": Count("bartizan_events", "Hook runs and decisions.", ["hook", "outcome", "refused"]),
        "runs": Count("bartizan_plugin_runs", "What plugins did.", ["plugin", "status"]),
        "findings": Count("bartizan_findings", "Findings.", ["plugin", "label", "action"]),
        "decisions": Count("bartizan_decisions", "Decisions of authorize.", ["kind", "effect"]),
        "alerts": Count("bartizan_alerts", "Alerts of the monitoring.", ["alert"]),
        "seconds": Histogram("bartizan_hook_seconds", "Seconds that a hook run took.", ["hook"], buckets=_BUCKETS),
    }
