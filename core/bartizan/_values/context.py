"""What a plugin is told of the call around a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from bartizan._values.fast import setters
from bartizan._values.texts import NO_METADATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan._values.access import Principal


class Context:
    """Who is asking, in which session, for which model and purpose. New data comes as new attributes, never as hook arguments.

    Plugins share it, so it can't be changed; their notes go into `state`.
    """

    __slots__ = ("_state", "metadata", "model", "principal", "purpose", "session_id")

    principal: Principal | None
    session_id: str | None
    model: str | None
    purpose: str | None
    metadata: Mapping[str, Any]
    _state: dict[str, Any] | None

    def __init__(
        self,
        principal: Principal | None = None,
        session_id: str | None = None,
        model: str | None = None,
        purpose: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        state: dict[str, Any] | None = None,
    ) -> None:
        _principal(self, principal)
        _session_id(self, session_id)
        _model(self, model)
        _purpose(self, purpose)
        _metadata(self, NO_METADATA if metadata is None else metadata)
        _state(self, state)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a Context can't be changed ({name}): keep notes in its state"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __reduce__(self) -> tuple[object, ...]:
        return Context, (self.principal, self.session_id, self.model, self.purpose, self.metadata, self._state)

    @property
    def state(self) -> dict[str, Any]:
        """Plugins' own notes; they last as long as the session, or this call where there is none."""
        if self._state is None:
            _state(self, {})
        return cast("dict[str, Any]", self._state)

    def __repr__(self) -> str:
        session = "None" if self.session_id is None else f"<{len(self.session_id)} characters>"
        return f"Context(principal={self.principal!r}, session_id={session}, model={self.model!r})"


_principal, _session_id, _model, _purpose, _metadata, _state = setters(
    Context, "principal", "session_id", "model", "purpose", "metadata", "_state"
)
