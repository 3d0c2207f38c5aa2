"""A verdict is read or it refuses: no truth value, no format, no text of a blocked one, and a warning when it is dropped unread."""

from __future__ import annotations

import contextlib
import gc
import json
import time
import warnings
from typing import Any

import pytest
from support.doubles import BLOCK, NOTE, REDACT, guarded, plugin, scanning

from bartizan import Action, BartizanError, Blocked, Decision, Finding, Guard, Origin, Prompt, Response, Segment, Verdict
from bartizan.structured import flatten, flatten_json


def blocked() -> Verdict:
    return guarded(scanning("bad", "BAD", BLOCK, detail="on the list")).pre_prompt("a bad text")


def passed() -> Verdict:
    return guarded(scanning("bad", "BAD", BLOCK)).pre_prompt("a text")


@pytest.mark.parametrize("read", [lambda v: v.text, lambda v: v.segments, lambda v: v.messages(), lambda v: v.raise_if_blocked()])
def test_a_blocked_verdict_gives_nothing_away(read: Any) -> None:
    with pytest.raises(Blocked) as caught:
        read(blocked())
    assert str(caught.value) == "the prompt is refused: found BAD by scans (on the list) in user text"
    assert caught.value.reason == str(caught.value)
    assert [(f.label, f.start, f.end, f.plugin) for f in caught.value.findings] == [("BAD", 2, 5, "scans")]


def test_one_that_passed_gives_everything() -> None:
    verdict = passed()
    assert verdict.text == "a text"
    assert verdict.segments == (Segment("a text"),)
    assert verdict.raise_if_blocked() is verdict
    assert verdict.blocked is False
    assert verdict.action is NOTE


@pytest.mark.parametrize("make", [blocked, passed])
def test_it_has_no_truth_value_and_is_not_text(make: Any) -> None:
    verdict = make()
    for attempt in (lambda: bool(verdict), lambda: not verdict, lambda: verdict and 1, lambda: verdict or 1):
        with pytest.raises(TypeError, match="Verdict has no truth value"):
            attempt()
    for attempt in (lambda: f"{verdict}", lambda: f"{verdict:>10}", lambda: "{}".format(verdict), lambda: format(verdict)):  # noqa: UP032 (the ways that exist)
        with pytest.raises(TypeError, match=r"use its \.text"):
            attempt()
    with pytest.raises(TypeError):
        "" + verdict
    assert "bad text" not in str(verdict)
    assert not hasattr(verdict, "__dict__")


@pytest.mark.parametrize("decision", [Decision.ALLOW, Decision.ask("x"), Decision.DENY])
def test_a_decision_has_no_truth_value(decision: Decision) -> None:
    for attempt in (lambda: bool(decision), lambda: not decision, lambda: decision and 1):
        with pytest.raises(TypeError, match="Decision has no truth value"):
            attempt()


def dropped(use: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        verdict = blocked()
        with contextlib.suppress(Blocked, TypeError):
            use(verdict)
        del verdict
        gc.collect()
    return [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning)]


def test_a_blocked_verdict_dropped_unread_warns() -> None:
    assert dropped(lambda v: None) == [
        "a blocked verdict of pre_prompt was dropped unread: read .text or call .raise_if_blocked()"
    ]


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v.blocked,
        lambda v: v.action,
        lambda v: v.findings,
        lambda v: v.text,
        lambda v: v.segments,
        lambda v: v.messages(),
        lambda v: v.raise_if_blocked(),
        lambda v: v.explain(),
        bool,
        repr,
        str,
    ],
)
def test_one_that_was_read_does_not(use: Any) -> None:
    assert dropped(use) == []


def test_one_that_passed_may_be_dropped() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        passed()
        gc.collect()


def test_several_segments_have_no_one_text() -> None:
    for texts in (["a", "b"], []):
        with pytest.raises(BartizanError, match=f"holds {len(texts)} segments"):
            _ = Guard(plugins=[]).pre_prompt(texts).text


def test_explain_says_what_where_which_plugin_and_why() -> None:
    guard = guarded(scanning("bad", "BAD", BLOCK, name="one", detail="on the list"), scanning("odd", "ODD", NOTE, name="two"))
    verdict = guard.pre_prompt([Segment("fine"), Segment("odd bad", Origin.TOOL, path="a.b", part="metadata")])
    assert verdict.explain().splitlines() == [
        "pre_prompt: blocked, 2 finding(s)",
        "  block BAD in segment 1 (tool, metadata, at a.b), characters 4–7, by one: on the list",
        "  note ODD in segment 1 (tool, metadata, at a.b), characters 0–3, by two",
    ]
    whole = guarded(plugin("three", post_response=lambda self, response, context: [Finding("LONG", REDACT)])).post_response(
        "text"
    )
    assert whole.explain().splitlines() == [
        "post_response: passed, strictest action redact, 1 finding(s)",
        "  redact LONG in segment 0 (assistant, text), all of it, by three",
    ]
    assert passed().explain() == "pre_prompt: passed, 0 finding(s)"


