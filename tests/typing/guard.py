"""Checked by mypy --strict and pyright, never run: the guard's verbs, as a user without a framework types them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from bartizan import (
    AccessDenied,
    Action,
    Approval,
    ApprovalRequired,
    Blocked,
    Decision,
    Finding,
    Guard,
    Origin,
    Principal,
    Prompt,
    Refused,
    Resource,
    Response,
    Segment,
    Session,
    Verdict,
)


def texts_go_in_as_they_come(guard: Guard, prompt: Prompt, response: Response) -> None:
    assert_type(guard.pre_prompt("a text"), Verdict)
    assert_type(guard.pre_prompt(prompt), Verdict)
    assert_type(guard.pre_prompt(Segment("a page", origin=Origin.DOCUMENT, source="https://page.example")), Verdict)
    assert_type(guard.pre_prompt(["a text", Segment("a page", origin=Origin.DOCUMENT)], model="m", purpose="p"), Verdict)
    assert_type(guard.post_response("an answer"), Verdict)
    assert_type(guard.post_response(response), Verdict)
    guard.pre_prompt(b"bytes")  # type: ignore[arg-type]


def verdicts_are_read_not_tested(verdict: Verdict) -> None:
    assert_type(verdict.text, str)
    assert_type(verdict.action, Action)
    assert_type(verdict.blocked, bool)
    assert_type(verdict.findings, tuple[Finding, ...])
    assert_type(verdict.segments, tuple[Segment, ...])
    assert_type(verdict.raise_if_blocked(), Verdict)
    assert_type(verdict.explain(), str)


def refusals_carry_what_a_caller_needs(guard: Guard) -> str:
    try:
        guard.authorize("deploy")
        return guard.pre_prompt("a text").text
    except Blocked as refused:
        assert_type(refused.findings, tuple[Finding, ...])
        return refused.reason
    except AccessDenied as refused:
        assert_type(refused.retry_after, float | None)
        return refused.reason
    except ApprovalRequired as refused:
        assert_type(guard.approve(refused.request, by=Principal("boss")), Approval)
        return refused.reason
    except Refused as refused:
        return refused.reason


def streams_keep_their_kind(guard: Guard, chunks: Iterator[str], later: AsyncIterator[str]) -> None:
    assert_type(guard.stream_response(chunks), Iterator[str])
    assert_type(guard.astream_response(later), AsyncIterator[str])


def decisions_are_asked_for_in_three_ways(guard: Guard, resources: list[Resource], names: list[str]) -> None:
    assert_type(guard.authorize("tool:pay", args={"amount": 5}), Decision)
    assert_type(guard.is_allowed("deploy"), bool)
    assert_type(guard.filter_allowed("retrieve", resources), list[Resource])
    assert_type(guard.filter_allowed("retrieve", names, resource=lambda name: Resource("file", name)), list[str])


def sessions_have_the_guard_s_verbs(guard: Guard, chunks: Iterator[str]) -> None:
    with guard.session(Principal("alice", roles=["user"]), id="chat-7") as session:
        assert_type(session, Session)
        assert_type(session.pre_prompt("a text").text, str)
        assert_type(session.stream_response(chunks), Iterator[str])
        assert_type(session.restore("a text"), str)


async def async_twins_give_the_same_types(guard: Guard) -> None:
    assert_type(await guard.apre_prompt("a text"), Verdict)
    assert_type(await guard.apost_response("a text"), Verdict)
    assert_type(await guard.aauthorize("deploy"), Decision)
    assert_type(await guard.ais_allowed("deploy"), bool)
