"""A plugin that does its work passes the kit; for each check there is a plugin, broken on purpose, that it catches."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from bartizan import Action, Finding, hookimpl
from bartizan.testing import TextPluginConformance

HITS = ("the TICKET-1234 is open", "see (TICKET-99887)", "TICKET-1")
MISSES = ("the ticket 1234 is open", "TICKET-", "")
TICKET = re.compile(r"(?<![A-Z])TICKET-[0-9]{1,6}(?![0-9])")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    banned: tuple[str, ...] = ()
    limit: int = 6


class Tickets:
    """Scans for a ticket's number."""

    max_span = 13
    lookaround = 2
    pointwise = True

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [Finding("TICKET", Action.REDACT, start=m.start(), end=m.end()) for m in TICKET.finditer(text, start)]

    def pending(self, text: str, start: int) -> int:
        return max(start, len(text) - self.max_span - self.lookaround)


class Honest:
    Config = Strict

    def __init__(self, config: Strict) -> None:
        self.config = config
        self.scanners = (Tickets(),)


class HonestHook:
    """The same by a hook, asynchronous."""

    Config = Strict

    def __init__(self, config: Strict) -> None:
        self.config = config

    @hookimpl
    async def pre_prompt(self, prompt: Any, context: Any) -> list[Finding]:
        await asyncio.sleep(0)
        return self.judged(prompt)

    @hookimpl
    async def post_response(self, response: Any) -> list[Finding]:
        return self.judged(response)

    def judged(self, given: Any) -> list[Finding]:
        return [
            Finding("TICKET", Action.BLOCK, start=m.start(), end=m.end(), segment=index)
            for index, segment in enumerate(given.segments)
            for m in TICKET.finditer(segment.text)
        ]


class Case(TextPluginConformance):
    plugin = Honest
    hits = HITS
    misses = MISSES
    rounds = 60


class TestAnHonestScanner(Case):
    pass


class TestAnHonestHook(Case):
    plugin = HonestHook
    config: ClassVar[dict[str, Any]] = {"banned": ["a"], "limit": 3}


def scanning(scanner: type[Any], base: type[Any] = Honest) -> type[Any]:
    """A plugin with this scanner."""

    class Plugin(base):
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.scanners = (scanner(),)

    return Plugin


class Talkative(Honest):
    def __repr__(self) -> str:
        return f"Talkative({self.config!r})"


class Lax(BaseModel):
    model_config = ConfigDict(extra="allow")

    limit: int = 6


class Careless(Honest):
    Config = Lax


