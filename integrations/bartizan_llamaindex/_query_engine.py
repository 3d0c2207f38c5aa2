"""`guard_query_engine`: a query engine with the guard at both ends of its postprocessors, and around its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from llama_index.core.indices.base import BaseIndex
from llama_index.core.indices.vector_store.base import VectorStoreIndex
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.settings import Settings

from bartizan import BartizanError
from bartizan_llamaindex._classes import check_guard
from bartizan_llamaindex._llm import guard_llm
from bartizan_llamaindex._postprocessor import BartizanPostprocessor
from bartizan_llamaindex._store import GuardedVectorStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.postprocessor.types import BaseNodePostprocessor
    from llama_index.core.prompts import BasePromptTemplate
    from llama_index.core.vector_stores.types import MetadataFilters, VectorStoreQueryMode
    from pydantic import BaseModel

    from bartizan import Guard, RetrievalPolicy


def guard_query_engine(  # noqa: PLR0913 (all that an engine can be given: unknown names must be refused, not swallowed)
    index: Any,
    guard: Guard,
    *,
    llm: Any = None,
    similarity_top_k: int = 2,
    streaming: bool = False,
    filters: MetadataFilters | None = None,
    vector_store_query_mode: VectorStoreQueryMode | Literal["default", "sparse", "hybrid", "text_search", "mmr"] = "default",
    retriever: BaseRetriever | None = None,
    node_postprocessors: Sequence[BaseNodePostprocessor] = (),
    response_mode: ResponseMode | str = ResponseMode.COMPACT,
    text_qa_template: BasePromptTemplate | None = None,
    refine_template: BasePromptTemplate | None = None,
    summary_template: BasePromptTemplate | None = None,
    simple_template: BasePromptTemplate | None = None,
    output_cls: type[BaseModel] | None = None,
    use_async: bool = False,
) -> Any:
    """A RetrieverQueryEngine over an index, guarded throughout.

    The model (`llm`, or LlamaIndex's own default) is guarded by `guard_llm`. `BartizanPostprocessor` runs first, so that rerankers
    and other postprocessors see only what the principal may read, redacted; and last, for what they fetched. A vector index must lie
    over a `GuardedVectorStore` of this guard where documents belong to tenants: filtered only afterwards, most answers would be
    empty. `retriever` stands in for the index's own (a fusion over several guarded ones, say); `similarity_top_k`, `filters` and
    `vector_store_query_mode` are then its affair. An argument that is not listed is a TypeError: LlamaIndex would swallow it.

    Raises:
        TypeError: an unknown argument, no index, or no Guard.
        BartizanError: the index's vector store is not guarded by this guard.
    """
    check_guard(guard, "guard_query_engine")
    if not isinstance(index, BaseIndex):
        message = f"guard_query_engine takes an index (a BaseIndex), not {type(index).__name__}"
        raise TypeError(message)
    policy = _policy(index, guard)
    mode = ResponseMode(response_mode)
    if retriever is None:
        known = {"similarity_top_k": similarity_top_k}
        chosen: dict[str, Any] = {"filters": filters, "vector_store_query_mode": vector_store_query_mode}
        if isinstance(index, VectorStoreIndex):
            known |= chosen
        elif filters is not None or vector_store_query_mode != "default":
            message = f"{type(index).__name__} has no vectors: it takes neither filters nor vector_store_query_mode"
            raise TypeError(message)
        retriever = index.as_retriever(**known)
    elif filters is not None or vector_store_query_mode != "default":
        message = (
            "with a retriever of its own the engine takes neither filters nor vector_store_query_mode: give them to the retriever"
        )
        raise TypeError(message)
    ends = BartizanPostprocessor.within(guard, policy), BartizanPostprocessor.within(guard, policy)
    theirs = list(node_postprocessors)
    return RetrieverQueryEngine.from_args(
        retriever,
        llm=guard_llm(llm if llm is not None else Settings.llm, guard),
        node_postprocessors=[ends[0], *theirs, ends[1]] if theirs else [ends[0]],
        response_mode=mode,
        text_qa_template=text_qa_template,
        refine_template=refine_template,
        summary_template=summary_template,
        simple_template=simple_template,
        output_cls=output_cls,
        use_async=use_async,
        streaming=streaming,
    )


def _policy(index: Any, guard: Guard) -> RetrievalPolicy | None:
    """The table to go by: the guard's, or the guarded store's where the policy has none."""
    store = index.vector_store if isinstance(index, VectorStoreIndex) else None
    if isinstance(store, GuardedVectorStore):
        if store.guard.engine is not guard.engine:
            message = "the index's vector store is guarded by another guard: give both the same one"
            raise BartizanError(message)
        return store.policy
    if store is not None and guard.retrieval is not None:
        message = (
            "the policy has a [retrieval] table, but the index's vector store is not guarded: "
            "build the index over GuardedVectorStore(store, guard)"
        )
        raise BartizanError(message)
    return guard.retrieval
