"""What observers see after each hook run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bartizan._values.access import Decision
    from bartizan._values.context import Context
    from bartizan._values.findings import Action, Finding


@dataclass(frozen=True, slots=True)
class PluginRun:
    """What one plugin did in one hook run: `ran`, `failed` or `skipped` (not reached, or another had failed), and its seconds."""

    plugin: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Event:
    """One hook run, decision or refusal. Free of data: labels and spans, never values."""

    hook: str
    context: Context
    runs: tuple[PluginRun, ...]
    findings: tuple[Finding, ...]
    decision: Decision | None
    seconds: float
    action: str = ""
    """What was asked of `authorize`; empty for the other hooks."""
    outcome: Action | None = None
    """The strictest action among the findings of a text hook; None for the other hooks."""
    enforced: bool = True
    """False where monitor mode left something as it was."""
    refused: str = ""
    """The reason, where the call was refused."""
    findings_left_out: int = field(default=0)
    """How many further findings a long stream had, past those listed."""
    characters: int = 0
    """How many characters were judged; 0 for hooks without texts and for streams."""
    texts: tuple[str, ...] = field(default=(), repr=False)
    """The texts, each finding of any action replaced by its label: only for an observer with `wants_texts = True`.

    Empty for streams, and where a plugin failed: what it would have found could stand in them.
    """
