"""A span for each event, in the context of the caller's, by the names of OpenTelemetry's GenAI conventions (status: Development).

https://opentelemetry.io/docs/specs/semconv/gen-ai/. No attributes of guardrails are agreed there: ours are under `bartizan.`.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from bartizan import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event
    from bartizan_audit._sinks._config import OtelConfig

_TOOL: Final = "tool:"
_OPERATIONS: Final = {"pre_prompt": "chat", "post_response": "chat", "on_train": "fine_tuning"}


class OtelSink:
    """Needs opentelemetry-api; what is done with the spans is the application's tracer provider's."""

    def __init__(self, config: OtelConfig) -> None:
        try:
            from opentelemetry import trace
        except ImportError:
            feature = "the audit's OpenTelemetry sink"
            raise MissingExtra(feature, "otel") from None
        self._trace = trace
        self._tracer = trace.get_tracer(config.tracer)

    def event(self, event: Event, body: Mapping[str, object], who: str, session: str) -> None:
        """A span from when the hook began, with an event for each plugin and each label found."""
        end = time.time_ns()
        span = self._tracer.start_span(
            f"bartizan.{event.hook}",
            kind=self._trace.SpanKind.INTERNAL,
            attributes=_attributes(event, who, session),
            start_time=end - round(event.seconds * 1e9),
        )
        for run in event.runs:
            of_run: dict[str, str | float] = {"name": run.plugin, "status": run.status, "seconds": run.seconds}
            span.add_event("bartizan.plugin", {f"bartizan.plugin.{name}": value for name, value in of_run.items()}, end)
        counts = Counter((one.label, one.action.name.lower(), one.plugin) for one in event.findings)
        for (label, action, plugin), count in counts.items():
            found: dict[str, str | int] = {"label": label, "action": action, "plugin": plugin, "count": count}
            span.add_event("bartizan.finding", {f"bartizan.finding.{name}": value for name, value in found.items()}, end)
        if any(run.status == "failed" for run in event.runs):
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(end)

    def alert(self, body: Mapping[str, object], who: str) -> None:
        """A span of no length: alerts are found behind the calls that they are about."""
        now = time.time_ns()
        values = {f"bartizan.{name}": value for name, value in body.items() if isinstance(value, str | int | float)}
        self._tracer.start_span("bartizan.alert", attributes={**values, "bartizan.who": who}, start_time=now).end(now)

    def close(self) -> None:
        """The tracer provider is the application's."""


def _attributes(event: Event, who: str, session: str) -> dict[str, str | bool | int]:
    out: dict[str, str | bool | int] = {"bartizan.hook": event.hook, "bartizan.enforced": event.enforced}
    tool = event.action.startswith(_TOOL)
    operation = "execute_tool" if tool else _OPERATIONS.get(event.hook, "")
    said = {
        "gen_ai.operation.name": operation,
        "gen_ai.tool.name": event.action.removeprefix(_TOOL) if tool else "",
        "gen_ai.request.model": event.context.model or "",
        "gen_ai.conversation.id": session,
        "bartizan.who": who,
        "bartizan.action": event.action,
        "bartizan.outcome": "" if event.outcome is None else event.outcome.name.lower(),
        "bartizan.decision": "" if event.decision is None else event.decision.effect.value,
        "bartizan.refused": event.refused,
    }
    return {**out, **{name: value for name, value in said.items() if value}}
