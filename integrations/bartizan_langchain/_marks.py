"""Values on their way through LangChain that tell a callback of the same guard that someone else judges them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bartizan import Guard


class GuardedStr(str):  # noqa: SLOT000 (a subclass of two bases can't have them)
    """A query, or a tool's one plain argument."""

    guard: Guard
    guards: tuple[Guard, ...]

    def __new__(cls, value: str, guard: Guard) -> Self:
        made = super().__new__(cls, value)
        made.guard, made.guards = guard, _all(value, guard)
        return made


class GuardedDict(dict[str, Any]):
    """A tool's arguments, or a model's serialised form."""

    def __init__(self, value: Mapping[str, Any], guard: Guard) -> None:
        super().__init__(value)
        self.guard, self.guards = guard, _all(value, guard)


class GuardedList(list[Any]):
    """Retrieved documents."""

    def __init__(self, value: Iterable[Any], guard: Guard) -> None:
        super().__init__(value)
        self.guard, self.guards = guard, _all(value, guard)


class Written:
    """A tool's input as it was written, with what judging it came to: that is told when the run has begun."""

    guard: Guard
    problem: Exception | None = None
    _ready: Any = None
    _settled = False

    def settle(self, ready: Any) -> None:
        """What the tool gets."""
        self._ready = ready
        self._settled = True

    def outcome(self) -> Any:
        """What the tool gets, or raise what speaks against it."""
        if self.problem is not None:
            raise self.problem
        if not self._settled:
            message = "the arguments of this call were not judged"
            raise BartizanError(message)
        return self._ready


class WrittenDict(Written, GuardedDict):
    """Arguments by name."""


class WrittenStr(Written, GuardedStr):
    """One plain argument."""


def is_marked(value: object, guard: Guard) -> bool:
    """Whether this guard judges it elsewhere."""
    return isinstance(value, GuardedStr | GuardedDict | GuardedList) and any(one is guard for one in value.guards)


def _all(value: object, guard: Guard) -> tuple[Guard, ...]:
    return (*value.guards, guard) if isinstance(value, GuardedStr | GuardedDict | GuardedList) else (guard,)
