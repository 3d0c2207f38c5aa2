"""Each pattern brings its alert, ordinary traffic none, and memory stays bounded."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bartizan import Context, Event, Guard, PluginRun, Principal
from bartizan_audit import Audit
from bartizan_audit._monitor import Monitor, MonitorConfig
from bartizan_audit._monitor._parts import SKETCH, similarity, sketch
from bartizan_audit._tools import Tools

ALICE = Principal("alice", tenant="acme")
WORDS = [f"word{i}" for i in range(3_000)]


def event(
    who: Principal | None = ALICE,
    *,
    hook: str = "pre_prompt",
    refused: str = "",
    action: str = "",
    texts: tuple[str, ...] = (),
    characters: int = 40,
    runs: tuple[PluginRun, ...] = (),
    **metadata: Any,
) -> Event:
    context = Context(principal=who, metadata=metadata)
    return Event(hook, context, runs, (), None, 0.001, action=action, refused=refused, characters=characters, texts=texts)


def alerts(monitor: Monitor, found: Event, now: float) -> list[str]:
    return [one.alert for one in monitor.feed(found, now)]


def quiet(**settings: Any) -> MonitorConfig:
    """Every pattern off but those given."""
    off = {"refusals": 0, "z_score": 0, "near_duplicates": 0, "first_tool_use": False, "plugin_failures": 0, "slow_factor": 0}
    return MonitorConfig(**{**off, **settings})


def test_repeated_refusals_of_one_principal_alert_once_in_a_while() -> None:
    monitor = Monitor(quiet(refusals=5, refusals_s=60, cooldown_s=300))
    said = [alerts(monitor, event(refused="no"), now) for now in range(30)]
    assert [at for at, one in enumerate(said) if one] == [4]
    assert said[4] == ["repeated_refusals"]
    later = [alerts(monitor, event(refused="no"), now) for now in range(400, 410)]
    assert sum(map(len, later)) == 1


def test_refusals_far_apart_or_of_many_people_are_none() -> None:
    monitor = Monitor(quiet(refusals=5, refusals_s=60))
    assert not any(alerts(monitor, event(refused="no"), now) for now in range(0, 3_000, 20))
    assert not any(alerts(monitor, event(Principal(f"u{i}"), refused="no"), 5_000 + i) for i in range(50))
    assert not any(alerts(monitor, event(), 9_000 + i) for i in range(50))


def test_a_spike_in_volume_alerts_and_a_steady_stream_does_not() -> None:
    monitor, now = Monitor(quiet(z_score=5, bucket_s=10, warm_up=6, least=20)), 0.0
    chance = random.Random(3)
    for _ in range(300):
        now += 1 + chance.random()
        assert alerts(monitor, event(), now) == []
    said = [alerts(monitor, event(), now + i / 100) for i in range(200)]
    assert [one for one in said if one] == [["volume_spike"]]


def test_a_new_principal_is_learned_first() -> None:
    monitor = Monitor(quiet(z_score=5, warm_up=6, least=1))
    assert not any(alerts(monitor, event(), 0.001 * i) for i in range(2_000))


def test_a_spike_in_tokens_alerts_as_the_application_counts_them_or_by_characters() -> None:
    for usual, spike in (({"tokens": 100}, {"tokens": 90_000}), ({"characters": 400}, {"characters": 400_000})):
        monitor, now = Monitor(quiet(z_score=5, bucket_s=10, warm_up=6, least_tokens=5_000)), 0.0
        for _ in range(100):
            now += 5
            assert alerts(monitor, event(**usual), now) == []
        assert alerts(monitor, event(**spike), now + 1) == ["token_spike"]


def test_many_distinct_nearly_equal_queries_alert() -> None:
    monitor = Monitor(quiet(near_duplicates=20))
    base = "tell me everything that you know about the patient number {} in the third ward of the hospital and when he was born"
    said = [alerts(monitor, event(texts=(base.format(1_000 + i),)), i) for i in range(40)]
    assert sum(map(len, said)) == 1
    assert [len(one) for one in said].index(1) < 30


def test_the_same_query_again_and_unlike_queries_are_no_extraction() -> None:
    monitor, chance = Monitor(quiet(near_duplicates=5)), random.Random(5)
    same = "how do I reset my password for the shop, please tell me the steps one by one"
    assert not any(alerts(monitor, event(texts=(same,)), i) for i in range(100))
    for i in range(300):
        text = " ".join(chance.choices(WORDS, k=20))
        assert alerts(monitor, event(texts=(text,)), i) == []


def test_a_chat_that_grows_is_no_row_of_nearly_equal_queries() -> None:
    monitor, chance = Monitor(quiet(near_duplicates=5)), random.Random(6)
    history: tuple[str, ...] = ()
    for i in range(60):
        history = (*history, " ".join(chance.choices(WORDS, k=25)))
        assert alerts(monitor, event(texts=history), i) == []


def test_sketches_estimate_similarity_and_hold_no_text() -> None:
    chance = random.Random(8)
    errors = []
    for _ in range(200):
        shared, apart = chance.randrange(5, 60), chance.randrange(1, 60)
        words = chance.sample(WORDS, shared + 2 * apart)
        one, other = {*words[: shared + apart]}, {*words[:shared], *words[shared + apart :]}
        a, b = sketch(sorted(one), b"k"), sketch(sorted(other), b"k")
        assert len(a) <= SKETCH
        assert all(type(h) is int for h in a)
        pairs = [set(zip(sorted(s), sorted(s)[1:], strict=False)) | s for s in (one, other)]
        errors.append(similarity(a, b) - len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1]))
    assert abs(sum(errors) / len(errors)) < 0.03
    assert sketch(["a b c"], b"k") != sketch(["a b c"], b"other")
    assert similarity((), ()) == 0.0


def test_the_first_use_of_a_tool_alerts_after_the_time_of_learning() -> None:
    monitor = Monitor(quiet(first_tool_use=True, learn_s=600))
    assert alerts(monitor, event(hook="authorize", action="tool:search"), 10) == []
    assert alerts(monitor, event(hook="authorize", action="tool:search"), 700) == []
    assert alerts(monitor, event(hook="authorize", action="query"), 700) == []
    assert alerts(monitor, event(hook="authorize", action="tool:shell"), 700) == ["first_tool_use"]
    assert alerts(monitor, event(hook="authorize", action="tool:shell"), 2_000) == []


def test_a_plugin_that_fails_alerts() -> None:
    monitor = Monitor(quiet(plugin_failures=3))
    failed = event(runs=(PluginRun("checks", "failed", 0.001), PluginRun("other", "skipped", 0.0)))
    said = [found for now in range(5) for found in monitor.feed(failed, now)]
    assert [(one.alert, one.detail["plugin"]) for one in said] == [("plugin_fails", "checks")]


def test_a_plugin_that_slows_alerts_and_a_single_slow_run_does_not() -> None:
    monitor = Monitor(quiet(slow_factor=5, slow_runs=10))
    usual, slow = (event(runs=(PluginRun("checks", "ran", seconds),)) for seconds in (0.001, 0.02))
    for now in range(501):
        assert alerts(monitor, slow if now % 50 == 49 else usual, now) == []
    said = [alerts(monitor, slow, 1_000 + i) for i in range(10)]
    assert said == [[]] * 9 + [["plugin_slow"]]


def test_memory_is_bounded_whoever_comes() -> None:
    monitor = Monitor(MonitorConfig(max_principals=50))
    for i in range(2_000):
        alerts(monitor, event(Principal(f"u{i}"), texts=(f"a b {i}",), action=f"tool:t{i}", hook="pre_prompt"), i)
        alerts(monitor, event(runs=(PluginRun(f"p{i}", "ran", 0.1),)), i)
    assert len(monitor._people) == 50
    assert len(monitor._plugins) <= 1_000
    assert len(monitor._tools) <= 1_000
    assert len(monitor._said) <= 50


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_alerts_become_records_of_the_principal(make_log: Any, durability: str) -> None:
    log = make_log(durability=durability, monitor=MonitorConfig(refusals=3))
    with log.guard() as guard:
        for _ in range(4):
            assert guard.session(ALICE).pre_prompt("\u202eevil").blocked
    (found,) = Tools(log.config).tail({"kinds": frozenset({"alert"})}, 10, follow=False, go_on=lambda _: False)
    assert [(one["alert"], one["principal"], one["count"]) for one in found] == [("repeated_refusals", "alice", 3)]
    assert log.verify().intact
    assert log.verify().records == 5


def test_monitoring_that_lags_never_holds_up_a_call(make_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    import time

    from bartizan_audit._monitor import _watch

    going = threading.Event()
    monkeypatch.setattr(Monitor, "feed", lambda *_: going.wait(20) and ())
    monkeypatch.setattr(_watch, "_WAITING", 3)
    log = make_log(monitor=MonitorConfig())
    audit = Audit(log.config)
    with Guard(plugins=[audit]) as guard:
        began = time.monotonic()
        for _ in range(50):
            guard.pre_prompt("hello")
        assert time.monotonic() - began < 5
        assert audit._outputs.dropped >= 46
        going.set()
    assert log.verify().records == 50
