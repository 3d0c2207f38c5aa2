"""`GuardedVectorStore`: a vector store in which every question is one about the asking tenant's documents alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

from bartizan import BartizanError, Guard, Resource, RetrievalPolicy
from bartizan_llamaindex._access import RETRIEVE, acl_of, afind_reader, deny, find_reader
from bartizan_llamaindex._classes import check_guard
from bartizan_llamaindex._filters import filters_of, merged
from bartizan_llamaindex._holdings import aof_document, aowners, document_filter, metadata_of, of_document, owners

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llama_index.core.schema import BaseNode

    from bartizan_llamaindex._access import Reader

DELETE: Final = "delete"
INGEST: Final = "ingest"
DEFAULT_POLICY: Final = RetrievalPolicy()
_TUNING: Final = frozenset({"mmr_threshold", "mmr_prefetch_factor", "mmr_prefetch_k"})
"""Keyword arguments of queries that can only rank: others reach a store's own filters (`qdrant_filters`, say)."""
_NOT_YOURS: Final = "there is no such document that this principal may delete whole"


class GuardedVectorStore(BasePydanticVectorStore):
    """A vector store that adds the asking principal's tenant and ACL to every query, `get_nodes` and deletion.

    By which metadata is said in the policy's `[retrieval]` table; without one documents name their tenant under `tenant`. Who is not
    identified, or has no tenant, is denied. Where the guard has an authorizer, `retrieve` (or `delete`) is asked of it first, for
    `Resource("vector_store", name)` with the principal's own tenant, since no other part of the store is looked at. What comes back
    is checked again: a store that ignores the filters is refused.

    `add` outside of any session is the application's own ingestion. Within a principal's session nodes must be of their tenant, their
    ids must not be taken by others' nodes, and `ingest` is asked of the authorizer. Everywhere they must name a tenant, and whom the
    ACL admits, in the policy's types: nodes that don't could be read by nobody.

    `clear` is refused, for it would drop all tenants' nodes; `client` is the store's own and goes by no guard.

    Raises:
        TypeError: it is no vector store, or `guard` is no Guard.
        BartizanError: the store gives ids without nodes, and is not one whose metadata could be looked at.
    """

    stores_text: bool
    is_embedding_query: bool = True
    _store: BasePydanticVectorStore = PrivateAttr()
    _guard: Guard = PrivateAttr()

    def __init__(self, store: Any, guard: Guard) -> None:
        check_guard(guard, "GuardedVectorStore")
        if not isinstance(store, BasePydanticVectorStore):
            message = f"GuardedVectorStore takes a vector store (a BasePydanticVectorStore), not {type(store).__name__}"
            raise TypeError(message)
        if not store.stores_text and not isinstance(store, SimpleVectorStore):
            message = (
                f"{type(store).__name__} gives ids without their nodes, so what it finds can't be checked: "
                "use a store that keeps nodes, or SimpleVectorStore"
            )
            raise BartizanError(message)
        super().__init__(stores_text=store.stores_text, is_embedding_query=store.is_embedding_query)
        self._store = store
        self._guard = guard

    @classmethod
    def class_name(cls) -> str:
        """Its name in serialised forms."""
        return "GuardedVectorStore"

    @property
    def client(self) -> Any:
        """The store's own client; what is done with it goes by no guard."""
        return self._store.client

    @property
    def guard(self) -> Guard:
        """The guard that is asked.

        Raises:
            BartizanError: the store was pickled, and its guard, which holds live plugins, was not.
        """
        guard = (self.__pydantic_private__ or {}).get("_guard")
        if not isinstance(guard, Guard):
            message = "this GuardedVectorStore has lost its guard, which can't be pickled: make it anew where it is used"
            raise BartizanError(message)
        return guard

    @property
    def policy(self) -> RetrievalPolicy:
        """By which metadata tenants and readers are told apart."""
        return self.guard.retrieval or DEFAULT_POLICY

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The nearest nodes among those that the principal may read."""
        _check_tuning(kwargs)
        reader = self._reader(RETRIEVE)
        return self._checked(self._store.query(self._narrowed(query, reader), **kwargs), reader)

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The same, asynchronous."""
        _check_tuning(kwargs)
        reader = await self._areader(RETRIEVE)
        return self._checked(await self._store.aquery(self._narrowed(query, reader), **kwargs), reader)

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """The nodes with these ids, or that match, among those that the principal may read."""
        reader = self._reader(RETRIEVE)
        return self._readable(self._store.get_nodes(node_ids, self._both(filters, reader)), reader)

    async def aget_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """The same, asynchronous."""
        reader = await self._areader(RETRIEVE)
        return self._readable(await self._store.aget_nodes(node_ids, self._both(filters, reader)), reader)

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes; within a session those of its principal's tenant alone."""
        self._check_nodes(nodes)
        if self._in_session():
            reader = self._reader(INGEST)
            self._check_own(nodes, reader, owners(self._store, [node.node_id for node in nodes]))
        return self._store.add(nodes, **kwargs)

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """The same, asynchronous."""
        self._check_nodes(nodes)
        if self._in_session():
            reader = await self._areader(INGEST)
            self._check_own(nodes, reader, await aowners(self._store, [node.node_id for node in nodes]))
        return await self._store.async_add(nodes, **kwargs)

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete a document's nodes, all of which the principal must be allowed to read.

        Raises:
            AccessDenied: there are none, or others' among them: which of the two is not told.
        """
        _check_none(delete_kwargs)
        reader = self._reader(DELETE)
        self._check_whole(of_document(self._store, ref_doc_id), reader)
        self._store.delete_nodes(filters=self._both(document_filter(ref_doc_id), reader))

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """The same, asynchronous."""
        _check_none(delete_kwargs)
        reader = await self._areader(DELETE)
        self._check_whole(await aof_document(self._store, ref_doc_id), reader)
        await self._store.adelete_nodes(filters=self._both(document_filter(ref_doc_id), reader))

    def delete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """Delete those of these nodes that the principal may read."""
        _check_none(delete_kwargs)
        reader = self._reader(DELETE)
        self._store.delete_nodes(node_ids, self._both(filters, reader))

    async def adelete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """The same, asynchronous."""
        _check_none(delete_kwargs)
        reader = await self._areader(DELETE)
        await self._store.adelete_nodes(node_ids, self._both(filters, reader))

    def clear(self) -> None:
        """Refused: it would drop all tenants' nodes."""
        raise deny(self.guard, DELETE, "clear would drop the nodes of all tenants: call it on the store itself")

    async def aclear(self) -> None:
        """Refused, as `clear`."""
        self.clear()

    def persist(self, persist_path: str, fs: Any = None) -> None:
        """Write the store down, all tenants' nodes together, as the application does."""
        self._store.persist(persist_path, fs)

    def _reader(self, action: str) -> Reader:
        guard = self.guard
        reader = find_reader(guard, self.policy, action)
        if guard.has_authorizer:
            guard.authorize(action, self._itself(reader))
        return reader

    async def _areader(self, action: str) -> Reader:
        guard = self.guard
        reader = await afind_reader(guard, self.policy, action)
        if guard.has_authorizer:
            await guard.aauthorize(action, self._itself(reader))
        return reader

    def _itself(self, reader: Reader) -> Resource:
        return Resource("vector_store", self._store.class_name(), tenant=reader.tenant)

    def _in_session(self) -> bool:
        session = self.guard._session()  # noqa: SLF001 (its own family)
        return session is not None

    def _both(self, filters: MetadataFilters | None, reader: Reader) -> MetadataFilters:
        return merged(filters, filters_of(reader, self._store), self._store)

    def _narrowed(self, query: VectorStoreQuery, reader: Reader) -> VectorStoreQuery:
        return replace(query, filters=self._both(query.filters, reader))

    def _checked(self, result: VectorStoreQueryResult, reader: Reader) -> VectorStoreQueryResult:
        """What was found, without what the ACL excludes after all (stores match loosely)."""
        found = metadata_of(self._store, result)
        self._check_filtered(found, reader)
        kept = [place for place, metadata in enumerate(found) if reader.may_read(metadata)]
        if len(kept) == len(found):
            return result
        return VectorStoreQueryResult(
            nodes=None if result.nodes is None else [result.nodes[place] for place in kept],
            similarities=None if result.similarities is None else [result.similarities[place] for place in kept],
            ids=None if result.ids is None else [result.ids[place] for place in kept],
        )

    def _readable(self, nodes: Sequence[BaseNode], reader: Reader) -> list[BaseNode]:
        self._check_filtered([node.metadata for node in nodes], reader)
        return [node for node in nodes if reader.may_read(node.metadata)]

    def _check_filtered(self, found: Sequence[Mapping[str, Any]], reader: Reader) -> None:
        key = self.policy.tenant_key
        # Of another type (a list, say) a store may have matched it in good faith: that one is left out, no more.
        if key and any(isinstance(tenant := one.get(key, ""), str) and tenant != reader.tenant for one in found):
            message = (
                f"{type(self._store).__name__} does not apply the tenant's filter: it gave nodes of others, which are withheld; "
                "use a store that filters by metadata"
            )
            raise BartizanError(message)

    def _check_nodes(self, nodes: Sequence[BaseNode]) -> None:
        policy = self.policy
        for node in nodes:
            tenant = node.metadata.get(policy.tenant_key)
            if policy.tenant_key and not (isinstance(tenant, str) and tenant):
                message = f"a node names no tenant under {policy.tenant_key!r}, so nobody could read it: put a str there"
                raise BartizanError(message)
            if policy.acl_key and acl_of(policy, node.metadata) is None:
                kind = "a list of str" if policy.acl_type == "list" else "a str"
                message = f"a node names nobody under {policy.acl_key!r}, so nobody could read it: put {kind} there"
                raise BartizanError(message)

    def _check_own(self, nodes: Sequence[BaseNode], reader: Reader, taken: Sequence[Mapping[str, Any]]) -> None:
        if not all(reader.is_of_tenant(node.metadata) for node in nodes):
            raise deny(self.guard, INGEST, "a node is of another tenant than the principal")
        if not all(reader.may_read(metadata) for metadata in taken):
            raise deny(self.guard, INGEST, "a node's id is not free")

    def _check_whole(self, found: Sequence[Mapping[str, Any]], reader: Reader) -> None:
        if not found or not all(reader.may_read(metadata) for metadata in found):
            raise deny(self.guard, DELETE, _NOT_YOURS)


def _check_tuning(kwargs: Mapping[str, Any]) -> None:
    for name in kwargs:
        if name not in _TUNING:
            message = f"a guarded store's query takes no {name}, which could go round the filters: known are {', '.join(sorted(_TUNING))}"
            raise BartizanError(message)


def _check_none(kwargs: Mapping[str, Any]) -> None:
    for name in kwargs:
        message = f"a guarded store's deletion takes no {name}, which could go round the filters"
        raise BartizanError(message)
