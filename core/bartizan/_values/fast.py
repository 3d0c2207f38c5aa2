"""Quick construction of frozen slotted values: the slots' own setters cost half of `object.__setattr__` by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    Setter = Callable[[object, object], None]


def setters(cls: type, *names: str) -> tuple[Setter, ...]:
    """The setters of a slotted class's fields, in the order named."""
    return tuple(cast("Setter", cls.__dict__[name].__set__) for name in names)
