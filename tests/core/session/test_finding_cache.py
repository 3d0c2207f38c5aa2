"""A session remembers what scanners found: never output, never another session's, bounded by bytes; hooks always see everything."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from support.doubles import ALICE, BLOCK, BOB, NOTE, Given, Words, guarded, plugin

from bartizan import Finding, Guard, PluginError, Prompt, Segment
from bartizan._engine.cache import FindingCache


def fresh(text: str) -> str:
    """The same text as another object."""
    return "".join(list(text))


HISTORY = ["a word here", "nothing", "word word", "x" * 5_000]


def test_a_text_is_scanned_once_in_a_session() -> None:
    words = Words("word")
    guard = guarded(plugin(scanners=[words]))
    session = guard.session(ALICE, id="s")
    first = session.pre_prompt(HISTORY)
    assert words.asked == HISTORY
    for _ in range(3):
        again = session.pre_prompt([fresh(text) for text in HISTORY])
        assert [s.text for s in again.segments] == [s.text for s in first.segments]
        assert again.findings == first.findings
    guard.session(ALICE, id="s").pre_prompt(HISTORY)
    assert words.asked == HISTORY
    session.pre_prompt([*HISTORY, "one more word"])
    assert words.asked == [*HISTORY, "one more word"]


@pytest.mark.parametrize("one_object", [False, True])
def test_turns_of_a_chat_scan_only_what_is_new(one_object: bool) -> None:
    words = Words("word")
    session = guarded(plugin(scanners=[words])).session(ALICE, id="s")
    history: list[dict[str, Any]] = []
    for turn in range(20):
        history.append({"role": "user", "content": f"word {turn}"})
        messages = history if one_object else [{"role": m["role"], "content": fresh(m["content"])} for m in history]
        assert session.pre_prompt(Prompt.from_messages(messages)).messages()[-1]["content"] == f"<WORD> {turn}"
    assert len(words.asked) == 20


def test_hooks_see_everything_every_time() -> None:
    seen: list[int] = []
    words = Words("word")

    def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        seen.append(len(prompt.segments))
        return [Finding("FIRST", NOTE, segment=0, start=0, end=1)]

    session = guarded(plugin(scanners=[words], pre_prompt=pre_prompt)).session(ALICE, id="s")
    for _ in range(3):
        assert [f.label for f in session.pre_prompt(HISTORY).findings].count("FIRST") == 1
    assert seen == [len(HISTORY)] * 3


def test_nothing_is_remembered_without_a_session_or_across_sessions() -> None:
    words = Words("word")
    guard = guarded(plugin(scanners=[words]))
    users = [
        guard,
        guard,
        guard.session(ALICE, id="s"),
        guard.session(BOB, id="s"),
        guard.session(ALICE, id="t"),
        guard.session(ALICE),
    ]
    for user in users:
        user.pre_prompt("a word")
    assert len(words.asked) == len(users)


def test_the_key_of_a_leaf_and_the_hook_are_part_of_it() -> None:
    secret = Words("(?<=password: )\\w+")
    session = guarded(plugin(scanners=[secret])).session(ALICE, id="s")
    text = "hunter2"
    assert session.pre_prompt(Segment(text, key="name")).text == text
    assert session.pre_prompt(Segment(text, key="password")).text == "<WORD>"
    assert session.pre_prompt(Segment(text)).text == text
    assert session.pre_prompt(Segment(text, key="password")).text == "<WORD>"
    assert len(secret.asked) == 3
    session.post_response(Segment(text, key="password"))
    assert len(secret.asked) == 4


def test_key_and_text_are_told_apart() -> None:
    cache = FindingCache()
    cache.put("bc", "a", "pre_prompt", ())
    assert cache.get("bc", "a", "pre_prompt") == ()
    for text, key, hook in (
        ("c", "ab", "pre_prompt"),
        ("abc", "", "pre_prompt"),
        ("bc", "a", "post_response"),
        ("bc", "", "pre_prompt"),
    ):
        assert cache.get(text, key, hook) is None


def test_findings_are_remembered_not_what_was_made_of_them() -> None:
    """The same leaf under another origin or part is judged by its own rules."""
    from bartizan import Origin

    words = Words("word")
    rules = [{"origins": ["system"], "action": "note"}, {"parts": ["reasoning"], "action": "block"}]
    session = Guard(plugins=[plugin("p", scanners=[words])], config={"p": {"rules": rules}}).session(ALICE, id="s")
    text = "a word"
    assert session.pre_prompt(text).text == "a <WORD>"
    assert session.pre_prompt(Segment(text, Origin.SYSTEM)).text == "a word"
    assert session.pre_prompt(Segment(text, part="reasoning")).blocked
    assert len(words.asked) == 1


def test_a_plugin_that_is_not_deterministic_is_asked_every_time() -> None:
    words = Words("word")
    session = guarded(plugin(scanners=[words], attributes={"deterministic": False})).session(ALICE, id="s")
    session.pre_prompt("word")
    session.pre_prompt("word")
    assert len(words.asked) == 2


def test_a_failure_is_never_remembered() -> None:
    failing = True

    def answer() -> list[Finding]:
        if failing:
            raise ValueError
        return [Finding("WORD", BLOCK, start=0, end=1)]

    for on_error in ("block", "continue"):
        failing = True
        session = Guard(plugins=[plugin(scanners=[Given(answer)])], on_error=on_error).session(ALICE, id="s")
        if on_error == "block":
            with pytest.raises(PluginError):
                session.pre_prompt("word")
        else:
            assert not session.pre_prompt("word").blocked
        failing = False
        assert session.pre_prompt("word").blocked


def test_blocked_texts_stay_blocked_when_remembered() -> None:
    session = guarded(plugin(scanners=[Words("word", action=BLOCK)])).session(ALICE, id="s")
    for _ in range(3):
        assert session.pre_prompt(fresh("a word")).blocked


def test_closing_the_session_forgets() -> None:
    words = Words("word")
    guard = guarded(plugin(scanners=[words]))
    guard.session(ALICE, id="s").pre_prompt("word")
    guard.session(ALICE, id="s").close()
    guard.session(ALICE, id="s").pre_prompt("word")
    assert len(words.asked) == 2


class TestBounds:
    @staticmethod
    def held(cache: FindingCache) -> int:
        return sum(256 + 4 * len(text) for text, *_ in cache.near.values()) + sum(cost for _, cost in cache._far.values())

    def test_it_never_holds_more_than_its_budget(self) -> None:
        cache = FindingCache(budget=20_000)
        for number in range(500):
            cache.put("x" * (number % 90) + str(number), "", "pre_prompt", ())
            assert self.held(cache) == cache._spent <= 20_000
        assert cache._far

    def test_also_when_it_is_only_read(self) -> None:
        """The same texts coming again as other objects: each is kept for its identity, and must push others out."""
        cache = FindingCache(budget=20_000)
        text = "a text of some length" * 10
        cache.put(text, "", "pre_prompt", ())
        kept = [fresh(text) for _ in range(200)]
        for one in kept:
            assert cache.get(one, "", "pre_prompt") == ()
            assert self.held(cache) == cache._spent <= 20_000

    def test_a_text_larger_than_the_budget_is_not_held(self) -> None:
        cache = FindingCache(budget=10_000)
        cache.put("small", "", "pre_prompt", ())
        cache.put("x" * 100_000, "", "pre_prompt", ())
        assert cache._spent <= 10_000
        assert cache.get("x" * 100_000, "", "pre_prompt") == ()
        assert cache._spent <= 10_000

    def test_the_oldest_goes_first(self) -> None:
        cache = FindingCache(budget=256 * 20)
        for number in range(40):
            cache.put(str(number), "", "pre_prompt", ())
        assert cache.get("0", "", "pre_prompt") is None
        assert cache.get("39", "", "pre_prompt") == ()

    def test_no_text_is_kept_beyond_its_object(self) -> None:
        cache = FindingCache(budget=3_000)
        cache.put("s" * 700, "", "pre_prompt", ())
        assert all("s" * 700 not in repr(one) for one in (cache._far, cache.near))

    def test_two_caches_have_two_keys(self) -> None:
        one, two = FindingCache(), FindingCache()
        one.put("text", "", "pre_prompt", ())
        two.put("text", "", "pre_prompt", ())
        assert set(one._far) != set(two._far)

    def test_surrogates_can_be_remembered(self) -> None:
        cache = FindingCache()
        cache.put("\ud800", "\udfff", "pre_prompt", ())
        assert cache.get(fresh("\ud800"), "\udfff", "pre_prompt") == ()

    def test_it_may_be_used_by_many_threads(self) -> None:
        cache = FindingCache(budget=30_000)
        wrong: list[Any] = []

        def use(number: int) -> None:
            for turn in range(300):
                text = f"text {(number * 7 + turn) % 50}"
                found = cache.get(text, "", "pre_prompt")
                if found is None:
                    cache.put(text, "", "pre_prompt", ((len(text), Finding(text[-1] and "A", NOTE)),))
                elif found[0][0] != len(text):
                    wrong.append(text)

        workers = [threading.Thread(target=use, args=(n,)) for n in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert wrong == []
        assert self.held(cache) == cache._spent <= 30_000
