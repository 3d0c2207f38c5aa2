"""An agent with tools: who may call what, a payment that a person must approve, and a state without raw values.

The model is a small local one that follows a script, so that it needs no key and no download; a real one goes in its place.
"""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]  # one of its own types is open
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command

from bartizan import AccessRequest, Context, Decision, Guard, Principal, hookimpl
from bartizan_langchain import BartizanMiddleware


class Payments:
    """An authorizer: anyone may look, small payments go through, larger ones need a person. What it doesn't grant is denied."""

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        """None is no opinion, and no opinion is a deny."""
        if request.action == "tool:customer":
            return Decision.ALLOW
        if request.action == "tool:pay":
            return Decision.ALLOW if request.args["amount"] <= 100 else Decision.ask("payments over 100 need a person")
        return None


@tool
def customer(name: str) -> str:
    """Look up a customer."""
    return f"{name}: jane@example.com, card 4111 1111 1111 1111, refund due: 500"


@tool
def pay(amount: float, to: str) -> str:
    """Pay someone."""
    return f"paid {amount:.0f} to {to}"


@tool
def shell(command: str) -> str:
    """Run a command."""
    return f"ran {command}"


class ScriptedModel(BaseChatModel):
    """Looks the customer up and tries a shell, then pays, then reports. It prints what reaches it."""

    script: tuple[AIMessage, ...] = (
        AIMessage(
            "",
            tool_calls=[
                {"name": "customer", "args": {"name": "Jane"}, "id": "call-1"},
                {"name": "shell", "args": {"command": "rm -rf /"}, "id": "call-2"},
            ],
        ),
        AIMessage("", tool_calls=[{"name": "pay", "args": {"amount": 500, "to": "Jane"}, "id": "call-3"}]),
        AIMessage("Jane has her 500 back."),
    )

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """It knows its tools by heart."""
        return self

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        print(f"  the model reads: {messages[-1].text}")
        turn = sum(isinstance(message, AIMessage) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=self.script[turn].model_copy())])


def main() -> None:
    """One task: it pauses for approval, and goes on with it."""
    guard = Guard(plugins=["validation", "redaction", Payments()])
    # LangGraph reads back from a checkpoint only types that it knows, and these are what a pause leaves there.
    memory = InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=BartizanMiddleware.checkpoint_types))
    agent: Any = create_agent(
        ScriptedModel(), tools=[customer, pay, shell], middleware=[BartizanMiddleware(guard)], checkpointer=memory
    )
    thread: RunnableConfig = {"configurable": {"thread_id": "t1"}}

    with guard.session(Principal("alice", roles=["clerk"]), id="t1"):
        state = agent.invoke({"messages": [HumanMessage("Refund Jane, her number is 202-555-0143")]}, thread)
        waiting = state["__interrupt__"][0].value
        print(f"\nwaits for a person: {waiting['action_requests'][0]['description']}")

        # On the server, after carol has logged in and clicked. What the client sends back is no approval: only guard.approve makes one.
        approval = guard.approve(waiting["request"], by=Principal("carol", roles=["approver"]))
        state = agent.invoke(Command(resume=approval), thread)

    print("\nthe conversation as the agent keeps it:")
    for message in state["messages"]:
        print(f"  {message.type}: {message.text or [call['name'] for call in message.tool_calls]}")


if __name__ == "__main__":
    main()
