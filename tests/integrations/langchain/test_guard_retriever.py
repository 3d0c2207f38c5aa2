"""guard_retriever: authorized, filtered by document, judged as a whole, and the store stays as it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from bartizan import AccessDenied, BartizanError, Blocked, Decision, Guard, Principal, hookimpl
from bartizan_langchain import BartizanCallback, guard_retriever

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL = "jane@acme.test"
WAYS = {"sync": lambda made, query: made.invoke(query), "async": lambda made, query: asyncio.run(made.ainvoke(query))}
both = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))


class Store(BaseRetriever):
    docs: list[Document]
    asked: Any = None

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        self.asked.append(query)
        return self.docs


class Old(BaseRetriever):
    """Written before run managers came."""

    docs: list[Document]
    asked: Any = None

    def _get_relevant_documents(self, query: str) -> list[Document]:
        self.asked.append(query)
        return self.docs


class Native(Store):
    async def _aget_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        self.asked.append(query)
        return self.docs


class Tenants:
    """Each sees the documents of their own tenant; guests see nothing."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.requests.append(request)
        if "guest" in request.principal.roles:
            return Decision.deny("guests do not search")
        if request.resource.type == "document" and request.resource.tenant != request.principal.tenant:
            return Decision.DENY
        return Decision.ALLOW


def store(kind: Any, *docs: Document) -> Any:
    return kind(docs=list(docs), asked=[])


@pytest.fixture
def tenants() -> Tenants:
    return Tenants()


@pytest.fixture
def asking(planted: Any, tenants: Tenants) -> Iterator[Guard]:
    with Guard(plugins=[planted(), tenants]) as made:
        yield made


