"""Bartizan for LangChain: `guard_model` puts a guard around a chat model, `BartizanCallback` watches a chain with one line.

    from bartizan import Guard
    from bartizan_langchain import guard_model

    model = guard_model(init_chat_model("gpt-4o-mini"), Guard())

The guarded model redacts and refuses in both directions, streams included. The callback can only refuse, and redact prompts in
place where LangChain lets it: see its docstring for what it can and can't do.
"""

from __future__ import annotations

from importlib.util import find_spec

from bartizan import MissingExtra

if find_spec("langchain_core") is None:
    raise MissingExtra("bartizan_langchain", "langchain")  # noqa: EM101 (the feature's name; the error words the message)

from bartizan_langchain._callback import BartizanCallback
from bartizan_langchain._model import guard_model

__all__ = ["BartizanCallback", "guard_model"]
