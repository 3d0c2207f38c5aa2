# ruff: noqa: RUF001 (letters that case folding takes for others)
"""What is shared, skipped or cut short to save time changes nothing; and hostile text buys little work."""

from __future__ import annotations

import random
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bartizan import Guard
from bartizan_validation import Config, Validation, _urls
from bartizan_validation._ahead import Ahead
from bartizan_validation._characters import CharacterScanner
from bartizan_validation._hosts import Hosts
from bartizan_validation._labels import GROUPS
from bartizan_validation._markdown import MarkdownScanner
from bartizan_validation._reading import Reading
from bartizan_validation._spans import _BLANK_LINE
from bartizan_validation._triggers import TRIGGER, UNFINISHED, none_triggers, none_unfinished

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTS = Hosts(("ok.example", "*.cdn.example"))
HOSTILE = "<a imgsrc=\"='[]()!:/\\\n"
PIECES = [
    *(
        "<img",
        "<img ",
        "<a ",
        "src=",
        "href=",
        "a=",
        '"',
        "'",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "]:",
        "](//",
        "//",
        ":",
        "\\",
        "\\[",
    ),
    *(
        "\n",
        "\n\n",
        "\n>",
        ">",
        " ",
        "a",
        "<",
        "=",
        "`",
        "[b]",
        "//e.co)",
        "style='",
        "url(//e.co)",
        "data:x",
        "&colon;",
        "ok.example/",
    ),
]
URLS = [
    *(
        "https:",
        "http",
        "\\:",
        "&colon;",
        "&#58;",
        "&#00000000000000058;",
        "//",
        "/",
        "\\",
        "\\/",
        "&sol;",
        "&bsol;",
        "&",
        ";",
        "@",
    ),
    *(
        "?",
        "#",
        "ok.example",
        "evil.example",
        "a.cdn.example",
        "é",
        "x" * 30,
        "u" * 70,
        "\\\\" * 39,
        "&amp;" * 15,
        " ",
        "\n",
        "\n>",
    ),
    *("-", "\\+", "javascript", "data:", ":80", "\t", "&am", "p;", "\\-" * 20),
]
NEW = [
    "s",
    "S",
    "ſ",
    "b",
    "B",
    "K",
    "style",
    "background",
    "STY",
    "Backg",
    "ß",
    "is",
    " ",
    "\n",
    '"',
    "/",
    "'",
    "é",
    "!",
    ".",
    "1",
    "\u3000",
]


def unit(rng: random.Random) -> str:
    """A repetition of 1 to 12 characters."""
    length = rng.randint(1, 12)
    alphabet = list(HOSTILE) if rng.random() < 0.3 else PIECES[:25]
    return "".join(rng.choice(alphabet) for _ in range(length))[:length]


def units(count: int) -> list[str]:
    rng = random.Random("hostile")
    return sorted({unit(rng) for _ in range(count)})


KNOWN = [
    "<a ",
    " <a",
    '<img a="',
    "](//e",
    "](\\'s",
    "]:",
    "\n](",
    "](//\ng\\",
    "](//=\n\n",
    "![]](//a",
    "\n\n!\\[<a](//",
    "\n> <a ",
    "\\[",
]


