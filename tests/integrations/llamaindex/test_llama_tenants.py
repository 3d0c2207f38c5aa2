"""No reader gets a node of another tenant, whichever way it is found, and each gets as many as if theirs were the only ones.

By default over a sample; `BARTIZAN_FULL=1 pytest tests/integrations/llamaindex` takes 10 tenants, 1,000 nodes each and 200 queries.
"""

from __future__ import annotations

import asyncio
import os
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import StorageContext, SummaryIndex, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import PrevNextNodePostprocessor
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import IndexNode, NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters
from llama_index.vector_stores.qdrant import QdrantVectorStore
from pydantic import PrivateAttr
from qdrant_client import AsyncQdrantClient, QdrantClient
from support.llama import HashEmbedding, chatting

from bartizan import AccessDenied, Guard, Principal
from bartizan_llamaindex import BartizanPostprocessor, GuardedVectorStore, guard_query_engine

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = os.environ.get("BARTIZAN_FULL") == "1"
TENANTS = [f"tenant-{i}" for i in range(10)]
PER_TENANT, QUERIES = (1_000, 200) if FULL else (40, 30)
TOP = 5
WORDS = [
    "lamp",
    "chair",
    "table",
    "warranty",
    "repair",
    "parcel",
    "refund",
    "order",
    "price",
    "invoice",
    "cable",
    "switch",
    "bulb",
]
EMBEDDING = HashEmbedding()


def qdrant() -> QdrantVectorStore:
    return QdrantVectorStore("nodes", client=QdrantClient(":memory:"), index_doc_id=False)


STORES: dict[str, Callable[[], Any]] = {"simple": SimpleVectorStore, "qdrant": qdrant}


@cache
def guard() -> Guard:
    return Guard.from_dict({"guard": {"plugins": ["redaction"]}, "retrieval": {"tenant_key": "tenant"}})


def texts(seed: int, count: int) -> list[str]:
    source = random.Random(seed)
    return [" ".join(source.choices(WORDS, k=8)) for _ in range(count)]


def nodes_of(tenant: str, count: int = PER_TENANT) -> list[TextNode]:
    return [
        TextNode(id_=f"00000000-0000-4000-{TENANTS.index(tenant):04d}-{i:012d}", text=text, metadata={"tenant": tenant})
        for i, text in enumerate(texts(TENANTS.index(tenant), count))
    ]


def index_over(store: Any, nodes: list[TextNode], **more: Any) -> VectorStoreIndex:
    context = StorageContext.from_defaults(vector_store=store)
    return VectorStoreIndex(nodes, storage_context=context, embed_model=EMBEDDING, **more)


@cache
def everyone(kind: str) -> tuple[VectorStoreIndex, Any]:
    """The index of all tenants over a guarded store, and the store itself."""
    store = STORES[kind]()
    return index_over(GuardedVectorStore(store, guard()), [node for tenant in TENANTS for node in nodes_of(tenant)]), store


@cache
def alone(tenant: str) -> VectorStoreIndex:
    return index_over(SimpleVectorStore(), nodes_of(tenant))


def reader(tenant: str, number: int = 0) -> Principal:
    return Principal(f"user-{number}", roles=["user"], tenant=tenant)


def tenants_in(nodes: list[NodeWithScore]) -> set[Any]:
    return {one.node.metadata.get("tenant") for one in nodes}


QUESTIONS = list(zip((TENANTS[i % len(TENANTS)] for i in range(QUERIES)), texts(99, QUERIES), strict=True))


@pytest.mark.parametrize("kind", STORES)
def test_each_query_finds_what_it_would_over_its_tenant_s_nodes_alone(kind: str) -> None:
    index, _ = everyone(kind)
    engine = guard_query_engine(index, guard(), llm=MockLLM(max_tokens=1), similarity_top_k=TOP)
    for tenant, question in QUESTIONS:
        with guard().session(reader(tenant)):
            found = engine.query(question).source_nodes
        expected = alone(tenant).as_retriever(similarity_top_k=TOP).retrieve(question)
        assert tenants_in(found) == {tenant}
        assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-5)


@pytest.mark.parametrize("kind", STORES)
def test_without_the_guard_the_same_queries_find_other_tenants_nodes(kind: str) -> None:
    index, store = everyone(kind)
    plain = (
        VectorStoreIndex(
            nodes=[],
            index_struct=index.index_struct,
            storage_context=StorageContext.from_defaults(vector_store=store, docstore=index.docstore),
            embed_model=EMBEDDING,
        )
        if kind == "simple"
        else VectorStoreIndex.from_vector_store(store, embed_model=EMBEDDING)
    )
    foreign = 0
    for tenant, question in QUESTIONS[:10]:
        found = plain.as_retriever(similarity_top_k=TOP).retrieve(question)
        foreign += any(one.node.metadata["tenant"] != tenant for one in found)
    assert foreign == 10


