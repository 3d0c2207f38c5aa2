"""An answer to be awaited that can't be mistaken for one already given."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from bartizan._errors import no_truth_value

if TYPE_CHECKING:
    from types import TracebackType

A_co = TypeVar("A_co", covariant=True)


class PendingAnswer(Coroutine[Any, Any, A_co]):
    """A coroutine without a truth value: `if guard.ais_allowed(...)` raises instead of reading as yes."""

    def __init__(self, outcome: Coroutine[Any, Any, A_co], inner: Coroutine[Any, Any, object]) -> None:
        self._outcome = outcome
        self._inner = inner

    def __await__(self) -> Generator[Any, Any, A_co]:
        return self._outcome.__await__()

    def send(self, value: Any) -> Any:
        """Run on to the next suspension."""
        return self._outcome.send(value)

    def throw(self, kind: Any, value: Any = None, trace: TracebackType | None = None) -> Any:  # noqa: ARG002 (a coroutine's signature)
        """Raise inside."""
        try:
            return self._outcome.throw(kind if value is None else value)
        finally:
            if self._outcome_ended():
                self._inner.close()  # cancelled before it began, it would complain that nobody awaited it

    def _outcome_ended(self) -> bool:
        return getattr(self._outcome, "cr_frame", None) is None

    def close(self) -> None:
        """Give it up unawaited."""
        self._outcome.close()
        self._inner.close()

    def __bool__(self) -> NoReturn:
        no_truth_value("pending answer", "await it")
