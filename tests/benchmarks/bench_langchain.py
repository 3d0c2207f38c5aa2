"""What guarding costs in LangChain: invoke and a stream of 200 tokens, unguarded beside guarded with the default guard.

Bars for a model: invoke at most 1.3 times, the stream at most twice the unguarded time; both take turns in one run. Agents are printed
beside the same agent with LangChain's own PIIMiddleware for all of its built-in kinds, in both directions and for tool results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import PIIMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from support.paired import paired

from bartizan import Guard
from bartizan_langchain import BartizanMiddleware, guard_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

ANSWER: Final = "Thanks for writing to us, your order will be sent today and should arrive within three days. "
TOKENS: Final = [word + " " for word in (ANSWER * 20).split()][:200]
MESSAGES: Final = [
    SystemMessage("You are the support desk of Acme."),
    HumanMessage("Hello, when will my order arrive? I ordered two lamps last week."),
]


class Fake(BaseChatModel):
    """Answers at once."""

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=ANSWER))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        for token in TOKENS:
            yield ChatGenerationChunk(message=AIMessageChunk(content=token))


def test_invoke(benchmark: BenchmarkFixture) -> None:
    raw, guarded = Fake(), guard_model(Fake(), Guard())
    assert guarded.invoke(MESSAGES).content == raw.invoke(MESSAGES).content
    paired(benchmark, lambda: raw.invoke(MESSAGES), lambda: guarded.invoke(MESSAGES), bar="<= 1.3 x unguarded", rounds=2_000)


def test_stream_of_200_tokens(benchmark: BenchmarkFixture) -> None:
    def reader(model: BaseChatModel) -> Callable[[], str]:
        return lambda: "".join(str(chunk.content) for chunk in model.stream(MESSAGES))

    raw, guarded = reader(Fake()), reader(guard_model(Fake(), Guard()))
    assert guarded() == raw()
    paired(benchmark, raw, guarded, bar="<= 2 x unguarded", rounds=150)


def pii() -> list[Any]:
    """LangChain's own, with all of its flags."""
    kinds: Any = ("email", "credit_card", "ip", "mac_address", "url")
    flags: Any = {"apply_to_input": True, "apply_to_output": True, "apply_to_tool_results": True}
    return [PIIMiddleware(kind, strategy="redact", **flags) for kind in kinds]


MIDDLEWARE: Final[dict[str, Callable[[], list[Any]]]] = {
    "Bartizan": lambda: [BartizanMiddleware(Guard())],
    "PIIMiddleware": pii,
}


@pytest.mark.parametrize("name", MIDDLEWARE)
def test_agent_invoke(benchmark: BenchmarkFixture, name: str) -> None:
    given: Any = {"messages": MESSAGES}
    raw: Any = create_agent(Fake(), tools=[])
    guarded: Any = create_agent(Fake(), tools=[], middleware=MIDDLEWARE[name]())
    assert guarded.invoke(given)["messages"][-1].content == raw.invoke(given)["messages"][-1].content
    paired(benchmark, lambda: raw.invoke(given), lambda: guarded.invoke(given), bar="printed beside the other", rounds=100)


@pytest.mark.parametrize("name", MIDDLEWARE)
def test_agent_stream_of_200_tokens(benchmark: BenchmarkFixture, name: str) -> None:
    given: Any = {"messages": MESSAGES}

    def reader(agent: Any) -> Callable[[], str]:
        return lambda: "".join(
            str(chunk.content) for chunk, _ in agent.stream(given, stream_mode="messages") if chunk.type != "human"
        )

    raw = reader(create_agent(Fake(), tools=[]))
    guarded = reader(create_agent(Fake(), tools=[], middleware=MIDDLEWARE[name]()))
    assert ANSWER.strip() in raw()
    paired(benchmark, raw, guarded, bar="printed beside the other", rounds=30)
