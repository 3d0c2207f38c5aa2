"""guard_tool, and agents in which a refusal of a tool stops the run."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import SummaryIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import NodeWithScore
from llama_index.core.tools import BaseTool, FunctionTool, QueryEngineTool, RetrieverTool, ToolMetadata, ToolOutput
from llama_index.core.tools.calling import acall_tool, call_tool
from llama_index.core.workflow import Context as WorkflowContext
from support.llama import ALICE, EMAIL, TOKEN, calling, chatting, planted_node, redacting

from bartizan import (
    AccessDenied,
    AccessRequest,
    ApprovalRequired,
    Blocked,
    Context,
    Decision,
    Guard,
    Principal,
    Refused,
    hookimpl,
)
from bartizan.testing import assert_no_planted
from bartizan_llamaindex import guard_llm, guard_tool

if TYPE_CHECKING:
    from collections.abc import Callable

# LlamaIndex's agents are pydantic models, and its workflows look at all their members, deprecated ones too.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The `__fields(_set)?__` attribute:pydantic.warnings.PydanticDeprecatedSince20",
    "ignore:Accessing the 'model_(computed_)?fields' attribute:pydantic.warnings.PydanticDeprecatedSince211",
    "ignore:is_running called from within a step:DeprecationWarning",  # by its ReActAgent
)
RAN: list[Any] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


def lookup(name: str, note: str = "") -> str:
    """Look up a customer."""
    RAN.append((name, note))
    return f"{name}: {EMAIL}, {TOKEN}"


async def alookup(name: str) -> dict[str, Any]:
    """Look up a customer."""
    RAN.append(name)
    return {"mail": EMAIL, "deep": [{"password": TOKEN}]}


def broken(name: str) -> str:
    """Fail, and say with what."""
    message = f"no such customer: {EMAIL}"
    raise LookupError(message)


class Roles:
    """An authorizer: clerks look up, large payments wait for a person, nobody breaks anything."""

    name = "roles"

    def __init__(self) -> None:
        self.asked: list[AccessRequest] = []

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        self.asked.append(request)
        if request.action == "tool:pay":
            return Decision.ask("payments need a person")
        return Decision.ALLOW if "clerk" in request.principal.roles else None


CLERK = Principal("carl", roles=["clerk"], tenant="a")
VISITOR = Principal("vera", roles=["visitor"], tenant="a")


def run(tool: Any, way: str, **kwargs: Any) -> ToolOutput:
    if way == "acall":
        return asyncio.run(tool.acall(**kwargs))
    return tool(**kwargs) if way == "()" else tool.call(**kwargs)


WAYS = pytest.mark.parametrize("way", ["call", "acall", "()"])


@WAYS
@pytest.mark.parametrize("function", [lookup, alookup])
def test_what_a_tool_gives_back_is_judged(function: Callable[..., Any], way: str) -> None:
    plain = FunctionTool.from_defaults(function)
    output = run(guard_tool(plain, redacting()), way, name="Jane")
    assert_no_planted(output, output.content, output.raw_output)
    assert "<EMAIL_ADDRESS>" in output.content
    assert len(RAN) == 1
    raw = run(plain, way, name="Jane")
    with pytest.raises(AssertionError):
        assert_no_planted(raw)


@WAYS
def test_it_is_authorized_first_with_what_it_would_get(way: str) -> None:
    roles = Roles()
    guard = Guard(plugins=["redaction", roles])
    tool = guard_tool(FunctionTool.from_defaults(lookup, partial_params={"note": "fixed"}), guard)
    with guard.session(VISITOR), pytest.raises(AccessDenied, match="tool:lookup"):
        run(tool, way, name="Jane")
    with pytest.raises(AccessDenied):
        run(tool, way, name="Jane")  # nobody
    assert RAN == []
    with guard.session(CLERK):
        run(tool, way, name="Jane")
        assert roles.asked[-1].args == {"name": "Jane", "note": "fixed"}
    assert RAN == [("Jane", "fixed")]
    assert len(roles.asked) == 2


def test_positional_arguments_take_their_names() -> None:
    roles = Roles()
    guard = Guard(plugins=["redaction", roles])
    tool = guard_tool(FunctionTool.from_defaults(lookup), guard)
    with guard.session(CLERK):
        tool.call("Jane", "a note")
        call_tool(tool, {"name": "Joe"})
        asyncio.run(acall_tool(tool, {"name": "Jim"}))
    assert [dict(request.args) for request in roles.asked] == [
        {"name": "Jane", "note": "a note"},
        {"name": "Joe"},
        {"name": "Jim"},
    ]


@WAYS
def test_a_secret_in_the_arguments_refuses_the_call_and_personal_data_stays(way: str) -> None:
    tool = guard_tool(FunctionTool.from_defaults(lookup), redacting())
    with pytest.raises(Blocked) as blocked:
        run(tool, way, name=TOKEN)
    assert RAN == []
    assert_no_planted(blocked.value)
    run(tool, way, name=EMAIL)
    assert RAN == [(EMAIL, "")]


def test_pseudonyms_are_restored_for_the_tool_and_not_in_what_is_kept_of_the_call() -> None:
    guard = Guard(config={"redaction": {"style": "pseudonym"}})
    tool = guard_tool(FunctionTool.from_defaults(lookup), guard)
    with guard.session(ALICE, id="chat"):
        placeholder = guard.pre_prompt(f"write to {EMAIL}").text.removeprefix("write to ")
        output = tool.call(name=placeholder)
    assert RAN == [(EMAIL, "")]
    assert_no_planted(output, output.raw_input)
    assert output.raw_input == {"args": (), "kwargs": {"name": placeholder}}


@WAYS
def test_an_error_that_quotes_what_would_be_redacted_is_withheld(way: str) -> None:
    with pytest.raises(Exception, match="failed with LookupError; its text is withheld: it holds EMAIL_ADDRESS") as raised:
        run(guard_tool(FunctionTool.from_defaults(broken), redacting()), way, name="x")
    assert_no_planted(raised.value)
    output = call_tool(guard_tool(FunctionTool.from_defaults(broken), redacting()), {"name": "x"})
    assert output.is_error
    assert_no_planted(output)
    with pytest.raises(AssertionError):
        assert_no_planted(call_tool(FunctionTool.from_defaults(broken), {"name": "x"}))


def test_nodes_and_responses_of_retrieving_tools_are_judged() -> None:
    index = SummaryIndex([planted_node("metadata value")])
    by_nodes = RetrieverTool.from_defaults(index.as_retriever(), description="d")
    by_answer = QueryEngineTool.from_defaults(index.as_query_engine(llm=MockLLM()), description="d")
    for plain in (by_nodes, by_answer):
        output = guard_tool(plain, redacting()).call("warranty")
        assert_no_planted(output.content, output.raw_output)
        assert output.raw_output
        with pytest.raises(AssertionError):
            assert_no_planted(plain.call("warranty").raw_output)
    nodes = guard_tool(by_nodes, redacting()).call("warranty").raw_output
    assert all(isinstance(one, NodeWithScore) for one in nodes)


class Old(BaseTool):
    """A tool that can only be called."""

    @property
    def metadata(self) -> ToolMetadata:
        return ToolMetadata(description="d", name="old")

    def __call__(self, input: Any) -> ToolOutput:  # noqa: A002 (the host's name)
        RAN.append(input)
        return ToolOutput(tool_name="old", content=f"{input}: {EMAIL}", raw_input={}, raw_output=EMAIL)


def test_a_tool_without_asynchronous_calls_is_guarded_through_its_adapter_too() -> None:
    tool = guard_tool(Old(), redacting())
    assert_no_planted(tool("x"), asyncio.run(acall_tool(tool, {"input": "x"})))
    assert RAN == ["x", "x"]


class ByCall(FunctionTool):
    """Its asynchronous call is its synchronous one."""

    async def acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
        return self.call(*args, **kwargs)


def test_one_call_is_decided_once_and_another_inside_of_it_anew() -> None:
    roles = Roles()
    guard = Guard(plugins=["redaction", roles])

    def nested(name: str) -> str:
        """Call itself with something else."""
        if name == "outer":
            tool.call(name="inner")
        return name

    tool = guard_tool(ByCall.from_defaults(nested), guard)
    with guard.session(CLERK):
        asyncio.run(tool.acall(name="Jane"))
        assert [request.args["name"] for request in roles.asked] == ["Jane"]
        tool.call(name="outer")
    assert [request.args["name"] for request in roles.asked] == ["Jane", "outer", "inner"]


def test_another_tool_called_with_the_very_same_arguments_is_decided_on_its_own() -> None:
    roles = Roles()
    guard = Guard(plugins=["redaction", roles])
    paying = guard_tool(FunctionTool.from_defaults(pay), guard)

    def passing(amount: str) -> str:
        """Hand the amount on."""
        return str(paying.call(amount=amount))

    tool = guard_tool(FunctionTool.from_defaults(passing), guard)
    with guard.session(CLERK), pytest.raises(ApprovalRequired):
        tool.call(amount="500")
    assert [request.action for request in roles.asked] == ["tool:passing", "tool:pay"]
    assert RAN == []


def test_a_workflow_s_context_is_neither_judged_nor_asked_about() -> None:
    roles = Roles()
    guard = Guard(plugins=["redaction", roles])

    async def remember(ctx: WorkflowContext, name: str) -> str:
        """Remember a name."""
        await ctx.store.set("name", name)
        return f"{name}, {EMAIL}"

    remember.__annotations__ = {"ctx": WorkflowContext, "name": str, "return": str}  # as objects, which LlamaIndex looks for
    plain = chatting(calling("remember", name="Jane"), "done")
    agent = FunctionAgent(tools=[guard_tool(FunctionTool.from_defaults(async_fn=remember), guard)], llm=guard_llm(plain, guard))
    with guard.session(CLERK):
        output = asyncio.run(agent_run(agent))
    assert "done" in str(output)
    assert dict(roles.asked[0].args) == {"name": "Jane"}
    assert_no_planted(plain.heard)


def test_the_copy_is_of_the_tool_s_type() -> None:
    plain = FunctionTool.from_defaults(lookup)
    tool = guard_tool(plain, redacting())
    assert isinstance(tool, FunctionTool)
    assert tool.metadata == plain.metadata
    assert guard_tool(tool, redacting()) is tool
    for one in (copy.copy(tool), copy.deepcopy(tool)):
        assert_no_planted(one.call(name="x"))
    with pytest.raises(TypeError, match="guard_tool takes a tool"):
        guard_tool(lookup, redacting())


async def agent_run(agent: Any) -> Any:
    return await agent.run("look up Jane", memory=ChatMemoryBuffer.from_defaults(token_limit=3000))


def agents(llm: Any, tools: list[Any], kind: str) -> Any:
    if kind == "react":
        return ReActAgent(tools=tools, llm=llm, streaming=False)
    agent = FunctionAgent(name="one", description="d", tools=tools, llm=llm, streaming=kind != "whole")
    return AgentWorkflow(agents=[agent], root_agent="one") if kind == "workflow" else agent


AGENTS = pytest.mark.parametrize("kind", ["streaming", "whole", "workflow", "react"])


def script_of(kind: str) -> list[Any]:
    name, kwargs = "lookup", {"name": "Jane"}
    if kind != "react":
        return [calling(name, **kwargs), f"She is at {EMAIL}."]
    given = ", ".join(f'"{key}": "{value}"' for key, value in kwargs.items())
    asking = f"Thought: I need to use a tool.\nAction: {name}\nAction Input: {{{given}}}"
    return [asking, f"Thought: I can answer without using any more tools.\nAnswer: She is at {EMAIL}."]


@AGENTS
def test_an_agent_sees_and_says_nothing_planted(kind: str) -> None:
    guard = redacting()
    plain = chatting(*script_of(kind))
    agent = agents(guard_llm(plain, guard), [guard_tool(FunctionTool.from_defaults(lookup), guard)], kind)
    with guard.session(ALICE):
        output = asyncio.run(agent_run(agent))
    assert RAN == [("Jane", "")]
    assert len(plain.heard) == 2
    assert_no_planted(plain.heard, str(output))
    assert "<EMAIL_ADDRESS>" in str(output)


@AGENTS
def test_without_the_guard_the_same_agent_sees_and_says_it(kind: str) -> None:
    plain = chatting(*script_of(kind))
    output = asyncio.run(agent_run(agents(plain, [FunctionTool.from_defaults(lookup)], kind)))
    for shown in (plain.heard, str(output)):
        with pytest.raises(AssertionError):
            assert_no_planted(shown)


@AGENTS
def test_a_denial_in_a_tool_stops_the_agent_before_its_next_call(kind: str) -> None:
    guard = Guard(plugins=["redaction", Roles()])
    plain = chatting(*script_of(kind))
    agent = agents(guard_llm(plain, guard), [guard_tool(FunctionTool.from_defaults(lookup), guard)], kind)
    with guard.session(VISITOR), pytest.raises(AccessDenied, match="the model is not asked again") as denied:
        asyncio.run(agent_run(agent))
    assert RAN == []
    assert len(plain.heard) == 1
    assert_no_planted(denied.value)


def test_without_the_trip_the_agent_goes_on_after_a_denial() -> None:
    guard = Guard(plugins=["redaction", Roles()])
    plain = chatting(*script_of("whole"))
    agent = agents(plain, [guard_tool(FunctionTool.from_defaults(lookup), guard)], "whole")  # its model is not guarded
    with guard.session(VISITOR):
        asyncio.run(agent_run(agent))
    assert len(plain.heard) == 2


def pay(amount: str) -> str:
    """Pay an amount."""
    RAN.append(amount)
    return "paid"


@pytest.mark.parametrize(
    ("function", "kwargs", "kind"), [(pay, {"amount": "500"}, ApprovalRequired), (lookup, {"name": TOKEN}, Blocked)]
)
def test_other_refusals_stop_it_too_as_what_they_are(function: Any, kwargs: dict[str, str], kind: type[Refused]) -> None:
    guard = Guard(plugins=["redaction", Roles()])
    # The model's own answer with the secret would be refused already: here the tool is called from elsewhere.
    tool = guard_tool(FunctionTool.from_defaults(function), guard)
    model = guard_llm(chatting("fine"), guard)
    with guard.session(CLERK):
        output = call_tool(tool, kwargs)
        assert output.is_error
        with pytest.raises(kind, match="the model is not asked again") as raised:
            model.complete("and now?")
        assert model.complete("and now?").text == "fine"  # it is raised once
    assert_no_planted(raised.value)
    assert RAN == []


def test_a_refusal_stays_in_its_own_session() -> None:
    guard = Guard(plugins=["redaction", Roles()])
    tool = guard_tool(FunctionTool.from_defaults(lookup), guard)
    model = guard_llm(chatting("fine"), guard)
    with guard.session(VISITOR):
        call_tool(tool, {"name": "x"})
    with guard.session(CLERK):
        assert model.complete("and now?").text == "fine"
    assert model.complete("and now?").text == "fine"


def test_predict_and_call_runs_guarded_tools() -> None:
    guard = redacting()
    model = guard_llm(chatting(calling("lookup", name="Jane")), guard)
    response = model.predict_and_call([guard_tool(FunctionTool.from_defaults(lookup), guard)], user_msg=ChatMessage("who?"))
    assert_no_planted(response.response, [source.content for source in response.sources])
    assert RAN == [("Jane", "")]
