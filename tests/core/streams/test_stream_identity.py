"""Whose stream it is: settled when it is made, wherever and by whomever it is read."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest
from support.streams import REDACT, Pattern, Scans

from bartizan import BartizanError, Blocked, Event, Guard, PluginError, Principal, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL = Pattern(r"[a-z]+@[a-z]+\.test", "EMAIL_ADDRESS", REDACT, 40, 0)


def pseudonymous() -> Guard:
    return Guard(plugins=[Scans(EMAIL)], config={"scans": {"style": "pseudonym"}})


def test_two_users_streams_interleaved_never_cross() -> None:
    guard = pseudonymous()
    alice = guard.session(Principal("alice"), id="1")
    bob = guard.session(Principal("bob"), id="1")
    for_alice = alice.pre_prompt("jane@alice.test").text
    for_bob = bob.pre_prompt("john@bob.test").text
    both = f"{for_alice} and {for_bob}"
    streams = alice.stream_response(iter(both)), bob.stream_response(iter(both))
    out = ["", ""]
    ended = [False, False]
    while not all(ended):
        for i, stream in enumerate(streams):
            piece = next(stream, None)
            ended[i] = piece is None
            out[i] += piece or ""
    assert out[0] == f"jane@alice.test and {for_bob}"
    assert out[1] == f"{for_alice} and john@bob.test"


def test_a_stream_made_in_a_session_keeps_it_when_read_outside_and_in_another_thread() -> None:
    guard = pseudonymous()
    events = []
    guard.engine.reporter.add(events.append)
    with guard.session(Principal("alice"), id="1") as session:
        placeholder = guard.pre_prompt("jane@alice.test").text
        stream = guard.stream_response(iter(["say ", placeholder[:5], placeholder[5:]]))
    read: list[str] = []

    def reader() -> None:
        with guard.session(Principal("mallory"), id="1"):
            read.append("".join(stream))

    thread = threading.Thread(target=reader)
    thread.start()
    thread.join()
    assert read == ["say jane@alice.test"]
    assert events[-1].context.principal == Principal("alice")
    session.close()


def test_an_asynchronous_stream_is_bound_when_it_is_made() -> None:
    guard = pseudonymous()

    async def words(placeholder: str):
        yield placeholder

    async def main() -> str:
        with guard.session(Principal("alice"), id="1"):
            stream = guard.astream_response(words(guard.pre_prompt("jane@alice.test").text))
        with guard.session(Principal("mallory"), id="1"):
            return "".join([piece async for piece in stream])

    assert asyncio.run(main()) == "jane@alice.test"


def test_a_half_read_stream_is_reported_and_closes_its_source() -> None:
    guard = Guard(plugins=[Scans(EMAIL)])
    events = []
    guard.engine.reporter.add(events.append)
    closed = []

    def source():
        try:
            yield "one two three four five six seven eight nine ten eleven twelve thirteen "
            yield "jane@a.test"
        finally:
            closed.append(True)

    stream = guard.stream_response(source())
    assert next(stream).startswith("one")
    del stream
    gc.collect()
    assert closed == [True]
    assert [event.refused for event in events] == ["the stream was cut"]


def test_nothing_held_goes_out_when_the_source_fails() -> None:
    guard = Guard(plugins=[Scans(EMAIL)])

    def source():
        yield "jane@a"
        message = "connection lost"
        raise OSError(message)

    out = ""
    with pytest.raises(OSError, match="connection lost"):
        for piece in guard.stream_response(source()):
            out += piece
    assert out == ""


def test_a_stream_ends_once() -> None:
    stream = Guard(plugins=[Scans(EMAIL)]).open_stream()
    stream.feed("a")
    assert stream.end() == "a"
    assert stream.end() == ""
    with pytest.raises(BartizanError, match="ended"):
        stream.feed("b")


def test_pieces_must_be_str() -> None:
    guard = Guard(plugins=[])
    with pytest.raises(TypeError, match="pieces of str, not bytes"):
        list(guard.stream_response(iter([b"x"])))


class Failing:
    max_span = 4
    lookaround = 0
    pointwise = True

    def scan(self, text, start=0):
        if "x" in text:
            raise ValueError(text)
        return []


class Plugin:
    def __init__(self) -> None:
        self.scanners = (Failing(),)


def test_a_scanner_that_fails_stops_the_stream_without_its_text() -> None:
    guard = Guard(plugins=[Plugin()])
    out = ""
    with pytest.raises(PluginError, match="raised ValueError") as caught:
        for piece in guard.stream_response(iter("hello x marks")):
            out += piece
    assert "x" not in out
    assert "marks" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_scanner_that_fails_is_left_out_where_the_policy_says_continue() -> None:
    guard = Guard(plugins=[Plugin(), Scans(EMAIL)], on_error="continue")
    events = []
    guard.engine.reporter.add(events.append)
    assert "".join(guard.stream_response(iter("x jane@a.test"))) == "x <EMAIL_ADDRESS>"
    assert [run.status for run in events[0].runs] == ["failed", "ran"]


class DishonestPending(Pattern):
    def pending(self, text, start):
        return len(text) + 5


def test_a_pending_place_outside_the_text_refuses() -> None:
    guard = Guard(plugins=[Scans(DishonestPending("a", "A", REDACT, 4))])
    with pytest.raises(PluginError, match="pending"):
        list(guard.stream_response(iter("hello")))


class Slow:
    def __init__(self) -> None:
        self.asked = 0

    @hookimpl
    async def post_response(self, response, context):
        self.asked += 1
        await asyncio.sleep(0)
        return []


def test_an_asynchronous_hook_judges_the_end_of_both_kinds_of_stream() -> None:
    plugin = Slow()
    with Guard(plugins=[plugin, Scans(EMAIL)]) as guard:

        async def source():
            yield "jane@a"
            yield ".test"

        async def run() -> str:
            return "".join([piece async for piece in guard.astream_response(source())])

        assert asyncio.run(run()) == "<EMAIL_ADDRESS>"
        assert "".join(guard.stream_response(iter(["jane@a", ".test"]))) == "<EMAIL_ADDRESS>"
        assert plugin.asked == 2


def test_a_blocked_stream_reports_before_it_raises() -> None:
    from support.streams import BLOCK

    guard = Guard(plugins=[Scans(Pattern("zed", "Z", BLOCK, 3))])
    events = []
    guard.engine.reporter.add(events.append)
    with pytest.raises(Blocked):
        list(guard.stream_response(iter("a zed b")))
    assert [event.refused for event in events] == ["the response is refused: found Z by scans in assistant text"]


@pytest.mark.parametrize("pieces", ["characters", "halves", "whole"])
def test_placeholders_restore_however_the_stream_is_cut(pieces: str) -> None:
    guard = pseudonymous()
    session = guard.session(Principal("alice"), id="7")
    placeholder = session.pre_prompt("mail jane@alice.test").text.split()[-1]
    text = f"Dear {placeholder}, hello <EMAIL_ADDRESS_1_aaaaaaaaaaaa> <{placeholder}"
    cuts = {"characters": list(text), "halves": [text[:12], text[12:]], "whole": [text]}[pieces]
    want = "Dear jane@alice.test, hello <EMAIL_ADDRESS_1_aaaaaaaaaaaa> <jane@alice.test"
    assert "".join(session.stream_response(iter(cuts))) == want
    assert session.post_response(text).text == want


def test_a_pseudonym_made_while_the_stream_runs_is_restored() -> None:
    session = pseudonymous().session(Principal("alice"), id="1")

    def answer() -> Iterator[str]:
        yield "Well, "  # the source asks the model only when it is read
        placeholder = session.pre_prompt("jane@alice.test").text
        yield "dear " + placeholder[:7]
        yield placeholder[7:] + ", hello"

    assert "".join(session.stream_response(answer())) == "Well, dear jane@alice.test, hello"


class Escaping(str):
    """A str that escapes what it is added to, as template engines have."""

    __slots__ = ()

    def __radd__(self, other: str) -> str:
        return other.replace("<", "&lt;") + str(self)

    def __add__(self, other: str) -> str:
        return str(self) + other.replace("<", "&lt;")


def test_pieces_of_a_str_s_own_kind_are_read_for_what_they_hold() -> None:
    pieces = ["1 < 2, <b> jane@al", Escaping("ice.test </b>"), Escaping(" <i>")]
    stream = Guard(plugins=[Scans(EMAIL)]).stream_response(iter(pieces))
    assert "".join(stream) == "1 < 2, <b> <EMAIL_ADDRESS> </b> <i>"


def test_nothing_goes_out_after_an_error_of_any_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(BaseException):
        pass

    stream = Guard(plugins=[Scans(EMAIL)]).open_stream()

    def interrupted(*_: object, **__: object) -> str:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr("bartizan._engine.stream.write", interrupted)
        with pytest.raises(Interrupted):
            stream.feed("jane@alice.test, hello " + "and so on " * 10)
    with pytest.raises(BartizanError, match="has ended"):
        stream.feed(" more")
    assert stream.end() == ""


def test_the_source_is_closed_though_reporting_the_end_fails() -> None:
    class Log:
        required = True

        @hookimpl
        def observe(self, event: Event) -> None:
            raise ValueError

    closed: list[bool] = []

    def source() -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            closed.append(True)

    stream = Guard(plugins=[Log()]).stream_response(source())
    assert next(stream) == "a"
    with pytest.raises(PluginError, match="observe"):
        stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert closed == [True]
