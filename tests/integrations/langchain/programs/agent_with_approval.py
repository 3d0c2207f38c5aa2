"""An agent with tools; payments over 100 need a person."""

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from bartizan import AccessDenied, ApprovalRequired, Guard, Principal
from bartizan_langchain import BartizanMiddleware


@tool
def pay(amount: float, to: str) -> str:
    """Pay someone."""
    print("PAID", amount, to)
    return f"paid {amount}"


guard = Guard.from_file("bartizan.toml")
agent = create_agent("openai:gpt-4o-mini", tools=[pay], middleware=[BartizanMiddleware(guard)], checkpointer=InMemorySaver())
thread: RunnableConfig = {"configurable": {"thread_id": "t1"}}

with guard.session(Principal("alice", roles=["admin"]), id="t1"):
    state = agent.invoke({"messages": [HumanMessage("pay bob 500")]}, thread)
    interrupt = state["__interrupt__"][0]
    boss = Principal("carol", roles=["approver"])
    approval = guard.approve(interrupt.value["request"], by=boss)
    resume: Command[None] = Command(resume=approval)
    print(agent.invoke(resume, thread)["messages"][-1].content)

# The same without LangChain.
with guard.session(Principal("alice", roles=["admin"])):
    try:
        guard.authorize("tool:pay", args={"amount": 500})
    except ApprovalRequired as need:
        ok = guard.approve(need.request, by=boss)
        print(guard.authorize("tool:pay", args={"amount": 500}, approval=ok).effect.value)
    except AccessDenied as no:
        print(no.reason)
