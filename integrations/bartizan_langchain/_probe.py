"""What `guard_model`, `guard_tool` and `guard_retriever` rely on in LangChain: checked before something is guarded.

A release that renames one of them, or calls something else in its place, would leave a guarded model unguarded without a word. So
this is looked at first, and guarding fails where something is not as it was.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from langchain_core import __version__ as version
from langchain_core.language_models import BaseChatModel, BaseLLM

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
EVENT_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "stream_events": ("_chat_model_stream_v3",),
    "astream_events": ("_achat_model_stream_v3",),
    "_chat_model_stream_v3": ("_iter_v2_events",),
    "_achat_model_stream_v3": ("_aiter_v2_events",),
    "_iter_v2_events": ("_stream",),
    "_aiter_v2_events": ("_astream",),
}
"""The way of version 3 events, in releases whose models have them."""
REPLAYS: Final = ("_replay_v2_events_for_cache_hit", "_areplay_v2_events_for_cache_hit")
"""Where a release has them, they show a cached answer to handlers before the guarded method returns."""
_METHOD: Final = re.compile("_[a-z0-9_]*(?:stream|generate)[a-z0-9_]*")
NATIVE: Final = ("_stream_chat_model_events", "_astream_chat_model_events")
"""Where a model has them, they would go round `_stream`."""

LLM_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "_generate": ("self", "prompts", "stop", "run_manager", "kwargs"),
    "_agenerate": ("self", "prompts", "stop", "run_manager", "kwargs"),
    "_stream": ("self", "prompt", "stop", "run_manager", "kwargs"),
    "_astream": ("self", "prompt", "stop", "run_manager", "kwargs"),
    "generate": ("self", "prompts", "stop", "callbacks", "tags", "metadata", "run_name", "run_id", "kwargs"),
    "agenerate": ("self", "prompts", "stop", "callbacks", "tags", "metadata", "run_name", "run_id", "kwargs"),
    "batch": ("self", "inputs", "config", "return_exceptions", "kwargs"),
    "abatch": ("self", "inputs", "config", "return_exceptions", "kwargs"),
}
LLM_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoke": ("generate_prompt",),
    "ainvoke": ("agenerate_prompt",),
    "batch": ("generate_prompt",),
    "abatch": ("agenerate_prompt",),
    "generate_prompt": ("generate",),
    "agenerate_prompt": ("agenerate",),
    "generate": ("_generate_helper",),
    "agenerate": ("_agenerate_helper",),
    "_generate_helper": ("_generate",),
    "_agenerate_helper": ("_agenerate",),
    "stream": ("_stream", "invoke"),
    "astream": ("_astream", "ainvoke"),
}
"""The same for plain text models."""
TOOL_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "_to_args_and_kwargs": ("self", "tool_input", "tool_call_id"),
    "_filter_injected_args": ("self", "tool_input"),
}
TOOL_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoke": ("run",),
    "ainvoke": ("arun",),
    "run": ("_filter_injected_args", "_to_args_and_kwargs", "_run"),
    "arun": ("_filter_injected_args", "_to_args_and_kwargs", "_arun"),
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
    _check(mismatch(BaseChatModel))


@cache
def check_llms() -> None:
    """The same for plain text models."""
    _check(mismatch(BaseLLM, LLM_PARAMETERS, LLM_CALLS, "BaseLLM"))


def _check(problem: str) -> None:
    if problem:
        message = f"guard_model can't guard models of langchain-core {version}: {problem}; use a release that bartizan supports"
        raise BartizanError(message)


def mismatch(
    base: type,
    parameters: Mapping[str, tuple[str, ...]] = PARAMETERS,
    calls: Mapping[str, tuple[str, ...]] = CALLS,
    called: str = "BaseChatModel",
) -> str:
    """What is not as expected in a base class of models; empty if all is."""
    for name, expected in parameters.items():
        method = getattr(base, name, None)
        if method is None:
            return f"{called}.{name} is missing"
        found = tuple(inspect.signature(method).parameters)
        if found != expected:
            return f"{called}.{name} takes other parameters ({', '.join(found)})"
    for name, wanted in calls.items():
        method = getattr(base, name, None)
        if method is None:
            return f"{called}.{name} is missing"
        missing = set(wanted) - names_used(method)
        if missing:
            return f"{called}.{name} no longer calls {', '.join(sorted(missing))}"
    return _events_mismatch(base) if calls is CALLS else ""


def _events_mismatch(base: type) -> str:
    """What is not as expected on the way of version 3 events and of cached answers to them, where a release has them."""
    for name in ("_generate_with_cache", "_agenerate_with_cache"):
        used = {one for one in names_used(getattr(base, name)) if "replay" in one}
        if used - set(REPLAYS):
            return f"BaseChatModel.{name} calls {', '.join(sorted(used - set(REPLAYS)))}"
        if used and not hasattr(base, "_should_use_protocol_streaming"):
            return "BaseChatModel._should_use_protocol_streaming is missing"
    for name, wanted in EVENT_CALLS.items():
        method = getattr(base, name, None)
        if method is None or getattr(method, "__qualname__", "").startswith("Runnable."):
            continue
        missing = set(wanted) - names_used(method)
        if missing:
            return f"BaseChatModel.{name} no longer calls {', '.join(sorted(missing))}"
        native = {one for one in strings_in(method) if _METHOD.fullmatch(one)} - set(NATIVE)
        if native:
            return f"BaseChatModel.{name} may call {', '.join(sorted(native))}"
    return ""


def check_base(
    base: type,
    calls: Mapping[str, tuple[str, ...]],
    what: str,
    parameters: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Raise unless a base class of LangChain's takes the ways that `what` guards.

    Raises:
        BartizanError: it does not; names the method and the version.
    """
    for name, expected in (parameters or {}).items():
        method = getattr(base, name, None)
        if not callable(method) or tuple(inspect.signature(method).parameters) != expected:
            message = (
                f"{what} can't guard anything of langchain-core {version}: {base.__name__}.{name} is missing or takes other "
                "parameters; use a release that bartizan supports"
            )
            raise BartizanError(message)
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
    llm = issubclass(cls, BaseLLM)
    base, calls, parameters = (BaseLLM, LLM_CALLS, LLM_PARAMETERS) if llm else (BaseChatModel, CALLS, PARAMETERS)
    routed = {"super", *calls, *parameters, "batch", "abatch"}
    for name in calls:
        method = getattr(cls, name)
        if method is not getattr(base, name) and not names_used(method) & routed:
            message = (
                f"guard_model can't guard {cls.__name__}: its own {name} calls no method that could be guarded; "
                "call super() there, or answer in _generate and _stream"
            )
            raise BartizanError(message)


def names_used(method: object) -> set[str]:
    """The names in a function's code, its inner functions included."""
    return {name for code in _codes(method) for name in code.co_names}


def strings_in(method: object) -> set[str]:
    """The strings in a function's code: names that it looks up with `getattr` are among them."""
    return {const for code in _codes(method) for const in code.co_consts if isinstance(const, str)}


def _codes(method: object) -> Iterator[CodeType]:
    if not callable(method):
        return
    function = inspect.unwrap(method)  # what is not a function has no code
    code: CodeType | None = getattr(function, "__code__", None)
    codes = [code] if code is not None else []
    while codes:
        one = codes.pop()
        yield one
        codes += [const for const in one.co_consts if inspect.iscode(const)]
