"""Which guarded models are at work in the running context, so that what one's own methods call of each other is judged once.

LlamaIndex's classes implement their methods by each other: `achat` by `chat`, that by `complete`. The outermost judges; those within
pass. The mark is the object itself, so that another model, or the same one asked by its caller between two tokens, is not covered.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan import Guard

_at_work: Final[ContextVar[tuple[tuple[object, Guard], ...]]] = ContextVar("bartizan_llamaindex_at_work", default=())


@contextmanager
def inside(thing: object, guard: Guard) -> Iterator[None]:
    """While its own code runs. Iterators enter it anew for each step: between two of them their reader's code runs."""
    token = _at_work.set((*_at_work.get(), (thing, guard)))
    try:
        yield
    finally:
        _at_work.reset(token)


def is_inside(thing: object, guard: Guard) -> bool:
    """Whether this very object is at work, judged by this guard."""
    return any(one is thing and judge is guard for one, judge in _at_work.get())


def judged_here(guard: Guard) -> bool:
    """Whether any model that this guard judges is at work."""
    return any(judge is guard for _, judge in _at_work.get())