class Anything(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: object = 6


class Undemanding(Honest):
    Config = Anything


class Deaf(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [found for found in super().scan(text, start) if found.end - found.start > 8]


class Alarmed(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [
            Finding("TICKET", Action.REDACT, start=m.start(), end=m.end())
            for m in re.finditer("(?i)ticket", text[:])
            if m.start() >= start
        ]


class InBytes(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        def at(place: int) -> int:
            return len(text[:place].encode("utf-8", "replace").replace(b"?", b"??"))

        return [Finding("TICKET", Action.REDACT, start=at(f.start), end=at(f.end)) for f in super().scan(text, start)]


class Longer(Tickets):
    max_span = 8


class NearSighted(Tickets):
    lookaround = 0


class Hasty(Tickets):
    def pending(self, text: str, start: int) -> int:
        return len(text)


class Astray(Tickets):
    def pending(self, text: str, start: int) -> int:
        return start - 1


class Overlapping(Tickets):
    pointwise = False

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [
            f for one in super().scan(text, start) for f in (one, Finding("PART", Action.NOTE, start=one.start + 1, end=one.end))
        ]


class FromTheLeft(Tickets):
    """Counts from where scanning starts."""

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [f for f in super().scan(text, start) if (f.start - start) % 2 == 0 or start == 0]


class Remembering(Tickets):
    """Finds nothing in a text that follows one in which it found something."""

    def __init__(self) -> None:
        self.found = False

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        if self.found:
            self.found = False
            return []
        out = super().scan(text, start)
        self.found = bool(out)
        return out


class Moody(HonestHook):
    """Lets every seventh text pass."""

    def __init__(self, config: Strict) -> None:
        super().__init__(config)
        self.calls = 0

    @hookimpl
    def pre_prompt(self, prompt: Any) -> list[Finding]:
        self.calls += 1
        return self.judged(prompt) if self.calls % 7 else []


class Shared(HonestHook):
    """Keeps the prompt on itself while it waits."""

    @hookimpl
    async def pre_prompt(self, prompt: Any) -> list[Finding]:
        self.prompt = prompt
        await asyncio.sleep(0)
        return self.judged(self.prompt) if len(self.prompt.segments[0].text) == len(prompt.segments[0].text) else []


class Telling(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        return [Finding(text[f.start : f.end], Action.REDACT, start=f.start, end=f.end) for f in super().scan(text, start)]


class Logging(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        logging.getLogger("mine").debug("scanning %r", text)
        return super().scan(text, start)


class Printing(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        print("scanning", text)
        return super().scan(text, start)


class Swallowing(HonestHook):
    """Its hooks are made anew for each instance, and take every failure for a clean text."""

    def __init__(self, config: Strict) -> None:
        super().__init__(config)

        @hookimpl
        async def pre_prompt(prompt: Any) -> list[Finding]:
            try:
                return await type(self).pre_prompt(self)
            except Exception:  # noqa: BLE001 (what is caught by the kit)
                return []

        self.pre_prompt = pre_prompt


class Editing(HonestHook):
    @hookimpl
    def pre_prompt(self, prompt: Any) -> list[Finding]:
        for segment in prompt.segments:
            object.__setattr__(segment, "text", TICKET.sub("", segment.text))
        return []


class Quadratic(Tickets):
    def scan(self, text: str, start: int = 0) -> list[Finding]:
        for place in range(0, len(text), 8):
            text.count("TICKET-", place)
        return super().scan(text, start)


BROKEN = [
    ("it_loads_from_a_policy", Talkative, "shows a value of its configuration"),
    ("an_unknown_key_is_refused_by_its_name", Careless, "a wrong configuration is taken"),
    ("a_value_of_the_wrong_type_is_refused_in_one_sentence", Undemanding, "a wrong configuration is taken"),
    ("it_finds_every_hit_and_no_miss", scanning(Deaf), "finds nothing in hits"),
    ("it_finds_every_hit_and_no_miss", scanning(Alarmed), "finds something in misses"),
    ("spans_lie_in_the_text_for_any_unicode", scanning(InBytes), "outside"),
    ("spans_lie_in_the_text_for_any_unicode", scanning(Longer), "max_span"),
    ("sync_async_and_threads_give_one_answer", Shared, "apre_prompt differs from pre_prompt"),
    ("a_session_remembers_nothing_wrong", Moody, "changes its mind"),
    ("several_segments_are_judged_each_by_itself", scanning(Remembering), "differs from each alone"),
    ("a_stream_gives_what_the_whole_gives", scanning(Hasty), "differs from the whole"),
    ("scanners_keep_their_word", scanning(Longer), "longer than max_span"),
    ("scanners_keep_their_word", scanning(Overlapping), "not pointwise"),
    ("scanners_keep_their_word", scanning(FromTheLeft), "context only"),
    ("scanners_keep_their_word", scanning(NearSighted), "lookaround is too small"),
    ("scanners_keep_their_word", scanning(Hasty), "changes what begins before"),
    ("scanners_keep_their_word", scanning(Astray), "not a place in"),
    ("no_matched_value_is_told", scanning(Telling), "told in a message"),
    ("no_matched_value_is_told", scanning(Logging), "told in a message"),
    ("no_matched_value_is_told", scanning(Printing), "told in a message"),
    ("if_it_fails_the_call_is_refused", Swallowing, "goes on though the plugin raises"),
    ("monitor_mode_changes_nothing", Editing, "changes a text in monitor mode"),
    ("time_grows_with_the_length_and_no_faster", scanning(Quadratic), "not linear"),
]


@pytest.mark.parametrize(
    ("check", "broken", "reason"), BROKEN, ids=[f"{check}: {broken.__name__}" for check, broken, _ in BROKEN]
)
def test_a_broken_plugin_is_caught(check: str, broken: type[Any], reason: str) -> None:
    class Broken(Case):
        plugin = broken
        config: ClassVar[dict[str, Any]] = {"banned": ["a word that no repr may show"]} if broken is Talkative else {}

    caught = ""
    try:
        getattr(Broken(), f"test_{check}")()
    except Exception as failed:  # noqa: BLE001 (the engine's own refusals are failures of a test as well)
        caught = str(failed)
    assert reason in caught, caught or "it passes"


def test_every_check_is_shown_to_fail() -> None:
    checks = {name.removeprefix("test_") for name in dir(TextPluginConformance) if name.startswith("test_")}
    assert {check for check, _, _ in BROKEN} == checks


def test_texts_without_findings_are_no_proof() -> None:
    class Rare(Case):
        hits = ("TICKET-1",)
        misses = tuple(f"miss {number}" for number in range(2000))

    with pytest.raises(AssertionError, match="give hits that stand beside other text"):
        Rare().test_spans_lie_in_the_text_for_any_unicode()


def test_a_plugin_that_judges_no_text_is_told_so() -> None:
    class Silent:
        def __init__(self, config: Strict) -> None: ...

        Config = Strict

        @hookimpl
        def observe(self, event: Any) -> None: ...

    class Wrong(Case):
        plugin = Silent

    with pytest.raises(AssertionError, match="needs another conformance class"):
        Wrong().test_it_finds_every_hit_and_no_miss()
