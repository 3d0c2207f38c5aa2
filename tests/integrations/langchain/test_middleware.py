"""BartizanMiddleware in a real agent: what reaches model and tools, what stays in the state, who may do what."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import traceback
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import ToolException, tool
from langchain_core.tracers import context as tracers
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command, interrupt
from pydantic import BaseModel

import bartizan_langchain
from bartizan import Approval, Blocked, Decision, Guard, MissingExtra, PluginError, Principal, hookimpl
from bartizan_langchain import BartizanMiddleware, _install, guard_tool, install

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL, SECRET = "jane@acme.test", "SEKRET-" + "48151623"
ALICE, CAROL = Principal("alice", claims={"token": "claimed"}), Principal("carol", roles=["approver"])
THREAD: Any = {"configurable": {"thread_id": "t"}}
ran: list[Any] = []


class Scripted(BaseChatModel):
    """Gives the answer whose turn it is, by how often it has answered in this conversation."""

    script: list[AIMessage]
    heard: Any = None

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.heard.append(repr([message.model_dump() for message in messages]))
        turn = sum(isinstance(message, AIMessage) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=self.script[turn].model_copy())])


class Desk:
    """pay over 100 asks, wipe is denied, the rest is allowed."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.broken = False

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.requests.append(request)
        if self.broken and request.action == "tool:look":
            raise RuntimeError(EMAIL)
        if request.action == "tool:pay" and request.args["amount"] > 100:
            return Decision.ask("a lot of money")
        return Decision.deny("nobody wipes") if request.action == "tool:wipe" else Decision.ALLOW


@tool
def pay(amount: int, to: str) -> str:
    """Pay someone."""
    ran.append(("pay", amount, to))
    return f"paid {to}, receipt to {EMAIL}"


@tool
def wipe(what: str) -> str:
    """Wipe."""
    ran.append(("wipe", what))
    return "wiped"


@tool
def look(what: str) -> str:
    """Look something up."""
    ran.append(("look", what))
    return f"{what}: {EMAIL}"


def calls(*asked: tuple[str, dict[str, Any]], text: str = "") -> AIMessage:
    return AIMessage(text, tool_calls=[{"name": name, "args": args, "id": f"c{i}"} for i, (name, args) in enumerate(asked)])


def agent(guard: Guard, *script: AIMessage, tools: Any = (pay, wipe, look), extra: Any = (), **kwargs: Any) -> Any:
    model = Scripted(script=[*script, AIMessage("done")], heard=[])
    memory = InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=BartizanMiddleware.checkpoint_types))
    made = create_agent(model, tools=list(tools), middleware=[*extra, BartizanMiddleware(guard)], checkpointer=memory, **kwargs)
    return SimpleNamespace(
        model=model,
        graph=made,
        sync=lambda given: made.invoke(given, THREAD),
        **{"async": lambda given: asyncio.run(made.ainvoke(given, THREAD))},
    )


def said(text: str = "hello") -> dict[str, Any]:
    return {"messages": [HumanMessage(text)]}


def results(state: Any) -> dict[str, ToolMessage]:
    return {message.tool_call_id: message for message in state["messages"] if isinstance(message, ToolMessage)}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    ran.clear()
    hooks = list(tracers._configure_hooks)
    yield
    tracers._configure_hooks[:] = hooks
    _install._installed.clear()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def asking(planted: Any, desk: Desk) -> Iterator[Guard]:
    with Guard(plugins=[planted(), desk]) as made:
        yield made


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


BIG = {"amount": 500, "to": "bob"}


