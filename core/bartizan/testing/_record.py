"""Records what a guard does: its events, as observers get them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bartizan._guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan._engine.engine import Engine
    from bartizan._policy.build import Built
    from bartizan._values.events import Event


@contextmanager
def capture_events(guard: Guard) -> Iterator[list[Event]]:
    """Collect the guard's events while the block runs, those of its sessions included."""
    events: list[Event] = []
    listener = events.append
    guard.engine.reporter.add(listener)
    try:
        yield events
    finally:
        guard.engine.reporter.remove(listener)


class RecordingGuard(Guard):
    """A guard that keeps its events: `RecordingGuard(guard)` judges as `guard` does, by the same plugins and sessions.

    `events` holds what either of them did since, also in sessions; clear it as you like. Closing it closes the plugins,
    as closing the wrapped guard does.
    """

    events: list[Event]

    def __init__(self, guard: Guard) -> None:
        if not isinstance(guard, Guard):
            message = f"RecordingGuard takes a Guard, not {type(guard).__name__}"
            raise TypeError(message)
        self.engine: Engine = guard.engine
        self._digest = guard._digest  # noqa: SLF001 (a guard itself)
        self._scopes = guard._scopes  # noqa: SLF001 (a guard itself)
        self._record()

    def close(self) -> None:
        """Stop recording and close the plugins."""
        self.engine.reporter.remove(self._listener)
        super().close()

    def _take(self, built: Built) -> None:  # how from_file and from_dict make one
        super()._take(built)
        self._record()

    def _record(self) -> None:
        self.events = []
        self._listener = self._note
        self.engine.reporter.add(self._listener)

    def _note(self, event: Event) -> None:
        self.events.append(event)

    def __repr__(self) -> str:
        return f"Recording{super().__repr__()}"
