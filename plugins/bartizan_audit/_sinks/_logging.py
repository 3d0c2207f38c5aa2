"""Events and alerts as lines of JSON, through the standard library's logging."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bartizan_audit._canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event
    from bartizan_audit._sinks._config import LoggingConfig


class LoggingSink:
    """Refusals and alerts are warnings, whatever level the rest has."""

    def __init__(self, config: LoggingConfig) -> None:
        self._logger = logging.getLogger(config.logger)
        self._level = logging.getLevelNamesMapping()[config.level]

    def event(self, event: Event, body: Mapping[str, object], who: str, session: str) -> None:
        """One line."""
        level = logging.WARNING if event.refused else self._level
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", canonical({**body, "who": who, "session": session}))

    def alert(self, body: Mapping[str, object], who: str) -> None:
        """One line."""
        self._logger.warning("%s", canonical({**body, "who": who}))

    def close(self) -> None:
        """The application's handlers are its own."""
