"""`guard_model`: a chat model that asks the guard before it is asked and before it answers.

The guarded model is a copy whose class is a subclass made for it, so that it stays what it was: its type, its settings, its
tools, its names in traces. What it overrides lies above LangChain's cache (a cached answer to a prompt that is refused now must
not come back) and on every way to the provider's own code, streams included.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from weakref import WeakValueDictionary

from langchain_core.language_models import BaseChatModel, BaseLLM
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.configurable import DynamicRunnable
from langchain_core.runnables.fallbacks import RunnableWithFallbacks

from bartizan_langchain._classes import GUARD, check_guard, guarded_copy, is_guarded, reduction
from bartizan_langchain._llm import llm_body
from bartizan_langchain._overrides import overrides
from bartizan_langchain._probe import NATIVE, check_class, check_langchain, check_llms
from bartizan_langchain._runnables import GUARDING, Guards, guardable, guarded_runnable, guarding_of

if TYPE_CHECKING:
    from bartizan import Guard

M = TypeVar("M")

_made: WeakValueDictionary[tuple[int, int], type[BaseChatModel]] = WeakValueDictionary()
_lock: Final = Lock()


def guard_model(model: M, guard: Guard) -> M:
    """A guarded copy of a chat or plain text model, of the same type: sync, async, streamed, batched or cached, all goes by the guard.

    Prompts (tool schemas too) are judged before the model or its cache is asked, answers before anyone sees them, handlers
    included. What is redacted is redacted in copies: your messages stay as they are. Models bound to tools or settings
    (`RunnableBinding`), models that are retried and models with fallbacks are guarded inside; `with_retry` no longer retries a
    refusal (one put around a whole chain does: LangChain gives the model no say there). Guarding again with the same guard changes
    nothing.

    Raises:
        TypeError: it is no model, or `guard` is no Guard.
        BartizanError: the installed LangChain, or the model's class, is not as expected, so that something would go unguarded.
    """
    check_guard(guard, "guard_model")
    if isinstance(model, BaseChatModel):
        return cast("M", _guarded(model, guard))
    if isinstance(model, BaseLLM):
        return cast("M", _guarded_llm(model, guard))
    if isinstance(model, RunnableBindingBase | RunnableWithFallbacks | DynamicRunnable):
        found = guarded_runnable(model, guarding_of(guard))
        if found is not model:
            return cast("M", found)
    message = (
        f"guard_model takes a chat model or a plain text model (a BaseChatModel or BaseLLM), not {type(model).__name__}: "
        "guard the model inside a chain"
    )
    raise TypeError(message)


def _guarded_llm(model: BaseLLM, guard: Guard) -> Any:
    if is_guarded(model, guard):
        return model
    check_llms()
    check_class(next(base for base in type(model).__mro__ if GUARD not in vars(base)))
    return guarded_copy(model, guard, lambda cls: llm_body(cls, guard), guard_model)


def _guarded(model: BaseChatModel, guard: Guard) -> BaseChatModel:
    if is_guarded(model, guard):
        return model
    check_langchain()
    cls = type(model)
    with _lock:
        guarded = _made.get((id(cls), id(guard)))
        if guarded is None:
            check_class(next(base for base in cls.__mro__ if GUARD not in vars(base)))
            guarded = _made[id(cls), id(guard)] = _class_of(cls, guard)
    copy = model.model_copy()
    copy.__class__ = guarded
    return copy


def _class_of(cls: type[BaseChatModel], guard: Guard) -> type[BaseChatModel]:
    """The guarded subclass. It has the name and module of its parent: traces and serialised forms name the model that it is."""
    body: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    guarding = guarding_of(guard)
    body |= overrides(cls, guard, guarding)
    body["__reduce_ex__"] = reduction(cls, guard, guard_model)
    metaclass: Any = type(cls)
    guarded: type[BaseChatModel] = metaclass(cls.__name__, (cls,), body)
    setattr(guarded, GUARD, guard)
    setattr(guarded, GUARDING, Guards(guarding))
    for name in NATIVE:
        # Set afterwards: in the body pydantic would make it a private attribute, and the parent's method would stay in sight.
        if getattr(guarded, name, None) is not None:
            setattr(guarded, name, None)
    return guarded


guardable(BaseChatModel, _guarded)
guardable(BaseLLM, _guarded_llm)
