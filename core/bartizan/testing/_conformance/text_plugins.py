"""What a plugin that judges texts must hold to, by scanners or by `pre_prompt` and `post_response`."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final
from unittest.mock import patch

from bartizan._errors import Blocked, PluginError
from bartizan._values.access import Principal
from bartizan._values.findings import Action
from bartizan.testing._conformance.loaded import CANARY, Conformance, breaking, broken, in_threads, refusal_of, skip, watched
from bartizan.testing._conformance.scanners import CHECKS
from bartizan.testing._conformance.texts import cut, dense
from bartizan.testing._record import capture_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bartizan._guard import Guard
    from bartizan._verdict import Verdict

COVERED: Final = "conformance of "
"""Begins each line that says what the texts of a test came to."""
_ALONE: Final = 6
"""Shorter values may stand in a message by chance: a digit, a word such as `key`."""
_GROWN: Final = 8
_STEEP: Final = 3.0
"""How many times its share a text of `_GROWN` times the length may cost; a quadratic scan costs eight times its share."""
_NOISE_S: Final = 0.002
_TRIES: Final = 4


class TextPluginConformance(Conformance):
    """Subclass it in a test module, and name the plugin.

        class TestMine(TextPluginConformance):
            plugin = Mine
            config = {"threshold": 0.8}                # as in [plugins.mine]
            hits = ("a text it finds something in",)
            misses = ("a text like it, in which it finds nothing",)

    Attributes:
        plugin: the class that the entry point names.
        config: its table in a policy.
        hits: texts in each of which it finds something, the more alike to misses the better.
        misses: texts in none of which it finds anything.
        verbs: the guard's verbs it judges for; by default those that it has a scanner or a hook for.
        rounds: how many dense texts each check makes from hits and misses.
        length: how long the shorter of two texts is, in characters, whose times are compared.
    """

    hits: ClassVar[tuple[str, ...]]
    misses: ClassVar[tuple[str, ...]]
    verbs: ClassVar[tuple[str, ...]] = ()
    rounds: ClassVar[int] = 100
    length: ClassVar[int] = 4_000

    def test_it_finds_every_hit_and_no_miss(self) -> None:
        """What the author says it finds is found, in each verb that it judges for."""
        with self.guard() as guard:
            assert self.hits, "name at least one text that the plugin finds something in: hits = (...,)"
            for verb in self._verbs(guard):
                judge = getattr(guard, verb)
                lost = [index for index, text in enumerate(self.hits) if not judge(text).findings]
                false = [index for index, text in enumerate(self.misses) if judge(text).findings]
                assert not lost, f"{verb} finds nothing in hits {lost}"
                assert not false, f"{verb} finds something in misses {false}"

    def test_spans_lie_in_the_text_for_any_unicode(self) -> None:
        """The engine takes every finding in texts of any characters, and what is kept of a text is what was there."""
        with self.guard() as guard:
            count = 0
            for verb in self._verbs(guard):
                for text in self._dense(1):
                    verdict = getattr(guard, verb)(text)
                    count += len(verdict.findings)
                    for finding in verdict.findings:
                        assert finding.start is None or 0 <= finding.start < (finding.end or 0) <= len(text), (
                            "a span lies outside"
                        )
            self._covered("findings in texts of any characters", count)

    def test_sync_async_and_threads_give_one_answer(self) -> None:
        """The asynchronous twin, inside a running loop and for many texts at once, and threads that share the guard."""
        with self.guard() as guard:
            for verb in self._verbs(guard):
                judge: Callable[[str], Verdict] = getattr(guard, verb)
                texts = [*self.hits, *self.misses, *self._dense(2)]
                alone = [_answer(judge(text)) for text in texts]

                async def at_once(verb: str = verb, texts: list[str] = texts) -> list[Any]:
                    return [_answer(one) for one in await asyncio.gather(*(getattr(guard, f"a{verb}")(text) for text in texts))]

                _same(alone, asyncio.run(at_once()), f"a{verb} differs from {verb}")
                _same(alone, in_threads(partial(_answered, judge), texts), f"{verb} differs between threads")

    def test_a_session_remembers_nothing_wrong(self) -> None:
        """The second time the same text comes, the answer is the same: findings are kept by session."""
        with self.guard() as guard, guard.session(Principal("conformance"), id="chat") as chat:
            if not self.member(guard).deterministic:
                skip("the plugin says that it may change its mind (deterministic = False)")
            for verb in self._verbs(guard):
                texts = [*self.hits, *self.misses, *self._dense(3)]
                judge = getattr(chat, verb)
                _same([_answer(judge(t)) for t in texts], [_answer(judge(t)) for t in texts], f"{verb} changes its mind")

    def test_several_segments_are_judged_each_by_itself(self) -> None:
        """What scanners find in one segment does not hang on those beside it; hooks may look at the whole."""
        with self.guard() as guard:
            if not self.member(guard).scanners:
                skip("the plugin has no scanner")
            for verb in self._verbs(guard):
                if verb in self.member(guard).hooks:
                    continue
                judge = getattr(guard, verb)
                texts = [text for text in [*self.hits, *self.misses, *self._dense(4)] if text]
                alone = [(f.label, f.start, f.end, at) for at, text in enumerate(texts) for f in judge(text).findings]
                together = [(f.label, f.start, f.end, f.segment) for f in judge(texts).findings]
                _same(sorted(alone), sorted(together), f"{verb} of several segments differs from each alone")

    def test_a_stream_gives_what_the_whole_gives(self) -> None:
        """However an answer is cut, what goes out is what `post_response` gives for all of it, and a block lets nothing through."""
        with self.guard() as guard:
            if "post_response" not in self._verbs(guard):
                skip("the plugin does not judge answers")
            rng, outcomes = random.Random(5), {"redacted": 0, "blocked": 0, "clean": 0}
            for text in [*self.hits, *self.misses, *self._dense(5)]:
                verdict, pieces = guard.post_response(text), cut(rng, text)
                out: list[str] = []
                if verdict.blocked:
                    outcomes["blocked"] += 1
                    refused = refusal_of(partial(out.extend, guard.stream_response(iter(pieces))))
                    assert isinstance(refused, Blocked), "a stream lets through what is refused as a whole"
                    first = min(f.start or 0 for f in verdict.findings if f.action is Action.BLOCK)
                    assert len("".join(out)) <= first or verdict.findings[0].action is not Action.BLOCK, "a blocked value got out"
                    continue
                outcomes["redacted" if verdict.text != text else "clean"] += 1
                out.extend(guard.stream_response(iter(pieces)))
                assert "".join(out) == verdict.text, f"a stream cut into {len(pieces)} pieces differs from the whole"
            self._covered(f"streams: {outcomes}", outcomes["redacted"] + outcomes["blocked"])

    def test_scanners_keep_their_word(self) -> None:
        """On dense texts: `max_span`, `lookaround`, `pointwise` and `pending` are as they say."""
        with self.guard() as guard:
            if not self.member(guard).scanners:
                skip("the plugin has no scanner")
            rng = random.Random(6)
            found, texts = 0, self._dense(6)
            for scanner in self.member(guard).scanners:
                for text in texts:
                    found += len(list(scanner.scan(text)))
                    other = dense(rng, self.hits, self.misses)
                    for check in CHECKS:
                        wrong = check(scanner, text, other, rng)
                        assert wrong is None, f"{type(scanner).__name__}: {wrong}"
            self._covered("findings of scanners", found)

    def test_no_matched_value_is_told(self) -> None:
        """Not by findings, verdicts, refusals or events, nor by what the plugin itself logs or prints."""
        with self.guard() as guard, capture_events(guard) as events:
            for verb in self._verbs(guard):
                for text in [*self.hits, *self._dense(7)]:
                    events.clear()
                    with watched() as shown:
                        verdict = getattr(guard, verb)(text)
                        refused = refusal_of(verdict.raise_if_blocked)
                    shown += [
                        repr(verdict),
                        verdict.explain(),
                        *(repr(f) + f.detail for f in verdict.findings),
                        repr(events),
                        str(refused),
                    ]
                    for place, finding in enumerate(verdict.findings):
                        value = text if finding.start is None else text[finding.start : finding.end]
                        told = len(value) >= _ALONE and any(value in one for one in shown)
                        assert not told, (
                            f"finding {place} of {verb}: its {len(value)} characters are told in a message, a log or a label"
                        )

    def test_if_it_fails_the_call_is_refused(self) -> None:
        """Each scanner and hook in turn is made to raise: the guard refuses, and does not repeat what was raised."""
        text = self.hits[0]
        with self.guard() as guard:
            verbs = self._verbs(guard)
        for verb in verbs:
            for guard in self._failing(verb):
                refused = refusal_of(partial(getattr(guard, verb), text))
                assert isinstance(refused, PluginError), f"{verb} goes on though the plugin raises"
                assert CANARY not in str(refused), "the refusal repeats the exception's text"

    def test_monitor_mode_changes_nothing(self) -> None:
        """The same is found, and the text stays as it is."""
        with self.guard() as enforcing, self.guard(mode="monitor") as watching:
            for verb in self._verbs(enforcing):
                for text in [*self.hits, *self.misses, *self._dense(8)]:
                    verdict = getattr(watching, verb)(text)
                    assert not verdict.blocked, f"{verb} refuses in monitor mode"
                    assert verdict.text == text, f"{verb} changes a text in monitor mode"
                    _same(_found(getattr(enforcing, verb)(text)), _found(verdict), f"{verb} finds other things in monitor mode")

    def test_time_grows_with_the_length_and_no_faster(self) -> None:
        """A text eight times as long may cost about eight times as much: hits, misses and their pieces, over and over."""
        with self.guard(timeout_s=600.0) as guard:
            for verb in self._verbs(guard):
                for unit in [*self.hits, *self.misses, *(text for text in self._dense(9)[:4] if text)]:
                    short = (unit * (self.length // len(unit) + 1))[: self.length] if unit else ""
                    steepness = min(_steepness(getattr(guard, verb), short) for _ in range(_TRIES)) if short else 0.0
                    assert steepness <= _STEEP, (
                        f"{verb} takes {steepness:.0f} times its share for a text {_GROWN} times as long: it is not linear"
                    )

    def _verbs(self, guard: Guard) -> tuple[str, ...]:
        if self.verbs:
            return self.verbs
        plans = guard.engine.plans
        found = tuple(verb for verb in ("pre_prompt", "post_response") if plans[verb].members)
        assert found, "the plugin judges neither prompts nor answers: it needs another conformance class"
        return found

    def _dense(self, seed: int) -> list[str]:
        rng = random.Random(seed)
        return [dense(rng, self.hits, self.misses) for _ in range(self.rounds)]

    def _covered(self, what: str, count: int) -> None:
        """Say what the texts came to: with next to no findings among them, every plugin would pass."""
        print(f"{COVERED}{type(self).__name__}: {count} {what} in {self.rounds} texts")  # noqa: T201 (the pytest plugin gathers it)
        assert count >= self.rounds // 4, (
            f"only {count} {what} in {self.rounds} dense texts: give hits that stand beside other text"
        )

    def _failing(self, verb: str) -> Iterator[Guard]:
        """Guards in which one part of the plugin raises."""
        with self.guard() as whole:
            scanners = range(len(whole.engine.plans[verb].scanning[0][2]) if whole.engine.plans[verb].scanning else 0)
            hooked = verb in self.member(whole).hooks
        for index in scanners:
            with self.guard() as guard, _failing_scanner(guard, verb, index):
                yield guard
        if hooked:
            with breaking(self.plugin, verb), self.guard() as guard:
                yield guard


@contextmanager
def _failing_scanner(guard: Guard, verb: str, index: int) -> Iterator[None]:
    scanner = guard.engine.plans[verb].scanning[0][2][index]
    with patch.object(type(scanner), "scan", broken):
        yield


def _found(verdict: Verdict) -> list[tuple[Any, ...]]:
    return sorted((f.label, f.start or 0, f.end or 0, f.segment or 0, int(f.action)) for f in verdict.findings)


def _answered(judge: Callable[[str], Verdict], text: str) -> tuple[Any, ...]:
    return _answer(judge(text))


def _answer(verdict: Verdict) -> tuple[Any, ...]:
    return verdict.action, verdict.blocked, _found(verdict), None if verdict.blocked else verdict.text


def _same(first: list[Any], second: list[Any], what: str) -> None:
    assert first == second, (
        f"{what} (first at place {next(i for i, (a, b) in enumerate(zip([*first, 0], [*second, 1], strict=False)) if a != b)})"
    )


def _steepness(judge: Callable[[str], Verdict], short: str) -> float:
    """Time of the long text over its share, by the processor's time; too little to tell counts as none."""
    _ = judge(short).findings
    began = time.process_time()
    _ = judge(short).findings
    middle = time.process_time()
    _ = judge(short * _GROWN).findings
    ended = time.process_time()
    return (ended - middle) / (_GROWN * max(middle - began, _NOISE_S / _GROWN))
