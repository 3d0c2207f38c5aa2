"""What a plugin's finding comes to, under the plugin's own defaults, the policy's `actions` and its `rules`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bartizan._values.findings import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bartizan._engine.styles import Style
    from bartizan._values.texts import Origin

_REMEMBERED: Final = 4_096
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy; None selects all."""

    origins: frozenset[str] | None = None
    hooks: frozenset[str] | None = None
    parts: frozenset[str] | None = None
    labels: frozenset[str] | None = None
    action: Action | None = None
    style: Style | None = None

    def selects(self, names: frozenset[str], hook: str, origin: str, part: str) -> bool:
        """Whether it speaks of a label (or a group it is in) found there."""
        return (
            (self.origins is None or origin in self.origins)
            and (self.hooks is None or hook in self.hooks)
            and (self.parts is None or part in self.parts)
            and (self.labels is None or not self.labels.isdisjoint(names))
        )


class ActionTable:
    """Decides action and style of one plugin's findings: its default rules, then `actions`, then `rules`, the last match last.

    Arguments of a call about to run are never quietly rewritten: unless a rule names the part `tool_args`, a redaction there becomes
    a refusal, and for personal data (group `pii`) a note.
    """

    def __init__(
        self,
        *,
        groups: Mapping[str, Iterable[str]],
        default_rules: Sequence[Rule],
        actions: Mapping[str, Action],
        rules: Sequence[Rule],
        style: Style,
    ) -> None:
        self._groups = {name: frozenset(labels) for name, labels in groups.items()}
        self._default_rules = tuple(default_rules)
        self._actions = dict(actions)
        self._rules = tuple(rules)
        self._style = style
        self._known: dict[tuple[str, Action, str, Origin, str], tuple[Action, Style]] = {}

    def resolve(self, label: str, wanted: Action, hook: str, origin: Origin, part: str) -> tuple[Action, Style]:
        """The action to take on a finding, and the style if it is a redaction."""
        key = (label, wanted, hook, origin, part)
        known = self._known.get(key)
        if known is None:
            known = self._decide(label, wanted, hook, origin.value, part)
            if len(self._known) < _REMEMBERED:
                self._known[key] = known
        return known

    def styles(self, hook: str, origin: Origin, part: str) -> frozenset[Style]:
        """Every style that a redaction there could be written in, whatever its label."""
        out = {self._style}
        for rule in (*self._default_rules, *self._rules):
            if rule.style is None or not rule.selects(rule.labels or frozenset(), hook, origin.value, part):
                continue
            out = {rule.style} if rule.labels is None else {*out, rule.style}
        return frozenset(out)

    def _decide(self, label: str, wanted: Action, hook: str, origin: str, part: str) -> tuple[Action, Style]:
        groups = {name for name, labels in self._groups.items() if label in labels}
        names = frozenset({label, *groups})
        action, style, named = wanted, self._style, False
        for rule in self._default_rules:
            if rule.selects(names, hook, origin, part):
                action, style = (action if rule.action is None else rule.action), rule.style or style
        if label in self._actions:
            action = self._actions[label]
        elif said := [self._actions[name] for name in groups if name in self._actions]:
            action = max(said)
        for rule in self._rules:
            if rule.selects(names, hook, origin, part):
                action, style = (action if rule.action is None else rule.action), rule.style or style
                named = named or (rule.parts is not None and rule.action is not None)
        if action is Action.REDACT and hook == "post_response" and part == "tool_args" and not named:
            action = Action.NOTE if "pii" in groups else Action.BLOCK
        return action, style
