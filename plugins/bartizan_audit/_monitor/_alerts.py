"""What monitoring says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan_audit._subjects import Identity

REFUSALS: Final = "repeated_refusals"
VOLUME: Final = "volume_spike"
TOKENS: Final = "token_spike"
NEAR_DUPLICATES: Final = "near_duplicate_queries"
FIRST_TOOL_USE: Final = "first_tool_use"
PLUGIN_FAILS: Final = "plugin_fails"
PLUGIN_SLOW: Final = "plugin_slow"


@dataclass(frozen=True, slots=True)
class Alert:
    """An unusual pattern: which, about whom (None: about nobody in particular), and figures or names, never a text."""

    alert: str
    identity: Identity | None = field(default=None, repr=False)
    detail: Mapping[str, str | int | float] = field(default_factory=dict)