def calls(work: Callable[[], object]) -> int:
    """How many functions, of Python or C, are called: the same on every machine."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


class TestHostileTextBuysLittleWork:
    """Calls a character, not seconds; what is not counted, the length of a search, is bounded by REACH for each."""

    LENGTH = 1_200

    def whole(self, repeated: str, length: int) -> float:
        text = (repeated * (length // len(repeated) + 1))[:length]
        scanner = Validation(Config(check_links=True)).scanners[-1]
        return calls(partial(scanner.scan, text)) / length

    def streamed(self, repeated: str, length: int) -> float:
        text = (repeated * (length // len(repeated) + 1))[:length]
        stream = Guard(plugins=[Validation(Config(check_links=True))]).open_stream()

        def feed() -> None:
            for at in range(0, length, 4):
                stream.feed(text[at : at + 4])
            stream.end()

        return calls(feed) / length

    def test_whole(self) -> None:
        costs = {repeated: self.whole(repeated, self.LENGTH) for repeated in [*KNOWN, *units(300)]}
        worst = max(costs, key=lambda repeated: costs[repeated])
        print(f"{len(costs)} repetitions, the worst {worst!r}: {costs[worst]:.1f} calls a character")
        assert costs[worst] < 30, worst

    def test_streamed(self) -> None:
        costs = {repeated: self.streamed(repeated, self.LENGTH) for repeated in [*KNOWN, *units(40)]}
        worst = max(costs, key=lambda repeated: costs[repeated])
        print(f"{len(costs)} repetitions, the worst {worst!r}: {costs[worst]:.1f} calls a character")
        assert costs[worst] < 130, worst

    @pytest.mark.parametrize("repeated", KNOWN)
    def test_twice_the_text_costs_twice_as_much(self, repeated: str) -> None:
        assert self.whole(repeated, 8_000) < 1.3 * self.whole(repeated, 4_000) + 0.1
        assert self.streamed(repeated, 10_000) < 1.5 * self.streamed(repeated, 5_000) + 1


def test_what_neighbours_share_changes_no_judgement() -> None:
    rng = random.Random("shared")
    judged = 0
    for _ in range(60):
        parts = PIECES if rng.random() < 0.5 else rng.sample(PIECES, 4)
        text = "".join(rng.choice(parts) for _ in range(rng.randint(5, 500)))
        shared = Reading(text, HOSTS)
        for trigger in TRIGGER.finditer(text):
            found = shared.judged(trigger)
            assert found == Reading(text, HOSTS).judged(trigger), (text, trigger.start())
            judged += found is not None
    assert judged > 500


def test_the_head_of_a_url_decides_as_all_of_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random("heads")
    texts = ["".join(rng.choice(URLS) for _ in range(rng.randint(4, 30))) for _ in range(4_000)]
    texts += [
        f"{lead}{'u' * k}{sign}evil.example/{'x' * 200}"
        for k in range(60, 90)
        for lead in ("//", "https:", "\\/\\/")
        for sign in "@/:"
    ]
    texts += [f"{'/' * k}{host}/{'x' * 200}" for k in range(70, 90) for host in ("ok.example", "evil.example", "\\@ok.example")]

    def verdicts() -> list[tuple[bool, bool]]:
        return [(_urls.leads_away(text, HOSTS), _urls.value_leads_away(text, HOSTS)) for text in texts]

    quick = verdicts()
    long = sum(_urls._head(text) is not None for text in texts)
    monkeypatch.setattr(_urls, "_HEAD", sys.maxsize)
    assert quick == verdicts()
    assert long > 1_000
    assert 500 < sum(place for place, _ in quick) < len(texts) - 500


def test_the_next_match_is_the_one_a_search_finds() -> None:
    rng = random.Random("ahead")
    for _ in range(200):
        text = "".join(rng.choice("a \n\n") for _ in range(40))
        ahead = Ahead(_BLANK_LINE, text)
        for place in [*sorted(rng.choices(range(len(text) + 1), k=12)), 0, 5]:
            match = _BLANK_LINE.search(text, place)
            assert ahead.span(place) == ((sys.maxsize, sys.maxsize) if match is None else match.span())


def test_no_gate_lets_a_trigger_through() -> None:
    rng = random.Random("gates")
    passed = 0
    for _ in range(6_000):
        before = "".join(rng.choice(NEW) for _ in range(rng.randint(0, 2)))
        new = "".join(rng.choice([*NEW, "[", "]", "<", "="] if rng.random() < 0.2 else NEW) for _ in range(rng.randint(1, 4)))
        text, start = before + new, len(before)
        if none_unfinished(new):
            passed += 1
            assert UNFINISHED.search(text, start) is None, (before, new)
        if none_triggers(new):
            assert TRIGGER.search(text, start) is None, (before, new)
    assert passed > 1_000


@pytest.mark.parametrize("new", [" word", "word ", "ing", ", ", " is", " bits", " 42", "\n", " style.", "(see"])
def test_plain_words_pass_the_gate(new: str) -> None:
    assert none_unfinished(new)


@pytest.mark.parametrize("labels", [*({label} for label in sorted(GROUPS["unicode"])), GROUPS["unicode"]])
def test_every_character_is_a_candidate_or_another(labels: set[str]) -> None:
    scanner = CharacterScanner(frozenset(labels))
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    others = "".join(scanner._others.findall(every))
    assert scanner._candidates.search(others) is None
    assert len(others) + len(scanner._candidates.findall(every)) == len(every)


def test_where_one_scanner_serves_many_texts_none_leaves_a_trace() -> None:
    scanner = MarkdownScanner(HOSTS, GROUPS["markdown"])
    texts = ["![a](//e.co)", "<img src='//ok.example'>", "[a]: //e.co", "plain", "<img src='//e.co'>"]
    alone = [list(MarkdownScanner(HOSTS, GROUPS["markdown"]).scan(text)) for text in texts]
    assert [list(scanner.scan(text)) for text in texts] == alone == [list(scanner.scan(text)) for text in texts]