class TestTexts:
    def test_nothing_raw_reaches_the_model_or_stays_in_the_state(self, guard: Guard, way: str) -> None:
        made = agent(guard, calls(("look", {"what": "x"})), AIMessage(f"write {EMAIL}"), system_prompt=f"key {SECRET}")
        state = getattr(made, way)(said(f"I am {EMAIL}"))
        assert len(made.model.heard) == 2
        for text in (*made.model.heard, repr(state)):
            assert EMAIL not in text
            assert SECRET not in text
        assert ran == [("look", "x")]
        assert results(state)["c0"].content == "x: <EMAIL_ADDRESS>"
        assert state["messages"][0].content == "I am <EMAIL_ADDRESS>"
        assert state["messages"][-1].content == "write <EMAIL_ADDRESS>"

    def test_only_the_first_checkpoints_hold_the_input(self, guard: Guard, way: str) -> None:
        made = agent(guard, calls(("look", {"what": "x"})))
        getattr(made, way)(said(f"I am {EMAIL}"))
        raw = [
            one.metadata["step"]
            for one in made.graph.checkpointer.list(THREAD)
            if EMAIL in repr(one.checkpoint["channel_values"]) + repr(one.pending_writes)
        ]
        assert set(raw) <= {-1, 0}
        assert raw  # the docs say so

    def test_no_checkpoint_holds_an_input_that_was_judged_first(self, guard: Guard, way: str) -> None:
        made = agent(guard, calls(("look", {"what": "x"})))
        getattr(made, way)(said(guard.pre_prompt(f"I am {EMAIL}").text))
        assert EMAIL not in repr(list(made.graph.checkpointer.list(THREAD)))

    def test_a_forbidden_input_or_answer_is_refused(self, guard: Guard, way: str) -> None:
        made = agent(guard)
        with pytest.raises(Blocked):
            getattr(made, way)(said("FORBIDDEN"))
        assert made.model.heard == []
        with pytest.raises(Blocked):
            getattr(agent(guard, AIMessage("FORBIDDEN")), way)(said())

    @pytest.mark.parametrize("mode", ["updates", "messages"])
    def test_streams_show_nothing_raw(self, guard: Guard, mode: str) -> None:
        made = agent(guard, calls(("look", {"what": "x"})), AIMessage(f"write {EMAIL}"))
        pieces = list(made.graph.stream(said(f"I am {EMAIL}"), THREAD, stream_mode=mode))
        assert "EMAIL_ADDRESS" in repr(pieces)
        assert EMAIL not in repr(pieces)

    def test_a_message_whose_id_is_redacted_is_replaced_too(self, guard: Guard, way: str) -> None:
        made = agent(guard)
        state = getattr(made, way)({"messages": [HumanMessage("a", id=EMAIL), HumanMessage("b")]})
        assert EMAIL not in repr(state)
        assert [message.content for message in state["messages"]] == ["a", "b", "done"]

    def test_structured_answers_still_come(self, asking: Guard, way: str) -> None:
        class Shape(BaseModel):
            n: int

        made = agent(asking, calls(("Shape", {"n": 3})), response_format=ToolStrategy(Shape))
        with asking.session(ALICE):
            assert getattr(made, way)(said())["structured_response"] == Shape(n=3)


