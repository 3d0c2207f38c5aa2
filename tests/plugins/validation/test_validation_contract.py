# ruff: noqa: RUF001 (letters of several scripts)
"""The scanner contract, for every scanner: independent of where scanning starts, local, the same streamed as whole.

The stream below is written from the contract, not taken from the engine; it must also catch scanners that break their word.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from bartizan_validation import Config, Validation
from bartizan_validation._answers import AnswerScanner
from bartizan_validation._characters import CharacterScanner
from bartizan_validation._labels import GROUPS
from bartizan_validation._markdown import MarkdownScanner

if TYPE_CHECKING:
    from collections.abc import Sequence

Found = list[tuple[int, int, str]]

FLAG = "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng") + "\U000e007f"
CHARACTERS = [
    *(
        "a",
        " ",
        "1",
        ";",
        "\n",
        "\\",
        "]",
        "[",
        "m",
        "\x07",
        "\x00",
        "\x1b",
        "\x9b",
        "\x9c",
        "\x1b[",
        "\x1b[1;31m",
        "\x1b]0;title\x07",
    ),
    *(
        "\x1b]8;;x\x1b\\",
        "\x1bP",
        "x" * 199,
        "x" * 201,
        "1;" * 30,
        "\u200b",
        "\u200c",
        "\u200d",
        "\ufe0f",
        "\ufe00",
        "\U000e0100",
        "\u2764",
    ),
    *(
        "\U0001f468",
        "\U0001f3fd",
        "می",
        "क्",
        "র",
        "្",
        "ក",
        "葛",
        "\u202e",
        "\ufeff",
        "\u180e",
        "ᠠ",
        "\U000e0067",
        "\U000e007f",
        FLAG,
        FLAG[:3],
    ),
    *("\U0001f3f4", "é", "\xad"),
]
MARKDOWN = [
    *(
        "a",
        " ",
        "\n",
        "\n\n",
        "\n- ",
        "\n> ",
        "!",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "`",
        "\\",
        '"',
        "=",
        ":",
        "/",
        "![",
        "](",
        "]:",
        "![a]",
        "[b]",
    ),
    *(
        "https://e.co/x",
        "//e.co",
        "https://ok.co/",
        "data:x",
        "rel",
        "![a](https://e.co/x)",
        "[b](//e.co 't')",
        "[x]: //e.co\n",
        "<img src=",
    ),
    *(
        "<a href=",
        "'//e.co'",
        '"//e.co"',
        "<img src='//e.co'>",
        "<https://e.co>",
        " style=",
        "url(//e.co)",
        "sty",
        "le=",
        "<i",
        "mg ",
        "q" * 990,
    ),
    *(" " * 990, "![a `b](", "vec![1]", "![a `[b` c](//e.co)", "\\[", "x" * 20),
]
SECRETS = [
    "a",
    "b",
    "c",
    "1",
    "22",
    " ",
    "\n",
    "ab",
    "abc",
    "a1",
    "x" * 13,
    "project",
    " falcon",
    "Project Falcon",
    "é",
    "\ud800",
]
SCRIPTS = ["a", "é", " ", "1", "д", "дд", "д" * 63, "α", "漢", "\u0301", "\ud800", "\x00"]


def scanner(index: int, **config: object) -> object:
    return Validation(Config.model_validate(config)).scanners[index]


SWITCHES = ("control_characters", "ansi_escapes", "invisible_characters", "bidi_controls", "tag_characters")
CASES = {
    "characters": (scanner(0), CHARACTERS),
    "markdown": (
        scanner(0, check_links=True, allowed_hosts=("ok.co",), **dict.fromkeys(SWITCHES, False)),
        MARKDOWN,
    ),
    "answers": (scanner(-1, check_links=True, allowed_hosts=("ok.co",)), [*CHARACTERS[::2], *MARKDOWN]),
    "deny literal": (scanner(1, deny_list=("project falcon",)), SECRETS),
    "deny greedy": (scanner(1, deny_list=(r"a.*b",), deny_max_span=8), SECRETS),
    "deny anchors": (scanner(1, deny_list=(r"\ba+\b|^b|c$|1+2?",), deny_max_span=5), SECRETS),
    "deny rivals": (scanner(1, deny_list=(r"a[a-c]*c|a|[0-9]{2,4}",), deny_max_span=3), SECRETS),
    "scripts": (scanner(1, allowed_scripts=("Latin", "Greek")), SCRIPTS),
}
TEXTS = 300


def texts(name: str) -> list[str]:
    rng = random.Random(f"seed {name}")
    return ["".join(rng.choice(CASES[name][1]) for _ in range(rng.randint(1, 24))) for _ in range(TEXTS)]


def found(scan: object, text: str, start: int = 0) -> Found:
    return sorted((f.start, f.end, f.label) for f in scan.scan(text, start))  # type: ignore[attr-defined]


def streamed(scan: object, text: str, cuts: Sequence[int]) -> tuple[Found, int]:
    """Findings as a stream settles them, and how many characters were settled before the last piece came."""
    buffer, base, cursor, out, early = "", 0, 0, [], 0
    reach = scan.max_span + scan.lookaround - 1  # type: ignore[attr-defined]
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        last = end == len(text)
        buffer += text[begin:end]
        left = max(base, cursor - scan.lookaround)  # type: ignore[attr-defined]
        window = buffer[left - base :]
        limit = base + len(buffer)
        if not last:
            pending = scan.pending(window, cursor - left)  # type: ignore[attr-defined]
            assert cursor - left <= pending <= len(window)
            limit = max(cursor, limit - reach, left + pending)
        hits = [(a + left, b + left, label) for a, b, label in found(scan, window, cursor - left)]
        if not last and not scan.pointwise:  # type: ignore[attr-defined]
            limit = min([limit, *(a for a, b, _ in hits if a < limit < b)])
        out += [hit for hit in hits if cursor <= hit[0] < limit]
        cursor = limit
        early = early if last else cursor
        keep = max(base, cursor - scan.lookaround)  # type: ignore[attr-defined]
        buffer, base = buffer[keep - base :], keep
    return sorted(out), early


def cuttings(text: str, rng: random.Random) -> list[list[int]]:
    few = sorted(rng.sample(range(len(text)), min(len(text), 4)))
    near = range(max(0, len(text) - 300), len(text))
    return [few, list(near)]


def stream_differs(scan: object, text: str, rng: random.Random) -> bool:
    whole = found(scan, text)
    return any(streamed(scan, text, cuts)[0] != whole for cuts in cuttings(text, rng))


@pytest.mark.parametrize("name", CASES)
class TestContract:
    def test_streamed_finds_what_whole_finds_for_any_cut(self, name: str) -> None:
        scan, rng = CASES[name][0], random.Random(1)
        dense = early = total = 0
        for text in texts(name):
            whole = found(scan, text)
            dense += bool(whole)
            for cuts in cuttings(text, rng):
                got, settled = streamed(scan, text, cuts)
                assert got == whole, (text, cuts)
                early += settled > 0
                total += 1
        print(f"{name}: {dense} of {TEXTS} texts with findings, {early} of {total} streams settled text early")
        assert dense > TEXTS * 0.2
        assert early > total * 0.2

    def test_where_scanning_starts_changes_nothing(self, name: str) -> None:
        scan, rng = CASES[name][0], random.Random(2)
        for text in texts(name):
            whole = found(scan, text)
            for start in rng.sample(range(len(text) + 1), min(len(text) + 1, 12)):
                if not scan.pointwise and any(a < start < b for a, b, _ in whole):
                    continue
                assert found(scan, text, start) == [f for f in whole if f[0] >= start], (text, start)

    def test_a_finding_hangs_on_its_surroundings_alone(self, name: str) -> None:
        scan = CASES[name][0]
        checked = 0
        for text in texts(name):
            for a, b, label in found(scan, text):
                assert 0 < b - a <= scan.max_span
                left = max(0, a - scan.lookaround)
                window = text[left : b + scan.lookaround]
                assert (a - left, b - left, label) in found(scan, window, a - left), (text, a, b)
                checked += 1
        assert checked > TEXTS // 4

    def test_no_finding_comes_from_cutting_text_off_beyond_its_surroundings(self, name: str) -> None:
        scan, rng = CASES[name][0], random.Random(3)
        for unit in texts(name):
            text = unit * (1 + 2_500 // len(unit)) if name == "markdown" else unit
            whole = found(scan, text)
            begin = rng.randint(0, len(text))
            end = rng.randint(begin, len(text))
            for a, b, label in found(scan, text[begin:end], min(scan.lookaround, end - begin) if begin else 0):
                if end == len(text) or b + scan.lookaround <= end - begin:
                    if scan.pointwise:
                        assert (a + begin, b + begin, label) in whole, (text, begin, end)
                    else:
                        assert (a + begin, b + begin, label) in found(scan, text, a + begin), (text, begin, end)

    def test_nothing_before_pending_can_change(self, name: str) -> None:
        scan, rng = CASES[name][0], random.Random(4)
        for text in texts(name):
            whole = found(scan, text)
            for cut in rng.sample(range(len(text) + 1), min(len(text) + 1, 12)):
                settled = scan.pending(text[:cut], 0)
                if not scan.pointwise:
                    settled = min([settled, *(a for a, b, _ in found(scan, text[:cut]) if a < settled < b)])
                assert [f for f in found(scan, text[:cut]) if f[0] < settled] == [f for f in whole if f[0] < settled], (text, cut)


class Hasty(MarkdownScanner):
    def pending(self, text: str, start: int) -> int:
        return len(text)


class HastyCharacters(CharacterScanner):
    def pending(self, text: str, start: int) -> int:
        return len(text)


class NearSighted(CharacterScanner):
    lookaround = 0


class HastyAnswers(AnswerScanner):
    def pending(self, text: str, start: int) -> int:
        return len(text) if text[start:].isascii() else super().pending(text, start)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("markdown", Hasty(CASES["markdown"][0]._hosts, GROUPS["markdown"])),
        ("characters", HastyCharacters(GROUPS["unicode"])),
        ("characters", NearSighted(GROUPS["unicode"])),
        ("answers", HastyAnswers(CharacterScanner(GROUPS["unicode"]), CASES["markdown"][0])),
    ],
)
def test_a_scanner_that_breaks_its_word_is_caught(name: str, broken: object) -> None:
    rng = random.Random(1)
    assert sum(stream_differs(broken, text, rng) for text in texts(name)) > 5


def test_answers_without_markup_are_let_go_at_once() -> None:
    prose = "The invoice of 3 May is paid; two items (see below) are open. Costs < 5 %, profit > 3 %.\n" * 3
    for name in ("characters", "markdown", "answers"):
        scan = CASES[name][0]
        held = max(cut - scan.pending(prose[:cut], 0) for cut in range(len(prose)))
        assert held <= 1, name
