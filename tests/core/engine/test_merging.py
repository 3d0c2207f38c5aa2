"""Findings become clusters, each acted on once: held against a naive reference, whatever the order of findings and plugins."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.doubles import BLOCK, NOTE, REDACT, Given, Words, plugin, scanning

from bartizan import Action, Blocked, Finding, Guard

LENGTH = 24
TEXT = "abcdefghijklmnopqrstuvwx"


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    start = draw(st.integers(0, LENGTH - 1))
    end = draw(st.integers(start + 1, min(LENGTH, start + 8)))
    replacement = draw(st.none() | st.sampled_from(["", "R", "QQQ"]))
    action = draw(st.sampled_from([NOTE, REDACT, REDACT, REDACT, BLOCK]))
    return Finding(draw(st.sampled_from(["A", "B", "C"])), action, start=start, end=end, replacement=replacement)


plugin_sets = st.lists(st.lists(findings(), max_size=4), min_size=1, max_size=3)


def reference(given: list[tuple[str, Finding]]) -> tuple[str | None, list[tuple[int, int]]]:
    """The text (None if refused) by painting characters one by one: two of them are in one cluster if some finding spans both."""
    acting = [(name, f) for name, f in given if f.action is not NOTE]
    joined = [False] * LENGTH  # whether character i is in one cluster with i - 1
    covered = [False] * LENGTH
    for _, f in acting:
        for at in range(f.start or 0, f.end or 0):
            covered[at] = True
            joined[at] = joined[at] or at > (f.start or 0)
    out, spans, at = "", [], 0
    while at < LENGTH:
        if not covered[at]:
            out += TEXT[at]
            at += 1
            continue
        end = at + 1
        while end < LENGTH and joined[end]:
            end += 1
        inside = [(name, f) for name, f in acting if at <= (f.start or 0) and (f.end or 0) <= end]
        best: tuple[str, Finding] | None = None
        for one in inside:
            if best is None or _goes_before(one, best):
                best = one
        assert best is not None
        winner = best[1]
        whole = (winner.start, winner.end) == (at, end)
        out += winner.replacement if whole and winner.replacement is not None else f"<{winner.label}>"
        spans.append((at, end))
        at = end
    if any(f.action is BLOCK for _, f in acting):
        return None, spans
    return out, spans


def _goes_before(one: tuple[str, Finding], other: tuple[str, Finding]) -> bool:
    (name, a), (rival, b) = one, other
    assert a.start is not None
    assert a.end is not None
    assert b.start is not None
    assert b.end is not None
    if a.action is not b.action:
        return a.action > b.action
    if a.end - a.start != b.end - b.start:
        return a.end - a.start > b.end - b.start
    if a.start != b.start:
        return a.start < b.start
    if a.label != b.label:
        return a.label > b.label
    if name != rival:
        return name > rival
    return (a.replacement is not None, a.replacement or "") > (b.replacement is not None, b.replacement or "")


def answers(name: str, found: list[Finding], kind: str) -> Any:
    if kind == "scanner":
        return plugin(name, scanners=[Given(lambda: found)])
    if kind == "hook":
        return plugin(name, pre_prompt=lambda self, prompt, context: found)

    async def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        return found

    return plugin(name, pre_prompt=pre_prompt)


@settings(max_examples=250)
@given(sets=plugin_sets, kinds=st.lists(st.sampled_from(["scanner", "hook"]), min_size=3, max_size=3))
def test_the_engine_does_as_the_reference(sets: list[list[Finding]], kinds: list[str]) -> None:
    names = [f"p{i}" for i in range(len(sets))]
    want, _ = reference([(name, f) for name, found in zip(names, sets, strict=True) for f in found])
    verdict = Guard(plugins=[answers(n, found, kind) for n, found, kind in zip(names, sets, kinds, strict=False)]).pre_prompt(
        TEXT
    )
    assert verdict.blocked is (want is None)
    assert len(verdict.findings) == sum(map(len, sets))
    assert verdict.action is max((f.action for found in sets for f in found), default=NOTE)
    if want is None:
        with pytest.raises(Blocked):
            _ = verdict.text
    else:
        assert verdict.text == want


@settings(max_examples=60)
@given(
    sets=st.lists(st.lists(findings(), min_size=1, max_size=3), min_size=3, max_size=3), seed=st.randoms(use_true_random=False)
)
def test_the_order_of_plugins_and_of_their_findings_never_matters(sets: list[list[Finding]], seed: Any) -> None:
    outcomes = set()
    for order in itertools.permutations(range(3)):
        plugins = []
        for index in order:
            found = list(sets[index])
            seed.shuffle(found)
            plugins.append(answers(f"p{index}", found, "scanner" if index % 2 else "hook"))
        verdict = Guard(plugins=plugins).pre_prompt(TEXT)
        outcomes.add((None if verdict.blocked else verdict.text, tuple(sorted(map(repr, verdict.findings)))))
    assert len(outcomes) == 1


def test_async_plugins_merge_like_the_others() -> None:
    found = [Finding("A", REDACT, start=0, end=4)], [Finding("B", REDACT, start=3, end=9)]
    for kinds in itertools.product(["scanner", "hook", "async"], repeat=2):
        with Guard(plugins=[answers("p0", found[0], kinds[0]), answers("p1", found[1], kinds[1])]) as guard:
            assert guard.pre_prompt(TEXT).text == f"<B>{TEXT[9:]}"


def shown(*found: Finding) -> str:
    return Guard(plugins=[answers("p", list(found), "hook")]).pre_prompt(TEXT).text


class TestByExample:
    def test_touching_stays_apart(self) -> None:
        assert shown(Finding("A", REDACT, start=0, end=3), Finding("B", REDACT, start=3, end=6)) == f"<A><B>{TEXT[6:]}"

    def test_overlapping_by_one_character_unites(self) -> None:
        assert shown(Finding("A", REDACT, start=0, end=4), Finding("B", REDACT, start=3, end=6)) == f"<A>{TEXT[6:]}"

    def test_a_tie_of_length_goes_to_the_earliest_then_to_the_label_then_to_the_plugin(self) -> None:
        assert shown(Finding("A", REDACT, start=0, end=4), Finding("B", REDACT, start=3, end=7)) == f"<A>{TEXT[7:]}"
        assert shown(Finding("B", REDACT, start=0, end=4), Finding("A", REDACT, start=3, end=7)) == f"<B>{TEXT[7:]}"
        for order in (("A", "B"), ("B", "A")):
            assert shown(*(Finding(label, REDACT, start=0, end=4) for label in order)) == f"<B>{TEXT[4:]}"
        plugins = [answers(name, [Finding("A", REDACT, start=0, end=4, replacement=name)], "hook") for name in ("p", "q")]
        for order_of_plugins in (plugins, plugins[::-1]):
            assert Guard(plugins=order_of_plugins).pre_prompt(TEXT).text == f"q{TEXT[4:]}"

    def test_the_strictest_goes_before_the_longest(self) -> None:
        guard = Guard(plugins=[scanning("a.*z", "LONG", name="long"), scanning("m", "SHORT", BLOCK, name="short")])
        with pytest.raises(Blocked, match="found SHORT by short"):
            _ = guard.pre_prompt("a m z").text

    def test_a_bridge_unites_what_it_joins(self) -> None:
        a, b = Finding("A", REDACT, start=0, end=3), Finding("B", REDACT, start=5, end=8)
        assert shown(a, b) == f"<A>de<B>{TEXT[8:]}"
        assert shown(a, b, Finding("C", REDACT, start=2, end=6)) == f"<C>{TEXT[8:]}"

    def test_a_note_never_bridges_and_never_hides(self) -> None:
        a, b, note = (
            Finding("A", REDACT, start=0, end=3),
            Finding("B", REDACT, start=5, end=8),
            Finding("N", NOTE, start=0, end=24),
        )
        assert shown(a, b, note) == f"<A>de<B>{TEXT[8:]}"
        assert shown(note) == TEXT

    def test_a_replacement_holds_only_where_it_spans_the_whole_cluster(self) -> None:
        partial = Finding("A", REDACT, start=0, end=6, replacement="ab****")
        assert shown(partial) == f"ab****{TEXT[6:]}"
        assert shown(partial, Finding("B", REDACT, start=2, end=4)) == f"ab****{TEXT[6:]}"
        assert shown(partial, Finding("B", REDACT, start=5, end=8)) == f"<A>{TEXT[8:]}"

    def test_a_finding_without_a_span_is_the_whole_segment(self) -> None:
        assert shown(Finding("ALL", REDACT), Finding("A", REDACT, start=2, end=4)) == "<ALL>"

    def test_an_empty_replacement_deletes(self) -> None:
        assert shown(Finding("A", REDACT, start=0, end=20, replacement="")) == TEXT[20:]

    def test_a_blocked_segment_refuses_all_of_them(self) -> None:
        guard = Guard(plugins=[scanning("bad", action=BLOCK)])
        verdict = guard.pre_prompt(["fine", "bad"])
        assert verdict.blocked
        with pytest.raises(Blocked):
            _ = verdict.segments
        assert [s.text for s in guard.pre_prompt(["fine", "well"]).segments] == ["fine", "well"]

    def test_each_segment_is_merged_by_itself(self) -> None:
        guard = Guard(plugins=[scanning("x+", "X", name="x"), scanning("y+", "Y", name="y")])
        assert [s.text for s in guard.pre_prompt(["xxyy", "yx", ""]).segments] == ["<X><Y>", "<Y><X>", ""]


class TestSize:
    @pytest.mark.parametrize("streamed", [False, True])
    def test_a_cluster_of_65536_characters_is_redacted_and_one_more_is_refused(self, streamed: bool) -> None:
        def chain(text: str) -> list[Finding]:
            return [Finding("LINK", REDACT, start=a, end=min(a + 65_536, len(text))) for a in (0, len(text) - 100)]

        class Chain:
            max_span = 65_536
            lookaround = 0
            pointwise = True

            def scan(self, text: str, start: int = 0) -> list[Finding]:
                return [f for f in chain(text) if (f.start or 0) >= start]

        guard = Guard(plugins=[plugin(scanners=[Chain()])])

        def judged(text: str) -> str:
            return "".join(guard.stream_response([text])) if streamed else guard.post_response(text).text

        assert judged("x" * 65_536) == "<LINK>"
        with pytest.raises(Blocked, match="CLUSTER_TOO_LARGE"):
            judged("x" * 65_537)

    def test_many_findings_are_merged_in_linear_time(self) -> None:
        import time

        guard = Guard(plugins=[plugin(scanners=[Words("ab")])])
        took = []
        for size in (20_000, 80_000):
            began = time.perf_counter()
            verdict = guard.pre_prompt("ab " * size)
            assert verdict.text == "<WORD> " * size
            verdict.explain()
            took.append(time.perf_counter() - began)
        assert took[1] < 16 * took[0]


def test_actions_are_ordered_by_strictness() -> None:
    assert Action.NOTE < Action.REDACT < Action.BLOCK