class TestDecisions:
    def test_a_denied_call_is_answered_and_the_others_run(self, asking: Guard, desk: Desk, way: str) -> None:
        made = agent(asking, calls(("wipe", {"what": EMAIL}), ("look", {"what": "x"}), ("pay", {"amount": 5, "to": "bob"})))
        with asking.session(ALICE):
            state = getattr(made, way)(said())
        assert sorted(ran) == [("look", "x"), ("pay", 5, "bob")]
        denied = results(state)["c0"]
        assert (denied.status, denied.name) == ("error", "wipe")
        assert "nobody wipes" in denied.content
        assert EMAIL not in denied.content
        assert [one.action for one in desk.requests] == ["tool:wipe", "tool:look", "tool:pay"]  # each asked about once

    def test_without_a_session_every_tool_is_denied(self, asking: Guard, way: str) -> None:
        state = getattr(agent(asking, calls(("look", {"what": "x"}))), way)(said())
        assert ran == []
        assert "nobody is identified" in results(state)["c0"].content

    def test_when_an_authorizer_fails_none_of_the_calls_runs(self, asking: Guard, desk: Desk, way: str) -> None:
        desk.broken = True
        made = agent(asking, calls(("pay", {"amount": 5, "to": "bob"}), ("look", {"what": "x"})))
        with asking.session(ALICE):
            state = getattr(made, way)(said())
        assert ran == []
        assert {one.status for one in results(state).values()} == {"error"}
        assert EMAIL not in repr(state)

    def test_a_call_that_changes_after_the_decision_is_decided_anew(self, asking: Guard, way: str) -> None:
        class Raise(AgentMiddleware):
            def change(self, request: Any) -> Any:
                return request.override(tool_call={**request.tool_call, "args": BIG})

            def wrap_tool_call(self, request: Any, handler: Any) -> Any:
                return handler(self.change(request))

            async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
                return await handler(self.change(request))

        made = agent(asking, calls(("pay", {"amount": 5, "to": "bob"})), extra=[Raise()])
        with asking.session(ALICE):
            state = getattr(made, way)(said())
        assert ran == []
        assert "needs approval" in results(state)["c0"].content

    def test_a_grant_holds_for_one_run_of_the_tool(self, asking: Guard) -> None:
        class Again(AgentMiddleware):
            def wrap_tool_call(self, request: Any, handler: Any) -> Any:
                handler(request)
                return handler(request)

        made = agent(asking, calls(("pay", BIG)), extra=[Again()])
        with asking.session(ALICE):
            need = made.sync(said())["__interrupt__"][0].value["request"]
            state = made.sync(Command(resume=asking.approve(need, by=CAROL)))
        assert ran == [("pay", 500, "bob")]
        assert "needs approval" in results(state)["c0"].content


