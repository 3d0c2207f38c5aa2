"""A plugin as the engine uses it: checked, with its settings, its scanners and its frozen hook implementations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan._engine.actions import ActionTable
    from bartizan._values.findings import Scanner

TEXT_HOOKS = ("pre_prompt", "post_response")
SCANNED_HOOKS = (*TEXT_HOOKS, "on_train")


@dataclass(frozen=True, slots=True, eq=False)
class Implementation:
    """One hook of one plugin, called with its own choice of the hook's arguments, by position."""

    member: Member
    hook: str
    call: Callable[..., Any]
    picks: tuple[int, ...] | None
    """Which of the hook's arguments it takes; None for all of them, in order."""
    asynchronous: bool

    def args(self, given: tuple[object, ...]) -> tuple[object, ...]:
        """The arguments it takes of those given."""
        return given if self.picks is None else tuple(given[i] for i in self.picks)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A loaded plugin. `enforced` says for which hooks its judgement counts: the others only record (monitor mode)."""

    name: str
    instance: object
    enforced: frozenset[str]
    closed_on_error: bool
    timeout_s: float
    table: ActionTable
    scanners: tuple[Scanner, ...]
    deterministic: bool
    required: bool
    timed_training: bool = False
    """Whether the policy limits this plugin's time in its own table: on_train is not held to the guard-wide limit."""
    hooks: dict[str, Implementation] = field(default_factory=dict)
    distribution: str = ""
    version: str = ""

    def __repr__(self) -> str:
        return f"Member({self.name!r}, hooks={sorted(self.hooks)}, scanners={len(self.scanners)})"
