"""What the guarded copies of models and tools have in common: a subclass made for a guard, and how they are pickled."""

from __future__ import annotations

import copy
import pickle
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from bartizan import Guard

if TYPE_CHECKING:
    from collections.abc import Callable

GUARD: Final = "__bartizan_guard__"
_made: WeakValueDictionary[tuple[int, int], type] = WeakValueDictionary()
_lock: Final = Lock()


def is_guarded(thing: object, guard: Guard) -> bool:
    """Whether this guard already judges what goes through a model or tool."""
    return any(vars(cls).get(GUARD) is guard for cls in type(thing).__mro__)


def original_class(cls: type) -> type:
    """The class as it was before anything was guarded."""
    return next(base for base in cls.__mro__ if GUARD not in vars(base))


def check_guard(guard: object, what: str, place: str = "as its second argument") -> None:
    """Raise TypeError unless it is a Guard."""
    if not isinstance(guard, Guard):
        message = f"{what} takes a Guard {place}, not {type(guard).__name__}"
        raise TypeError(message)


def guarded_copy(thing: Any, guard: Guard, body: Callable[[Any], dict[str, Any]], again: Callable[[Any, Guard], Any]) -> Any:
    """A copy whose class is a subclass with that body. It keeps its parent's name, so that traces name the thing that it is."""
    cls = type(thing)
    with _lock:
        guarded = _made.get((id(cls), id(guard)))
        if guarded is None:
            named = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
            metaclass: Any = type(cls)
            namespace = {**named, **body(cls), "__reduce_ex__": _reduction(cls, guard, again)}
            if not hasattr(cls, "__copy__"):  # pydantic's models have their own, which do not pickle
                namespace |= {"__copy__": _copied, "__deepcopy__": _deep_copied}
            guarded = metaclass(cls.__name__, (cls,), namespace)
            setattr(guarded, GUARD, guard)
            _made[id(cls), id(guard)] = guarded
    return _as(guarded, thing)


def _reduction(cls: type, guard: Guard, again: Callable[[Any, Guard], Any]) -> Callable[[Any, Any], Any]:
    """The `__reduce_ex__` of a guarded copy."""

    def reduce_ex(self: Any, protocol: Any) -> Any:
        """How to pickle it: the plain one, to be guarded again when it is loaded."""
        if not _pickles(guard, protocol):
            message = (
                f"a guarded {cls.__name__} can't be pickled, for its guard holds live plugins: "
                f"pickle the plain one, and call {again.__name__} where it is loaded"
            )
            raise pickle.PicklingError(message)
        return again, (_as(cls, self), guard)

    return reduce_ex


def _as(cls: type, thing: Any) -> Any:
    """A shallow copy that is of this class."""
    made: Any = object.__new__(cls)
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        if hasattr(thing, name):
            object.__setattr__(made, name, copy.copy(getattr(thing, name)))
    return made


def _copied(self: Any) -> Any:
    return _as(type(self), self)


def _deep_copied(self: Any, memo: dict[int, Any]) -> Any:
    made = memo[id(self)] = object.__new__(type(self))
    object.__setattr__(made, "__dict__", copy.deepcopy(self.__dict__, memo))
    return made


def _pickles(guard: Guard, protocol: Any) -> bool:
    try:
        pickle.dumps(guard, protocol)
    except Exception:  # noqa: BLE001 (whatever a plugin's own state raises)
        return False
    return True