def test_a_postprocessor_alone_keeps_others_out_but_leaves_next_to_nothing() -> None:
    index = index_over(SimpleVectorStore(), [node for tenant in TENANTS for node in nodes_of(tenant, 60)])
    engine = index.as_query_engine(
        llm=MockLLM(max_tokens=1), similarity_top_k=2, node_postprocessors=[BartizanPostprocessor(guard())]
    )
    missing = 0
    for tenant, question in QUESTIONS[:20]:
        with guard().session(reader(tenant)):
            found = engine.query(question).source_nodes
        assert tenants_in(found) <= {tenant, None}
        missing += sum(1 for one in found if one.node.get_content()) < 2
    assert missing > 10


@pytest.mark.parametrize("kind", STORES)
def test_sixty_readers_at_once_in_threads_each_get_their_own(kind: str) -> None:
    index, _ = everyone(kind)
    engine = guard_query_engine(index, guard(), llm=MockLLM(max_tokens=1), similarity_top_k=TOP)

    def ask(number: int) -> tuple[str, set[Any], int]:
        tenant, question = QUESTIONS[number % len(QUESTIONS)]
        with guard().session(reader(tenant, number)):
            found = engine.query(question).source_nodes
        return tenant, tenants_in(found), len(found)

    with ThreadPoolExecutor(60) as threads:
        answers = list(threads.map(ask, range(60)))
    assert all(found == {tenant} and count == TOP for tenant, found, count in answers)


async def ask_all(engine: Any) -> list[tuple[str, set[Any], int]]:
    async def ask(number: int) -> tuple[str, set[Any], int]:
        tenant, question = QUESTIONS[number % len(QUESTIONS)]
        with guard().session(reader(tenant, number)):
            await asyncio.sleep(0)
            found = (await engine.aquery(question)).source_nodes
        return tenant, tenants_in(found), len(found)

    return list(await asyncio.gather(*map(ask, range(60))))


def test_sixty_readers_at_once_in_tasks_each_get_their_own() -> None:
    index, _ = everyone("simple")
    answers = asyncio.run(ask_all(guard_query_engine(index, guard(), llm=MockLLM(max_tokens=1), similarity_top_k=TOP)))
    assert all(found == {tenant} and count == TOP for tenant, found, count in answers)


def test_sixty_readers_at_once_over_an_asynchronous_store_each_get_their_own() -> None:
    async def run() -> list[tuple[str, set[Any], int]]:
        store = QdrantVectorStore("nodes", aclient=AsyncQdrantClient(":memory:"), index_doc_id=False)
        guarded = GuardedVectorStore(store, guard())
        nodes = [node for tenant in TENANTS for node in nodes_of(tenant, 20)]
        for node in nodes:
            node.embedding = EMBEDDING.get_text_embedding(node.text)
        await guarded.async_add(nodes)
        index = VectorStoreIndex.from_vector_store(guarded, embed_model=EMBEDDING)
        return await ask_all(guard_query_engine(index, guard(), llm=MockLLM(max_tokens=1), similarity_top_k=TOP))

    assert all(found == {tenant} and count == TOP for tenant, found, count in asyncio.run(run()))


class Recording(BaseNodePostprocessor):
    """A reranker that turns the order round, and keeps what it was shown."""

    _shown: list[NodeWithScore] = PrivateAttr(default_factory=list)

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: Any = None) -> list[NodeWithScore]:
        self._shown += nodes
        return nodes[::-1]


def entangled() -> list[TextNode]:
    """Nodes of a and b: a's lead to b's, as objects and as neighbours."""
    foreign = TextNode(id_="of-b", text="the secret warranty of b", metadata={"tenant": "tenant-1"})
    own = TextNode(id_="of-a", text="the warranty of a", metadata={"tenant": "tenant-0"})
    own.relationships[NodeRelationship.NEXT] = RelatedNodeInfo(node_id="of-b")
    leading = IndexNode(text="more about the warranty", index_id="x", obj=foreign, metadata={"tenant": "tenant-0"})
    shelf = SummaryIndex([foreign]).as_retriever()
    deeper = IndexNode(text="all about the warranty", index_id="y", obj=shelf, metadata={"tenant": "tenant-0"})
    answering = IndexNode(
        text="asked about the warranty",
        index_id="z",
        obj=RetrieverQueryEngine.from_args(shelf, llm=MockLLM()),
        metadata={"tenant": "tenant-0"},
    )
    return [own, foreign, leading, deeper, answering]


