"""What a guard with the plugin records, and what its readers get."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from bartizan import Action, Blocked, Decision, Finding, Guard, PluginError, Principal, TrainingJob, hookimpl
from bartizan_audit import Audit, AuditError, Config
from bartizan_audit._tools import Tools

if TYPE_CHECKING:
    from pathlib import Path

ALICE = Principal("alice@acme.test", ["user"], tenant="acme")
KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


class Grants:
    name = "grants"

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        return Decision.deny("not for users") if request.action == "deploy" else Decision.ALLOW


class Fails:
    name = "fails"

    @hookimpl
    def pre_prompt(self, prompt: Any, context: Any) -> None:
        raise ValueError(prompt.segments[0].text)


def read(log: Any, **wanted: Any) -> list[dict[str, Any]]:
    (found,) = Tools(log.config).tail(wanted, 1_000, follow=False, go_on=lambda _: False)
    return list(found)


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_every_hook_decision_and_refusal_is_recorded(make_log: Any, durability: str) -> None:
    log = make_log(durability=durability)
    with log.guard(Grants()) as guard:
        session = guard.session(ALICE, id="chat 1")
        session.pre_prompt("mail jane@example.com", model="small", purpose="support")
        session.post_response("fine")
        assert session.pre_prompt("\u202eevil").blocked
        session.authorize("query")
        assert not session.is_allowed("deploy")
        "".join(session.stream_response(iter(["call ", "+49 30 901820"])))
    with log.guard() as guard:
        guard.on_train(TrainingJob([], ["text"], dataset_id="tickets"))
    first, answer, refused, granted, denied, streamed, trained = read(log)
    assert (first["hook"], first["principal"], first["tenant"], first["session"]) == ("pre_prompt", ALICE.id, "acme", "chat 1")
    assert (first["model"], first["purpose"], first["outcome"], first["roles"]) == ("small", "support", "redact", ["user"])
    assert [(run["plugin"], run["status"]) for run in first["runs"]] == [("validation", "ran"), ("redaction", "ran")]
    (finding,) = first["findings"]
    assert (finding["label"], finding["start"], finding["end"], finding["segment"]) == ("EMAIL_ADDRESS", 5, 21, 0)
    assert (answer["hook"], answer["outcome"], "findings" in answer) == ("post_response", "note", False)
    assert refused["outcome"] == "block"
    assert "refused" in refused["refused"]
    assert "refused" not in first
    assert (granted["action"], granted["decision"], "refused" in granted) == ("query", "allow", False)
    assert (denied["action"], denied["decision"], denied["reason"]) == ("deploy", "deny", "not for users")
    assert [finding["label"] for finding in streamed["findings"]] == ["PHONE_NUMBER"]
    assert (trained["hook"], "principal" in trained) == ("on_train", False)
    assert log.verify().intact
    assert log.verify().records == 7


def test_a_plugin_that_was_not_reached_is_recorded_as_skipped(log: Any) -> None:
    class Never:
        name = "never"

        @hookimpl
        def pre_prompt(self, prompt: Any, context: Any) -> None:
            return None

    with log.guard(Fails(), Never()) as guard, pytest.raises(PluginError):
        guard.pre_prompt("hello")
    (found,) = read(log)
    assert [(run["plugin"], run["status"]) for run in found["runs"]][-2:] == [("fails", "failed"), ("never", "skipped")]
    assert found["refused"]


def test_the_async_twins_record_the_same(make_log: Any) -> None:
    for durability in ("full", "normal"):
        log = make_log(durability, durability=durability)

        async def calls(guard: Guard) -> None:
            await asyncio.gather(*(guard.apre_prompt(f"mail jane{i}@example.com") for i in range(20)))

        with log.guard() as guard:
            asyncio.run(calls(guard))
        assert len(read(log, labels=frozenset({"EMAIL_ADDRESS"}))) == 20
        assert log.verify().intact


def test_with_full_durability_an_event_loop_goes_on_while_the_disk_is_waited_for(
    make_log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from bartizan_audit._sqlite import SqliteStore

    log = make_log(durability="full")
    slow = SqliteStore.writing

    def writing(self: Any) -> Any:
        time.sleep(0.2)
        return slow(self)

    ticks = 0

    async def calls(guard: Guard) -> None:
        nonlocal ticks

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        await guard.apre_prompt("hello")
        ticking.cancel()

    with log.guard() as guard:
        monkeypatch.setattr(SqliteStore, "writing", writing)
        asyncio.run(calls(guard))
    assert ticks > 5


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_record_that_can_t_be_written_refuses_the_call_in_monitor_mode_too(tmp_path: Path, durability: str) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder", "ascii")
    config = Config(path=folder / "audit.db", durability=durability)
    guard = Guard(plugins=[Audit(config)], mode="monitor")
    with pytest.raises(PluginError, match="raised AuditError in observe"):
        guard.pre_prompt("hello")
    with pytest.raises(AuditError):
        Audit(config).open()


def test_continue_goes_on_where_nothing_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder", "ascii")
    audit = Audit(Config(path=folder / "audit.db", on_audit_failure="continue", durability="normal"))
    guard = Guard(plugins=[audit])
    assert guard.pre_prompt("hello").text == "hello"
    assert audit.log.gap == 1


def test_no_value_is_stored_in_the_clear_nor_sealed(log: Any) -> None:
    with log.guard() as guard:
        for text in (f"my key is {KEY}", "mail jane.doe@example.com", "card 4111 1111 1111 1111"):
            guard.session(ALICE).pre_prompt(text)
            guard.session(ALICE).post_response(text)
    everything = b"".join(file.read_bytes() for file in log.path.parent.iterdir())
    told = json.dumps(read(log))
    for value in (KEY, "jane.doe", "4111 1111"):
        assert value.encode() not in everything
        assert value not in told
    assert ALICE.id.encode() not in everything  # sealed
    assert ALICE.id in told


def test_texts_are_kept_only_if_asked_for_redacted_and_sealed(make_log: Any) -> None:
    text = f"jane@example.com says {KEY}"
    for wanted in ("none", "redacted"):
        log = make_log(wanted, text=wanted)
        with log.guard(Finds()) as guard:
            guard.session(ALICE).pre_prompt(["bluebird", text])
        (found,) = read(log)
        if wanted == "none":
            assert "texts" not in found
        else:
            labels = {one["start"]: one["label"] for one in found["findings"] if one["segment"] == 1}
            assert list(found["texts"]) == ["<CODENAME>", f"<EMAIL_ADDRESS> says <{labels[22]}>"]
        stored = b"".join(file.read_bytes() for file in log.path.parent.iterdir())
        assert b"says" not in stored


class Finds:
    """Notes only: an audit keeps no value, whatever the policy does with it in the prompt."""

    name = "finds"

    @hookimpl
    def pre_prompt(self, prompt: Any, context: Any) -> list[Finding]:
        return [Finding("CODENAME", Action.NOTE, segment=0, start=0, end=8)]


def test_texts_of_a_run_in_which_a_plugin_failed_are_not_kept(make_log: Any) -> None:
    log = make_log(text="redacted")
    guard = Guard(plugins=["redaction", Fails(), Audit(log.config)], on_error="continue")
    guard.pre_prompt("what it would have found is not known")
    guard.close()
    assert "texts" not in read(log)[0]


def test_more_findings_than_are_listed_are_counted(make_log: Any) -> None:
    log = make_log(max_findings=2)
    with log.guard() as guard:
        guard.pre_prompt(" ".join(f"user{i}@example.com" for i in range(7)))
    (found,) = read(log)
    assert (len(found["findings"]), found["left_out"]) == (2, 5)


def test_other_observers_get_no_texts(make_log: Any) -> None:
    seen = []

    class Watches:
        name = "watches"

        @hookimpl
        def observe(self, event: Any) -> None:
            seen.append((event.texts, event.characters))

    with make_log(text="redacted").guard(Watches()) as guard:
        guard.pre_prompt("hello")
    assert seen == [((), 5)]


def test_filters_select(log: Any) -> None:
    with log.guard(Grants()) as guard:
        guard.session(ALICE, id="a").pre_prompt("mail jane@example.com")
        guard.session(Principal("bob", tenant="acme"), id="b").pre_prompt("call +49 30 901820")
        guard.session(Principal("bob", tenant="other")).authorize("tool:search")
        with pytest.raises(Blocked):
            guard.pre_prompt("\u202eevil").raise_if_blocked()
    count = lambda **wanted: len(read(log, **wanted))  # noqa: E731 (read best beside what it counts)
    assert count() == 4
    assert count(labels=frozenset({"EMAIL_ADDRESS"})) == 1
    assert count(labels=frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER"})) == 2
    assert count(labels=frozenset({"EMAIL"})) == 0
    assert count(principal="bob") == 2
    assert count(principal="bob", tenant="acme") == 1
    assert count(session="a") == 1
    assert count(hooks=frozenset({"authorize"})) == count(actions=frozenset({"tool:search"})) == 1
    assert count(plugins=frozenset({"grants"})) == 1
    assert count(refused=True) == 1
    assert count(kinds=frozenset({"alert"})) == 0
    at = [one["t"] for one in read(log)]
    assert count(since=at[2]) == 2
    assert count(until=at[2]) == 2


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "name where the log is kept"),
        ({"path": "a", "postgres": "dbname=x"}, "name where the log is kept"),
        ({"path": "a", "key_env": "A", "key_file": "b"}, "not both"),
        ({"postgres": "dbname=x", "key_env": "A"}, "needs checkpoints"),
        ({"postgres": "dbname=x", "checkpoints": "c"}, "same key"),
        ({"path": "a", "checkpoint_records": 1_001}, "less than or equal to 1000"),
        ({"path": "a", "checkpoint_s": 11}, "less than or equal to 10"),
        ({"path": "a", "webhook": {"url": "http://example.com/hook"}}, "https"),
        ({"path": "a", "webhook": {"url": "https://a:b@example.com/"}}, "no user and password"),
    ],
)
def test_a_configuration_that_would_mislead_is_refused(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Config.model_validate(table)


def test_reprs_hold_no_data(log: Any) -> None:
    audit = Audit(log.config)
    assert repr(audit) == "Audit(required=True)"
    audit.open()
    audit.close()
