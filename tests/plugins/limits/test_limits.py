"""Budgets in sliding windows: in memory, and in a real Redis."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.access import request

from bartizan import AccessDenied, Guard, PolicyError, Principal
from bartizan_limits import Budget, Config, Limits
from bartizan_limits._redis import RedisStore
from bartizan_limits._windows import SLOTS, Charge, Full, MemoryStore, Unavailable, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE = Principal("alice", ["user"], tenant="acme")
BOB = Principal("bob", ["user"], tenant="acme")


def plugin(*budgets: dict[str, Any], **config: Any) -> Limits:
    return Limits(Config.model_validate({"budgets": budgets, **config}))


def ask(one: Limits, who: Principal = ALICE, action: str = "query", **annotations: Any) -> Any:
    from bartizan import AccessRequest, Context

    asked = AccessRequest(who, action, None, {}, Context(who), {}, annotations=annotations)
    return one.authorize(asked, asked.context)


def test_within_its_budget_a_request_is_none_of_its_business() -> None:
    one = plugin({"requests": 2})
    assert [ask(one), ask(one)] == [None, None]
    refused = ask(one)
    assert refused.effect.value == "deny"
    assert refused.reason == "a budget of 2 in 60 s is used up"
    assert 60 <= refused.retry_after <= 61.1


def test_it_never_grants_anything() -> None:
    guard = Guard.from_dict({"guard": {"plugins": ["limits"]}, "plugins": {"limits": {"budgets": [{"requests": 9}]}}})
    with guard.session(ALICE), pytest.raises(AccessDenied, match="no authorizer grants it"):
        guard.authorize("query")


def test_a_guard_answers_with_retry_after() -> None:
    policy = {
        "guard": {"plugins": ["rbac", "limits"]},
        "plugins": {"rbac": {"roles": {"user": {"allow": ["query"]}}}, "limits": {"budgets": [{"requests": 1}]}},
    }
    guard = Guard.from_dict(policy)
    with guard.session(ALICE):
        guard.authorize("query")
        with pytest.raises(AccessDenied) as denied:
            guard.authorize("query")
    assert denied.value.retry_after is not None
    assert 0 < denied.value.retry_after <= 61.1
    with guard.session(BOB):
        guard.authorize("query")
    guard.close()


def test_each_principal_has_a_budget_and_a_tenant_s_is_shared() -> None:
    one = plugin({"requests": 1})
    assert [ask(one, ALICE), ask(one, BOB), ask(one, Principal("alice", tenant="other"))] == [None, None, None]
    shared = plugin({"requests": 1, "per": "tenant"})
    assert ask(shared, ALICE) is None
    assert ask(shared, BOB).effect.value == "deny"
    assert ask(shared, Principal("carol", tenant="other")) is None
    assert "the principal has none" in ask(shared, Principal("dave")).reason


def test_ids_that_would_run_together_are_kept_apart() -> None:
    one = plugin({"requests": 1})
    people = [Principal("b", tenant="a"), Principal("a\x1fb"), Principal("-\x1fb"), Principal("1:b", tenant="a"), Principal("b")]
    assert [ask(one, who) for who in people] == [None] * 5


@pytest.mark.parametrize(
    ("actions", "action", "counted"),
    [
        (["query"], "query", True),
        (["query"], "query2", False),
        (["tool:*"], "tool:pay", True),
        (["tool:*"], "query", False),
        (["*"], "anything", True),
        (["a", "b*"], "bc", True),
        (["a*b*c"], "a--b--c", True),
        (["a*b*c"], "a--c", False),
        (["ab*ba"], "aba", False),
        (["**"], "x", True),
    ],
)
def test_only_the_actions_that_a_budget_names_count(actions: list[str], action: str, counted: bool) -> None:
    one = plugin({"requests": 1, "actions": actions})
    assert ask(one, action=action) is None
    assert (ask(one, action=action) is not None) is counted


def test_hostile_names_of_actions_are_matched_in_linear_time() -> None:
    one = plugin({"requests": 10**6, "actions": ["*a" * 60 + "b"]})
    began = time.perf_counter()
    ask(one, action="a" * 200_000)
    assert time.perf_counter() - began < 1


def test_a_budget_of_some_roles() -> None:
    one = plugin({"requests": 1, "roles": ["guest"]})
    guest = Principal("g", ["guest"])
    assert [ask(one), ask(one)] == [None, None]
    assert ask(one, guest) is None
    assert ask(one, guest).effect.value == "deny"


def test_tokens_are_what_the_request_says_it_will_take() -> None:
    one = plugin({"tokens": 100})
    assert ask(one, tokens=60) is None
    assert ask(one, tokens=41).reason == "a budget of 100 in 60 s is used up"
    assert ask(one, tokens=40) is None
    assert ask(one, tokens=0) is None
    assert ask(one, tokens=101).reason == "it is larger than a budget of 100 in 60 s"
    assert ask(one, tokens=101).retry_after is None


@pytest.mark.parametrize("said", [{}, {"tokens": None}, {"tokens": -1}, {"tokens": 1.0}, {"tokens": True}, {"tokens": "5"}])
def test_a_request_that_does_not_say_its_tokens_is_refused(said: dict[str, Any]) -> None:
    assert "does not say how many" in ask(plugin({"tokens": 100}), **said).reason


def test_all_budgets_must_have_room_and_none_is_charged_otherwise() -> None:
    one = plugin({"requests": 5}, {"tokens": 10, "window_s": 3600})
    assert ask(one, tokens=9) is None
    for _ in range(20):  # refused: these must not use up the other budget
        assert ask(one, tokens=5).retry_after > 3_000
    assert [ask(one, tokens=0) for _ in range(4)] == [None] * 4
    assert ask(one, tokens=0).retry_after < 62


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"budgets": []}, "budgets"),
        ({"budgets": [{}]}, "give one of the two"),
        ({"budgets": [{"requests": 1, "tokens": 1}]}, "give one of the two"),
        ({"budgets": [{"requests": 0}]}, "plugins.limits.budgets.0.requests"),
        ({"budgets": [{"requests": 1, "windows": 5}]}, "unknown key: did you mean 'window_s'?"),
        ({"budgets": [{"requests": 1, "window_s": 0}]}, "plugins.limits.budgets.0.window_s"),
        ({"budgets": [{"requests": 1, "actions": [" x"]}]}, "has no space around it"),
        ({"budgets": [{"requests": 1}], "redis_url": "http://x"}, "begins with redis://"),
        ({"budgets": [{"requests": 1}], "redis_url": "redis://:hunter2@x"}, "holds a password"),
        ({"budgets": [{"requests": 1}], "redis_url": "redis://x", "redis_url_env": "X"}, "not both"),
        ({"budgets": [{"requests": 1}], "redis_url_env": "BARTIZAN_NOT_SET"}, "BARTIZAN_NOT_SET is not set"),
    ],
)
def test_what_a_policy_may_not_say(table: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Guard.from_dict({"guard": {"plugins": ["limits"]}, "plugins": {"limits": table}})
    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


# One window: what has been let through, and when.
steps = st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 6)), min_size=1, max_size=80)


@given(steps, st.integers(1, 12), st.sampled_from([60, 1_000, 6_000]))
@settings(max_examples=200)
def test_no_window_wherever_it_begins_holds_more_than_the_limit(moves: list[tuple[int, int]], limit: int, window: int) -> None:
    now = 10**9
    store = MemoryStore(lambda: now)
    passed: list[tuple[int, int]] = []
    for pause, cost in moves:
        now += pause
        full = store.charge([Charge("k", window, limit, cost)])
        if full is None:
            passed.append((now, cost))
        live = [(at, took) for at, took in passed if at > now - window]
        assert sum(took for _, took in live) <= limit
        if full is not None and full.retry_after is not None:  # refused for a reason, and rightly told when to come back
            slack = width_of(window)
            held = sum(took for at, took in passed if at > now - window - 2 * slack)
            assert held + cost > limit
            later = now + round(full.retry_after * 1_000)
            early = MemoryStore(lambda at=later: at)
            early._windows, early._ends = {"k": dict(store._windows["k"])}, {"k": 0}
            assert early.charge([Charge("k", window, limit, cost)]) is None
            assert full.retry_after * 1_000 <= window + 2 * slack


def test_windows_in_which_nothing_is_left_are_forgotten() -> None:
    now = 0
    store = MemoryStore(lambda: now)
    for index in range(20_000):
        now += 10
        store.charge([Charge(f"k{index}", 1_000, 5, 1)])
    assert len(store._windows) < 9_000
    assert set(store._windows) == set(store._ends)


def test_threads_together_never_get_more_than_the_limit() -> None:
    one = plugin({"requests": 500})
    allowed = itertools.count()
    start = threading.Barrier(8)

    def run() -> None:
        start.wait()
        for _ in range(200):
            if ask(one) is None:
                next(allowed)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert next(allowed) == 500


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_while_the_lock_is_held_does_not_hang_the_child() -> None:
    store = MemoryStore()
    with store._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if store.charge([Charge("k", 1_000, 1, 1)]) is None else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


class Redis:
    """A server of our own on a free port, without persistence."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder
        self.start()

    def start(self) -> None:
        binary = shutil.which("redis-server")
        assert binary is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        pytest.fail("redis-server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


names = itertools.count()


@pytest.fixture
def store(redis: Redis) -> Iterator[RedisStore]:
    one = RedisStore(redis.url, f"test:{next(names)}:", 2.0)
    yield one
    one.close()


def test_redis_counts_exactly_as_memory_does(store: RedisStore) -> None:
    import random

    chosen = random.Random(7)
    now = 1_700_000_000_000
    memory = MemoryStore(lambda: now)
    outcomes = {"room": 0, "full": 0, "never": 0}
    for _ in range(600):
        now += chosen.choice([0, 1, 7, 50, 400, 1_500])
        charges = [
            Charge("{x}:a", 1_000, 5, chosen.randrange(4)),
            Charge("{x}:b", 6_000, 20, chosen.choice([0, 1, 2, 21])),
        ][: chosen.randrange(1, 3)]
        expected, found = memory.charge(charges), store.charge(charges, now)
        assert found == expected
        outcomes["room" if found is None else ("never" if found.retry_after is None else "full")] += 1
    assert min(outcomes.values()) > 20


def test_redis_uses_its_own_clock_and_forgets_by_itself(store: RedisStore) -> None:
    charge = Charge("{y}:0", 1_000, 1, 1)
    assert store.charge([charge]) is None
    found = store.charge([charge])
    assert isinstance(found, Full)
    assert found.retry_after is not None
    assert 0.5 < found.retry_after <= 1.04
    assert 0 < store._client.pttl(f"{store._prefix}{charge.key}") <= (SLOTS + 1) * width_of(1_000)
    time.sleep(found.retry_after + 0.01)
    assert store.charge([charge]) is None


WORKER = """
import sys
from bartizan import AccessRequest, Context, Principal
from bartizan_limits import Config, Limits
one = Limits(Config.model_validate({"budgets": [{"requests": 300}], "redis_url": sys.argv[1], "prefix": "test:many:", "redis_timeout_s": 30}))
who = Principal("alice", tenant="acme")
asked = AccessRequest(who, "query", None, {}, Context(who), {})
sys.stdin.readline()
print(sum(one.authorize(asked, asked.context) is None for _ in range(150)))
"""


def test_several_processes_together_never_get_more_than_the_limit(redis: Redis) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, redis.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    allowed = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert sum(allowed) == 300


def test_no_id_lies_in_redis(redis: Redis, store: RedisStore) -> None:
    one = Limits(Config.model_validate({"budgets": [{"requests": 9}], "redis_url": redis.url, "prefix": "test:ids:"}))
    assert ask(one, Principal("jane@example.com", tenant="acme-corp")) is None
    keys = b" ".join(store._client.keys("test:ids:*"))
    assert keys
    assert b"jane" not in keys
    assert b"acme-corp" not in keys
    one.close()


def test_the_url_may_come_from_the_environment(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMITS_URL", redis.url)
    one = plugin({"requests": 1}, redis_url_env="LIMITS_URL", prefix="test:env:")
    assert ask(one) is None
    assert ask(one).effect.value == "deny"
    one.close()


def test_while_redis_is_away_everything_is_denied(redis: Redis) -> None:
    one = plugin({"requests": 100}, redis_url=redis.url, prefix="test:away:")
    assert ask(one) is None
    redis.stop()
    try:
        refused = ask(one)
        assert refused.effect.value == "deny"
        assert refused.reason.startswith("what is used can't be counted: Redis can't be asked (")
        assert refused.retry_after is None
    finally:
        redis.start()
    assert ask(one) is None  # by itself again
    one.close()


def test_a_redis_that_was_never_there_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    one = plugin({"requests": 100}, redis_url=f"redis://127.0.0.1:{port}/0", redis_timeout_s=0.5)
    assert ask(one).effect.value == "deny"
    with pytest.raises(Unavailable):
        RedisStore("nonsense://x", "p", 1.0)
    one.close()


def test_a_redis_that_hangs_denies_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = plugin({"requests": 100}, redis_url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0", redis_timeout_s=0.2)
        began = time.perf_counter()
        assert ask(one).effect.value == "deny"
        assert time.perf_counter() - began < 5
        one.close()


def test_the_shape_of_the_plugin() -> None:
    one = Limits(Config(budgets=(Budget(requests=5), Budget(tokens=5))))
    assert repr(one) == "Limits(budgets=2)"
    assert one.authorize(request("query"), request("query").context) is not None
