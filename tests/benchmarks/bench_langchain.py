"""What guarding a chat model costs: invoke and a stream of 200 tokens, unguarded beside guarded with the default guard.

Bars: invoke at most 1.4 times, the stream at most twice the unguarded time; both take turns in one run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from support.paired import paired

from bartizan import Guard
from bartizan_langchain import guard_model

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
    paired(benchmark, lambda: raw.invoke(MESSAGES), lambda: guarded.invoke(MESSAGES), bar="<= 1.4 x unguarded", rounds=2_000)


def test_stream_of_200_tokens(benchmark: BenchmarkFixture) -> None:
    def reader(model: BaseChatModel) -> Callable[[], str]:
        return lambda: "".join(str(chunk.content) for chunk in model.stream(MESSAGES))

    raw, guarded = reader(Fake()), reader(guard_model(Fake(), Guard()))
    assert guarded() == raw()
    paired(benchmark, raw, guarded, bar="<= 2 x unguarded", rounds=150)
