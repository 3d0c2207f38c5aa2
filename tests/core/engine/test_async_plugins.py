"""Asynchronous plugins: one private loop, held to their limits, the same answer in both twins."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.doubles import ALICE, REDACT, Words, guarded, plugin

from bartizan import AccessDenied, BartizanError, Decision, Finding, Guard, PluginError, TrainingJob
from bartizan._engine.locks import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SECRET = "hunter2-" + "swordfish"


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "bartizan-plugins" and one.is_alive()]


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    before = len(threads())
    yield
    deadline = time.monotonic() + 3
    while len(threads()) > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(threads()) <= before


async def sleeps(self: Any, prompt: Any, context: Any) -> list[Finding]:
    await asyncio.sleep(30)
    return []


async def clings(self: Any, prompt: Any, context: Any) -> list[Finding]:
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue
    raise ValueError(SECRET)


async def blocks_the_loop(self: Any, prompt: Any, context: Any) -> list[Finding]:
    time.sleep(0.3)  # noqa: ASYNC251 (what a careless plugin does)
    return []


async def blocks_it_for_long(self: Any, prompt: Any, context: Any) -> list[Finding]:
    time.sleep(1.6)  # noqa: ASYNC251 (what a careless plugin does)
    return []


@pytest.mark.parametrize("twin", [False, True], ids=["sync verb", "async verb"])
@pytest.mark.parametrize("hook", [sleeps, clings, blocks_the_loop, blocks_it_for_long])
def test_an_async_plugin_is_abandoned_at_its_limit(hook: Any, twin: bool, caplog: pytest.LogCaptureFixture) -> None:
    began = time.monotonic()
    with Guard(plugins=[plugin(pre_prompt=hook)], timeout_s=0.1) as guard:
        with pytest.raises(PluginError, match=r"longer than its timeout_s \(0.1 s\)"):
            if twin:
                asyncio.run(guard.apre_prompt("hello"))
            else:
                guard.pre_prompt("hello")
        assert time.monotonic() - began < 1.5
    assert SECRET not in caplog.text


def test_an_async_plugin_within_its_limit_is_heard() -> None:
    async def pre_prompt(self: Any, prompt: Any, context: Any) -> list[Finding]:
        await asyncio.sleep(0.02)
        return [Finding("WORD", REDACT, start=0, end=5)]

    with Guard(plugins=[plugin(pre_prompt=pre_prompt)], timeout_s=5) as guard:
        assert guard.pre_prompt("hello you").text == "<WORD> you"


def test_the_others_are_not_held_to_the_slowest_limit() -> None:
    async def quick(self: Any, prompt: Any, context: Any) -> list[Finding]:
        await asyncio.sleep(0.3)
        return []

    slow, fast = plugin("slow", pre_prompt=quick), plugin("fast", pre_prompt=quick)
    with (
        Guard(plugins=[slow, fast], config={"slow": {"timeout_s": 5.0}, "fast": {"timeout_s": 0.05}}) as guard,
        pytest.raises(PluginError, match="'fast' took longer"),
    ):
        guard.pre_prompt("hello")


@pytest.mark.parametrize(
    "kind", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, StopAsyncIteration, ValueError, RecursionError]
)
def test_whatever_an_async_plugin_raises_refuses_and_the_guard_lives_on(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    failing = True

    async def pre_prompt(self: Any, prompt: Any, context: Any) -> list[Finding]:
        if failing:
            raise kind(SECRET)
        return []

    with Guard(plugins=[plugin(pre_prompt=pre_prompt)]) as guard:
        for call in (lambda: guard.pre_prompt("hello"), lambda: asyncio.run(guard.apre_prompt("hello"))):
            with pytest.raises(PluginError, match=f"raised {kind.__name__}") as caught:
                call()
            assert SECRET not in f"{caught.value!r}{caught.value.__cause__!r}{caught.value.__context__!r}"
        failing = False
        assert guard.pre_prompt("hello").text == "hello"
    assert SECRET not in caplog.text


def test_a_task_that_a_plugin_left_behind_logs_no_data(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[Any] = []

    async def breaks() -> None:
        raise ValueError(SECRET)

    async def pre_prompt(self: Any, prompt: Any, context: Any) -> list[Finding]:
        kept.append(asyncio.ensure_future(breaks()))
        await asyncio.sleep(0.01)
        kept.clear()
        gc.collect()
        return []

    with caplog.at_level(logging.DEBUG), Guard(plugins=[plugin(pre_prompt=pre_prompt)]) as guard:
        guard.pre_prompt("hello")
        gc.collect()
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text


def test_all_async_plugins_of_a_guard_share_one_loop_in_both_twins() -> None:
    loops: list[Any] = []

    async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
        loops.append(asyncio.get_running_loop())

    async def post_response(self: Any, response: Any, context: Any) -> None:
        loops.append(asyncio.get_running_loop())

    async def authorize(self: Any, request: Any, context: Any) -> Decision:
        loops.append(asyncio.get_running_loop())
        return Decision.ALLOW

    one, two = (
        plugin("one", pre_prompt=pre_prompt, authorize=authorize),
        plugin("two", pre_prompt=pre_prompt, post_response=post_response),
    )
    with Guard(plugins=[one, two]) as guard:
        guard.pre_prompt("hello")
        guard.session(ALICE).authorize("deploy")

        async def use() -> Any:
            await guard.apre_prompt("hello")
            await guard.apost_response("hello")
            await guard.session(ALICE).aauthorize("deploy")
            return asyncio.get_running_loop()

        outer = asyncio.run(use())
        assert len(loops) == 7
        assert len(set(map(id, loops))) == 1
        assert outer is not loops[0]
        assert len(threads()) == 1
    assert loops[0].is_closed()


def test_a_guard_of_sync_plugins_never_starts_the_loop() -> None:
    with guarded(plugin(scanners=[Words("a")], pre_prompt=lambda self, prompt, context: None)) as guard:
        guard.pre_prompt("a")
        asyncio.run(guard.apre_prompt("a"))
        assert guard.engine.loop._thread is None


def test_contextvars_of_the_caller_reach_async_plugins() -> None:
    seen: list[Any] = []
    guard: Guard

    async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
        seen.append(context.principal)
        seen.append(guard._session() is not None)

    with Guard(plugins=[plugin(pre_prompt=pre_prompt)]) as guard:
        with guard.session(ALICE):
            guard.pre_prompt("hello")
            asyncio.run(guard.apre_prompt("hello"))
        guard.pre_prompt("hello")
    assert seen == [ALICE, True, ALICE, True, None, False]


class TestReentry:
    def test_a_sync_call_from_the_private_loop_is_refused_not_a_deadlock(self) -> None:
        said: list[str] = []
        guard: Guard

        async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            try:
                guard.pre_prompt("again")
            except BartizanError as error:
                said.append(str(error))

        with Guard(plugins=[plugin(pre_prompt=pre_prompt)], timeout_s=5) as guard:
            began = time.monotonic()
            guard.pre_prompt("hello")
            asyncio.run(guard.apre_prompt("hello"))
            assert time.monotonic() - began < 1
        assert len(said) == 2
        assert all("a… twin" in one for one in said)

    def test_unhandled_it_refuses_the_outer_call(self) -> None:
        guard: Guard

        async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            guard.session(ALICE).authorize("deploy")

        async def authorize(self: Any, request: Any, context: Any) -> Decision:
            return Decision.ALLOW

        with (
            Guard(plugins=[plugin(pre_prompt=pre_prompt, authorize=authorize)]) as guard,
            pytest.raises(PluginError, match="raised BartizanError"),
        ):
            guard.pre_prompt("hello")

    def test_the_async_twin_may_be_awaited_from_a_plugin(self) -> None:
        guard: Guard

        async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            if prompt.segments[0].text == "outer":
                assert (await guard.apre_prompt("inner")).text == "inner"

        with Guard(plugins=[plugin(pre_prompt=pre_prompt)]) as guard:
            assert guard.pre_prompt("outer").text == "outer"


class TestCancellation:
    def test_cancelling_the_caller_cancels_the_plugin(self) -> None:
        ended: list[str] = []
        begun = threading.Event()

        async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            begun.set()
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        async def use(guard: Guard) -> None:
            task = asyncio.create_task(guard.apre_prompt("hello"))
            while not begun.is_set():  # noqa: ASYNC110 (set by another loop)
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        with Guard(plugins=[plugin(pre_prompt=pre_prompt)], timeout_s=60) as guard:
            asyncio.run(use(guard))
            deadline = time.monotonic() + 2
            while not ended and time.monotonic() < deadline:
                time.sleep(0.01)
        assert ended == ["cancelled"]

    def test_a_pending_authorization_can_be_cancelled_before_it_began_and_midway(self) -> None:
        async def authorize(self: Any, request: Any, context: Any) -> Decision:
            await asyncio.sleep(30)
            return Decision.ALLOW

        async def use(guard: Guard) -> None:
            session = guard.session(ALICE)
            for wait in (0, 0.05):
                task = asyncio.ensure_future(session.aauthorize("deploy"))
                if wait:
                    await asyncio.sleep(wait)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.ais_allowed("deploy"), 0.05)

        with Guard(plugins=[plugin(authorize=authorize)], timeout_s=60) as guard:
            asyncio.run(use(guard))
            gc.collect()

    def test_closing_the_guard_refuses_the_call_in_flight(self) -> None:
        begun = threading.Event()
        caught: list[BaseException] = []

        async def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            begun.set()
            await asyncio.sleep(30)

        guard = Guard(plugins=[plugin(pre_prompt=pre_prompt)], timeout_s=60)

        def use() -> None:
            try:
                guard.pre_prompt("hello")
            except BaseException as error:  # noqa: BLE001 (looked at below)
                caught.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        begun.wait(5)
        guard.close()
        thread.join(5)
        assert [type(one) for one in caught] == [PluginError]


def sync_words(name: str, pattern: str, label: str) -> Any:
    import re

    def pre_prompt(self: Any, prompt: Any, context: Any) -> list[Finding]:
        return [
            Finding(label, REDACT, segment=i, start=m.start(), end=m.end())
            for i, segment in enumerate(prompt.segments)
            for m in re.finditer(pattern, segment.text)
        ]

    def post_response(self: Any, response: Any, context: Any) -> list[Finding]:
        return pre_prompt(self, response, context)

    return plugin(name, pre_prompt=pre_prompt, post_response=post_response)


def async_words(name: str, pattern: str, label: str) -> Any:
    inner = sync_words(name, pattern, label)

    async def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        await asyncio.sleep(0)
        return inner.pre_prompt(prompt, context)

    async def post_response(self: Any, response: Any, context: Any) -> Any:
        return inner.post_response(response, context)

    return plugin(name, pre_prompt=pre_prompt, post_response=post_response)


SETS = {
    "sync": (sync_words, sync_words),
    "async": (async_words, async_words),
    "mixed": (sync_words, async_words),
    "mixed the other way": (async_words, sync_words),
}
TEXTS = ["", "plain", "abc", "xbcx", "ab bc abc", "aabbcc", "ab" * 50]


def mixed_guard(kinds: Any) -> Guard:
    first, second = kinds
    return Guard(plugins=[first("one", "ab+", "AB"), second("two", "bc+", "BC"), sync_words("three", "aabb", "LONG")])


def shown(verdict: Any) -> Any:
    return (
        [s.text for s in verdict.segments],
        sorted(verdict.findings, key=repr),
        verdict.action,
        verdict.blocked,
        verdict.enforced,
    )


EXPECTED = ["", "plain", "<AB>", "x<BC>x", "<AB> <BC> <AB>", "<LONG>", "<AB>" * 50]
"""A tie of length goes to the earliest start; LONG is the longest, and what it touches unites with it."""


@pytest.mark.parametrize("kinds", SETS.values(), ids=SETS)
def test_the_same_verdict_in_both_twins_inside_and_outside_a_running_loop(kinds: Any) -> None:
    async def inside(guard: Guard, text: str) -> list[Any]:
        return [
            shown(guard.pre_prompt(text)),
            shown(await guard.apre_prompt(text)),
            shown(guard.post_response(text)),
            shown(await guard.apost_response(text)),
        ]

    with mixed_guard(kinds) as guard, mixed_guard(SETS["sync"]) as reference:
        for text, expected in zip(TEXTS, EXPECTED, strict=True):
            want = shown(reference.pre_prompt(text))
            assert want[0][0] == shown(guard.pre_prompt(text))[0][0]
            all_ways = [shown(guard.pre_prompt(text)), shown(guard.post_response(text)), *asyncio.run(inside(guard, text))]
            assert all(one == want for one in all_ways)
            assert want[0][0] == expected


@pytest.mark.parametrize("kinds", SETS.values(), ids=SETS)
def test_32_threads_share_one_guard(kinds: Any) -> None:
    guard = mixed_guard(kinds)
    want = {text: shown(guard.pre_prompt(text)) for text in TEXTS}
    wrong: list[Any] = []
    ready = threading.Barrier(32)

    def use(number: int) -> None:
        ready.wait()
        session = guard.session(ALICE, id=str(number % 4))
        for turn in range(6):
            text = TEXTS[(number + turn) % len(TEXTS)]
            verb = session.pre_prompt if number % 2 else guard.pre_prompt
            got = shown(verb(text)) if number % 3 else shown(asyncio.run(guard.apre_prompt(text)))
            if got != want[text]:
                wrong.append((text, got))

    workers = [threading.Thread(target=use, args=(number,)) for number in range(32)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    guard.close()
    assert wrong == []


def test_both_twins_decide_alike() -> None:
    deny = Decision.deny("no", retry_after=3.0)
    for first in (None, Decision.ALLOW, Decision.ask("x"), deny):
        for second in (None, Decision.ALLOW, Decision.ask("y"), deny):
            with Guard(
                plugins=[_authorizer("sync", first, asynchronous=False), _authorizer("async", second, asynchronous=True)]
            ) as guard:
                session = guard.session(ALICE)
                outcomes = [
                    _outcome(lambda: session.authorize("deploy")),  # noqa: B023 (called at once)
                    _outcome(lambda: asyncio.run(_await(session.aauthorize, "deploy"))),  # noqa: B023 (called at once)
                ]
                assert outcomes[0] == outcomes[1]
                allowed = session.is_allowed("deploy")
                assert allowed is asyncio.run(_await(session.ais_allowed, "deploy"))
                assert allowed is (outcomes[0][0] == "Decision")


def _authorizer(name: str, said: Any, *, asynchronous: bool) -> Any:
    def authorize(self: Any, request: Any, context: Any) -> Any:
        return said

    async def aauthorize(self: Any, request: Any, context: Any) -> Any:
        return said

    return plugin(name, authorize=aauthorize if asynchronous else authorize)


async def _await(call: Any, action: str) -> Any:
    return await call(action)


def _outcome(call: Any) -> tuple[str, str, Any]:
    try:
        said = call()
    except BartizanError as error:
        return type(error).__name__, str(error), getattr(error, "retry_after", None)
    return type(said).__name__, said.reason, None


class TestForgottenAwait:
    def test_a_denial_raises_at_the_call(self) -> None:
        deny = plugin("denies", authorize=lambda self, request, context: Decision.deny("no"))
        with Guard(plugins=[deny]) as guard, pytest.raises(AccessDenied):
            guard.session(ALICE).aauthorize("deploy")

    def test_also_where_an_async_authorizer_has_yet_to_speak(self) -> None:
        asked: list[str] = []

        async def authorize(self: Any, request: Any, context: Any) -> Decision:
            asked.append("asked")
            return Decision.ALLOW

        deny = plugin("denies", authorize=lambda self, request, context: Decision.deny("no"))
        with Guard(plugins=[plugin("slow", authorize=authorize), deny]) as guard:
            with pytest.raises(AccessDenied):
                guard.session(ALICE).aauthorize("deploy")
            with pytest.raises(AccessDenied):
                guard.session(ALICE).authorize("deploy")
        assert asked == []

    def test_nobody_and_no_authorizer_raise_at_the_call(self) -> None:
        with pytest.raises(AccessDenied, match="nobody is identified"):
            guarded(plugin(authorize=lambda self, request, context: Decision.ALLOW)).aauthorize("deploy")
        with pytest.raises(AccessDenied, match="no authorizer is loaded"):
            Guard(plugins=[]).session(ALICE).aauthorize("deploy")

    def test_a_pending_answer_has_no_truth_value(self) -> None:
        with guarded(plugin(authorize=lambda self, request, context: Decision.ALLOW)) as guard:
            for pending in (guard.session(ALICE).ais_allowed("deploy"), guard.session(ALICE).aauthorize("deploy")):
                with pytest.raises(TypeError, match="await it"):
                    bool(pending)
                with pytest.raises(TypeError, match="await it"):
                    assert not pending
                pending.close()

    def test_it_can_be_awaited_gathered_and_made_a_task(self) -> None:
        async def use(guard: Guard) -> list[Any]:
            session = guard.session(ALICE)
            task = asyncio.create_task(session.ais_allowed("deploy"))
            both = await asyncio.gather(session.ais_allowed("deploy"), session.ais_allowed("deploy"))
            return [await task, *both, (await session.aauthorize("deploy")).effect.value]

        for asynchronous in (False, True):
            with Guard(plugins=[_authorizer("one", Decision.ALLOW, asynchronous=asynchronous)]) as guard:
                assert asyncio.run(use(guard)) == [True, True, True, "allow"]
                assert asyncio.run(guard.session(ALICE).ais_allowed("deploy")) is True


def test_async_trainers_have_no_limit_unless_their_own_table_gives_one() -> None:
    async def on_train(self: Any, job: Any, context: Any) -> None:
        await asyncio.sleep(0.2)

    def slow(self: Any, job: Any, context: Any) -> None:
        time.sleep(0.2)

    job = TrainingJob([], ["text"], dataset_id="d")
    for hook in (on_train, slow):
        with Guard(plugins=[plugin(on_train=hook)], timeout_s=0.05) as guard:
            assert guard.on_train(job) is job
            assert asyncio.run(guard.aon_train(job)) is job
        with Guard(plugins=[plugin(on_train=hook)], config={"probe": {"timeout_s": 0.05}}) as guard:
            with pytest.raises(PluginError, match="longer than"):
                guard.on_train(job)
            with pytest.raises(PluginError, match="longer than"):
                asyncio.run(guard.aon_train(job))


class TestClose:
    def test_every_plugin_is_closed_though_one_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        closed: list[str] = []

        def close(self: Any) -> None:
            closed.append(self.name)
            if self.name == "second":
                raise ValueError(SECRET)

        async def aclose(self: Any) -> None:
            closed.append(self.name)

        def one(name: str, **methods: Any) -> Any:
            return plugin(name, scanners=[Words("a")], attributes=methods)

        guard = Guard(
            plugins=[
                one("first", close=close),
                one("second", close=close),
                one("third", close=close),
                one("fourth", aclose=aclose),
            ]
        )
        with pytest.raises(PluginError, match="'second' raised ValueError in close") as caught:
            guard.close()
        assert closed == ["first", "second", "third", "fourth"]
        assert SECRET not in f"{caught.value}{caught.value.__context__!r}{caplog.text}"
        guard.close()
        assert len(closed) == 4

    def test_a_closed_guard_refuses_every_verb(self) -> None:
        guard = guarded(plugin(authorize=lambda self, request, context: Decision.ALLOW, scanners=[Words("a")]))
        session = guard.session(ALICE)
        guard.close()
        job = TrainingJob([], ["text"], dataset_id="d")
        for verbs in (guard, session):
            calls: list[Any] = [
                lambda v=verbs: v.pre_prompt("a"),
                lambda v=verbs: v.post_response("a"),
                lambda v=verbs: v.open_stream(),
                lambda v=verbs: v.stream_response(["a"]),
                lambda v=verbs: v.authorize("deploy"),
                lambda v=verbs: v.aauthorize("deploy"),
                lambda v=verbs: v.is_allowed("deploy"),
                lambda v=verbs: v.ais_allowed("deploy"),
                lambda v=verbs: v.on_train(job),
                lambda v=verbs: asyncio.run(v.apre_prompt("a")),
                lambda v=verbs: asyncio.run(v.apost_response("a")),
                lambda v=verbs: asyncio.run(v.aon_train(job)),
            ]
            for call in calls:
                with pytest.raises(BartizanError, match="closed"):
                    call()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_can_use_the_guard_with_async_plugins_and_caches() -> None:
    guard = Guard(plugins=[async_words("async", "ab", "AB"), plugin("scans", scanners=[Words("cd")])], timeout_s=5)
    session = guard.session(ALICE, id="s")
    assert session.pre_prompt("ab cd").text == "<AB> <WORD>"
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            session.pre_prompt(f"ab {time.monotonic()}")

    workers = [threading.Thread(target=busy) for _ in range(4)]
    for worker in workers:
        worker.start()
    codes = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                fine = session.pre_prompt("ab cd ab").text == "<AB> <WORD> <AB>" and guard.pre_prompt("ab").text == "<AB>"
                code = 0 if fine else 2
            finally:
                os._exit(code)
        codes.append(_wait(child))
    stop.set()
    for worker in workers:
        worker.join()
    assert codes == [0, 0, 0, 0]
    assert session.pre_prompt("ab cd").text == "<AB> <WORD>"
    guard.close()


def _wait(child: int) -> int:
    import signal

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def test_a_plugin_that_ends_the_private_loop_costs_its_own_call_and_no_other() -> None:
    calls: list[int] = []

    async def judge(self: Any, prompt: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            asyncio.get_running_loop().stop()
            await asyncio.sleep(60)

    with Guard(plugins=[plugin("ending", pre_prompt=judge)], timeout_s=1.0) as guard:
        with pytest.raises(PluginError, match="ending"):
            guard.pre_prompt("hello")
        for thread in [one for one in threading.enumerate() if one.name == "bartizan-plugins" and one.ident in _loops(guard)]:
            thread.join(5)
        assert guard.pre_prompt("hello").text == "hello"
        assert guard.pre_prompt("hello").text == "hello"


def _loops(guard: Guard) -> set[int | None]:
    thread = guard.engine.loop._thread
    return set() if thread is None else {thread.ident}


class TestForkedLocks:
    def test_two_first_users_in_a_child_share_one_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lock = ForkSafeLock()
        inside, most, start = [0], [0], threading.Barrier(2)

        def getpid() -> int:
            if threading.current_thread().name == "slow":
                time.sleep(0.1)  # a switch at the worst moment: while it looks, the other goes in
            return -1

        monkeypatch.setattr("os.getpid", getpid)

        def use() -> None:
            start.wait()
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.3)
                inside[0] -= 1

        threads = [threading.Thread(target=use, name=name) for name in ("quick", "slow")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert most == [1]


@pytest.mark.parametrize("whole", [True, False])
def test_an_async_stream_does_not_block_the_loop_on_an_async_observer(*, whole: bool) -> None:
    """At its end, and where it is given up."""
    ticks: list[float] = []

    async def observe(self: Any, event: Any) -> None:
        await asyncio.sleep(0.3)

    async def source() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    async def tick() -> None:
        while True:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0.01)

    async def main(guard: Guard) -> None:
        ticking = asyncio.create_task(tick())
        stream = guard.open_stream()
        stream.feed("a")
        began = time.perf_counter()
        await (stream.aend() if whole else stream.aclose())
        assert time.perf_counter() - began > 0.25
        assert [piece async for piece in guard.astream_response(source())] == ["a", "b"]
        ticking.cancel()

    with guarded(plugin("log", attributes={"required": True}, observe=observe)) as guard:
        asyncio.run(main(guard))
    assert max(later - earlier for earlier, later in itertools.pairwise(ticks)) < 0.2
    assert len(ticks) > 20