def entangled_engine(kind: str, *, guarded: bool) -> tuple[Any, Any, Recording]:
    given = entangled()
    objects = [node for node in given if isinstance(node, IndexNode)]
    store = STORES[kind]() if kind == "simple" else SimpleVectorStore()
    index = index_over(
        GuardedVectorStore(store, guard()) if guarded else store,
        [node for node in given if not isinstance(node, IndexNode)],
        objects=objects,
    )
    llm, seen = chatting("fine"), Recording()
    nearby = PrevNextNodePostprocessor(docstore=index.docstore, num_nodes=1, mode="both")
    if guarded:
        engine = guard_query_engine(index, guard(), llm=llm, similarity_top_k=9, node_postprocessors=[seen, nearby])
    else:
        engine = index.as_query_engine(llm=llm, similarity_top_k=9, node_postprocessors=[seen, nearby])
    return engine, llm, seen


def test_objects_neighbours_and_rerankers_lead_to_no_other_tenant() -> None:
    engine, llm, seen = entangled_engine("simple", guarded=True)
    for way in ("query", "aquery"):
        with guard().session(reader("tenant-0")):
            found = getattr(engine, way)("the warranty")
            found = asyncio.run(found) if way == "aquery" else found
        assert tenants_in(found.source_nodes) == {"tenant-0"}
        assert "of-a" in {one.node_id for one in found.source_nodes}
    assert tenants_in(seen._shown) == {"tenant-0"}
    assert "secret" not in repr(llm.heard)
    assert "the warranty of a" in repr(llm.heard)


def test_without_the_guard_objects_and_neighbours_lead_there() -> None:
    engine, llm, seen = entangled_engine("simple", guarded=False)
    found = engine.query("the warranty")
    assert "tenant-1" in tenants_in(found.source_nodes)
    assert "tenant-1" in tenants_in(seen._shown)
    assert "secret" in repr(llm.heard)


@pytest.mark.parametrize(("kind", "use_async"), [("simple", False), ("simple", True), ("qdrant", False)])
def test_a_fusion_of_retrievers_gives_no_other_tenant_s_nodes(kind: str, use_async: bool) -> None:
    index, _ = everyone(kind)
    parts = [index.as_retriever(similarity_top_k=TOP), index.as_retriever(similarity_top_k=3)]
    fusion = QueryFusionRetriever(parts, llm=MockLLM(), num_queries=1, similarity_top_k=TOP, use_async=use_async)
    engine = guard_query_engine(index, guard(), llm=MockLLM(max_tokens=1), retriever=fusion)
    tenant, question = QUESTIONS[3]
    with guard().session(reader(tenant)):
        found = engine.query(question).source_nodes
    assert tenants_in(found) == {tenant}
    assert len(found) == TOP


@pytest.mark.parametrize("kind", STORES)
def test_a_bare_retriever_and_get_nodes_give_the_reader_s_own_alone(kind: str) -> None:
    index, _ = everyone(kind)
    with guard().session(reader("tenant-4")):
        assert tenants_in(index.as_retriever(similarity_top_k=50).retrieve("lamp")) == {"tenant-4"}
        if kind == "qdrant":
            ids = [nodes_of(tenant, 1)[0].node_id for tenant in TENANTS]
            found = index.vector_store.get_nodes(ids)
            assert [node.metadata["tenant"] for node in found] == ["tenant-4"]


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("who", [None, Principal("nobody's")], ids=["nobody", "no tenant"])
def test_who_is_not_identified_or_has_no_tenant_is_denied(kind: str, who: Principal | None) -> None:
    index, _ = everyone(kind)
    store: Any = index.vector_store
    engine = guard_query_engine(index, guard(), llm=MockLLM(max_tokens=1))
    for ask in (
        lambda: engine.query("lamp"),
        lambda: asyncio.run(engine.aquery("lamp")),
        lambda: index.as_retriever().retrieve("lamp"),
        store.get_nodes,
        lambda: store.delete("document"),
        lambda: store.delete_nodes(["00000000-0000-4000-0000-000000000000"]),
        store.clear,
    ):
        with guard().session(who), pytest.raises(AccessDenied):
            ask()
        if who is None:
            with pytest.raises(AccessDenied):
                ask()


def test_the_query_s_own_filters_on_another_tenant_find_nothing() -> None:
    index, _ = everyone("qdrant")
    theirs = MetadataFilter(key="tenant", value="tenant-1")
    for filters in (
        MetadataFilters(filters=[theirs]),
        MetadataFilters(filters=[theirs, MetadataFilter(key="tenant", value="tenant-0")], condition="or"),
        MetadataFilters(filters=[MetadataFilter(key="tenant", value="tenant-0")], condition="not"),
        MetadataFilters(filters=[], condition="or"),
        MetadataFilters(filters=[MetadataFilters(filters=[])]),
        MetadataFilters(filters=[theirs], condition=None),
    ):
        with guard().session(reader("tenant-0")):
            found = index.as_retriever(filters=filters, similarity_top_k=20).retrieve("lamp")
            assert tenants_in(found) <= {"tenant-0"}
