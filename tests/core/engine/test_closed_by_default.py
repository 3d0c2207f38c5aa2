"""A plugin that raises, or answers with something else than findings, refuses the call, in every hook and in both twins."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.doubles import ALICE, BLOCK, NOTE, REDACT, Given, Words, guarded, plugin

from bartizan import Action, BartizanError, Decision, Finding, Guard, PluginError, Refused, TrainingJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT_HOOKS = {"pre_prompt": "prompt", "post_response": "response"}


class Mishap(Exception):
    """What a plugin raises."""


def text_plugin(hook: str, answer: Callable[[], Any], *, asynchronous: bool = False) -> Any:
    """A plugin whose text hook gives what `answer()` gives."""
    if hook == "pre_prompt":

        def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
            return answer()

        async def apre_prompt(self: Any, prompt: Any, context: Any) -> Any:
            return answer()

        return plugin(pre_prompt=apre_prompt if asynchronous else pre_prompt)

    def post_response(self: Any, response: Any, context: Any) -> Any:
        return answer()

    async def apost_response(self: Any, response: Any, context: Any) -> Any:
        return answer()

    return plugin(post_response=apost_response if asynchronous else post_response)


def judged(guard: Guard, hook: str, value: Any, *, twin: bool) -> Any:
    if twin:
        return asyncio.run(getattr(guard, f"a{hook}")(value))
    return getattr(guard, hook)(value)


def raises() -> Any:
    raise Mishap


def fails_midway() -> Iterator[Finding]:
    yield Finding("WORD", NOTE, start=0, end=1)
    raise Mishap


async def unawaited() -> list[Finding]:
    return []


async def agen() -> Any:
    yield Finding("WORD", NOTE, start=0, end=1)


WRONG = {
    "a str": lambda: "WORD",
    "an empty str": lambda: "",
    "bytes": lambda: b"",
    "a bytearray": bytearray,
    "a bool": lambda: True,
    "false": lambda: False,
    "zero": lambda: 0,
    "a dict": lambda: {"label": "WORD"},
    "an empty dict": dict,
    "one Finding alone": lambda: Finding("WORD", NOTE, start=0, end=1),
    "an Action": lambda: Action.NOTE,
    "a list of str": lambda: ["WORD"],
    "a list of None": lambda: [None],
    "a list of dict": lambda: [{"label": "WORD"}],
    "a list of lists": lambda: [[Finding("WORD", NOTE, start=0, end=1)]],
    "a Finding, then a str": lambda: [Finding("WORD", NOTE, start=0, end=1), "WORD"],
    "the class Finding": lambda: [Finding],
    "an exception": Mishap,
    "an object": object,
    "a coroutine": unawaited,
    "a list of coroutines": lambda: [unawaited()],
    "an asynchronous generator": agen,
}
RAISING = {"raising": raises, "an iterable that raises midway": fails_midway}


@pytest.mark.parametrize("twin", [False, True], ids=["sync verb", "async verb"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync plugin", "async plugin"])
@pytest.mark.parametrize("hook", TEXT_HOOKS)
@pytest.mark.parametrize("answer", [*WRONG.values(), *RAISING.values()], ids=[*WRONG, *RAISING])
def test_a_text_hook_that_raises_or_answers_wrongly_refuses(answer: Any, hook: str, asynchronous: bool, twin: bool) -> None:
    with (
        Guard(plugins=[text_plugin(hook, answer, asynchronous=asynchronous)]) as guard,
        pytest.raises(PluginError, match=r"'probe' (returned|raised Mishap)") as caught,
    ):
        judged(guard, hook, "harmless", twin=twin)
    assert caught.value.plugin == "probe"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("answer", [None, [], (), frozenset()], ids=repr)
def test_nothing_found_can_be_said_in_these_ways(answer: Any) -> None:
    with Guard(plugins=[text_plugin("pre_prompt", lambda: answer)]) as guard:
        assert guard.pre_prompt("harmless").text == "harmless"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_findings_may_come_from_any_iterable(asynchronous: bool) -> None:
    for make in (list, tuple, iter, lambda found: (one for one in found), lambda found: {id(one): one for one in found}.values()):
        found = [Finding("WORD", REDACT, start=0, end=4)]
        with Guard(
            plugins=[text_plugin("pre_prompt", lambda make=make, found=found: make(found), asynchronous=asynchronous)]
        ) as guard:
            assert guard.pre_prompt("harmless").text == "<WORD>less"


def test_a_text_hook_may_be_a_generator() -> None:
    def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        yield Finding("WORD", REDACT, start=0, end=4)

    assert guarded(plugin(pre_prompt=pre_prompt)).pre_prompt("harmless").text == "<WORD>less"


@pytest.mark.parametrize("hook", TEXT_HOOKS)
@pytest.mark.parametrize("answer", [*WRONG.values(), *RAISING.values(), lambda: None], ids=[*WRONG, *RAISING, "None"])
def test_a_scanner_that_raises_or_answers_wrongly_refuses(answer: Any, hook: str) -> None:
    guard = guarded(plugin(scanners=[Given(answer)]))
    with pytest.raises(PluginError, match=r"'probe' (returned|raised Mishap)"):
        judged(guard, hook, "harmless", twin=False)
    with pytest.raises(PluginError, match=r"'probe' (returned|raised Mishap)"):
        "".join(guard.stream_response(["harm", "less"]))


def test_a_scanner_that_raises_refuses_though_another_found_nothing() -> None:
    guard = guarded(
        plugin("first", scanners=[Words("zzz")]),
        plugin("second", scanners=[Given(raises)]),
        plugin("third", scanners=[Words("q")]),
    )
    with pytest.raises(PluginError, match="'second'"):
        guard.pre_prompt("harmless")


@pytest.mark.parametrize("length", [0, 8])
@pytest.mark.parametrize(
    "span",
    [
        {"start": 0, "end": 0},
        {"start": 3, "end": 3},
        {"start": 5, "end": 3},
        {"start": -1, "end": 3},
        {"start": -4, "end": -1},
        {"start": 0, "end": 9},
        {"start": 8, "end": 9},
        {"start": 9, "end": 10},
        {"start": True, "end": 3},
        {"start": False, "end": 3},
        {"start": 0, "end": True},
        {"start": 0.0, "end": 3},
        {"start": "0", "end": "3"},
        {"start": 0},
        {"end": 3},
    ],
    ids=str,
)
def test_a_finding_with_no_length_or_outside_the_text_refuses(span: dict[str, Any], length: int) -> None:
    for hook in TEXT_HOOKS:
        for asynchronous in (False, True):
            with (
                Guard(plugins=[text_plugin(hook, lambda: [Finding("WORD", NOTE, **span)], asynchronous=asynchronous)]) as guard,
                pytest.raises(PluginError, match="span is empty or outside"),
            ):
                judged(guard, hook, "harmless"[:length], twin=False)
    with pytest.raises(PluginError, match="span"):
        guarded(plugin(scanners=[Given(lambda: [Finding("WORD", NOTE, **span)])])).pre_prompt("harmless"[:length])


def test_the_whole_text_and_its_last_character_are_inside() -> None:
    for start, end in ((0, 8), (7, 8), (0, 1)):
        assert (
            guarded(plugin(scanners=[Given(lambda a=start, b=end: [Finding("W", NOTE, start=a, end=b)])]))
            .pre_prompt("harmless")
            .findings
        )


@pytest.mark.parametrize("segment", [2, -1, True, False, "0", 1.0], ids=repr)
def test_a_finding_in_a_segment_that_does_not_exist_refuses(segment: Any) -> None:
    guard = guarded(text_plugin("pre_prompt", lambda: [Finding("WORD", NOTE, segment=segment, start=0, end=1)]))
    with pytest.raises(PluginError, match="segment that does not exist"):
        guard.pre_prompt(["one", "two"])


@pytest.mark.parametrize("texts", [[], ["one", "two"]], ids=["none", "two"])
def test_a_finding_without_a_segment_refuses_unless_there_is_one(texts: list[str]) -> None:
    guard = guarded(text_plugin("pre_prompt", lambda: [Finding("WORD", NOTE)]))
    with pytest.raises(PluginError, match=f"without a segment among {len(texts)}"):
        guard.pre_prompt(texts)
    assert guard.pre_prompt(["one"]).findings[0].segment == 0


def test_a_finding_is_held_to_the_length_of_its_own_segment() -> None:
    guard = guarded(text_plugin("pre_prompt", lambda: [Finding("WORD", NOTE, segment=1, start=0, end=4)]))
    assert guard.pre_prompt(["a", "long"]).findings
    with pytest.raises(PluginError, match="outside"):
        guard.pre_prompt(["long", "a"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"label": "two words"},
        {"label": "<b>"},
        {"label": "9LIVES"},
        {"label": "L" * 65},
        {"label": "UMLÄUT"},
        {"label": "LINE\n"},
        {"label": None},
        {"label": 7},
        {"action": 2},
        {"action": "block"},
        {"action": True},
        {"action": None},
        {"replacement": 5},
        {"replacement": b""},
        {"detail": None},
        {"detail": 5},
        {"score": "0.5"},
        {"score": None},
        {"score": True},
        {"score": float("nan")},
        {"score": float("inf")},
    ],
    ids=str,
)
def test_a_finding_with_a_field_of_a_wrong_type_refuses(wrong: dict[str, Any]) -> None:
    fields = {"label": "WORD", "action": REDACT, "start": 0, "end": 1, **wrong}
    label, action = fields.pop("label"), fields.pop("action")
    for one in (
        text_plugin("pre_prompt", lambda: [Finding(label, action, **fields)]),
        plugin(scanners=[Given(lambda: [Finding(label, action, **fields)])]),
    ):
        with pytest.raises(PluginError, match="gave a finding"):
            guarded(one).pre_prompt("harmless")


@pytest.mark.parametrize("keyed", [False, True])
def test_a_scanner_finding_before_its_start_or_longer_than_max_span_refuses(keyed: bool) -> None:
    from bartizan import Segment

    value = Segment("x" * 300, key="name" if keyed else "")
    at = len("name: ") if keyed else 0
    for start, end, fits in ((at, at + 100, True), (at, at + 101, False), (at - 1, at + 5, False)):
        if start < 0:
            continue
        guard = guarded(plugin(scanners=[Given(lambda a=start, b=end: [Finding("W", NOTE, start=a, end=b)])]))
        if fits:
            assert guard.pre_prompt(value).findings[0].start == 0
        else:
            with pytest.raises(PluginError, match="start or max_span"):
                guard.pre_prompt(value)


def test_a_scanner_finding_without_a_span_refuses() -> None:
    with pytest.raises(PluginError, match="without a span"):
        guarded(plugin(scanners=[Given(lambda: [Finding("WORD", NOTE)])])).pre_prompt("harmless")


def test_an_endless_answer_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bartizan._engine.contract.MAX_FINDINGS", 1_000)

    def endless() -> Iterator[Finding]:
        while True:
            yield Finding("WORD", NOTE, start=0, end=1)

    with pytest.raises(PluginError, match="more than 1,000 findings"):
        guarded(text_plugin("pre_prompt", endless)).pre_prompt("harmless")


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    "answer", [True, False, 1, "allow", None.__class__, Action.NOTE, {"effect": "allow"}, [Decision.ALLOW]], ids=repr
)
def test_an_authorizer_that_answers_with_something_else_refuses(answer: Any, asynchronous: bool) -> None:
    def authorize(self: Any, request: Any, context: Any) -> Any:
        return answer

    async def aauthorize(self: Any, request: Any, context: Any) -> Any:
        return answer

    allows = plugin("allows", authorize=lambda self, request, context: Decision.ALLOW)
    with guarded(allows, plugin(authorize=aauthorize if asynchronous else authorize)) as guard:
        session = guard.session(ALICE)
        for call in (session.authorize, session.is_allowed):
            with pytest.raises(PluginError, match="'probe' returned"):
                call("deploy")
        for acall in (session.aauthorize, session.ais_allowed):
            with pytest.raises(PluginError, match="'probe' returned"):
                asyncio.run(waited(acall, "deploy"))
        assert [one.effect.value for one in session.authorize_all([request_of(guard)])] == ["deny"]


async def waited(call: Callable[[str], Any], action: str) -> Any:
    return await call(action)


def request_of(guard: Guard) -> Any:
    from bartizan import AccessRequest, Context

    return AccessRequest(ALICE, "deploy", None, {}, Context(ALICE), {})


def test_a_plain_authorize_that_returns_a_coroutine_refuses() -> None:
    async def verdict() -> Decision:
        return Decision.ALLOW

    with pytest.raises(PluginError, match="awaitable"):
        guarded(plugin(authorize=lambda self, request, context: verdict())).session(ALICE).authorize("deploy")


@pytest.mark.parametrize(
    "answer",
    [
        Decision("allow"),
        Decision(True),
        Decision.deny(5),
        Decision.deny("no", retry_after="soon"),
        Decision.deny("no", retry_after=True),
    ],  # type: ignore[arg-type]
    ids=["effect str", "effect bool", "reason int", "retry str", "retry bool"],
)
def test_a_malformed_decision_refuses(answer: Decision) -> None:
    with pytest.raises(PluginError, match="not Decision or None"):
        guarded(plugin(authorize=lambda self, request, context: answer)).session(ALICE).authorize("deploy")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_authorizer_that_raises_refuses_though_another_allows(asynchronous: bool) -> None:
    def authorize(self: Any, request: Any, context: Any) -> Any:
        raise Mishap

    async def aauthorize(self: Any, request: Any, context: Any) -> Any:
        raise Mishap

    allows = plugin("allows", authorize=lambda self, request, context: Decision.ALLOW)
    with (
        guarded(allows, plugin(authorize=aauthorize if asynchronous else authorize)) as guard,
        pytest.raises(PluginError, match="raised Mishap"),
    ):
        guard.session(ALICE).authorize("deploy")


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("answer", [True, {}, [], "job", Decision.ALLOW], ids=repr)
def test_a_trainer_that_answers_with_something_else_refuses(answer: Any, asynchronous: bool) -> None:
    def on_train(self: Any, job: Any, context: Any) -> Any:
        return answer

    async def aon_train(self: Any, job: Any, context: Any) -> Any:
        return answer

    with guarded(plugin(on_train=aon_train if asynchronous else on_train)) as guard:
        job = TrainingJob([{"text": "a"}], ["text"], dataset_id="d")
        with pytest.raises(PluginError, match="not TrainingJob or None"):
            guard.on_train(job)
        with pytest.raises(PluginError, match="not TrainingJob or None"):
            asyncio.run(guard.aon_train(job))


def test_refusals_are_no_errors_that_others_swallow() -> None:
    for kind in (PermissionError, ValueError, OSError, LookupError, TypeError, RuntimeError, AssertionError):
        assert not issubclass(Refused, kind)
        assert not issubclass(PluginError, kind)
    assert issubclass(Refused, BartizanError)


@pytest.mark.parametrize(
    "value", [None, 5, b"bytes", {"role": "user"}, [b"x"], [{"role": "user", "content": "x"}], ["a", None]], ids=repr
)
def test_what_is_no_text_is_not_judged_but_refused(value: Any) -> None:
    guard = Guard(plugins=[])
    for verb in (guard.pre_prompt, guard.post_response):
        with pytest.raises(TypeError, match="str"):
            verb(value)


def test_on_error_continue_goes_on_without_the_plugin_and_says_so() -> None:
    events: list[Any] = []
    finds = plugin("finds", scanners=[Words("harm")])
    with Guard(plugins=[text_plugin("pre_prompt", raises), finds], config={"probe": {"on_error": "continue"}}) as guard:
        guard.engine.reporter.add(events.append)
        assert guard.pre_prompt("harmless").text == "<WORD>less"
    assert [(run.plugin, run.status) for run in events[0].runs] == [("probe", "failed"), ("finds", "ran")]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_on_error_continue_keeps_what_the_hook_found_where_the_scanner_of_the_same_plugin_failed(asynchronous: bool) -> None:
    one = text_plugin("pre_prompt", lambda: [Finding("WORD", BLOCK, start=0, end=4)], asynchronous=asynchronous)
    type(one).scanners = (Given(raises),)
    with Guard(plugins=[one], on_error="continue") as guard:
        assert guard.pre_prompt("harmless").blocked


def test_a_plugin_may_take_as_long_as_its_limit_and_no_longer() -> None:
    def slow() -> list[Finding]:
        time.sleep(0.06)
        return []

    for one in (text_plugin("pre_prompt", slow), plugin(scanners=[Given(slow)])):
        with pytest.raises(PluginError, match=r"longer than its timeout_s \(0.05 s\)"):
            guarded(one, timeout_s=0.05).pre_prompt("harmless")
        assert guarded(one, timeout_s=5.0).pre_prompt("harmless").text == "harmless"
