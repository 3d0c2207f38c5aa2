"""What the guarded copies of models, tools and retrievers have in common: a subclass made for a guard, and how they are pickled."""

from __future__ import annotations

import pickle
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from bartizan import Guard
from bartizan_langchain._runnables import GUARDING, Guards, guarding_of, wrapping

if TYPE_CHECKING:
    from collections.abc import Callable

GUARD: Final = "__bartizan_guard__"
_made: WeakValueDictionary[tuple[int, int], type] = WeakValueDictionary()
_lock: Final = Lock()


def is_guarded(thing: object, guard: Guard) -> bool:
    """Whether this guard already judges what goes through a model, tool or retriever."""
    return any(vars(cls).get(GUARD) is guard for cls in type(thing).__mro__)


def check_guard(guard: object, what: str) -> None:
    """Raise TypeError unless it is a Guard."""
    if not isinstance(guard, Guard):
        message = f"{what} takes a Guard as its second argument, not {type(guard).__name__}"
        raise TypeError(message)


def guarded_copy(thing: Any, guard: Guard, body: Callable[[Any], dict[str, Any]], again: Callable[[Any, Guard], Any]) -> Any:
    """A copy whose class is a subclass with that body. It keeps its parent's name, so that traces name the thing that it is."""
    cls = type(thing)
    with _lock:
        guarded = _made.get((id(cls), id(guard)))
        if guarded is None:
            named = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
            metaclass: Any = type(cls)
            guarding = guarding_of(guard)
            whole = {**named, **body(cls), **wrapping(cls, guarding), "__reduce_ex__": reduction(cls, guard, again)}
            guarded = metaclass(cls.__name__, (cls,), whole)
            setattr(guarded, GUARD, guard)
            setattr(guarded, GUARDING, Guards(guarding))
            _made[id(cls), id(guard)] = guarded
    copy = thing.model_copy()
    object.__setattr__(copy, "__class__", guarded)  # its own may be frozen
    return copy


def reduction(cls: type, guard: Guard, again: Callable[[Any, Guard], Any]) -> Callable[[Any, Any], tuple[Any, ...]]:
    """The `__reduce_ex__` of a guarded copy."""

    def reduce_ex(self: Any, protocol: Any) -> tuple[Any, ...]:
        """How to pickle it: the plain one, to be guarded again when it is loaded."""
        if not _pickles(guard, protocol):
            message = (
                f"a guarded {cls.__name__} can't be pickled, for its guard holds live plugins: "
                f"pickle the plain one, and call {again.__name__} where it is loaded"
            )
            raise pickle.PicklingError(message)
        plain = self.model_copy()
        plain.__class__ = cls
        return again, (plain, guard)

    return reduce_ex


def _pickles(guard: Guard, protocol: Any) -> bool:
    try:
        pickle.dumps(guard, protocol)
    except Exception:  # noqa: BLE001 (whatever a plugin's own state raises)
        return False
    return True
