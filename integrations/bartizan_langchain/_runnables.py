"""Runnables around something guarded: what LangChain makes of it must not lead back to something unguarded."""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Final

from langchain_core.runnables import Runnable, RunnableBranch, RunnableParallel, RunnableSequence
from langchain_core.runnables.base import RunnableBindingBase, RunnableEachBase
from langchain_core.runnables.configurable import DynamicRunnable, RunnableConfigurableAlternatives
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from langchain_core.runnables.passthrough import RunnableAssign
from langchain_core.runnables.retry import RunnableRetry

from bartizan_langchain._retries import final_refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bartizan import Guard

    Guarding = Callable[[Any], Any]

MAKING: Final = (
    "bind", "bind_tools", "bind_functions", "with_config", "with_retry", "with_types", "with_listeners", "with_alisteners",
    "with_structured_output", "with_fallbacks", "configurable_fields", "configurable_alternatives",
    "pipe", "map", "assign", "pick", "__or__", "__ror__",
)  # fmt: skip
"""Methods that give a runnable around their object."""
_KINDS: Final = (RunnableBindingBase, RunnableEachBase, RunnableWithFallbacks, RunnableSequence, DynamicRunnable)
"""What those give. Of these a copy is made, whose own methods guard what they are given as a fallback or an alternative."""
_MARK: Final = "__bartizan_around__"
GUARDING: Final = "__bartizan_guarding__"
"""On a guarded class: its `Guards`."""
_guardable: Final[dict[type, Callable[[Any, Guard], Any]]] = {}


def guardable(kind: type, how: Callable[[Any, Guard], Any]) -> None:
    """Enter a kind of thing (chat models, tools, …), and how one is guarded."""
    _guardable[kind] = how


def guarding_of(guard: Guard) -> Guarding:
    """The function that guards a model, tool or retriever with this guard, and the ones inside a runnable of other kinds."""

    def guarding(thing: Any) -> Any:
        for kind, how in _guardable.items():
            if isinstance(thing, kind):
                return how(thing, guard)
        return guarded_runnable(thing, guarding)

    return guarding


class Guards:
    """Holds, on a guarded class, the function that guards other things in the same way."""

    __slots__ = ("guarding",)

    def __init__(self, guarding: Guarding) -> None:
        self.guarding = guarding


def guarded_runnable(runnable: Any, guarding: Guarding) -> Any:
    """The same runnable with what is inside guarded; the very same object if there is nothing to guard. Code stays as it is."""
    new: dict[str, Any] = {}
    for name, inner in _parts(runnable):
        if isinstance(inner, dict):
            new[name] = {key: _each(one, guarding) for key, one in inner.items()}
        elif isinstance(inner, list | tuple):
            new[name] = [tuple(guarding(x) for x in one) if isinstance(one, tuple) else guarding(one) for one in inner]
        else:
            new[name] = guarding(inner)
    changed = {name: value for name, value in new.items() if not _same(value, getattr(runnable, name))}
    return around(runnable.model_copy(update=changed)) if changed else runnable


def wrapping(cls: Any, guarding: Guarding) -> dict[str, Any]:
    """The methods of a guarded class that make runnables of it, so that whatever those are given later is guarded too."""
    body = {name: _made_around(getattr(cls, name)) for name in MAKING if hasattr(cls, name)}
    for name in ("with_fallbacks", "configurable_alternatives"):
        body[name] = _guarding_given(getattr(cls, name), lambda _: [guarding])
    return body


def around(made: Any) -> Any:
    """A copy of a runnable around something guarded that guards what it is given in turn, and what is made of it does the same.

    One that retries gives a refusal as it comes: it would be refused again.
    """
    cls: Any = type(made)
    if not isinstance(made, _KINDS) or getattr(cls, _MARK, False):
        return made
    copy = made.model_copy()
    object.__setattr__(copy, "__class__", _class_around(cls))
    return copy


@cache
def _class_around(cls: Any) -> Any:
    body: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    body |= {name: _made_around(getattr(cls, name)) for name in MAKING if name in dir(cls)}
    for name in ("with_fallbacks", "configurable_alternatives"):
        if hasattr(cls, name):
            body[name] = _guarding_given(getattr(cls, name), _guardings)

    def reduce_ex(self: Any, _protocol: Any) -> Any:
        """How to pickle it: the plain runnable, made anew around what it holds."""
        plain = self.model_copy()
        object.__setattr__(plain, "__class__", cls)
        return around, (plain,)

    body["__reduce_ex__"] = reduce_ex
    if issubclass(cls, RunnableRetry):
        body |= final_refusals(cls)
    made = type(cls)(cls.__name__, (cls,), body)
    setattr(made, _MARK, True)
    return made


def _made_around(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        return around(method(self, *args, **kwargs))

    return make


def _guarding_given(method: Callable[..., Any], guardings: Callable[[Any], Sequence[Guarding]]) -> Callable[..., Any]:
    """A method that is given other runnables: they are guarded as the one is that it belongs to."""

    @wraps(method)
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        for guarding in guardings(self):
            args = tuple(_each(one, guarding) for one in args)
            kwargs = {name: _each(one, guarding) for name, one in kwargs.items()}
        return around(method(self, *args, **kwargs))

    return make


def _each(given: Any, guarding: Guarding) -> Any:
    """Runnables, lists of them, and functions that make one lazily."""
    if isinstance(given, Runnable):
        return guarding(given)
    if isinstance(given, list | tuple) and any(isinstance(one, Runnable) for one in given):
        return [_each(one, guarding) for one in given]
    if callable(given) and not isinstance(given, type):
        return lambda: guarding(given())
    return given


def _guardings(runnable: Any) -> list[Guarding]:
    """How what is inside a runnable was guarded, innermost guard first; each once."""
    found: dict[int, Guarding] = {}
    waiting = [runnable]
    while waiting:
        one = waiting.pop()
        for cls in reversed(type(one).__mro__):
            if GUARDING in vars(cls):
                guards = vars(cls)[GUARDING]
                found.setdefault(id(guards), guards.guarding)
        waiting += [part for _, part in _parts(one) if isinstance(part, Runnable)]
        waiting += [x for _, part in _parts(one) if not isinstance(part, Runnable) for x in _flat(part)]
    return list(found.values())


def _parts(runnable: Any) -> Iterator[tuple[str, Any]]:
    """The runnables inside one of LangChain's own, by the names of its fields."""
    for kind, names in _FIELDS.items():
        if isinstance(runnable, kind):
            yield from ((name, getattr(runnable, name)) for name in names)
            return


def _flat(part: Any) -> Iterator[Any]:
    for one in part.values() if isinstance(part, dict) else part:
        if isinstance(one, tuple):
            yield from one
        else:
            yield one


def _same(new: Any, old: Any) -> bool:
    if isinstance(new, dict):
        return all(new[key] is old[key] for key in new)
    if isinstance(new, list):
        pairs = zip(_flat(new), _flat(old), strict=True)
        return all(one is other for one, other in pairs)
    return new is old


_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    RunnableBindingBase: ("bound",),
    RunnableEachBase: ("bound",),
    RunnableWithFallbacks: ("runnable", "fallbacks"),
    RunnableSequence: ("first", "middle", "last"),
    RunnableParallel: ("steps__",),
    RunnableAssign: ("mapper",),
    RunnableBranch: ("branches", "default"),
    RunnableConfigurableAlternatives: ("default", "alternatives"),
    DynamicRunnable: ("default",),
}
