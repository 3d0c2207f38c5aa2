"""BartizanPostprocessor, guard_query_engine, BartizanTransform and BartizanEvents by themselves."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import Document, Settings, StorageContext, SummaryIndex, VectorStoreIndex
from llama_index.core.ingestion import IngestionCache, IngestionPipeline
from llama_index.core.ingestion.pipeline import get_transformation_hash
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.schema import (
    ImageNode,
    IndexNode,
    MediaResource,
    Node,
    NodeRelationship,
    NodeWithScore,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore
from support.llama import ALICE, EMAIL, PLACES, TOKEN, DenyDocuments, HashEmbedding, chatting, completing, planted_node, redacting

from bartizan import AccessDenied, AccessRequest, BartizanError, Blocked, Context, Decision, Guard, Principal, hookimpl
from bartizan.testing import assert_no_planted, capture_events
from bartizan_llamaindex import (
    BartizanEvents,
    BartizanPostprocessor,
    BartizanTransform,
    GuardedVectorStore,
    guard_llm,
    guard_query_engine,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def scored(*nodes: Any) -> list[NodeWithScore]:
    return [NodeWithScore(node=node, score=0.5) for node in nodes]


def processed(post: BartizanPostprocessor, nodes: list[NodeWithScore], *, way: str = "sync") -> list[NodeWithScore]:
    return post.postprocess_nodes(nodes) if way == "sync" else asyncio.run(post.apostprocess_nodes(nodes))


WAYS = pytest.mark.parametrize("way", ["sync", "async"])


@WAYS
@pytest.mark.parametrize("place", PLACES)
def test_every_place_of_a_node_is_redacted_in_a_copy(place: str, way: str) -> None:
    given = planted_node(place)
    given.embedding = [0.5, 0.5]
    before = given.model_dump()
    (found,) = processed(BartizanPostprocessor(redacting()), scored(given), way=way)
    assert_no_planted(found, found.node.model_dump(), found.node.get_content("all"))
    assert found.score == 0.5
    assert type(found.node) is TextNode
    assert given.model_dump() == before
    with pytest.raises(AssertionError):
        assert_no_planted(given)


def test_a_redacted_node_names_its_neighbours_by_id_alone_and_has_no_embedding() -> None:
    given = planted_node("text")
    given.embedding = [0.5, 0.5]
    given.relationships = {NodeRelationship.NEXT: RelatedNodeInfo(node_id="n2", metadata=dict(given.metadata), hash="h")}
    (found,) = processed(BartizanPostprocessor(redacting()), scored(given))
    assert found.node.relationships == {NodeRelationship.NEXT: RelatedNodeInfo(node_id="n2")}
    assert found.node.embedding is None


def test_clean_nodes_are_the_very_same_objects() -> None:
    given = scored(
        TextNode(text="The warranty covers two years.", metadata={"a": 1, "b": [True, None], "c": "x"}), TextNode(text="")
    )
    for way in ("sync", "async"):
        found = processed(BartizanPostprocessor(redacting()), given, way=way)
        assert all(new is old for new, old in zip(found, given, strict=True))


def test_one_call_judges_all_nodes_and_repeated_metadata_once() -> None:
    guard = redacting()
    nodes = scored(*(TextNode(text=f"node {i}", metadata={"file": EMAIL, "n": i}) for i in range(20)))
    with capture_events(guard) as events:
        found = processed(BartizanPostprocessor(guard), nodes)
    assert [event.hook for event in events] == ["pre_prompt"]
    assert {one.node.metadata["file"] for one in found} == {"<EMAIL_ADDRESS>"}
    assert [one.node.metadata["n"] for one in found] == list(range(20))


@pytest.mark.parametrize("part", ["image", "audio", "video", "picture", "bytes in metadata", "object in metadata"])
def test_what_can_t_be_read_is_refused(part: str) -> None:
    if part in {"image", "audio", "video"}:
        resources: dict[str, Any] = {f"{part}_resource": MediaResource(data=b"aGVsbG8=", mimetype=f"{part}/x")}
        node: Any = Node(text_resource=MediaResource(text="fine"), **resources)
    elif part == "picture":
        node = ImageNode(text="fine", image_path="/pictures/of.png")
    else:
        node = TextNode(text="fine", metadata={"x": b"aGVsbG8=" if part.startswith("bytes") else object()})
    for way in ("sync", "async"):
        with pytest.raises(Blocked, match="UNREADABLE"):
            processed(BartizanPostprocessor(redacting()), scored(node), way=way)


def test_a_multimodal_node_of_text_alone_is_redacted() -> None:
    (found,) = processed(BartizanPostprocessor(redacting()), scored(Document(text=f"Ask {EMAIL}", metadata={"by": EMAIL})))
    assert isinstance(found.node, Document)
    assert found.node.text == "Ask <EMAIL_ADDRESS>"
    assert_no_planted(found)


def test_an_index_node_loses_what_it_leads_to() -> None:
    node = IndexNode(text="more", index_id=f"shelf-{EMAIL}", obj=TextNode(text=f"Ask {EMAIL}"))
    (found,) = processed(BartizanPostprocessor(redacting()), scored(node))
    assert_no_planted(found, found.node.model_dump())
    assert isinstance(found.node, IndexNode)
    assert found.node.obj is None
    assert node.obj is not None


class Readers:
    """Lets a reader have what their claims name."""

    name = "readers"

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        resource = request.resource
        assert request.action == "retrieve"
        return Decision.ALLOW if resource is not None and resource.id in request.principal.claims.get("may", ()) else None


@WAYS
def test_the_authorizer_decides_on_each_node(way: str) -> None:
    guard = Guard(plugins=["redaction", Readers()])
    post = BartizanPostprocessor(guard)
    nodes = scored(*(TextNode(id_=one, text=f"node {one}") for one in ("x", "y", "z")))
    with guard.session(Principal("ann", claims={"may": ["x", "z"]})):
        assert [one.node_id for one in processed(post, nodes, way=way)] == ["x", "z"]
    for who in (None, "nobody"):
        with pytest.raises(AccessDenied):
            if who is None:
                processed(post, nodes, way=way)
            else:
                with guard.session(None):
                    processed(post, nodes, way=way)


@WAYS
def test_a_table_keeps_other_tenants_nodes_out_and_those_that_name_none(way: str) -> None:
    guard = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "retrieval": {}})
    tenants: list[Any] = ["a", "b", None, 7, ["a"], ""]
    nodes = scored(
        *(TextNode(id_=str(i), text="x", metadata={"tenant": tenant}) for i, tenant in enumerate(tenants)), TextNode(text="y")
    )
    with guard.session(ALICE):
        assert [one.node_id for one in processed(BartizanPostprocessor(guard), nodes, way=way)] == ["0"]
    with guard.session(Principal("nobody's")), pytest.raises(AccessDenied, match="no tenant"):
        processed(BartizanPostprocessor(guard), nodes, way=way)


@WAYS
def test_where_nothing_is_left_earlier_chunks_of_a_chat_are_not_let_through(way: str) -> None:
    guard = Guard(plugins=["redaction", DenyDocuments()])
    plain = chatting()
    index = SummaryIndex([planted_node("text")])
    earlier = scored(TextNode(text="EARLIER and raw"))
    for post, seen in (([BartizanPostprocessor(guard)], False), ([SimilarityPostprocessor(similarity_cutoff=2.0)], True)):
        memory = ChatMemoryBuffer.from_defaults(token_limit=3000)
        engine: Any = index.as_chat_engine(chat_mode="context", llm=plain, node_postprocessors=post, memory=memory)
        plain.heard.clear()
        with guard.session(ALICE):
            if way == "sync":
                engine.chat("how long?", prev_chunks=earlier)
            else:
                asyncio.run(engine.achat("how long?", prev_chunks=earlier))
        assert ("EARLIER" in repr(plain.heard)) is seen


def test_the_postprocessor_without_its_guard_refuses() -> None:
    post = BartizanPostprocessor(redacting())
    del post.__pydantic_private__["_guard"]
    with pytest.raises(BartizanError, match="has lost its guard"):
        post.postprocess_nodes(scored(TextNode(text="x")))


def test_what_is_no_guard_is_refused() -> None:
    for made in (BartizanPostprocessor, BartizanTransform, BartizanEvents):
        with pytest.raises(TypeError, match="takes a Guard as its argument"):
            made("a guard")  # type: ignore[arg-type]


def vectors(guard: Guard, *, guarded: bool = True) -> VectorStoreIndex:
    store: Any = GuardedVectorStore(SimpleVectorStore(), guard) if guarded else SimpleVectorStore()
    return VectorStoreIndex(
        [planted_node("text")], storage_context=StorageContext.from_defaults(vector_store=store), embed_model=HashEmbedding()
    )


@pytest.mark.parametrize("unknown", ["node_postprocessor", "filter", "llms", "similarity_topk", "similarity_cutoff"])
def test_an_engine_takes_no_argument_that_it_doesn_t_know(unknown: str) -> None:
    guard = redacting()
    with pytest.raises(TypeError, match=unknown):
        guard_query_engine(vectors(guard), guard, llm=MockLLM(), **{unknown: []})
    vectors(guard).as_query_engine(llm=MockLLM(), **{unknown: []})  # LlamaIndex swallows it


def test_an_engine_guards_its_model_and_both_ends_of_its_postprocessors() -> None:
    guard = redacting()
    plain = chatting(f"Ask {EMAIL}.")
    seen: list[Any] = []

    class Fetching(SimilarityPostprocessor):
        """Adds a raw node, as those that look into a document store do."""

        def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: Any = None) -> list[NodeWithScore]:
            seen.extend(nodes)
            return [*nodes, *scored(planted_node("metadata value"))]

    engine = guard_query_engine(vectors(guard), guard, llm=plain, node_postprocessors=[Fetching()], response_mode="refine")
    with guard.session(ALICE):
        response = engine.query("how long?")
    assert len(response.source_nodes) == 2
    assert_no_planted(seen, plain.heard, str(response), [one.model_dump() for one in response.source_nodes])


def test_an_engine_takes_the_default_model_and_guards_it() -> None:
    guard = redacting()
    Settings.llm = plain = completing(f"Ask {EMAIL}.")
    engine = guard_query_engine(vectors(guard), guard, streaming=True)
    with guard.session(ALICE):
        assert "".join(engine.query("how long?").response_gen) == "Ask <EMAIL_ADDRESS>."
    assert_no_planted(plain.heard)
    assert Settings.llm is plain


def test_an_engine_over_an_unguarded_store_is_refused_where_documents_have_tenants() -> None:
    guard = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "retrieval": {}})
    with pytest.raises(BartizanError, match="is not guarded"):
        guard_query_engine(vectors(guard, guarded=False), guard, llm=MockLLM())
    with pytest.raises(BartizanError, match="another guard"):
        guard_query_engine(vectors(guard), redacting(), llm=MockLLM())
    engine = guard_query_engine(vectors(redacting(), guarded=False), redacting(), llm=chatting())
    assert_no_planted(engine.query("how long?"))
    with pytest.raises(TypeError, match="takes an index"):
        guard_query_engine("an index", guard)


def test_an_index_without_vectors_takes_no_filters_and_is_guarded_by_the_postprocessor() -> None:
    guard = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "retrieval": {}})
    other = TextNode(text="of b", metadata={"tenant": "b"})
    index = SummaryIndex([planted_node("text"), other])
    engine = guard_query_engine(index, guard, llm=chatting())
    with guard.session(ALICE):
        response = engine.query("how long?")
    assert [one.metadata["tenant"] for one in response.source_nodes] == ["a"]
    with pytest.raises(TypeError, match="takes neither filters"):
        guard_query_engine(index, guard, llm=chatting(), vector_store_query_mode="mmr")
    with pytest.raises(TypeError, match="retriever of its own"):
        guard_query_engine(index, guard, llm=chatting(), retriever=index.as_retriever(), vector_store_query_mode="mmr")


def documents() -> list[Document]:
    return [
        Document(
            id_="d1", text=f"Ask {EMAIL}. The key is {TOKEN}. " + "The lamp shines. " * 80, metadata={"by": EMAIL, EMAIL: "x"}
        ),
        Document(id_="d2", text="Nothing here.", metadata={"by": "nobody"}, text_template=f"{{content}} {TOKEN}"),
    ]


PARTS: dict[str, Callable[[Guard], list[Any]]] = {
    "guarded": lambda guard: [BartizanTransform(guard), SentenceSplitter(chunk_size=120, chunk_overlap=20), HashEmbedding()],
    "unguarded": lambda guard: [SentenceSplitter(chunk_size=120, chunk_overlap=20), HashEmbedding()],
}


def kept(pipeline: IngestionPipeline, found: Any) -> list[Any]:
    """Everything that a pipeline leaves anywhere."""
    docstore: Any = pipeline.docstore
    store: Any = pipeline.vector_store
    cache: Any = pipeline.cache.cache
    return [
        [node.model_dump() for node in found],
        json.dumps(docstore._kvstore.to_dict()),
        json.dumps(cache.to_dict()),
        json.dumps(store.to_dict()),
    ]


def piped(parts: list[Any], way: str, **more: Any) -> list[Any]:
    pipeline = IngestionPipeline(
        transformations=parts,
        docstore=more.pop("docstore", SimpleDocumentStore()),
        vector_store=SimpleVectorStore(),
        cache=more.pop("cache", IngestionCache()),
    )
    given = documents()
    found = pipeline.run(documents=given, **more) if way == "sync" else asyncio.run(pipeline.arun(documents=given, **more))
    return kept(pipeline, found)


@WAYS
@pytest.mark.parametrize("in_place", [True, False])
def test_nothing_raw_is_left_in_nodes_docstore_cache_or_vectors(way: str, in_place: bool) -> None:
    assert_no_planted(*piped(PARTS["guarded"](redacting()), way, in_place=in_place))
    for shown in piped(PARTS["unguarded"](redacting()), way, in_place=in_place):
        with pytest.raises(AssertionError):
            assert_no_planted(shown)


@WAYS
def test_nothing_raw_is_left_when_the_same_documents_come_again(way: str) -> None:
    cache, docstore = IngestionCache(), SimpleDocumentStore()
    for _ in range(3):  # the second time one of them has changed since, so that the third is the first that the cache would know
        assert_no_planted(*piped(PARTS["guarded"](redacting()), way, cache=cache, docstore=docstore))


@WAYS
def test_a_cache_serves_nothing_that_an_earlier_policy_let_through(way: str) -> None:
    cache = IngestionCache()
    lenient = Guard(config={"redaction": {"actions": {"EMAIL_ADDRESS": "note"}}})
    with pytest.raises(AssertionError):
        assert_no_planted(*piped(PARTS["guarded"](lenient), way, cache=cache)[:1])
    found = piped(PARTS["guarded"](redacting()), way, cache=cache)
    assert_no_planted(found[0])


def test_the_policy_s_digest_is_a_public_field_of_the_transformation() -> None:
    lenient = Guard(config={"redaction": {"actions": {"EMAIL_ADDRESS": "note"}}})
    ours, theirs = BartizanTransform(redacting()), BartizanTransform(lenient)
    assert ours.policy_digest == redacting().digest == ours.to_dict()["policy_digest"]
    assert ours.policy_digest != theirs.policy_digest
    assert get_transformation_hash(documents(), ours) != get_transformation_hash(documents(), theirs)


def test_a_refused_document_refuses_the_batch_and_changes_none() -> None:
    strict = Guard(config={"redaction": {"actions": {"GITHUB_TOKEN": "block"}}})
    given = documents()
    before = [one.model_dump() for one in given]
    for run in (lambda: BartizanTransform(strict)(given), lambda: asyncio.run(BartizanTransform(strict).acall(given))):
        with pytest.raises(Blocked):
            run()
    assert [one.model_dump() for one in given] == before


def test_documents_whose_ids_would_be_the_same_are_refused() -> None:
    given = [Document(id_=f"{name}@example.com", text="x") for name in ("jane", "joe")]
    with pytest.raises(BartizanError, match="the ids of two documents"):
        BartizanTransform(redacting())(given)
    assert [one.id_ for one in given] == ["jane@example.com", "joe@example.com"]
    BartizanTransform(redacting())(given[:1])
    assert given[0].id_ == "<EMAIL_ADDRESS>"


def test_after_splitting_raw_neighbours_are_cut_off_too() -> None:
    nodes = SentenceSplitter(chunk_size=120, chunk_overlap=20)(documents())
    with pytest.raises(AssertionError):
        assert_no_planted(nodes)
    found = BartizanTransform(redacting())(nodes)
    assert_no_planted([one.model_dump() for one in found])
    assert all(new is old for new, old in zip(found, nodes, strict=True))


def test_a_transformation_without_its_guard_refuses() -> None:
    made = BartizanTransform(redacting())
    del made.__pydantic_private__["_guard"]
    with pytest.raises(BartizanError, match="has lost its guard"):
        made(documents())


@pytest.fixture
def handler() -> Iterator[Guard]:
    guard = Guard()
    handler = BartizanEvents(guard)
    dispatcher = get_dispatcher()
    dispatcher.add_event_handler(handler)
    yield guard
    dispatcher.event_handlers.remove(handler)


def test_events_record_what_passes_unguarded_models_and_retrievers_and_change_nothing(handler: Guard) -> None:
    plain = chatting(f"Ask {EMAIL}.")
    engine = SummaryIndex([planted_node("text")]).as_query_engine(llm=plain)
    with capture_events(handler) as seen:
        response = engine.query("how long?")
        list(plain.stream_chat([ChatMessage(f"I am {EMAIL}")]))
        completing().complete(f"I am {EMAIL}")
    labels = {finding.label for event in seen for finding in event.findings}
    assert [event.hook for event in seen].count("pre_prompt") >= 4
    assert [event.hook for event in seen].count("post_response") == 3
    assert {"EMAIL_ADDRESS", "GITHUB_TOKEN"} <= labels
    assert str(response) == f"Ask {EMAIL}."
    assert_no_planted(seen)


def test_events_leave_a_guarded_model_of_the_same_guard_to_it(handler: Guard) -> None:
    model = guard_llm(chatting(f"Ask {EMAIL}."), handler)
    with capture_events(handler) as seen:
        model.chat([ChatMessage("hi")])
    assert [event.hook for event in seen] == ["pre_prompt", "post_response"]


def test_events_outlive_a_plugin_that_fails(handler: Guard) -> None:
    handler.close()
    assert chatting("fine").chat([ChatMessage("hi")]).message.content == "fine"


class SameTenant:
    """The rule that most would write: for who has no tenant, and a document that has none, it is true."""

    name = "same_tenant"

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        resource = request.resource
        return Decision.ALLOW if resource is not None and resource.tenant == request.principal.tenant else None


def test_from_documents_to_an_answer_no_tenant_is_no_documents() -> None:
    guard = Guard(plugins=["validation", "redaction", SameTenant()])
    given = [
        Document(text="Q3 numbers, ask jane@a.test", metadata={"tenant": "a"}),
        Document(text="Q3 numbers of b", metadata={"tenant": "b"}),
    ]
    nodes = IngestionPipeline(transformations=[BartizanTransform(guard), SentenceSplitter()]).run(documents=given)
    inner = SimpleVectorStore()
    store = GuardedVectorStore(inner, guard)
    index = VectorStoreIndex(nodes, storage_context=StorageContext.from_defaults(vector_store=store), embed_model=HashEmbedding())
    lost = TextNode(id_="lost", text="Q3 numbers of nobody", embedding=HashEmbedding().get_text_embedding("Q3 numbers of nobody"))
    inner.add([lost])  # past the guard, and without a tenant
    index.index_struct.add_node(lost)
    index.docstore.add_documents([lost])
    engine = guard_query_engine(index, guard, llm=guard_llm(MockLLM(), guard), similarity_top_k=4)
    with guard.session(Principal("u1", roles=["user"], tenant="a")):
        answer = str(engine.query("Q3?"))
    assert "ask <EMAIL_ADDRESS>" in answer
    assert "of b" not in answer
    assert "of nobody" not in answer
    with guard.session(Principal("u2", roles=["user"])):
        for ask in (engine.query, index.as_retriever().retrieve):
            with pytest.raises(AccessDenied, match="no tenant"):
                ask("Q3?")
