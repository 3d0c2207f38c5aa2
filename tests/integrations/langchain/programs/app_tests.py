"""Tests that an app's author writes about the guarded app."""

import pytest

from bartizan import AccessDenied, Action, Blocked, Guard, Principal
from bartizan.testing import PLANTED, RecordingGuard, assert_no_planted


@pytest.fixture
def guard() -> RecordingGuard:
    return RecordingGuard(Guard.from_file("bartizan.toml"))


def test_card_never_reaches_the_model(guard: RecordingGuard) -> None:
    with pytest.raises(Blocked) as refused:
        _ = guard.pre_prompt(f"pay with {PLANTED['CREDIT_CARD']}").text
    assert [f.label for f in refused.value.findings] == ["CREDIT_CARD"]
    assert_no_planted(refused.value, guard.events)


def test_user_cannot_deploy(guard: RecordingGuard) -> None:
    with guard.session(Principal("u", roles=["user"])), pytest.raises(AccessDenied, match="deploy"):
        guard.authorize("deploy")
    (event,) = guard.events
    assert event.hook == "authorize"
    assert [r.status for r in event.runs] == ["ran"]


def test_nobody_cannot_deploy(guard: RecordingGuard) -> None:
    assert not guard.is_allowed("deploy")


def test_redacted_not_blocked(guard: RecordingGuard) -> None:
    verdict = guard.pre_prompt(PLANTED["EMAIL_ADDRESS"])
    assert verdict.action is Action.REDACT
    assert verdict.text == "<EMAIL_ADDRESS>"
