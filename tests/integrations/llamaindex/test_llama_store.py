"""GuardedVectorStore: ACLs, writing and deleting, filters that a store can't express, stores that don't keep to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient, models

from bartizan import AccessDenied, AccessRequest, BartizanError, Context, Decision, Guard, PolicyError, Principal, hookimpl
from bartizan.testing import capture_events
from bartizan_llamaindex import GuardedVectorStore

if TYPE_CHECKING:
    from collections.abc import Callable

LIST = {"tenant_key": "tenant", "acl_key": "acl"}
STRING = {**LIST, "acl_type": "string"}
VECTOR = [1.0, 0.0]


def qdrant() -> QdrantVectorStore:
    return QdrantVectorStore("nodes", client=QdrantClient(":memory:"), index_doc_id=False)


STORES: dict[str, Callable[[], Any]] = {"simple": SimpleVectorStore, "qdrant": qdrant}
BOTH = pytest.mark.parametrize("kind", STORES)


def guarded_by(retrieval: dict[str, Any] | None, *plugins: Any) -> Guard:
    policy: dict[str, Any] = {"guard": {"plugins": ["redaction"]}}
    if retrieval is not None:
        policy["retrieval"] = retrieval
    return Guard.from_dict(policy) if not plugins else Guard(plugins=list(plugins))


def node(number: int, document: str = "d", **metadata: Any) -> TextNode:
    one = TextNode(id_=f"00000000-0000-4000-8000-{number:012d}", text=f"node {number}", embedding=VECTOR, metadata=metadata)
    one.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=document)
    return one


def who(*roles: str, tenant: str = "a", **claims: Any) -> Principal:
    return Principal("ann", roles=list(roles), tenant=tenant, claims=claims)


def ask(filters: MetadataFilters | None = None) -> VectorStoreQuery:
    return VectorStoreQuery(query_embedding=VECTOR, similarity_top_k=50, filters=filters)


def numbers(result: VectorStoreQueryResult) -> set[int]:
    ids = result.ids if result.ids is not None else [one.node_id for one in result.nodes or ()]
    return {int(one[-12:]) for one in ids}


def filled(kind: str, guard: Guard, nodes: list[TextNode]) -> GuardedVectorStore:
    inner = STORES[kind]()
    inner.add(nodes)
    return GuardedVectorStore(inner, guard)


@BOTH
def test_a_list_acl_admits_whom_it_names_and_nobody_else(kind: str) -> None:
    guard = guarded_by(LIST)
    store = filled(
        kind,
        guard,
        [
            node(1, tenant="a", acl=["hr"]),
            node(2, tenant="a", acl=["hr-admins"]),
            node(3, tenant="a", acl=["sales", "hr"]),
            node(4, tenant="b", acl=["hr"]),
            node(5, tenant="a"),
            node(6, tenant="a", acl=[]),
            node(7, tenant="a", acl="hr-admins"),  # a str: `"hr" in` it is true
            node(8, tenant="a", acl=["hr", 7]),
            node(9, tenant=["a"], acl=["hr"]),
            node(10, acl=["hr"]),
        ],
    )
    with guard.session(who("hr")):
        assert numbers(store.query(ask())) == {1, 3}
    with guard.session(who("hr-admins", "other")):
        assert numbers(store.query(ask())) == {2}
    with guard.session(who("nothing")):
        assert numbers(store.query(ask())) == set()
    with guard.session(who()), pytest.raises(AccessDenied, match="acl_from"):
        store.query(ask())


@BOTH
def test_without_the_wrapper_the_same_store_gives_all_of_them(kind: str) -> None:
    inner = STORES[kind]()
    inner.add([node(1, tenant="a", acl=["hr"]), node(4, tenant="b", acl=["hr"])])
    assert numbers(inner.query(ask())) == {1, 4}


@BOTH
def test_a_string_acl_names_one(kind: str) -> None:
    guard = guarded_by(STRING)
    store = filled(
        kind,
        guard,
        [
            node(1, tenant="a", acl="hr"),
            node(2, tenant="a", acl="hr-admins"),
            node(3, tenant="a", acl=["hr"]),
            node(4, tenant="a"),
        ],
    )
    with guard.session(who("hr", "sales")):
        assert numbers(store.query(ask())) == {1}


@BOTH
def test_an_acl_goes_by_what_the_policy_says_of_the_principal(kind: str) -> None:
    guard = guarded_by({**LIST, "acl_from": ["id", "claims.groups"]})
    store = filled(kind, guard, [node(i, tenant="a", acl=[acl]) for i, acl in enumerate(("ann", "g1", "hr", "7"))])
    with guard.session(who("hr", groups=["g1", "g2"])):
        assert numbers(store.query(ask())) == {0, 1}
    with guard.session(who("hr", groups="g1")):
        assert numbers(store.query(ask())) == {0, 1}
    with guard.session(who("hr", groups=["g1", 7])):  # no list of str: it gives nothing
        assert numbers(store.query(ask())) == {0}


@BOTH
def test_an_acl_without_tenants_crosses_none(kind: str) -> None:
    guard = guarded_by({"tenant_key": "", "acl_key": "acl"})
    store = filled(kind, guard, [node(1, acl=["hr"]), node(2, acl=["sales"])])
    with guard.session(Principal("ann", roles=["hr"])):
        assert numbers(store.query(ask())) == {1}


@BOTH
def test_another_key_is_the_policy_s_to_name(kind: str) -> None:
    guard = guarded_by({"tenant_key": "customer"})
    store = filled(kind, guard, [node(1, customer="a", tenant="b"), node(2, customer="b", tenant="a")])
    with guard.session(who()):
        assert numbers(store.query(ask())) == {1}
        assert numbers(asyncio.run(store.aquery(ask()))) == {1} if kind == "simple" else True


def test_a_policy_without_the_table_goes_by_tenant() -> None:
    guard = guarded_by(None)
    store = filled("simple", guard, [node(1, tenant="a"), node(2, tenant="b")])
    with guard.session(who()):
        assert numbers(store.query(ask())) == {1}


@pytest.mark.parametrize(
    "table",
    [{"tenant": "x"}, {"tenant_key": ""}, {"acl_from": []}, {"acl_from": ["role"]}, {"acl_type": "set"}, {"tenant_key": 3}],
)
def test_a_slip_in_the_table_refuses_to_start(table: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="retrieval"):
        guarded_by(table)


def test_the_table_is_part_of_the_policy_s_digest() -> None:
    assert guarded_by(LIST).digest != guarded_by(STRING).digest != guarded_by(None).digest


OR = MetadataFilters(
    filters=[MetadataFilter(key="kind", value="x"), MetadataFilter(key="tenant", value="b")], condition=FilterCondition.OR
)


def test_filters_that_need_nesting_are_refused_where_the_store_is_not_known_to_nest() -> None:
    guard = guarded_by(None)
    store = filled("simple", guard, [node(1, tenant="a", kind="x"), node(2, tenant="b", kind="x")])
    with guard.session(who()), pytest.raises(BartizanError, match="SimpleVectorStore is not known to nest"):
        store.query(ask(OR))


def test_and_nested_where_it_can() -> None:
    guard = guarded_by(None)
    store = filled("qdrant", guard, [node(1, tenant="a", kind="x"), node(2, tenant="b", kind="x"), node(3, tenant="a", kind="y")])
    with guard.session(who()):
        assert numbers(store.query(ask(OR))) == {1}
        assert {int(one.node_id[-12:]) for one in store.get_nodes(filters=OR)} == {1}


@BOTH
def test_a_caller_s_own_filters_still_hold(kind: str) -> None:
    guard = guarded_by(None)
    store = filled(kind, guard, [node(1, tenant="a", kind="x"), node(2, tenant="a", kind="y"), node(3, tenant="b", kind="y")])
    with guard.session(who()):
        assert numbers(store.query(ask(MetadataFilters(filters=[MetadataFilter(key="kind", value="y")])))) == {2}
        one = MetadataFilters(filters=[MetadataFilter(key="kind", value="y")], condition=FilterCondition.OR)
        assert numbers(store.query(ask(one))) == {2}
        assert numbers(store.query(ask(MetadataFilters(filters=[])))) == {1, 2}
        other = MetadataFilters(filters=[MetadataFilter(key="kind", value="x", operator=FilterOperator.NE)])
        assert numbers(store.query(ask(other))) == {2}


def test_arguments_that_reach_a_store_s_own_filters_are_refused() -> None:
    guard = guarded_by(None)
    store = filled("qdrant", guard, [node(1, tenant="a"), node(2, tenant="b")])
    everything = models.Filter()
    assert numbers(store._store.query(ask(), qdrant_filters=everything)) == {1, 2}
    with guard.session(who()):
        with pytest.raises(BartizanError, match="qdrant_filters"):
            store.query(ask(), qdrant_filters=everything)
        with pytest.raises(BartizanError, match="shard_identifier"):
            store.delete_nodes(["x"], shard_identifier="x")


class Careless(SimpleVectorStore):
    """Keeps to no filter at all."""

    stores_text: bool = True
    kept: list[Any] = []  # noqa: RUF012 (pydantic copies a default)

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        return VectorStoreQueryResult(
            nodes=self.kept, similarities=[1.0] * len(self.kept), ids=[one.node_id for one in self.kept]
        )

    def get_nodes(self, node_ids: Any = None, filters: Any = None) -> list[Any]:
        return self.kept


def test_a_store_that_ignores_the_filters_is_refused() -> None:
    guard = guarded_by(None)
    inner = Careless()
    inner.kept = [node(1, tenant="a"), node(2, tenant="b")]
    store = GuardedVectorStore(inner, guard)
    with guard.session(who()):
        with pytest.raises(BartizanError, match="does not apply the tenant's filter"):
            store.query(ask())
        with pytest.raises(BartizanError, match="does not apply the tenant's filter"):
            store.get_nodes()


class IdsOnly(BasePydanticVectorStore):
    """Like those that keep vectors and nothing else."""

    stores_text: bool = False

    @property
    def client(self) -> None:
        return None

    def add(self, nodes: Any, **kwargs: Any) -> list[str]:
        return []

    def delete(self, ref_doc_id: str, **kwargs: Any) -> None: ...

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        return VectorStoreQueryResult(ids=["1"])


class NoLookUp(Careless):
    """Like those that can only be queried."""

    def get_nodes(self, node_ids: Any = None, filters: Any = None) -> list[Any]:
        raise NotImplementedError


def test_within_a_session_nothing_is_written_to_a_store_that_can_t_look_nodes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = guarded_by(None)
    store = GuardedVectorStore(NoLookUp(), guard)
    store.add([node(1, tenant="a")])
    monkeypatch.setattr("bartizan_llamaindex._holdings.SimpleVectorStore", type(None))
    with guard.session(who()):
        for write in (lambda: store.add([node(2, tenant="a")]), lambda: store.delete("d")):
            with pytest.raises(BartizanError, match="NoLookUp has no get_nodes"):
                write()
        for awrite in (lambda: store.async_add([node(2, tenant="a")]), lambda: store.adelete("d")):
            with pytest.raises(BartizanError, match="NoLookUp has no get_nodes"):
                asyncio.run(awrite())


def test_a_store_whose_findings_can_t_be_checked_is_refused() -> None:
    with pytest.raises(BartizanError, match="IdsOnly gives ids without their nodes"):
        GuardedVectorStore(IdsOnly(), guarded_by(None))
    with pytest.raises(TypeError, match="takes a vector store"):
        GuardedVectorStore("a store", guarded_by(None))
    with pytest.raises(TypeError, match="takes a Guard"):
        GuardedVectorStore(SimpleVectorStore(), "a guard")  # type: ignore[arg-type]


@BOTH
def test_nodes_that_nobody_could_read_are_not_added(kind: str) -> None:
    store = GuardedVectorStore(STORES[kind](), guarded_by(LIST))
    for one in (node(1), node(1, tenant=""), node(1, tenant=7), node(1, tenant="a"), node(1, tenant="a", acl="hr")):
        with pytest.raises(BartizanError, match="nobody could read it"):
            store.add([node(2, tenant="a", acl=["hr"]), one])
    store.add([node(2, tenant="a", acl=["hr"])])
    with store.guard.session(who("hr")):
        assert numbers(store.query(ask())) == {2}


@BOTH
def test_within_a_session_one_adds_to_one_s_own_tenant_alone(kind: str) -> None:
    guard = guarded_by(None)
    store = filled(kind, guard, [node(1, tenant="b")])
    with guard.session(who()):
        store.add([node(2, tenant="a")])
        with pytest.raises(AccessDenied, match="another tenant"):
            store.add([node(3, tenant="b")])
        with pytest.raises(AccessDenied, match="not free"):
            store.add([node(1, tenant="a")])  # the id of b's
        if kind == "simple":
            with pytest.raises(AccessDenied, match="not free"):
                asyncio.run(store.async_add([node(1, tenant="a")]))
        assert numbers(store.query(ask())) == {2}
    with guard.session(Principal("x")), pytest.raises(AccessDenied):
        store.add([node(4, tenant="a")])
    with guard.session(who(tenant="b")):
        assert numbers(store.query(ask())) == {1}


@BOTH
def test_a_document_is_deleted_by_who_may_read_all_of_it(kind: str) -> None:
    guard = guarded_by(None)
    store = filled(kind, guard, [node(1, "own", tenant="a"), node(2, "mixed", tenant="a"), node(3, "mixed", tenant="b")])
    said = set()
    with guard.session(who()):
        for document in ("mixed", "nothing"):
            with pytest.raises(AccessDenied) as denied:
                store.delete(document)
            said.add(denied.value.reason)
        store.delete("own")
        assert numbers(store.query(ask())) == {2}
        store.delete_nodes(["00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000002"])
        assert numbers(store.query(ask())) == set()
    assert len(said) == 1  # whether there is such a document is not told
    with guard.session(who(tenant="b")):
        assert numbers(store.query(ask())) == {3}


def test_deleting_is_the_same_asynchronously() -> None:
    guard = guarded_by(None)
    store = filled("simple", guard, [node(1, "own", tenant="a"), node(3, "theirs", tenant="b"), node(4, tenant="a")])

    async def run() -> None:
        with guard.session(who()):
            with pytest.raises(AccessDenied):
                await store.adelete("theirs")
            await store.adelete("own")
            await store.adelete_nodes(["00000000-0000-4000-8000-000000000004", "00000000-0000-4000-8000-000000000003"])
            with pytest.raises(AccessDenied):
                await store.aclear()

    asyncio.run(run())
    assert set(store._store.data.metadata_dict) == {"00000000-0000-4000-8000-000000000003"}


class Asked:
    """An authorizer that allows what it is told to, and keeps what it was asked."""

    name = "asked"

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed
        self.asked: list[tuple[str, str, str | None]] = []

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        resource = request.resource
        assert resource is not None
        self.asked.append((request.action, resource.type, resource.tenant))
        return Decision.ALLOW if request.action in self.allowed else None


def test_the_authorizer_is_asked_before_the_store() -> None:
    asked = Asked("retrieve")
    guard = Guard(plugins=["redaction", asked])
    store = filled("simple", guard, [node(1, tenant="a")])
    with guard.session(who()):
        assert numbers(store.query(ask())) == {1}
        for change in (lambda: store.delete("d"), lambda: store.add([node(2, tenant="a")]), lambda: store.delete_nodes(["x"])):
            with pytest.raises(AccessDenied):
                change()
    actions = [("retrieve", "vector_store", "a"), *((one, "vector_store", "a") for one in ("delete", "ingest", "delete"))]
    assert asked.asked == actions
    assert set(store._store.data.metadata_dict) == {node(1).node_id}


def test_each_denial_is_told_to_observers_once() -> None:
    guard = guarded_by(None)
    store = filled("simple", guard, [])
    for principal in (None, Principal("x")):
        with capture_events(guard) as events, guard.session(principal), pytest.raises(AccessDenied):
            store.query(ask())
        assert [(event.hook, event.action) for event in events] == [("authorize", "retrieve")]
        assert events[0].refused


def test_the_wrapper_is_of_its_own_kind_and_keeps_the_store_s() -> None:
    inner = SimpleVectorStore()
    store = GuardedVectorStore(inner, guarded_by(None))
    assert (store.stores_text, store.is_embedding_query, store.client) == (False, True, None)
    assert store.class_name() == "GuardedVectorStore"
    assert qdrant().stores_text is GuardedVectorStore(qdrant(), guarded_by(None)).stores_text is True
