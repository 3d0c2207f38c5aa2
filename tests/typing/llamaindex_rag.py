"""Checked by mypy --strict and pyright, never run: what is guarded keeps its type, and the store and its like are LlamaIndex's own."""

from __future__ import annotations

from typing import assert_type

from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import TransformComponent
from llama_index.core.tools import FunctionTool
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import BasePydanticVectorStore

from bartizan import Guard
from bartizan_llamaindex import BartizanPostprocessor, BartizanTransform, GuardedVectorStore, guard_llm, guard_tool


def guarded_models_and_tools_keep_their_class(guard: Guard, model: MockLLM, tool: FunctionTool) -> None:
    assert_type(guard_llm(model, guard), MockLLM)
    assert_type(guard_tool(tool, guard), FunctionTool)


def the_rest_is_of_llamaindex_s_kinds(
    guard: Guard,
) -> tuple[BaseNodePostprocessor, TransformComponent, BasePydanticVectorStore]:
    return BartizanPostprocessor(guard), BartizanTransform(guard), GuardedVectorStore(SimpleVectorStore(), guard)
