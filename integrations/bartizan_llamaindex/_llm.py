"""`guard_llm`: a model that asks the guard before it is asked and before it answers."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from llama_index.core.llms.llm import LLM

from bartizan import BartizanError
from bartizan_llamaindex._classes import check_guard, guarded_copy, is_guarded, original_class
from bartizan_llamaindex._overrides import overrides

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

    from bartizan import Guard

M = TypeVar("M")

_CALLS: Final = tuple(f"{mode}{kind}" for kind in ("chat", "complete") for mode in ("", "a", "stream_", "astream_"))
_ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "predict": ("chat", "complete"),
    "apredict": ("achat", "acomplete"),
    "stream": ("stream_chat", "stream_complete"),
    "astream": ("astream_chat", "astream_complete"),
    "chat_with_tools": ("chat",),
    "achat_with_tools": ("achat",),
    "stream_chat_with_tools": ("stream_chat",),
    "astream_chat_with_tools": ("astream_chat",),
    "predict_and_call": (),
    "apredict_and_call": (),
    "structured_predict": (),
    "astructured_predict": (),
    "stream_structured_predict": (),
    "astream_structured_predict": (),
}
"""The other public calls, and which of the eight each comes to in LlamaIndex's own classes."""
_ON_THE_WAY: Final = {
    "super", "get_program_for_llm", "_structured_stream_call", "_structured_astream_call", "as_structured_llm", "agent", "ReActAgent",
}  # fmt: skip


def guard_llm(llm: M, guard: Guard) -> M:
    """A guarded copy of a model, of the same type: every call, sync, async or streamed, goes by the guard.

    Prompts (the schemas of tools too) are judged before the model is asked, answers before anyone sees them: text, reasoning, calls of
    tools, metadata, the provider's `raw`. What is redacted is redacted in copies. Objects of structured prediction are judged like
    answers; their streams give the last object alone. Query engines, chat engines, agents and workflows that hold the copy are
    guarded with it. Where `guard_tool` refused a call in this session, the next call of the model raises that refusal.

    Documents that LlamaIndex writes into a system message (the chat modes "context" and "condense_plus_context" do) are judged as
    system text, in which the default policy keeps personal data: judge them before, with `BartizanPostprocessor`.

    Guarding again with the same guard changes nothing.

    Raises:
        TypeError: it is no model (an LLM), or `guard` is no Guard.
        BartizanError: a method of the model's class goes round the eight calls, so that something would go unguarded.
    """
    check_guard(guard, "guard_llm")
    if not isinstance(llm, LLM):
        message = f"guard_llm takes a model (an LLM of llama_index), not {type(llm).__name__}"
        raise TypeError(message)
    if is_guarded(llm, guard):
        return llm
    _check_routes(original_class(type(llm)))
    return cast("M", guarded_copy(llm, guard, lambda cls: overrides(cls, guard), guard_llm))


def _check_routes(cls: type) -> None:
    """Raise if a class's own version of a public method goes round what is guarded.

    Raises:
        BartizanError: it calls neither its parent nor a method that is guarded; names it.
    """
    guarded = {*_CALLS, *_ROUTES, *_ON_THE_WAY}
    for name in _ROUTES:
        method = getattr(cls, name, None)
        if method is not None and not names_used(method) & guarded:
            message = (
                f"guard_llm can't guard {cls.__name__}: its own {name} calls no method that could be guarded; call super() there, "
                "or one of chat, complete and their async and streaming twins"
            )
            raise BartizanError(message)


def names_used(method: Any) -> set[str]:
    """The names in a function's code, its inner functions included."""
    function = inspect.unwrap(method)
    code: CodeType | None = getattr(function, "__code__", None)
    names: set[str] = set()
    codes = [code] if code is not None else []
    while codes:
        one = codes.pop()
        names |= set(one.co_names)
        codes += [const for const in one.co_consts if inspect.iscode(const)]
    return names
