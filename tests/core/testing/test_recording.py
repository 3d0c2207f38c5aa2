from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bartizan import AccessDenied, AccessRequest, Action, Blocked, Context, Decision, Guard, Principal, hookimpl
from bartizan.testing import PLANTED, RecordingGuard, assert_no_planted, capture_events

if TYPE_CHECKING:
    from pathlib import Path


class OnlyAdmins:
    """Stands in for role-based access control."""

    name = "roles"

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision:
        return Decision.allow() if "admin" in request.principal.roles else Decision.deny("the role may not")


@pytest.fixture
def guard() -> RecordingGuard:
    policy = {"redaction": {"actions": {"CREDIT_CARD": "block"}}}
    return RecordingGuard(Guard(plugins=["validation", "redaction", OnlyAdmins()], config=policy))


class TestAsAnAppsAuthorWouldUseIt:
    def test_card_never_reaches_the_model(self, guard: RecordingGuard) -> None:
        seen: list[str] = []
        try:
            seen.append(guard.pre_prompt(f"pay with {PLANTED['CREDIT_CARD']}").text)
        except Blocked as refused:
            assert [f.label for f in refused.findings] == ["CREDIT_CARD"]  # noqa: PT017 (as an app's author would write it)
        assert seen == []
        assert_no_planted(seen, guard.events)

    def test_user_cannot_deploy(self, guard: RecordingGuard) -> None:
        with guard.session(Principal("u", roles=["user"])), pytest.raises(AccessDenied, match="deploy"):
            guard.authorize("deploy")
        (event,) = guard.events
        assert event.hook == "authorize"
        assert [run.status for run in event.runs] == ["ran"]

    def test_nobody_cannot_deploy(self, guard: RecordingGuard) -> None:
        assert not guard.is_allowed("deploy")

    def test_redacted_not_blocked(self, guard: RecordingGuard) -> None:
        verdict = guard.pre_prompt(PLANTED["EMAIL_ADDRESS"])
        assert verdict.action is Action.REDACT
        assert verdict.text == "<EMAIL_ADDRESS>"


class TestRecordingGuard:
    def test_it_is_a_guard_with_the_same_policy(self) -> None:
        inner = Guard(plugins=["redaction"])
        guard = RecordingGuard(inner)
        assert isinstance(guard, Guard)
        assert guard.digest == inner.digest
        assert guard.has_authorizer is inner.has_authorizer
        assert repr(guard) == "RecordingGuard(plugins=[redaction])"

    def test_its_sessions_and_those_of_the_guard_inside_are_the_same(self) -> None:
        inner = Guard(plugins=["redaction"], config={"redaction": {"style": "pseudonym"}})
        guard = RecordingGuard(inner)
        who = Principal("u")
        written = guard.session(who, id="s").pre_prompt(PLANTED["EMAIL_ADDRESS"]).text
        assert written != PLANTED["EMAIL_ADDRESS"]
        assert inner.session(who, id="s").restore(written) == PLANTED["EMAIL_ADDRESS"]
        with inner.session(who, id="s"):
            assert guard.restore(written) == PLANTED["EMAIL_ADDRESS"]

    def test_it_records_both_hooks_streams_and_calls_of_the_guard_inside(self) -> None:
        inner = Guard(plugins=["redaction"])
        guard = RecordingGuard(inner)
        _ = guard.pre_prompt("a").text
        _ = inner.post_response("b").text
        assert "".join(guard.stream_response(["c", "d"])) == "cd"
        assert [event.hook for event in guard.events] == ["pre_prompt", "post_response", "post_response"]

    def test_a_session_s_events_name_who_asked(self) -> None:
        guard = RecordingGuard(Guard(plugins=["redaction"]))
        _ = guard.session(Principal("u")).pre_prompt("a").text
        (event,) = guard.events
        assert event.context.principal == Principal("u")

    def test_it_can_be_made_from_a_policy_itself(self, tmp_path: Path) -> None:
        (tmp_path / "p.toml").write_text("[guard]\nplugins = ['redaction']\n")
        for guard in (
            RecordingGuard.from_file(tmp_path / "p.toml"),
            RecordingGuard.from_dict({"guard": {"plugins": ["redaction"]}}),
        ):
            _ = guard.pre_prompt("a").text
            assert len(guard.events) == 1

    def test_closing_it_closes_the_plugins_and_stops_recording(self) -> None:
        inner = Guard(plugins=["redaction"])
        with RecordingGuard(inner) as guard:
            assert inner.engine.reporter.active
        assert not inner.engine.reporter.active
        with pytest.raises(Exception, match="closed"):
            inner.pre_prompt("a")
        assert guard.events == []

    def test_two_record_side_by_side(self) -> None:
        inner = Guard(plugins=["redaction"])
        one, two = RecordingGuard(inner), RecordingGuard(inner)
        _ = inner.pre_prompt("a").text
        assert (len(one.events), len(two.events)) == (1, 1)
        one.events.clear()
        assert len(two.events) == 1

    def test_it_takes_nothing_but_a_guard(self) -> None:
        with pytest.raises(TypeError, match="takes a Guard, not str"):
            RecordingGuard("redaction")  # type: ignore[arg-type]


class TestCaptureEvents:
    def test_it_captures_within_the_block_only(self) -> None:
        guard = Guard(plugins=["redaction"])
        _ = guard.pre_prompt("before").text
        with capture_events(guard) as events:
            _ = guard.pre_prompt(PLANTED["US_SSN"]).text
            _ = guard.session(Principal("u")).pre_prompt("in a session").text
        _ = guard.pre_prompt("after").text
        assert [len(event.findings) for event in events] == [1, 0]
        assert not guard.engine.reporter.active
        assert_no_planted(events)

    def test_it_stops_where_the_block_raises(self) -> None:
        guard = Guard(plugins=["redaction"])
        with pytest.raises(KeyError), capture_events(guard):
            raise KeyError
        assert not guard.engine.reporter.active

    def test_blocks_may_nest(self) -> None:
        guard = Guard(plugins=["redaction"])
        with capture_events(guard) as outer:
            with capture_events(guard) as inner:
                _ = guard.pre_prompt("a").text
            _ = guard.pre_prompt("b").text
        assert (len(outer), len(inner)) == (2, 1)
