"""A refusal is never retried; other failures are, as they were."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate

from bartizan import Blocked
from bartizan_langchain import guard_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan import Guard

WAYS: dict[str, Callable[[Any, str], Any]] = {
    "invoke": lambda runnable, text: runnable.invoke(text),
    "ainvoke": lambda runnable, text: asyncio.run(runnable.ainvoke(text)),
    "batch": lambda runnable, text: runnable.batch([text])[0],
    "abatch": lambda runnable, text: asyncio.run(runnable.abatch([text]))[0],
}


class Failing(BaseChatModel):
    """Fails as often as it is told, then answers; counts its calls by the prompt."""

    failures: int = 0
    answer: str = "fine"
    calls: Any = None

    @property
    def _llm_type(self) -> str:
        return "failing"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        said = str(messages[-1].content)
        self.calls.append(said)
        if self.calls.count(said) <= self.failures:
            message = "the network is down"
            raise OSError(message)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.answer))])


def failing(**fields: Any) -> Failing:
    return Failing(calls=[], **fields)


def retried(runnable: Any, **kwargs: Any) -> Any:
    return runnable.with_retry(wait_exponential_jitter=False, stop_after_attempt=3, **kwargs)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "make",
    [
        lambda model, guard: retried(guard_model(model, guard)),
        lambda model, guard: guard_model(retried(model), guard),
        lambda model, guard: retried(guard_model(model, guard).bind(stop=["x"])),
        lambda model, guard: retried(retried(guard_model(model, guard))),
        lambda model, guard: retried(guard_model(model, guard), retry_if_exception_type=(Blocked, OSError)),
        lambda model, guard: retried(guard_model(model, guard), retry_if_exception_type=()),
    ],
    ids=["guarded-retried", "retried-guarded", "bound", "twice", "by-type", "no-type"],
)
class TestRetries:
    def test_a_refused_answer_is_not_asked_for_again(self, guard: Guard, make: Any, way: str) -> None:
        model = failing(answer="FORBIDDEN")
        with pytest.raises(Blocked):
            WAYS[way](make(model, guard), "hello")
        assert model.calls == ["hello"]

    def test_another_failure_is_retried_as_before(self, guard: Guard, make: Any, way: str) -> None:
        model = failing(failures=2)
        assert WAYS[way](make(model, guard), "hello").content == "fine"
        assert len(model.calls) == 3

    def test_another_failure_ends_as_before(self, guard: Guard, make: Any, way: str) -> None:
        model = failing(failures=99)
        with pytest.raises(OSError, match="network"):
            WAYS[way](make(model, guard), "hello")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_in_a_batch_a_refusal_is_final_and_the_others_go_on(guard: Guard, asynchronous: bool) -> None:
    model = failing(failures=2)
    runnable = retried(guard_model(model, guard))
    inputs = ["FORBIDDEN", "one", "two"]
    out = (
        asyncio.run(runnable.abatch(inputs, return_exceptions=True))
        if asynchronous
        else runnable.batch(inputs, return_exceptions=True)
    )
    assert isinstance(out[0], Blocked)
    assert [message.content for message in out[1:]] == ["fine", "fine"]
    assert sorted(model.calls) == ["one"] * 3 + ["two"] * 3


def test_only_the_types_asked_for_are_retried(guard: Guard) -> None:
    model = failing(failures=2)
    with pytest.raises(OSError, match="network"):
        retried(guard_model(model, guard), retry_if_exception_type=(KeyError,)).invoke("hello")
    assert len(model.calls) == 1


def test_a_retry_around_a_chain_is_out_of_reach_and_still_closed(guard: Guard) -> None:
    model = failing(answer="FORBIDDEN")
    chain = ChatPromptTemplate.from_messages([("user", "{q}")]) | guard_model(model, guard)
    with pytest.raises(Blocked):
        retried(chain).invoke({"q": "hello"})
    assert len(model.calls) == 3
