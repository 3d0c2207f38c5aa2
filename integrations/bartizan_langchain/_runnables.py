"""Runnables around a guarded model: what LangChain makes of it must not lead back to an unguarded one."""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Final

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableParallel, RunnableSequence
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from langchain_core.runnables.retry import RunnableRetry

from bartizan_langchain._retries import final_refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Guarding = Callable[[BaseChatModel], BaseChatModel]

_BINDING: Final = ("bind", "bind_tools", "with_config", "with_retry", "with_types", "with_listeners", "with_alisteners")
"""Methods that give a binding around the model."""
_MARK: Final = "__bartizan_binding__"
GUARDING: Final = "__bartizan_guarding__"


def guarded_runnable(runnable: Any, guarded: Guarding) -> Any:
    """The same runnable with the chat models inside guarded; the very same object if there is none to guard."""
    if isinstance(runnable, BaseChatModel):
        return guarded(runnable)
    if isinstance(runnable, RunnableBindingBase):
        bound = guarded_runnable(runnable.bound, guarded)
        return runnable if bound is runnable.bound else guarded_binding(runnable.model_copy(update={"bound": bound}))
    if isinstance(runnable, RunnableWithFallbacks):
        return _with(
            runnable, {"runnable": guarded_runnable(runnable.runnable, guarded), "fallbacks": _all(runnable.fallbacks, guarded)}
        )
    if isinstance(runnable, RunnableSequence):
        steps = {"first": guarded_runnable(runnable.first, guarded), "last": guarded_runnable(runnable.last, guarded)}
        return _with(runnable, {**steps, "middle": _all(runnable.middle, guarded)})
    if isinstance(runnable, RunnableParallel):
        branches = runnable.steps__
        new = {name: guarded_runnable(step, guarded) for name, step in branches.items()}
        return _with(runnable, {"steps__": branches if all(new[name] is branches[name] for name in new) else new})
    return runnable


def wrapping(cls: type[BaseChatModel], guarded: Guarding) -> dict[str, Any]:
    """The methods of a guarded model that make runnables, so that fallbacks given to those are guarded too."""
    body: dict[str, Any] = {name: _bound(getattr(cls, name)) for name in _BINDING if hasattr(cls, name)}

    @wraps(cls.with_fallbacks)
    def with_fallbacks(self: BaseChatModel, fallbacks: Sequence[Any], **kwargs: Any) -> Any:
        return cls.with_fallbacks(self, _all(fallbacks, guarded), **kwargs)

    @wraps(cls.configurable_alternatives)
    def configurable_alternatives(self: BaseChatModel, which: Any, **kwargs: Any) -> Any:
        alternatives = {name: _alternative(value, guarded) for name, value in kwargs.items()}
        return cls.configurable_alternatives(self, which, **alternatives)

    return {**body, "with_fallbacks": with_fallbacks, "configurable_alternatives": configurable_alternatives}


def _bound(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def bound(self: BaseChatModel, *args: Any, **kwargs: Any) -> Any:
        made = method(self, *args, **kwargs)
        return guarded_binding(made) if isinstance(made, RunnableBindingBase) else made

    return bound


def guarded_binding(binding: Any) -> Any:
    """A binding around a guarded model that guards the fallbacks it is given; bindings made from it do the same.

    One that retries gives a refusal as it comes: it would be refused again.
    """
    if getattr(type(binding), _MARK, False):
        return binding
    copy = binding.model_copy()
    cls: Any = type(binding)
    copy.__class__ = _binding_class(cls)
    return copy


@cache
def _binding_class(cls: Any) -> Any:
    def with_fallbacks(self: Any, fallbacks: Sequence[Any], **kwargs: Any) -> Any:
        for guarding in _guardings(self):
            fallbacks = _all(fallbacks, guarding)
        return cls.with_fallbacks(self, fallbacks, **kwargs)

    body = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "with_fallbacks": with_fallbacks}
    body["with_retry"] = _bound(cls.with_retry)
    if issubclass(cls, RunnableRetry):
        body |= final_refusals(cls)
    made = type(cls)(cls.__name__, (cls,), body)
    setattr(made, _MARK, True)
    return made


def _guardings(runnable: Any) -> list[Guarding]:
    """How the model inside a binding was guarded, innermost guard first."""
    while not isinstance(runnable, BaseChatModel) and isinstance(getattr(runnable, "bound", None), Runnable):
        runnable = runnable.bound
    return [vars(cls)[GUARDING].guarding for cls in reversed(type(runnable).__mro__) if GUARDING in vars(cls)]


class Guards:
    """Holds, on a guarded class, the function that guards other models in the same way."""

    __slots__ = ("guarding",)

    def __init__(self, guarding: Guarding) -> None:
        self.guarding = guarding


def _alternative(value: Any, guarded: Guarding) -> Any:
    if isinstance(value, Runnable):
        return guarded_runnable(value, guarded)
    return (lambda: guarded_runnable(value(), guarded)) if callable(value) else value


def _all(runnables: Sequence[Any], guarded: Guarding) -> Sequence[Any]:
    new = [guarded_runnable(one, guarded) for one in runnables]
    return runnables if all(a is b for a, b in zip(new, runnables, strict=True)) else new


def _with(runnable: Any, fields: dict[str, Any]) -> Any:
    changed = {name: value for name, value in fields.items() if value is not getattr(runnable, name)}
    return runnable.model_copy(update=changed) if changed else runnable
