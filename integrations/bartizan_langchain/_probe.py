"""What `guard_model`, `guard_tool` and `guard_retriever` rely on in LangChain: checked before something is guarded.

A release that renames one of them, or calls something else in its place, would leave a guarded model unguarded without a word. So
this is looked at first, and guarding fails where something is not as it was.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Final

from langchain_core import __version__ as version
from langchain_core.language_models import BaseChatModel

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "_generate_with_cache": ("self", "messages", "stop", "run_manager", "kwargs"),
    "_agenerate_with_cache": ("self", "messages", "stop", "run_manager", "kwargs"),
    "_generate": ("self", "messages", "stop", "run_manager", "kwargs"),
    "_agenerate": ("self", "messages", "stop", "run_manager", "kwargs"),
    "_stream": ("self", "messages", "stop", "run_manager", "kwargs"),
    "_astream": ("self", "messages", "stop", "run_manager", "kwargs"),
}
"""The methods that a guarded model overrides, and their parameters."""
CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoke": ("generate_prompt",),
    "ainvoke": ("agenerate_prompt",),
    "generate_prompt": ("generate",),
    "agenerate_prompt": ("agenerate",),
    "generate": ("_generate_with_cache",),
    "agenerate": ("_agenerate_with_cache",),
    "_generate_with_cache": ("_generate", "_stream"),
    "_agenerate_with_cache": ("_agenerate", "_astream"),
    "stream": ("_stream", "invoke"),
    "astream": ("_astream", "ainvoke"),
}
"""Which way each public call takes to them."""
REPLAYS: Final = ("_replay_v2_events_for_cache_hit", "_areplay_v2_events_for_cache_hit")
"""Where a release has them, they show a cached answer to handlers before the guarded method returns."""
NATIVE: Final = ("_stream_chat_model_events", "_astream_chat_model_events")
"""Where a model has them, they would go round `_stream`."""

TOOL_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoke": ("run",),
    "ainvoke": ("arun",),
    "run": ("_to_args_and_kwargs", "_run"),
    "arun": ("_to_args_and_kwargs", "_arun"),
}
"""The same for tools: `guard_tool` judges arguments in `_to_args_and_kwargs`, results in `_run` and `_arun`."""
RETRIEVER_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoke": ("_get_relevant_documents",),
    "ainvoke": ("_aget_relevant_documents",),
}
"""The same for retrievers."""


@cache
def check_langchain() -> None:
    """Raise unless the installed LangChain is as `guard_model` expects.

    Raises:
        BartizanError: a method is missing, takes other parameters, or is not called where it was; names it and the version.
    """
    problem = mismatch(BaseChatModel)
    if problem:
        message = f"guard_model can't guard models of langchain-core {version}: {problem}; use a release that bartizan supports"
        raise BartizanError(message)


def mismatch(base: type) -> str:
    """What is not as expected in a base class of chat models; empty if all is."""
    for name, parameters in PARAMETERS.items():
        method = getattr(base, name, None)
        if method is None:
            return f"BaseChatModel.{name} is missing"
        found = tuple(inspect.signature(method).parameters)
        if found != parameters:
            return f"BaseChatModel.{name} takes other parameters ({', '.join(found)})"
    for name, called in CALLS.items():
        method = getattr(base, name, None)
        if method is None:
            return f"BaseChatModel.{name} is missing"
        missing = set(called) - names_used(method)
        if missing:
            return f"BaseChatModel.{name} no longer calls {', '.join(sorted(missing))}"
    return ""


def check_base(base: type, calls: Mapping[str, tuple[str, ...]], what: str) -> None:
    """Raise unless a base class of LangChain's takes the ways that `what` guards.

    Raises:
        BartizanError: it does not; names the method and the version.
    """
    for name, called in calls.items():
        missing = set(called) - names_used(getattr(base, name, None))
        if missing:
            message = (
                f"{what} can't guard anything of langchain-core {version}: {base.__name__}.{name} does not call "
                f"{', '.join(sorted(missing))}; use a release that bartizan supports"
            )
            raise BartizanError(message)


def check_routes(cls: type, base: type, calls: Mapping[str, tuple[str, ...]], what: str) -> None:
    """Raise if a class's own version of a public method goes round what is guarded.

    Raises:
        BartizanError: an override calls neither its parent nor another of these methods; names it.
    """
    for name in calls:
        method = getattr(cls, name)
        if method is not getattr(base, name) and not names_used(method) & {"super", *calls}:
            message = (
                f"{what} can't guard {cls.__name__}: its own {name} calls no method that could be guarded; call super() there, "
                "or work in _run"
            )
            raise BartizanError(message)


def check_class(cls: type) -> None:
    """Raise if a model's own version of a public method goes round what is guarded.

    Raises:
        BartizanError: an override calls neither its parent nor a method that is guarded; names it.
    """
    routed = {"super", *CALLS, *PARAMETERS, "batch", "abatch"}
    for name in CALLS:
        method = getattr(cls, name)
        if method is not getattr(BaseChatModel, name) and not names_used(method) & routed:
            message = (
                f"guard_model can't guard {cls.__name__}: its own {name} calls no method that could be guarded; "
                "call super() there, or answer in _generate and _stream"
            )
            raise BartizanError(message)


def names_used(method: object) -> set[str]:
    """The names in a function's code, its inner functions included."""
    if not callable(method):
        return set()
    function = inspect.unwrap(method)  # what is not a function has no code, below
    code: CodeType | None = getattr(function, "__code__", None)
    names: set[str] = set()
    codes = [code] if code is not None else []
    while codes:
        one = codes.pop()
        names |= set(one.co_names)
        codes += [const for const in one.co_consts if inspect.iscode(const)]
    return names