def test_explain_hides_values_that_stand_in_a_path() -> None:
    verdict = guarded(scanning("hunter2", "KEY")).pre_prompt(
        [Segment("hunter2", path="a.<key>"), Segment("a hunter2", path="a.hunter2[0]")]
    )
    assert "hunter2" not in verdict.explain()
    assert "a.<KEY>[0]" in verdict.explain()


def test_explain_lists_a_hundred_findings_and_counts_the_rest() -> None:
    lines = guarded(scanning("x", "X")).pre_prompt("x" * 150).explain().splitlines()
    assert lines[0] == "pre_prompt: passed, strictest action redact, 150 finding(s)"
    assert len(lines) == 102
    assert lines[-1].strip() == "… and 50 more"


def test_explain_is_quick_for_a_document_full_of_findings() -> None:
    import time

    from bartizan.structured import flatten

    flat = flatten({f"key{i}": f"secret{i}" for i in range(10_000)})
    verdict = guarded(scanning(r"secret\d+", "KEY")).pre_prompt(list(flat.segments))
    began = time.perf_counter()
    verdict.explain()
    assert time.perf_counter() - began < 2


def test_texts_get_the_origin_of_their_verb() -> None:
    guard = Guard(plugins=[])
    assert guard.pre_prompt("a").segments[0].origin is Origin.USER
    assert guard.post_response("a").segments[0].origin is Origin.ASSISTANT
    assert [s.origin for s in guard.pre_prompt(["a", Segment("b", Origin.TOOL)]).segments] == [Origin.USER, Origin.TOOL]
    assert guard.post_response(Response((Segment("a", Origin.TOOL),))).segments[0].origin is Origin.TOOL
    assert guard.pre_prompt(Segment("a", Origin.SYSTEM)).segments[0].origin is Origin.SYSTEM
    assert guard.pre_prompt(Prompt([Segment("a")])).text == "a"


@pytest.mark.parametrize("segments", [["a"], "ab", (5,), [None]], ids=repr)
def test_what_a_response_or_prompt_holds_is_checked(segments: Any) -> None:
    guard = guarded(scanning("a|b"))
    for value in (Response(segments), Prompt(segments)):
        if all(isinstance(one, str) for one in segments):
            assert {s.text for s in guard.post_response(value).segments} == {"<WORD>"}
        else:
            with pytest.raises(TypeError, match="str or Segment"):
                guard.post_response(value)


def test_a_segment_is_held_to_its_types() -> None:
    for text in (None, 5, b"x", ["x"]):
        with pytest.raises(TypeError, match=r"Segment\.text"):
            Segment(text)  # type: ignore[arg-type]
    for origin in ("user", None, 5):
        with pytest.raises(TypeError, match=r"Segment\.origin"):
            Segment("x", origin)  # type: ignore[arg-type]

    class Shout(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "hidden"

        def __format__(self, spec: str) -> str:
            return "hidden"

    guard = guarded(scanning("secret"))
    assert guard.pre_prompt(Segment(Shout("secret"), key="k")).text == "<WORD>"
    assert guard.pre_prompt(Shout("secret")).text == "<WORD>"


def test_values_are_frozen() -> None:
    for value, name in (
        (Segment("a"), "text"),
        (Prompt([]), "segments"),
        (Response(()), "segments"),
        (Finding("A", NOTE), "action"),
        (Decision.DENY, "effect"),
    ):
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, name, None)


def test_a_redacted_segment_keeps_all_but_its_text() -> None:
    given = Segment("a bad", Origin.TOOL, "p", "k", "s", "metadata", {"x": 1})
    got = guarded(scanning("bad")).pre_prompt(given).segments[0]
    assert got == Segment("a <WORD>", Origin.TOOL, "p", "k", "s", "metadata", {"x": 1})
    assert given.text == "a bad"


def test_the_strictest_action_is_the_verdicts() -> None:
    guard = guarded(scanning("n", "N", NOTE, name="n"), scanning("r", "R", REDACT, name="r"), scanning("b", "B", BLOCK, name="b"))
    for text, action in (("x", Action.NOTE), ("n", NOTE), ("nr", REDACT), ("nrb", BLOCK), ("bn", BLOCK)):
        assert guard.pre_prompt(text).action is action


def test_explain_shows_no_part_of_a_value_that_is_a_long_key() -> None:
    secret = "hunter2-" * 20
    flat = flatten({secret: {"b" * 200: {secret: "x"}}})
    verdict = guarded(scanning(f"{secret}|x", "SECRET")).pre_prompt(flat.segments)
    assert len(verdict.findings) == 3
    assert "unter" not in verdict.explain()


def test_explain_of_very_many_findings_is_quick() -> None:
    document = json.dumps({f"k{i}": f"hunter{i}" for i in range(20_000)})
    verdict = guarded(scanning(r"hunter\d+", "SECRET")).pre_prompt(flatten_json(document).segments)
    began = time.process_time()
    assert "k99" in verdict.explain()
    assert time.process_time() - began < 0.5
