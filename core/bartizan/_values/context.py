"""What a plugin is told of the call around a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bartizan._values.texts import NO_METADATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan._values.access import Principal


class Context:
    """Who is asking, in which session, for which model and purpose. New data comes as new attributes, never as hook arguments."""

    __slots__ = ("_state", "metadata", "model", "principal", "purpose", "session_id")

    principal: Principal | None
    session_id: str | None
    model: str | None
    purpose: str | None
    metadata: Mapping[str, Any]

    def __init__(
        self,
        principal: Principal | None = None,
        session_id: str | None = None,
        model: str | None = None,
        purpose: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        state: dict[str, Any] | None = None,
    ) -> None:
        self.principal = principal
        self.session_id = session_id
        self.model = model
        self.purpose = purpose
        self.metadata = NO_METADATA if metadata is None else metadata
        self._state = state

    @property
    def state(self) -> dict[str, Any]:
        """Plugins' own notes; they last as long as the session, or this call where there is none."""
        if self._state is None:
            self._state = {}
        return self._state

    def __repr__(self) -> str:
        session = "None" if self.session_id is None else f"<{len(self.session_id)} characters>"
        return f"Context(principal={self.principal!r}, session_id={session}, model={self.model!r})"
