"""The detectors: events in, alerts out. Pure but for its own state, so that it can be replayed; memory is bounded by the settings."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Final

from bartizan_audit._monitor import _alerts as alerts
from bartizan_audit._monitor._parts import Recent, Spikes, Window, similarity, sketch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan import Event
    from bartizan_audit._monitor._config import MonitorConfig
    from bartizan_audit._subjects import Identity

_WEIGHT: Final = 0.1
_NAMES: Final = 1_000
"""Plugins and tools kept in mind."""
_QUERIES: Final = 48
"""Sketches of one principal's last distinct queries."""
_CHARACTERS_A_TOKEN: Final = 4
_LEARNED: Final = 50
_TOOL: Final = "tool:"


class _Person:
    __slots__ = ("queries", "refusals", "similar", "tokens", "volume")

    def __init__(self, config: MonitorConfig) -> None:
        self.refusals = Window(config.refusals, config.refusals_s)
        self.similar = Window(config.near_duplicates, config.near_duplicates_s)
        self.volume = Spikes()
        self.tokens = Spikes()
        self.queries: deque[tuple[int, ...]] = deque(maxlen=_QUERIES)


class _Plugin:
    __slots__ = ("failures", "mean", "runs", "slow")

    def __init__(self, config: MonitorConfig) -> None:
        self.failures = Window(config.plugin_failures, config.plugin_failures_s)
        self.mean = 0.0
        self.runs = 0
        self.slow = 0


class Monitor:
    """Give it every event with `feed`, in their order; not from several threads at once."""

    def __init__(self, config: MonitorConfig, began: float = 0.0) -> None:
        self._config = config
        self._began = began
        self._key = os.urandom(16)
        self._people: Recent[Identity, _Person] = Recent(config.max_principals, lambda: _Person(config))
        self._plugins: Recent[str, _Plugin] = Recent(_NAMES, lambda: _Plugin(config))
        self._tools: Recent[str, bool] = Recent(_NAMES, bool)
        self._said: Recent[tuple[str, object], list[float]] = Recent(config.max_principals, list)

    @property
    def wants_texts(self) -> bool:
        """Whether it needs the texts, findings replaced: only to sketch them."""
        return bool(self._config.near_duplicates)

    def feed(self, event: Event, now: float) -> Iterator[alerts.Alert]:
        """The alerts that an event brings; `now` in seconds, by any clock that does not go back."""
        for alert, about in self._found(event, now):
            last = self._said[alert.alert, about]
            if not last or now - last[0] >= self._config.cooldown_s:
                last[:] = [now]
                yield alert

    def _found(self, event: Event, now: float) -> Iterator[tuple[alerts.Alert, object]]:
        principal = event.context.principal
        if principal is not None:
            identity = (principal.tenant, principal.id)
            for alert in self._about(identity, self._people[identity], event, now):
                yield alert, identity
        for alert in self._of_plugins(event, now):
            yield alert, alert.detail["plugin"]
        if self._config.first_tool_use and event.action.startswith(_TOOL) and event.action not in self._tools:
            self._tools[event.action]
            if now - self._began >= self._config.learn_s:
                who = None if principal is None else (principal.tenant, principal.id)
                yield alerts.Alert(alerts.FIRST_TOOL_USE, who, {"action": event.action}), event.action

    def _about(self, identity: Identity, person: _Person, event: Event, now: float) -> Iterator[alerts.Alert]:
        config = self._config
        if config.refusals and event.refused and person.refusals.mark(now):
            yield alerts.Alert(alerts.REFUSALS, identity, {"count": config.refusals, "seconds": config.refusals_s})
        if config.z_score:
            bucket = int(now // config.bucket_s)
            detail: dict[str, str | int | float]
            score = person.volume.add(1, bucket, weight=_WEIGHT, warm_up=config.warm_up)
            if score >= config.z_score and person.volume.current >= config.least:
                detail = {"count": int(person.volume.current), "z": round(score, 1), "seconds": config.bucket_s}
                yield alerts.Alert(alerts.VOLUME, identity, detail)
            score = person.tokens.add(_tokens(event), bucket, weight=_WEIGHT, warm_up=config.warm_up)
            if score >= config.z_score and person.tokens.current >= config.least_tokens:
                detail = {"count": int(person.tokens.current), "z": round(score, 1), "seconds": config.bucket_s}
                yield alerts.Alert(alerts.TOKENS, identity, detail)
        if config.near_duplicates and event.hook == "pre_prompt" and event.texts:
            # The last text is what is asked now: those before it are the chat's history, alike in every turn.
            ours = sketch(event.texts[-1:], self._key)
            if ours and ours not in person.queries:
                alike = any(similarity(ours, one) >= config.similarity for one in person.queries)
                person.queries.append(ours)
                if alike and person.similar.mark(now):
                    counts = {"count": config.near_duplicates, "seconds": config.near_duplicates_s}
                    yield alerts.Alert(alerts.NEAR_DUPLICATES, identity, counts)

    def _of_plugins(self, event: Event, now: float) -> Iterator[alerts.Alert]:
        config = self._config
        detail: dict[str, str | int | float]
        for run in event.runs:
            kept = self._plugins[f"{run.plugin} {event.hook}"]
            if run.status == "failed":
                if config.plugin_failures and kept.failures.mark(now):
                    detail = {"plugin": run.plugin, "hook": event.hook, "count": config.plugin_failures}
                    yield alerts.Alert(alerts.PLUGIN_FAILS, None, detail)
            elif run.status == "ran" and config.slow_factor:
                kept.runs += 1
                slow = kept.runs > _LEARNED and run.seconds > config.slow_factor * kept.mean
                kept.slow = kept.slow + 1 if slow else 0
                # What is slow moves the mean only a little, or a plugin that slows would soon pass for usual.
                weight = max(_WEIGHT / 10 if slow else _WEIGHT, 1 / kept.runs)
                kept.mean += weight * (run.seconds - kept.mean)
                if kept.slow == config.slow_runs:
                    detail = {
                        "plugin": run.plugin,
                        "hook": event.hook,
                        "us": round(run.seconds * 1e6),
                        "usual_us": round(kept.mean * 1e6),
                    }
                    yield alerts.Alert(alerts.PLUGIN_SLOW, None, detail)


def _tokens(event: Event) -> float:
    """As the application counted them (`metadata={"tokens": n}`), else a quarter of the characters."""
    told = event.context.metadata.get("tokens")
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < float("inf"):
        return float(told)
    return event.characters / _CHARACTERS_A_TOKEN