@both
@pytest.mark.parametrize("kind", [Store, Old, Native])
class TestDocuments:
    def test_they_are_redacted_in_copies(self, guard: Guard, kind: Any, way: Any) -> None:
        given = Document(f"ask {EMAIL}", metadata={"author": {"mail": EMAIL}}, id=EMAIL)
        clean = Document("nothing here", metadata={"n": 1})
        found = way(guard_retriever(store(kind, given, clean), guard), "who")
        assert EMAIL not in repr(found)
        assert found[0].page_content == "ask <EMAIL_ADDRESS>"
        assert found[0].metadata == {"author": {"mail": "<EMAIL_ADDRESS>"}}
        assert isinstance(found[0], Document)
        assert found[1] is clean
        assert repr(given).count(EMAIL) == 3

    def test_a_refused_one_refuses_the_whole_retrieval(self, guard: Guard, kind: Any, way: Any) -> None:
        with pytest.raises(Blocked):
            way(guard_retriever(store(kind, Document("fine"), Document("x", metadata={"k": "FORBIDDEN"})), guard), "who")

    def test_they_are_judged_in_one_call_as_documents(
        self, guard: Guard, kind: Any, way: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[Any] = []
        judge, ajudge = guard.pre_prompt, guard.apre_prompt
        monkeypatch.setattr(guard, "pre_prompt", lambda given: calls.append(given) or judge(given))
        monkeypatch.setattr(guard, "apre_prompt", lambda given: calls.append(given) or ajudge(given))
        way(guard_retriever(store(kind, Document("a", id="1"), Document("b", id="2")), guard), "who")
        assert len(calls) == 1
        assert {(one.origin.value, one.source) for one in calls[0]} == {("document", "1"), ("document", "2")}

    def test_handlers_see_judged_documents(self, guard: Guard, kind: Any, way: Any) -> None:
        seen: list[Any] = []

        class Watch(BaseCallbackHandler):
            def on_retriever_end(self, documents: Any, **kwargs: Any) -> None:
                seen.append(repr(documents))

        way(guard_retriever(store(kind, Document(EMAIL)), guard).with_config(callbacks=[Watch()]), "who")
        assert len(seen) == 1
        assert EMAIL not in seen[0]

    def test_nobody_retrieves_without_an_identity(self, asking: Guard, kind: Any, way: Any) -> None:
        made = store(kind, Document("x"))
        with pytest.raises(AccessDenied, match="nobody is identified"):
            way(guard_retriever(made, asking), "who")
        assert made.asked == []

    def test_a_denied_retrieval_does_not_reach_the_store(self, asking: Guard, kind: Any, way: Any) -> None:
        made = store(kind, Document("x"))
        with asking.session(Principal("eve", roles=["guest"])), pytest.raises(AccessDenied, match="guests"):
            way(guard_retriever(made, asking), "who")
        assert made.asked == []

    def test_only_allowed_documents_come_back(self, asking: Guard, tenants: Tenants, kind: Any, way: Any) -> None:
        docs = [
            Document("a", id="1", metadata={"tenant": "acme"}),
            Document("b", id="2", metadata={"tenant": "evil"}),
            Document("c"),
        ]
        with asking.session(Principal("alice", tenant="acme")):
            found = way(guard_retriever(store(kind, *docs), asking), "who is it")
        assert [one.page_content for one in found] == ["a"]
        first, *others = tenants.requests
        assert (first.action, first.resource.type, dict(first.args)) == ("retrieve", "retriever", {"query": "who is it"})
        assert [(one.resource.id, one.resource.tenant) for one in others] == [("1", "acme"), ("2", "evil"), ("", None)]
        assert others[0].resource.attributes["tenant"] == "acme"

    def test_what_is_not_allowed_is_not_judged_either(self, asking: Guard, kind: Any, way: Any) -> None:
        docs = [Document("a", metadata={"tenant": "acme"}), Document("FORBIDDEN", metadata={"tenant": "evil"})]
        with asking.session(Principal("alice", tenant="acme")):
            assert len(way(guard_retriever(store(kind, *docs), asking), "who")) == 1

    def test_a_callback_of_the_same_guard_does_not_ask_again(self, asking: Guard, tenants: Tenants, kind: Any, way: Any) -> None:
        made = guard_retriever(store(kind), asking).with_config(callbacks=[BartizanCallback(asking)])
        with asking.session(Principal("alice", tenant="acme")):
            way(made, "who")
        assert len(tenants.requests) == 1


class Around(Store):
    """Answers in its public methods, as ensembles do."""

    def invoke(self, query: str, config: Any = None, **kwargs: Any) -> list[Document]:
        self.asked.append(query)
        return self.docs

    async def ainvoke(self, query: str, config: Any = None, **kwargs: Any) -> list[Document]:
        return self.invoke(query)


class Positional(Store):
    def _get_relevant_documents(self, query: str, run_manager: Any) -> list[Document]:
        return self.docs

    async def _aget_relevant_documents(self, query: str, run_manager: Any) -> list[Document]:
        return self._get_relevant_documents(query, run_manager)


@both
class TestOtherWays:
    @pytest.mark.parametrize("kind", [Around, Positional])
    def test_documents_that_come_another_way_are_judged(self, guard: Guard, kind: Any, way: Any) -> None:
        found = way(guard_retriever(store(kind, Document(f"ask {EMAIL}")), guard), "who")
        assert found[0].page_content == "ask <EMAIL_ADDRESS>"

    def test_and_authorized(self, asking: Guard, way: Any) -> None:
        made = store(Around, Document("a", metadata={"tenant": "evil"}))
        with pytest.raises(AccessDenied):
            way(guard_retriever(made, asking), "who")
        assert made.asked == []
        with asking.session(Principal("alice", tenant="acme")):
            assert way(guard_retriever(made, asking), "who") == []

    def test_two_guards_both_judge(self, guard: Guard, asking: Guard, way: Any) -> None:
        docs = [Document(EMAIL, metadata={"tenant": "acme"}), Document("b", metadata={"tenant": "evil"})]
        for inner, outer in ((guard, asking), (asking, guard)):
            with asking.session(Principal("alice", tenant="acme")):
                found = way(guard_retriever(guard_retriever(store(Store, *docs), inner), outer), "who")
            assert [one.page_content for one in found] == ["<EMAIL_ADDRESS>"]


def test_it_stays_the_retriever_that_it_was(guard: Guard) -> None:
    made = store(Store, Document(EMAIL))
    guarded = guard_retriever(made, guard)
    assert type(guarded).__name__ == "Store"
    assert isinstance(guarded, Store)
    assert guard_retriever(guarded, guard) is guarded
    assert made.invoke("who")[0].page_content == EMAIL
    assert guarded.batch(["a", "b"])[1][0].page_content == "<EMAIL_ADDRESS>"


def test_it_takes_only_retrievers_and_guards(guard: Guard) -> None:
    with pytest.raises(TypeError, match="BaseRetriever"):
        guard_retriever(object(), guard)
    with pytest.raises(TypeError, match="Guard"):
        guard_retriever(store(Store), None)  # type: ignore[arg-type]


def test_a_release_that_takes_other_ways_is_refused(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseRetriever, "ainvoke", lambda self, query: [])
    with pytest.raises(BartizanError, match=r"BaseRetriever.ainvoke does not call _aget_relevant_documents"):
        guard_retriever(store(Store), guard)


def test_the_inner_retriever_of_an_outer_one_is_asked_with_a_plain_query(asking: Guard, tenants: Tenants) -> None:
    class Outer(Store):
        inner: Any = None

        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            return list(self.inner.invoke(query, {"callbacks": [BartizanCallback(asking)]}))

    made = guard_retriever(Outer(docs=[], inner=store(Store)), asking)
    with asking.session(Principal("alice")):
        made.invoke("who")
    assert len(tenants.requests) == 2  # the outer one by its guard, the raw inner one by the callback
