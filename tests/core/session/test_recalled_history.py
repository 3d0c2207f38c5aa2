"""A session knows the beginning of a chat again; what it says of a prompt is what it would say without knowing anything."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.streams import BLOCK, NOTE, REDACT, Pattern, Scans

from bartizan import Finding, Guard, Origin, Principal, Prompt, Segment

PIECES = ["1234", "x", "abbc", "noted", " and ", "zed", "99999"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
ITEMS = st.one_of(
    TEXTS,
    st.builds(Segment, TEXTS, st.sampled_from([Origin.USER, Origin.SYSTEM]), key=st.sampled_from(["", "x12"])),
)


class Counting(Pattern):
    """Counts the texts it scans."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.scanned = 0

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        self.scanned += 1
        return super().scan(text, start)


def scanning(*more: Pattern) -> Guard:
    patterns = [Pattern(r"\d{4}", "D4", REDACT, 4), Pattern("noted", "N", NOTE, 5), Pattern("zed", "Z", BLOCK, 3), *more]
    return Guard(
        plugins=[Scans(*patterns)], config={"scans": {"rules": [{"origins": ["system"], "labels": ["D4"], "action": "note"}]}}
    )


def said(verdict: Any) -> object:
    return verdict.blocked, verdict.findings, None if verdict.blocked else verdict.segments


@settings(max_examples=150)
@given(
    prompts=st.lists(st.lists(ITEMS, max_size=5), min_size=2, max_size=6),
    keep=st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
def test_a_session_says_of_every_prompt_what_a_new_one_would(prompts: list[list[Any]], keep: list[int]) -> None:
    guard = scanning()
    session = guard.session(Principal("alice"), id="1")
    before: list[Any] = []
    for prompt, kept in zip(prompts, keep, strict=False):
        now = [*before[:kept], *prompt]
        assert said(session.pre_prompt(now)) == said(guard.pre_prompt(now))
        assert said(session.post_response(now)) == said(guard.post_response(now))
        before = now


def test_only_what_is_new_is_scanned_also_when_every_text_is_a_new_object() -> None:
    counting = Counting("q", "Q", NOTE, 1)
    session = scanning(counting).session(Principal("alice"), id="1")
    history: list[str] = []
    for turn in range(20):
        history = [*("".join(list(text)) for text in history), f"question {turn}", f"answer {turn}"]
        session.pre_prompt(history)
    assert counting.scanned == 40


def test_a_history_that_is_cut_or_edited_scans_only_what_it_has_not_seen() -> None:
    counting = Counting("q", "Q", NOTE, 1)
    session = scanning(counting).session(Principal("alice"), id="1")
    texts = [f"text {i}" for i in range(10)]
    session.pre_prompt(texts)
    session.pre_prompt(texts[3:])
    session.pre_prompt([*texts[:4], "edited 1234", *texts[5:]])
    assert counting.scanned == 11
    assert session.pre_prompt([*texts[:4], "edited 1234"]).segments[4].text == "edited <D4>"


def test_messages_are_recalled_too_and_rebuilt_as_given() -> None:
    counting = Counting("q", "Q", NOTE, 1)
    session = scanning(counting).session(Principal("alice"), id="1")
    messages = [{"role": "user", "content": "1234 it is"}, {"role": "assistant", "content": "fine"}]
    session.pre_prompt(Prompt.from_messages(messages))
    more = [*messages, {"role": "user", "content": "9999?"}]
    assert [m["content"] for m in session.pre_prompt(Prompt.from_messages(more)).messages()] == ["<D4> it is", "fine", "<D4>?"]
    assert counting.scanned == 3


def test_the_same_text_from_someone_else_is_judged_anew() -> None:
    session = scanning().session(Principal("alice"), id="1")
    segment = Segment("1234", Origin.SYSTEM)
    assert session.pre_prompt([segment]).segments[0].text == "1234"
    assert session.pre_prompt([dataclasses.replace(segment, origin=Origin.USER)]).segments[0].text == "<D4>"


def test_a_long_history_is_not_kept_past_the_budget() -> None:
    session = scanning().session(Principal("alice"), id="1")
    session.pre_prompt(["a" * 2_000_000, "b"])
    cache = session.scope.cache
    assert cache is not None
    assert not cache._recent
    session.pre_prompt(["a", "b"])
    assert cache._recent
    session.close()
    assert not cache._recent
