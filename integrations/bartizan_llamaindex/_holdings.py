"""What a vector store holds, whosever it is: looked up to check what was found, and what is about to be written or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import FilterOperator, MetadataFilter, MetadataFilters

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_index.core.vector_stores.types import VectorStoreQueryResult

    Held = list[Mapping[str, Any]]
    """Metadata, one for each node."""


def metadata_of(store: Any, result: VectorStoreQueryResult) -> Held:
    """The metadata of what a query found.

    Raises:
        BartizanError: the store gave ids without their nodes, and can't be asked for them.
    """
    if result.nodes is not None:
        return [node.metadata for node in result.nodes]
    if isinstance(store, SimpleVectorStore):
        return [store.data.metadata_dict.get(one, {}) for one in result.ids or ()]
    message = f"{type(store).__name__} gave ids without their nodes, so what it found can't be checked"
    raise BartizanError(message)


def owners(store: Any, node_ids: list[str]) -> Held:
    """The metadata of the nodes that have these ids now; the twin of `aowners`."""
    if isinstance(store, SimpleVectorStore):
        known = store.data.metadata_dict
        return [known[one] for one in node_ids if one in known]
    return _looked_up(store, node_ids=node_ids)


async def aowners(store: Any, node_ids: list[str]) -> Held:
    """The same, asynchronous."""
    return owners(store, node_ids) if isinstance(store, SimpleVectorStore) else await _alooked_up(store, node_ids=node_ids)


def of_document(store: Any, ref_doc_id: str) -> Held:
    """The metadata of all nodes of a document; the twin of `aof_document`."""
    if isinstance(store, SimpleVectorStore):
        data = store.data
        return [data.metadata_dict.get(one, {}) for one, of in data.text_id_to_ref_doc_id.items() if of == ref_doc_id]
    return _looked_up(store, filters=document_filter(ref_doc_id))


async def aof_document(store: Any, ref_doc_id: str) -> Held:
    """The same, asynchronous."""
    if isinstance(store, SimpleVectorStore):
        return of_document(store, ref_doc_id)
    return await _alooked_up(store, filters=document_filter(ref_doc_id))


def document_filter(ref_doc_id: str) -> MetadataFilters:
    """By the key under which LlamaIndex's stores keep a node's document (`node_to_metadata_dict`)."""
    return MetadataFilters(filters=[MetadataFilter(key="ref_doc_id", value=ref_doc_id, operator=FilterOperator.EQ)])


def _looked_up(store: Any, **of: Any) -> Held:
    problem = ""
    try:
        return [node.metadata for node in store.get_nodes(**of)]
    except NotImplementedError:
        problem = _cant_look_up(store)
    raise BartizanError(problem)


async def _alooked_up(store: Any, **of: Any) -> Held:
    problem = ""
    try:
        return [node.metadata for node in await store.aget_nodes(**of)]
    except NotImplementedError:
        problem = _cant_look_up(store)
    raise BartizanError(problem)


def _cant_look_up(store: Any) -> str:
    return (
        f"{type(store).__name__} has no get_nodes, so whose nodes these are can't be looked up: "
        "add and delete outside of sessions, on the store itself"
    )
