"""The built-in plugins in streams: what post_response gives for the whole, for texts dense in what they find, however they are cut."""

from __future__ import annotations

import random

import pytest
from chunk_invariance import assert_chunk_invariant
from hypothesis import given, settings
from hypothesis import strategies as st
from support.streams import Covered, cut, ours, streamed, whole

from bartizan import Guard
from bartizan.testing import PLANTED

GLUE = [
    " ",
    ", ",
    "\n",
    "",
    "-",
    ".",
    "/",
    ":",
    "@",
    "=",
    '"',
    "(",
    ")",
    " x ",
    "1",
    "é",
    "🙂",
    "<",
    "[a](",
    "![b](https://",
    " tel ",
    "key: ",
]
NEAR = [
    "4111 1111 1111 1112",
    "jane@",
    "@example.com",
    "AKIA",
    "ghp_",
    "eyJhbGciOi",
    "-----BEGIN ",
    "1.2.3",
    "Chrome/120.0.150.20",
    "sk-...",
]
NEAR += ["https://evil.test/p.png)", "\x1b[", "[31m", "\x07", "\u200b", "🏴", "\U000e0067", "the order", "DE89 3704", "+44 20"]
ALL = [*PLANTED.values(), *NEAR, *GLUE, *GLUE]
COUNT = 500


def dense(rng: random.Random) -> str:
    return "".join(rng.choice(ALL) for _ in range(rng.randint(3, 18)))


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard()


@pytest.fixture(scope="module")
def blocking() -> Guard:
    return Guard(config={"redaction": {"actions": {"CREDIT_CARD": "block", "GITHUB_TOKEN": "block"}}})


def test_dense_texts_stream_as_whole(guard: Guard, blocking: Guard, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(20)
    for name, one in (("default guard", guard), ("with blocks", blocking)):
        covered, found = Covered(), 0
        for _ in range(COUNT):
            text = dense(rng)
            want = whole(one, text)
            got, early = streamed(*ours(one), cut(text, rng))
            found += len(one.post_response(text).findings)
            covered.texts += 1
            covered.redacted += want is not None and want != text
            covered.blocked += want is None
            covered.early += early
            covered.differ += want != got
        with capsys.disabled():
            print(f"\n  {name}: {covered}; {found / COUNT:.1f} findings a text")
        assert covered.differ == 0
        assert covered.redacted > COUNT // 2
        assert covered.early > COUNT // 4
        assert found > COUNT
        assert covered.blocked > COUNT // 40 or one is guard


@given(pieces=st.lists(st.sampled_from(ALL), max_size=12), seed=st.integers(), more=st.text(max_size=12))
@settings(max_examples=150)
def test_any_text_streams_as_whole(guard: Guard, pieces: list[str], seed: int, more: str) -> None:
    rng = random.Random(seed)
    text = "".join(pieces) + more
    assert streamed(*ours(guard), cut(text, rng))[0] == whole(guard, text)


def test_an_independent_package_finds_no_split_that_differs(guard: Guard) -> None:
    rng = random.Random(5)
    checked = 0
    for _ in range(12):
        text = dense(rng)[:300]
        checked += assert_chunk_invariant(guard.stream_response, lambda t: guard.post_response(t).text, text)
    assert checked > 500


@pytest.mark.parametrize("label", PLANTED)
def test_no_piece_of_a_planted_value_leaves_a_stream(guard: Guard, label: str) -> None:
    value = PLANTED[label]
    text = f"It is {value} as you asked."
    out = "".join(guard.stream_response(iter(text)))
    assert value not in out
    assert out == guard.post_response(text).text
    assert out.startswith("It is ")
    assert out.endswith(" as you asked.")
