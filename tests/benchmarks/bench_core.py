"""The core's own cost: an empty guard, no-op plugins, the asynchronous hop, the import, and a chat that grows."""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.paired import paired

from bartizan import Guard, Principal, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

SHORT = "Where is my order? I asked on Monday."
ANSWER = (
    "Thank you for writing to us. Your order left the warehouse yesterday, and the carrier says that it will arrive by Thursday. "
    "If nobody is at home, the driver leaves it with a neighbour or at the nearest parcel shop, and a card in your letter box says "
    "where. You can follow it on the tracking page, which is updated every few hours, and change the day of delivery there until the "
    "evening before. Should anything be broken or missing, send us a photo within two weeks and we will see to it at once. "
)
BASELINE = "import time, pluggy\nfrom pydantic import BaseModel\nclass Empty(BaseModel): pass\nbegan = time.perf_counter()\n"
IMPORT = f"{BASELINE}import bartizan\nprint(time.perf_counter() - began)"


class Noop:
    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def pre_prompt(self, prompt: Any, context: Any) -> None:
        return None


class AsyncNoop:
    @hookimpl
    async def pre_prompt(self, prompt: Any, context: Any) -> None:
        return None


@pytest.mark.parametrize(("plugins", "bar"), [(0, "<= 5 us"), (5, "<= 10 us")])
def bench_pre_prompt_with_noop_plugins(benchmark: BenchmarkFixture, plugins: int, bar: str) -> None:
    guard = Guard(plugins=[Noop(f"noop{i}") for i in range(plugins)])
    benchmark.extra_info["bar"] = bar
    benchmark(guard.pre_prompt, SHORT)


def bench_pre_prompt_with_the_default_guard(benchmark: BenchmarkFixture) -> None:
    benchmark(Guard().pre_prompt, SHORT)


def bench_a_token_through_the_default_guard(benchmark: BenchmarkFixture) -> None:
    guard = Guard()
    tokens = [f"{word} " for word in (ANSWER * 3).split()][:200]
    benchmark.extra_info["per"] = len(tokens)

    def read() -> None:
        stream = guard.open_stream()
        for token in tokens:
            stream.feed(token)
        stream.end()

    benchmark(read)


@pytest.fixture(params=["all cores", "one core"])
def cores(request: pytest.FixtureRequest) -> Iterator[None]:
    """A hop to a thread on another core wakes that core first, which some virtual machines make dear: hence both figures."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system can't keep a process on one core")
    before = os.sched_getaffinity(0)
    if request.param == "one core":
        os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("cores")
def bench_a_bare_hop_between_two_threads(benchmark: BenchmarkFixture) -> None:
    """Two switches through an event loop and nothing else: what the machine itself asks for an asynchronous plugin in a sync call."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def hop() -> None:
        done = threading.Lock()
        done.acquire()
        loop.call_soon_threadsafe(done.release)
        done.acquire()

    benchmark(hop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.usefixtures("cores")
def bench_an_async_plugin_in_a_sync_call(benchmark: BenchmarkFixture) -> None:
    with Guard(plugins=[]) as base, Guard(plugins=[AsyncNoop()]) as guard:
        paired(
            benchmark,
            lambda: base.pre_prompt(SHORT),
            lambda: guard.pre_prompt(SHORT),
            bar="<= 60 us added",
            added=True,
            rounds=2_000,
        )


@pytest.mark.usefixtures("cores")
def bench_an_async_plugin_in_an_async_call(benchmark: BenchmarkFixture) -> None:
    with asyncio.Runner() as runner, Guard(plugins=[]) as base, Guard(plugins=[AsyncNoop()]) as guard:

        async def calls(one: Guard) -> None:
            for _ in range(100):
                await one.apre_prompt(SHORT)

        paired(
            benchmark,
            lambda: runner.run(calls(base)),
            lambda: runner.run(calls(guard)),
            bar="<= 60 us added",
            added=True,
            per=100,
            rounds=50,
        )


@pytest.mark.parametrize("texts", ["the same objects", "new objects"])
def bench_turn_50_of_a_chat_beside_turn_2(benchmark: BenchmarkFixture, texts: str) -> None:
    """A turn judges the history and what is new in it: the last answer (500 characters) and a question (250)."""
    guard, numbers = Guard(), itertools.count()

    def chat(turn: int) -> Any:
        session = guard.session(Principal("alice"), id=f"chat {turn}")
        history = [f"{turn} {i}: {ANSWER[:250] if i % 2 else ANSWER}" for i in range(2 * turn - 2)]
        session.pre_prompt(history)

        def judge() -> None:
            old = history if texts == "the same objects" else [text[:1] + text[1:] for text in history]
            session.pre_prompt([*old, f"{next(numbers)} {ANSWER}", f"{next(numbers)} {ANSWER[:250]}"])

        return judge

    paired(benchmark, chat(2), chat(50), bar="<= 2 x")


def bench_import(benchmark: BenchmarkFixture) -> None:
    """What `import bartizan` adds to pluggy and pydantic with one empty model, in fresh interpreters."""

    def added() -> float:
        return float(subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True).stdout)

    median = statistics.median(added() for _ in range(9))
    benchmark.extra_info.update(figure=f"+{median * 1e3:.1f} ms", bar="<= 25 ms over pluggy and pydantic")
    benchmark.pedantic(added, rounds=1)
