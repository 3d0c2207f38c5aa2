"""Bartizan for LangChain: a guard around models, tools, retrievers, agents, or everything in a process.

    from bartizan import Guard
    from bartizan_langchain import guard_model

    model = guard_model(init_chat_model("gpt-4o-mini"), Guard())

What is guarded by `guard_model`, `guard_tool` and `guard_retriever` is redacted and refused in both directions, streams included;
`BartizanMiddleware` does the same for agents. `BartizanCallback` and `install` can only refuse, and redact prompts in place where
LangChain lets them: see their docstrings for what they can and can't do.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from bartizan import MissingExtra

if find_spec("langchain_core") is None:
    raise MissingExtra("bartizan_langchain", "langchain")  # noqa: EM101 (the feature's name; the error words the message)

from bartizan_langchain._callback import BartizanCallback
from bartizan_langchain._install import install
from bartizan_langchain._model import guard_model
from bartizan_langchain._retriever import guard_retriever
from bartizan_langchain._tool import guard_tool

if TYPE_CHECKING:
    from bartizan_langchain._middleware import BartizanMiddleware

__all__ = ["BartizanCallback", "BartizanMiddleware", "guard_model", "guard_retriever", "guard_tool", "install"]


def __getattr__(name: str) -> object:
    """BartizanMiddleware, when it is asked for: it alone needs langchain and langgraph, the rest langchain-core."""
    if name != "BartizanMiddleware":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    if find_spec("langchain") is None or find_spec("langgraph") is None:
        raise MissingExtra(name, "langchain")
    from bartizan_langchain._middleware import BartizanMiddleware

    return BartizanMiddleware
