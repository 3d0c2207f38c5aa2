"""Streamed = whole: for synthetic scanners that compete, chain and bridge, and for every way of cutting a text."""

from __future__ import annotations

import asyncio
import random

import pytest
from chunk_invariance import ChunkInvarianceError, assert_chunk_invariant
from hypothesis import given
from hypothesis import strategies as st
from support.streams import (
    BLOCK,
    NOTE,
    PIECES,
    REDACT,
    SETS,
    Everywhere,
    Pattern,
    Scans,
    compare,
    cut,
    naive,
    ours,
    streamed,
    whole,
)

from bartizan import Action, Blocked, Guard, hookimpl

COUNT = 800
WITHHELD = "\0withheld"
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def guard_of(name: str) -> Guard:
    return Guard(plugins=[Scans(*SETS[name]())])


@pytest.mark.parametrize("name", SETS)
def test_dense_texts_stream_as_whole(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    covered = compare(guard_of(name), ours, seed=7, count=COUNT)
    with capsys.disabled():
        print(f"\n  stream engine, {name}: {covered}")
    assert covered.differ == 0
    assert covered.redacted + covered.blocked > COUNT // 3
    assert covered.redacted > COUNT // 20
    assert covered.early > COUNT // 4
    assert covered.blocked > COUNT // 50 or not any(s.action is BLOCK for s in SETS[name]())


@pytest.mark.parametrize("name", ["chained digits", "leftmost-longest rivals", "pointwise bridges"])
def test_the_same_texts_fail_on_a_naive_engine(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    covered = compare(guard_of(name), naive(SETS[name]()), seed=7, count=COUNT)
    with capsys.disabled():
        print(f"\n  naive engine, {name}: {covered}")
    assert covered.differ > COUNT // 20


@pytest.mark.parametrize("name", SETS)
@given(data=st.data())
def test_any_text_streams_as_whole_however_it_is_cut(name: str, data: st.DataObject) -> None:
    guard = guard_of(name)
    text = data.draw(TEXTS)
    pieces = cut(text, random.Random(data.draw(st.integers())))
    assert streamed(*ours(guard), pieces)[0] == whole(guard, text)


@pytest.mark.parametrize("name", SETS)
def test_an_independent_package_finds_no_split_that_differs(name: str) -> None:
    guard = guard_of(name)

    def stream(chunks):
        out, _ = streamed(*ours(guard), chunks)
        return [WITHHELD if out is None else out]

    rng = random.Random(11)
    checked = 0
    for _ in range(40):
        text = "".join(rng.choice(PIECES) for _ in range(12))[:40]
        checked += assert_chunk_invariant(stream, lambda t: WITHHELD if (w := whole(guard, t)) is None else w, text)
    assert checked > 800


def test_the_independent_package_fails_the_naive_engine() -> None:
    scanners = SETS["chained digits"]()
    guard = Guard(plugins=[Scans(*scanners)])
    with pytest.raises(ChunkInvarianceError):
        for text in ("12345678901234567 x 9999", "x1234999999912 12349 12341 9999999", "1234 999999912340 99999 1 12"):
            assert_chunk_invariant(
                lambda chunks: [streamed(*naive(scanners)(guard), chunks)[0]], lambda t: whole(guard, t), text, splits=2
            )
            assert_chunk_invariant(
                lambda chunks: [streamed(*naive(scanners)(guard), chunks)[0]],
                lambda t: whole(guard, t),
                text,
                splits=[list(text)],
            )


def test_every_split_of_a_short_text_is_the_same() -> None:
    guard = guard_of("chained digits")
    splits = assert_chunk_invariant(guard.stream_response, lambda t: guard.post_response(t).text, "x123456789 01", splits="all")
    assert splits == 2**12


@pytest.mark.parametrize("name", SETS)
def test_the_asynchronous_stream_gives_the_same(name: str) -> None:
    guard = guard_of(name)

    async def run(pieces: list[str]) -> str | None:
        async def source():
            for piece in pieces:
                yield piece

        try:
            return "".join([out async for out in guard.astream_response(source())])
        except Blocked:
            return None

    rng = random.Random(3)
    for _ in range(60):
        text = "".join(rng.choice(PIECES) for _ in range(20))
        assert asyncio.run(run(cut(text, rng))) == whole(guard, text)


def test_a_stream_finds_what_the_whole_finds() -> None:
    scanners = [Pattern(r"\d{4}", "D4", REDACT, 4), Pattern(r"ab+c", "NOTED", NOTE, 8)]
    guard = Guard(plugins=[Scans(*scanners)])
    events = []
    guard.engine.reporter.add(events.append)
    text = "x 1234 abbc 9999999 abc"
    guard.post_response(text)
    "".join(guard.stream_response(iter(text)))
    whole_event, stream_event = events
    key = lambda f: (f.start, f.end, f.label, f.action)  # noqa: E731 (one use)
    assert sorted(map(key, stream_event.findings)) == sorted(map(key, whole_event.findings))
    assert stream_event.outcome is whole_event.outcome is Action.REDACT
    assert [run.status for run in stream_event.runs] == ["ran"]


@pytest.mark.parametrize("cuts", ["characters", "whole"])
def test_no_character_of_a_blocking_finding_goes_out(cuts: str) -> None:
    guard = Guard(plugins=[Scans(Pattern(r"forbidden-\d{3}", "BLK", BLOCK, 13))])
    text = "this is fine, but forbidden-123 is not"
    out = ""
    with pytest.raises(Blocked) as caught:
        for piece in guard.stream_response(iter(text) if cuts == "characters" else iter([text])):
            out += piece
    assert out == "this is fine, but "
    assert [f.label for f in caught.value.findings] == ["BLK"]
    assert "forbidden" not in str(caught.value)


def test_an_endless_run_is_released_up_to_span_and_lookaround() -> None:
    guard = Guard(plugins=[Scans(Pattern(r"(?<!a)b{3}(?!a)", "B", REDACT, 3, 1))])
    stream = guard.open_stream()
    out = "".join(stream.feed("c") for _ in range(100))
    assert len(out) == 97


def test_a_cluster_over_the_limit_is_refused_streamed_and_whole() -> None:
    guard = Guard(plugins=[Scans(Everywhere(r"x.", "X", REDACT, 2))])
    just_fits = "x" * 65_536
    too_long = "x" * 65_537
    assert guard.post_response(just_fits).text == "<X>"
    assert "".join(guard.stream_response(just_fits[i : i + 999] for i in range(0, len(just_fits), 999))) == "<X>"
    assert guard.post_response(too_long).blocked
    with pytest.raises(Blocked, match="65,536"):
        "".join(guard.stream_response(too_long[i : i + 999] for i in range(0, len(too_long), 999)))


def test_memory_stays_flat_on_a_long_stream() -> None:
    guard = Guard(plugins=[Scans(*SETS["leftmost-longest rivals"]())])
    stream = guard.open_stream()
    for _ in range(20_000):
        stream.feed("some words x12 and key = value1 again ")
    text = stream._text
    assert len(text._buffer) < 100
    assert len(text._marks) < 10
    assert len(text.findings) == 1_000
    assert text.left_out > 10_000


class Verbose:
    """Needs the whole answer."""

    @hookimpl
    def post_response(self, response, context):
        return []


def test_a_hook_on_responses_holds_the_stream_until_its_end() -> None:
    guard = Guard(plugins=[Scans(*SETS["chained digits"]()), Verbose()])
    stream = guard.open_stream()
    assert stream.holds
    assert [stream.feed(piece) for piece in ("12", "34 and ", "more")] == ["", "", ""]
    assert stream.end() == "<D4> and more"


def test_monitor_mode_changes_no_stream() -> None:
    guard = Guard(plugins=[Scans(*SETS["email with pending"]())], mode="monitor")
    text = "write to ab.c@x.com or abbc now"
    assert "".join(guard.stream_response(iter(text))) == text
    assert whole(guard, text) == text
