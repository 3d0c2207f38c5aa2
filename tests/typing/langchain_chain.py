"""Checked by mypy --strict and pyright, never run: a guarded LangChain model keeps its type."""

from __future__ import annotations

from typing import assert_type

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from bartizan import Guard
from bartizan_langchain import BartizanCallback, guard_model


def guarded_models_keep_their_class(guard: Guard, model: FakeListChatModel) -> None:
    assert_type(guard_model(model, guard), FakeListChatModel)


def so_do_plain_text_models(guard: Guard, model: FakeListLLM) -> None:
    assert_type(guard_model(model, guard), FakeListLLM)


def the_callback_is_a_handler(guard: Guard) -> BaseCallbackHandler:
    return BartizanCallback(guard)
