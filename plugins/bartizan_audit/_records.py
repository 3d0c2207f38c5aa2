"""What is recorded of an event: who, what, which plugins, which labels where; never a value."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bartizan_audit._canonical import canonical
from bartizan_audit._entry import Entry
from bartizan_audit._subjects import NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event

_MICRO = 1_000_000


def entry(event: Event, public: Mapping[str, Any], texts: tuple[str, ...] = ()) -> Entry:
    """The event as a record of which `public` is the open part. Who asked, in which session, and texts, are sealed for the subject."""
    principal, session = event.context.principal, event.context.session_id
    if principal is None:
        identity, who = NOBODY, _who(None, None, frozenset(), session)
    else:
        identity = (principal.tenant, principal.id)
        who = _who(principal.id, principal.tenant, principal.roles, session)
    if texts:
        who = canonical({**json.loads(who or "{}"), "texts": texts})
    return Entry(canonical(public), identity, who)


@lru_cache(1_024)
def _who(principal: str | None, tenant: str | None, roles: frozenset[str], session: str | None) -> str:
    """Who asked and in which session, as canonical JSON; empty for nobody. The same people call again and again."""
    told = {"principal": principal, "tenant": tenant, "roles": sorted(roles) or None, "session": session}
    known = {name: value for name, value in told.items() if value is not None}
    return canonical(known) if known else ""


def body(event: Event, max_findings: int) -> dict[str, Any]:
    """The part of a record that is not sealed, as a JSON object; times in µs, `t` in ns since the epoch."""
    findings = event.findings
    left_out = event.findings_left_out + max(0, len(findings) - max_findings)
    out: dict[str, Any] = {
        "kind": "event",
        "t": time.time_ns(),
        "hook": event.hook,
        "us": round(event.seconds * _MICRO),
        "runs": [[run.plugin, run.status, round(run.seconds * _MICRO)] for run in event.runs],
    }
    if findings:
        out["findings"] = [
            [one.label, one.action.name.lower(), one.plugin, one.segment, one.start, one.end] for one in findings[:max_findings]
        ]
    if left_out:
        out["left_out"] = left_out
    if event.outcome is not None:
        out["outcome"] = event.outcome.name.lower()
    if event.action:
        out["action"] = event.action
    if event.refused:
        out["refused"] = event.refused
    if not event.enforced:
        out["enforced"] = False
    decision = event.decision
    if decision is not None:
        out["decision"] = [decision.effect.value, decision.reason]
    context = event.context
    if context.model is not None:
        out["model"] = context.model
    if context.purpose is not None:
        out["purpose"] = context.purpose
    return out
