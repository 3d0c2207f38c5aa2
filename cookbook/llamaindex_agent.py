"""An agent workflow with tools: who may call what, results redacted, and a denial that stops the run."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Sequence
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.agent.workflow.workflow_events import AgentWorkflowStartEvent
from llama_index.core.base.llms.types import ChatMessage, MessageRole, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from pydantic.warnings import PydanticDeprecationWarning

from bartizan import AccessRequest, Context, Decision, Guard, Principal, Refused, hookimpl
from bartizan_llamaindex import guard_llm, guard_tool


class Desk:
    """An authorizer: clerks look customers up, and nobody deletes them."""

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        """No opinion is a deny."""
        return Decision.ALLOW if request.action == "tool:look_up" and "clerk" in request.principal.roles else None


def look_up(name: str) -> str:
    """Look a customer up."""
    return f"{name} Miller, jane@example.com"


def delete(name: str) -> str:
    """Delete a customer."""
    return f"{name} is gone"


def scripted(tool: str, heard: list[str]) -> MockFunctionCallingLLM:
    """A model that calls one tool, and then repeats what it was told."""

    def answer(messages: Sequence[ChatMessage], **_: Any) -> ChatMessage:
        heard.append(str(messages[-1].content))
        if messages[-1].role is MessageRole.TOOL:
            return ChatMessage(f"Done: {messages[-1].content}", role=MessageRole.ASSISTANT)
        call = ToolCallBlock(tool_call_id="1", tool_name=tool, tool_kwargs={"name": "Jane"})
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=[call])

    return MockFunctionCallingLLM(response_generator=answer, is_chat_model=True)


async def run(guard: Guard, who: Principal, tool: str) -> None:
    """One run of the workflow."""
    heard: list[str] = []
    model = guard_llm(scripted(tool, heard), guard)
    tools = [guard_tool(FunctionTool.from_defaults(function), guard) for function in (look_up, delete)]
    agent = FunctionAgent(name="desk", description="the support desk", tools=list(tools), llm=model, streaming=False)
    workflow: Any = AgentWorkflow(agents=[agent], root_agent="desk")
    memory = ChatMemoryBuffer(token_limit=2000)  # the default one leaves its database open
    start = AgentWorkflowStartEvent(user_msg=f"please {tool} Jane", memory=memory)
    with guard.session(who):
        try:
            output = await workflow.run(start_event=start)
            print(f"{who.id}, {tool}: {output}")
        except Refused as refused:
            print(f"{who.id}, {tool}: REFUSED: {refused.reason}")
    print(f"  the model heard: {heard}")


def main() -> None:
    """A clerk looks up, a clerk would delete, a visitor would look up."""
    # LlamaIndex's agents are pydantic models, and its workflows look at all their members, deprecated ones too.
    warnings.filterwarnings("ignore", "The `__fields|Accessing the 'model_", PydanticDeprecationWarning)
    guard = Guard(plugins=["validation", "redaction", Desk()])
    clerk, visitor = Principal("clara", roles=["clerk"]), Principal("victor", roles=["visitor"])
    for who, tool in ((clerk, "look_up"), (clerk, "delete"), (visitor, "look_up")):
        asyncio.run(run(guard, who, tool))


if __name__ == "__main__":
    main()
