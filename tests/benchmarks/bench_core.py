"""The core's own cost: an empty guard, no-op plugins, the asynchronous hop, the import, and a chat that grows."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Guard, Principal, hookimpl

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SHORT = "Where is my order? I asked on Monday."
ANSWER = (
    "Thank you for writing to us. Your order left the warehouse yesterday, and the carrier says that it will arrive by Thursday evening. "
    "If nobody is at home, the driver leaves it with a neighbour or at the nearest parcel shop, and a card in your letter box says where. "
    "You can follow it on the tracking page, which is updated every few hours, and change the day of delivery there until the evening "
    "before. Should anything be broken or missing, send us a photo within two weeks and we will see to it at once. "
)


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
    benchmark.group = f"pre_prompt, {plugins} no-op plugins"
    benchmark.extra_info["bar"] = bar
    benchmark(guard.pre_prompt, SHORT)


def bench_pre_prompt_with_the_default_guard(benchmark: BenchmarkFixture) -> None:
    guard = Guard()
    benchmark.group = "pre_prompt, default guard"
    benchmark(guard.pre_prompt, SHORT)


@pytest.mark.parametrize("kind", ["bare thread hop", "no plugin", "one async plugin"])
def bench_async_plugin_in_a_sync_call(benchmark: BenchmarkFixture, kind: str) -> None:
    """The hop itself, two thread switches through an event loop, is the machine's; it is printed so that ours shows."""
    benchmark.group = "async plugin, sync call"
    if kind == "bare thread hop":
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
        return
    benchmark.extra_info.update({"baseline": True} if kind == "no plugin" else {"bar": "<= 60 us added", "added": True})
    with Guard(plugins=[] if kind == "no plugin" else [AsyncNoop()]) as guard:
        guard.pre_prompt(SHORT)
        benchmark(guard.pre_prompt, SHORT)


@pytest.mark.parametrize("kind", ["no plugin", "one async plugin"])
def bench_async_plugin_in_an_async_call(benchmark: BenchmarkFixture, kind: str) -> None:
    benchmark.group = "async plugin, 100 async calls"
    benchmark.extra_info.update(
        {"baseline": True, "per": 100} if kind == "no plugin" else {"bar": "<= 60 us added", "added": True, "per": 100}
    )
    with asyncio.Runner() as runner, Guard(plugins=[] if kind == "no plugin" else [AsyncNoop()]) as guard:

        async def calls() -> None:
            for _ in range(100):
                await guard.apre_prompt(SHORT)

        benchmark(lambda: runner.run(calls()))


@pytest.mark.parametrize("turn", [2, 50])
@pytest.mark.parametrize("texts", ["the same objects", "new objects"])
def bench_a_turn_of_a_chat(benchmark: BenchmarkFixture, turn: int, texts: str) -> None:
    """A turn judges the whole history and one new question and answer of 500 and 250 characters."""
    guard = Guard()
    session = guard.session(Principal("alice"), id="chat")
    history = [f"{i}: {ANSWER[:250] if i % 2 else ANSWER}" for i in range(2 * turn - 2)]
    benchmark.group = f"a turn of a chat, {texts}"
    benchmark.extra_info.update({"baseline": True} if turn == 2 else {"bar": "<= 2 x"})
    count = iter(range(10**9))
    session.pre_prompt(history)

    def setup() -> tuple[tuple[list[str]], dict[str, Any]]:
        old = history if texts == "the same objects" else [text[:1] + text[1:] for text in history]
        return ([*old, f"{next(count)} {ANSWER}", f"{next(count)} {ANSWER[:250]}"],), {}

    benchmark.pedantic(session.pre_prompt, setup=setup, rounds=400)


def bench_import(benchmark: BenchmarkFixture) -> None:
    """What `import bartizan` adds to pluggy and pydantic with one empty model, in fresh interpreters."""
    code = (
        "import time, pluggy\nfrom pydantic import BaseModel\nclass Empty(BaseModel): pass\n"
        "began = time.perf_counter()\nimport bartizan\nprint(time.perf_counter() - began)"
    )

    def added() -> float:
        return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)

    median = statistics.median(added() for _ in range(9))
    benchmark.group = "import"
    print(f"\nimport bartizan adds {median * 1e3:.1f} ms (bar: <= 25 ms) over pluggy and pydantic, median of 9 interpreters")
    benchmark.pedantic(added, rounds=3)
