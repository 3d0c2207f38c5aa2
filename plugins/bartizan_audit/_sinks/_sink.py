"""What a sink is, and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event


class Sink(Protocol):
    """Takes what happened; must not block, and what it raises is logged and passed over."""

    def event(self, event: Event, body: Mapping[str, object], who: str, session: str) -> None:
        """An event, with the record's open part; `who` and `session` are keyed hashes, empty for nobody."""
        ...

    def alert(self, body: Mapping[str, object], who: str) -> None:
        """An alert, as it is recorded."""
        ...

    def close(self) -> None:
        """Send what waits, within a few seconds."""
        ...
