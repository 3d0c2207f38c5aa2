"""What is made of a guarded model or tool leads nowhere unguarded: fallbacks, alternatives, structured output, retries, pickles."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import ConfigurableField, RunnableBranch, RunnableLambda, RunnablePassthrough
from langchain_core.tools import tool
from pydantic import BaseModel

from bartizan import AccessDenied, Blocked, Decision, Guard, Principal, hookimpl
from bartizan_langchain import guard_model, guard_retriever, guard_tool

EMAIL, SECRET = "jane@acme.test", "SEKRET-" + "48151623"
ALICE = Principal("alice")
ran: list[str] = []


class Reply(BaseModel):
    """What a model answers."""

    note: str


class Nobody:
    """Denies everything, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.asked += 1
        return Decision.deny("no")


@tool
def wipe(what: str) -> str:
    """Wipe."""
    ran.append(what)
    return "wiped"


class Shelf(BaseRetriever):
    """One document."""

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        ran.append(query)
        return [Document(f"ask {EMAIL}")]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    ran.clear()


WAYS: dict[str, Any] = {
    "fallbacks": lambda model, raw: model.with_fallbacks([raw]),
    "fallbacks of fallbacks": lambda model, raw: model.with_fallbacks([model]).with_fallbacks([raw]),
    "of a model with fields": lambda model, raw: model.configurable_fields(
        model_name=ConfigurableField(id="name")
    ).with_fallbacks([raw]),
    "of alternatives": lambda model, raw: model.configurable_alternatives(ConfigurableField(id="w"), other=model).with_fallbacks(
        [raw]
    ),
    "a branch": lambda model, raw: model.with_fallbacks([RunnableBranch((lambda _: True, raw), raw)]),
    "a map": lambda model, raw: model.with_fallbacks([RunnablePassthrough.assign(x=raw)]),
    "a chain": lambda model, raw: model.with_fallbacks([RunnableLambda(lambda x: x) | raw]),
    "a binding with fields": lambda model, raw: model.bind(stop=["x"]).with_fallbacks(
        [raw.configurable_fields(model_name=ConfigurableField(id="name"))]
    ),
    "alternatives in a fallback": lambda model, raw: model.with_fallbacks(
        [raw.configurable_alternatives(ConfigurableField(id="w"), other=raw, lazy=lambda: raw)]
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_answered_by_no_unguarded_fallback(way: str, guard: Guard, scripted: Any) -> None:
    raw = scripted("fine", kind="plain")
    made = WAYS[way](guard_model(scripted("it is FORBIDDEN", kind="plain"), guard), raw)
    given: Any = {"q": "say FORBIDDEN"} if way == "a map" else "say FORBIDDEN"
    with pytest.raises((Blocked, ValueError)):  # the model itself does not take a mapping
        made.invoke(given)
    assert raw.heard == []


def test_structured_output_keeps_its_fallbacks_guarded(guard: Guard, scripted: Any) -> None:
    call = {"name": "Reply", "args": {"note": "x"}, "id": "1"}
    raw = scripted(AIMessage("", tool_calls=[call]), kind="plain")
    for include_raw in (False, True):
        first = guard_model(scripted("it is FORBIDDEN", kind="plain"), guard).with_structured_output(
            Reply, include_raw=include_raw
        )
        made = first.with_fallbacks([raw.with_structured_output(Reply)])
        with pytest.raises(Blocked):
            made.invoke("say FORBIDDEN")
        assert raw.heard == []
        assert made.invoke(f"I am {EMAIL}") == Reply(note="x")
        assert EMAIL not in raw.heard.pop()


def test_structured_output_with_the_raw_message_holds_nothing_raw(guard: Guard, scripted: Any) -> None:
    call = {"name": "Reply", "args": {"note": "x"}, "id": "1"}
    raw = scripted(AIMessage(f"key {SECRET}", tool_calls=[call]), kind="plain")
    assert SECRET in repr(raw.with_structured_output(Reply, include_raw=True).invoke("hello"))
    got: Any = guard_model(raw, guard).with_structured_output(Reply, include_raw=True).invoke("hello")
    assert got["raw"].content == "key <SEKRET>"
    assert got["parsed"] == Reply(note="x")
    assert SECRET not in repr(got)


@pytest.mark.parametrize("asynchronous", [False, True])
class TestTools:
    def run(self, runnable: Any, given: Any, asynchronous: bool) -> Any:
        return asyncio.run(runnable.ainvoke(given)) if asynchronous else runnable.invoke(given)

    @pytest.mark.parametrize("wrapped", ["tool", "bind", "with_config", "with_retry"])
    def test_a_denial_is_answered_by_no_unguarded_fallback(self, wrapped: str, asynchronous: bool) -> None:
        clerk = Nobody()
        with Guard(plugins=[clerk]) as guard, guard.session(ALICE):
            guarded = guard_tool(wipe, guard)
            one = {
                "tool": guarded,
                "bind": guarded.bind(),
                "with_config": guarded.with_config(tags=["t"]),
                "with_retry": guarded.with_retry(stop_after_attempt=1),
            }[wrapped]
            with pytest.raises(AccessDenied):
                self.run(one.with_fallbacks([wipe]), {"what": "x"}, asynchronous)
        assert ran == []
        assert clerk.asked == 2

    def test_a_denial_is_not_retried(self, asynchronous: bool) -> None:
        clerk = Nobody()
        with Guard(plugins=[clerk]) as guard, guard.session(ALICE):
            retried = guard_tool(wipe, guard).with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
            with pytest.raises(AccessDenied):
                self.run(retried, {"what": "x"}, asynchronous)
        assert clerk.asked == 1

    def test_a_fallback_retriever_is_guarded(self, guard: Guard, asynchronous: bool) -> None:
        class Away(Shelf):
            def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
                raise ConnectionError

        found = self.run(guard_retriever(Away(), guard).with_fallbacks([Shelf()]), "q", asynchronous)
        assert found[0].page_content == "ask <EMAIL_ADDRESS>"

    def test_a_model_in_a_tool_s_fallback_is_guarded_too(self, guard: Guard, scripted: Any, asynchronous: bool) -> None:
        @tool
        def fails(what: str) -> str:
            """Fail."""
            raise ConnectionError

        raw = scripted("fine", kind="plain")
        backup = RunnableLambda(lambda given: given["what"]) | raw
        self.run(guard_tool(fails, guard).with_fallbacks([backup]), {"what": EMAIL}, asynchronous)
        assert len(raw.heard) == 1
        assert EMAIL not in raw.heard[0]


class TestPickling:
    @pytest.mark.parametrize(
        "make",
        [
            lambda model: model.bind(stop=["x"]),
            lambda model: model.with_retry(stop_after_attempt=2),
            lambda model: model.with_fallbacks([model]),
            lambda model: model.bind(stop=["x"]).with_config(tags=["t"]),
        ],
    )
    def test_what_is_made_of_a_guarded_model_is_pickled_with_it(
        self, make: Any, guard: Guard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(guard_model(FakeListChatModel(responses=[f"key {SECRET}"]), guard))
        with pytest.raises(pickle.PicklingError, match="guard_model"):
            pickle.dumps(made)
        monkeypatch.setattr(Guard, "__reduce__", lambda self: (_the_guard, ()), raising=False)
        _kept[:] = [guard]
        again = pickle.loads(pickle.dumps(made))  # noqa: S301 (made here)
        assert again.invoke("hello").content == "key <SEKRET>"
        raw = FakeListChatModel(responses=["unguarded"])
        with pytest.raises(Blocked):
            again.with_fallbacks([raw]).invoke("say FORBIDDEN")


_kept: list[Guard] = []


def _the_guard() -> Guard:
    return _kept[0]