class TestApprovals:
    def paused(self, guard: Guard, made: Any, way: str) -> Any:
        state = getattr(made, way)(said())
        assert ran == []
        return state["__interrupt__"][0].value

    def test_the_pause_has_the_shape_that_approval_screens_know(self, asking: Guard, way: str) -> None:
        with asking.session(ALICE, id="s"):
            value = self.paused(asking, agent(asking, calls(("pay", BIG))), way)
        (action,), (review,) = value["action_requests"], value["review_configs"]
        assert (action["name"], action["args"]) == ("pay", BIG)
        assert "a lot of money" in action["description"]
        assert review == {"action_name": "pay", "allowed_decisions": ["approve", "reject"]}
        assert value["request"] is action["request"] is value["requests"][0]
        assert (value["request"].principal.id, value["request"].context.session_id) == ("alice", "s")

    @pytest.mark.parametrize("form", [lambda one: one, lambda one: [one]], ids=["one", "list"])
    def test_an_approval_lets_it_run_once(self, asking: Guard, form: Any, way: str) -> None:
        made = agent(asking, calls(("pay", BIG), ("look", {"what": "x"})))
        with asking.session(ALICE):
            value = self.paused(asking, made, way)
            state = getattr(made, way)(Command(resume=form(asking.approve(value["request"], by=CAROL))))
        assert sorted(ran) == [("look", "x"), ("pay", 500, "bob")]
        assert results(state)["c0"].content == "paid bob, receipt to <EMAIL_ADDRESS>"

    def test_the_request_read_from_the_checkpoint_can_be_approved(
        self, asking: Guard, way: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        made = agent(asking, calls(("pay", BIG)))
        with asking.session(ALICE):
            self.paused(asking, made, way)
            value = made.graph.get_state(THREAD).tasks[0].interrupts[0].value
            getattr(made, way)(Command(resume=asking.approve(value["request"], by=CAROL)))
        assert ran == [("pay", 500, "bob")]
        assert caplog.records == []  # LangGraph complains of types that it does not know
        assert "claimed" not in repr(list(made.graph.checkpointer.list(THREAD)))
        assert b"claimed" not in repr(made.graph.checkpointer.writes).encode()

    @pytest.mark.parametrize(
        "answer",
        [
            {"decisions": [{"type": "approve"}]},
            {"approved": True},
            True,
            [],
            {"type": "approve"},
            Approval("d" * 64, CAROL, 9e9),
        ],
        ids=["hitl", "dict", "true", "none", "type", "made-up"],
    )
    def test_anything_else_is_refused(self, asking: Guard, answer: Any, way: str) -> None:
        made = agent(asking, calls(("pay", BIG)))
        with asking.session(ALICE):
            self.paused(asking, made, way)
            state = getattr(made, way)(Command(resume=answer))
        assert ran == []
        assert "nobody approved it" in results(state)["c0"].content

    def test_an_approval_forged_for_the_right_digest_is_refused(self, asking: Guard, way: str) -> None:
        made = agent(asking, calls(("pay", BIG)))
        with asking.session(ALICE):
            real = asking.approve(self.paused(asking, made, way)["request"], by=CAROL)
            state = getattr(made, way)(Command(resume=Approval(real.request_digest, CAROL, 9e9)))
        assert ran == []
        assert "not issued by this guard" in results(state)["c0"].content

    def test_an_approval_of_another_request_is_refused(self, asking: Guard, way: str) -> None:
        other = agent(asking, calls(("pay", {"amount": 101, "to": "bob"})))
        made = agent(asking, calls(("pay", BIG)))
        with asking.session(ALICE):
            approval = asking.approve(self.paused(asking, other, way)["request"], by=CAROL)
            self.paused(asking, made, way)
            getattr(made, way)(Command(resume=approval))
        assert ran == []

    def test_another_principal_cannot_use_it(self, asking: Guard, way: str) -> None:
        made = agent(asking, calls(("pay", BIG)))
        with asking.session(ALICE):
            approval = asking.approve(self.paused(asking, made, way)["request"], by=CAROL)
        with asking.session(Principal("eve")):
            getattr(made, way)(Command(resume=approval))
        assert ran == []

    def test_of_several_only_the_approved_run(self, asking: Guard, way: str) -> None:
        made = agent(asking, calls(("pay", BIG), ("pay", {"amount": 900, "to": "eve"})))
        with asking.session(ALICE):
            value = self.paused(asking, made, way)
            assert "request" not in value
            assert len(value["action_requests"]) == len(value["requests"]) == 2
            state = getattr(made, way)(Command(resume=[asking.approve(value["requests"][0], by=CAROL)]))
        assert ran == [("pay", 500, "bob")]
        assert "nobody approved it" in results(state)["c1"].content

    @pytest.mark.parametrize("guarded", [False, True])
    @pytest.mark.parametrize("installed", [False, True])
    def test_an_approval_works_with_guarded_tools_and_an_installed_guard(
        self, asking: Guard, desk: Desk, way: str, *, guarded: bool, installed: bool
    ) -> None:
        if installed:
            install(asking)
        made = agent(asking, calls(("pay", BIG)), tools=[guard_tool(pay, asking) if guarded else pay])
        with asking.session(ALICE):
            value = self.paused(asking, made, way)
            asked = len(desk.requests)
            getattr(made, way)(Command(resume=asking.approve(value["request"], by=CAROL)))
        assert ran == [("pay", 500, "bob")]
        assert len(desk.requests) == asked + 2  # the resumed node decides anew, then with the approval


class TestTools:
    def request(self, args: dict[str, Any], made: Any = look) -> Any:
        from langgraph.prebuilt.tool_node import ToolCallRequest

        call = {"name": made.name, "args": args, "id": "c0", "type": "tool_call"}
        return ToolCallRequest(tool_call=call, tool=made, state={}, runtime=None)

    def wrapped(self, guard: Guard, way: str, request: Any) -> Any:
        middleware = BartizanMiddleware(guard)
        if way == "sync":
            return middleware.wrap_tool_call(request, lambda one: one.tool.invoke(one.tool_call))

        async def handler(one: Any) -> Any:
            return await one.tool.ainvoke(one.tool_call)

        return asyncio.run(middleware.awrap_tool_call(request, handler))

    def test_a_secret_in_the_arguments_refuses(self, guard: Guard, way: str) -> None:
        out = self.wrapped(guard, way, self.request({"what": SECRET}))
        assert ran == []
        assert (out.status, SECRET in repr(out)) == ("error", False)

    def test_a_call_that_nobody_decided_is_authorized(self, asking: Guard, way: str) -> None:
        with asking.session(ALICE):
            out = self.wrapped(asking, way, self.request({"what": "x"}, wipe))
        assert ran == []
        assert "nobody wipes" in out.content

    def test_pseudonyms_are_restored_for_the_tool_alone(self, way: str) -> None:
        config = {"redaction": {"style": "pseudonym"}}
        with Guard(plugins=["redaction"], config=config) as guard, guard.session(ALICE, id="s"):
            hidden = guard.pre_prompt("jane@example.com").text
            out = self.wrapped(guard, way, self.request({"what": hidden}))
        assert ran == [("look", "jane@example.com")]
        assert "jane@example.com" not in repr(out)

    @pytest.mark.parametrize("error", [ValueError(EMAIL), ToolException(f"no {SECRET}")])
    def test_an_error_that_quotes_data_is_withheld(self, guard: Guard, error: Exception, way: str) -> None:
        @tool
        def fail(what: str) -> str:
            """Fail."""
            raise error

        with pytest.raises(ToolException, match="withheld") as raised:
            self.wrapped(guard, way, self.request({"what": "x"}, fail))
        text = "".join(traceback.format_exception(raised.value))
        assert EMAIL not in text
        assert SECRET not in text

    def test_arguments_that_do_not_fit_are_not_quoted(self, guard: Guard, way: str) -> None:
        state = getattr(agent(guard, calls(("pay", {"amount": EMAIL, "to": "x"}))), way)(said())
        assert EMAIL not in results(state)["c0"].content
        assert "amount" in results(state)["c0"].content

    def test_a_tool_may_pause_itself(self, guard: Guard, way: str) -> None:
        @tool
        def ask(what: str) -> str:
            """Ask."""
            return str(interrupt({"question": EMAIL}))

        made = agent(guard, calls(("ask", {"what": "x"})), tools=[ask])
        assert getattr(made, way)(said())["__interrupt__"][0].value == {"question": EMAIL}
        assert results(getattr(made, way)(Command(resume=f"it is {EMAIL}")))["c0"].content == "it is <EMAIL_ADDRESS>"

    def test_a_guard_that_fails_on_an_error_carries_it_nowhere(self, way: str) -> None:
        class Late:
            @hookimpl
            def pre_prompt(self, prompt: Any, context: Any) -> None:
                if "jane" in prompt.segments[0].text:
                    raise RuntimeError

        @tool
        def fail(what: str) -> str:
            """Fail."""
            raise ValueError(EMAIL)

        with Guard(plugins=[Late()]) as guard, pytest.raises((ToolException, PluginError)) as raised:
            self.wrapped(guard, way, self.request({"what": "x"}, fail))
        assert EMAIL not in "".join(traceback.format_exception(raised.value))


class TestLoading:
    def test_the_package_loads_without_langchain_and_langgraph(self) -> None:
        code = (
            "import sys, bartizan_langchain\n"
            "assert not {name.partition('.')[0] for name in sys.modules} & {'langchain', 'langgraph'}\n"
            "from bartizan_langchain import BartizanMiddleware\n"
            "assert 'langgraph' in sys.modules\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], capture_output=True, check=False, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("missing", ["langchain", "langgraph"])
    def test_without_them_the_error_names_the_extra(self, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
        find = bartizan_langchain.find_spec
        monkeypatch.setattr(bartizan_langchain, "find_spec", lambda name: None if name == missing else find(name))
        with pytest.raises(MissingExtra, match=r"bartizan\[langchain\]"):
            _ = bartizan_langchain.BartizanMiddleware

    def test_other_names_are_unknown(self) -> None:
        with pytest.raises(AttributeError, match="nothing"):
            _ = bartizan_langchain.nothing

    def test_it_takes_only_guards(self) -> None:
        with pytest.raises(TypeError, match="Guard"):
            BartizanMiddleware("guard")  # type: ignore[arg-type]
