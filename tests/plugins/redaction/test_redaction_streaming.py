"""How much a stream is held back, and how much work a scan is."""

from __future__ import annotations

import itertools
import random
import time

import pytest
from chunk_invariance import assert_chunk_invariant
from support.disguises import DISGUISES, mixed

from bartizan import Guard
from bartizan_redaction import ENTITIES, Config, Custom, Redaction

SCANNER = Redaction(Config()).scanners[0]
GUARD = Guard(plugins=["redaction"])
HIDDEN = [
    "jane.doe@mail.example.org",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "+44 20 7946 0958",
    "gh" + "p_" + "a1B2c3" * 6,
    "sk" + "_live_" + "a1B2c3D4e5F6g7H8",
    "password: Tr0ub4dor",
    "jane [at] example [dot] org",
]
PROSE = (
    "On 14 March 2023 the committee met again, at 10:30, to consider the 27 proposals which had been put forward earlier. "
    "After a long discussion (three hours in all) it was agreed that the work should go on: Dr. Müller's group would see to it, "
    "and the UN and NATO delegates were to report back by the end of 2024. Nobody knew what the password was, nor whose token it "
    'had been. "Well," she said, "that is 3.5 times what we paid in 1999!" THE END WAS NEAR, and NOTHING could be done about it. '
)


def test_hold_back_on_prose_is_a_word() -> None:
    held = [size - SCANNER.pending(PROSE[:size], 0) for size in range(1, len(PROSE) + 1)]
    mean = sum(held) / len(held)
    print(f"held back on prose: {mean:.1f} characters on average, {max(held)} at most")
    assert 1 < mean <= 8
    assert max(held) < 40


@pytest.mark.parametrize("endless", ["a", "1", "ab1-", "x@y.", "1.", "AB", "=", "eyX"])
def test_endless_run_without_spaces_is_released(endless: str) -> None:
    text = endless * 3000
    assert 0 < len(text) - SCANNER.pending(text, 0) < 1500


BEFORE = "here is the key that you asked for on Tuesday, in the words of the manual: "


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (BEFORE + "pay with 4111 1111 ", len(BEFORE) + 9),
        (BEFORE + "pay with 4111 1111 1111 1111", len(BEFORE) + 9),
        (BEFORE + "IBAN DE89 3704 0044", len(BEFORE) + 5),
        (BEFORE + "call (415) ", len(BEFORE) + 5),
        (BEFORE + "call +44 20 ", len(BEFORE) + 5),
        (BEFORE + "-----BEGIN RSA PRIVATE KEY-----\nMIIEow IBAAK\n", len(BEFORE)),
        (BEFORE + "-----BEGIN RSA ", len(BEFORE)),
        (BEFORE + "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE", len(BEFORE)),
        (BEFORE + "eyJ" + "a" * 5000, len(BEFORE)),
        (BEFORE + "mail jane@exam", len(BEFORE) + 5),
    ],
)
def test_unfinished_value_is_held_from_its_beginning(text: str, place: int) -> None:
    assert place - 1 <= SCANNER.pending(text, 0) <= place  # the space before may be held too
    assert SCANNER.pending(text, place + 1) > place


def test_a_few_characters_wait_for_more() -> None:
    assert SCANNER.pending("IBAN DE", 0) == 0
    assert SCANNER.pending("as well as the others, ", 0) > 10


def test_many_values_in_a_row_are_let_go_in_steps() -> None:
    """Each step has what is held back scanned again, so small steps would make a stream of numbers slow."""
    text, start, steps = "4111 " * 400, 0, 0
    for size in range(len(text)):
        place = SCANNER.pending(text[:size], start)
        assert start <= place <= size
        assert place == start or place - start >= 30 or size < 250
        steps, start = steps + (place > start), place
    assert 20 < steps < 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "it was agreed ",
        "in the year of our lord",
        "-----BEGIN CERTIFICATE-----\nMIIE\n",
        "-----BEGIN PRIVATE KEY-----. Then ",
    ],
)
def test_finished_text_is_let_go(text: str) -> None:
    # The last word may turn out to be an address with spaces in it (`jane @ example.org`).
    assert len(text) - SCANNER.pending(text, 0) <= max(len(" ".join(text.split(" ")[-2:])), 16)


def every_place(text: str) -> set[tuple[int, int, str]]:
    """What is found if every entity is asked at every character, without any gate."""
    found: dict[tuple[int, int], int] = {}
    for index, entity in enumerate(ENTITIES):
        for place in range(len(text)):
            span = entity.resolve(text, place)
            if span is not None and found.get(span, index) >= index:
                found[span] = index
    return {(*span, ENTITIES[index].label) for span, index in found.items()}


def test_gates_let_nothing_slip() -> None:
    """They only save time: asked at every character, the entities find the same (see also the dense texts)."""
    for value in (
        "jane@example.org",
        "4111 1111 1111 1111",
        "(415) 555-0132",
        "password: hunter2",
        "2001:db8::ff00:42:8329",
        "536 22 1234",
        "tel 612345678",
        "--db-password s3cr3t99",
        "-----BEGIN PRIVATE KEY-----MIIEowIBAAKCAQEAu1SU1LfVLPHCoz",
    ):
        for filler in ("", "x ", "_", "\u5bc6", "\u00e9 ", "-", "(", "a" * 200 + " "):
            text = f"{filler}{value} b"
            assert {(f.start, f.end, f.label) for f in SCANNER.scan(text)} == every_place(text)


HOSTILE = [
    "a.",
    "1.",
    "1 ",
    "@",
    "a@",
    "a@b.",
    "a@b.co ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----AAAA ",
    "sk-",
    "1234567890",
    "password=",
    "password: a ",
    "eyJ",
    "eyJaaaaa.",
    "eyJaaaaa-",
    "eyJaaaaa.a.",
    "gh" + "p_",
    "1:",
    "::",
    "f:",
    "(",
    "+1 ",
    "4111 ",
    "DE89 ",
    "key = ",
    "020 7946 0958 ",
    "tel 612345678 ",
    "123 456 789 ",
    "123456789 ",
    "sin 123456782 ",
    "12 345 678 901 ",
    "AB 12 ",
    "AAAAA1111A ",
    "dob 01/02/1980 ",
    "account 12345678 ",
    "http://a:b@",
    "postgres://a:b",
    "basic aaaaaa",
    "0x" + "aB" * 20 + " ",
    "bc1qqqqqqqqqqqqq ",
    "aa:",
    "M" + "a" * 24 + ".",
    "call 1 ",
    "tel 1 1 1 1 1 1 1 1 1 ",
    "--a-password ",
    "password=x",
    "password=.",
    "password=a.b.",
    "passwordpassword=",
    "0 ",
    "1.1.1.1 ",
    "2001:db8::1 ",
    "bearer a",
    "token=a&",
    "password=your" + "a" * 400 + "1 ",
    "password=password" + "1" * 400 + "x ",
    "token=" + "*" * 400 + "a ",
    "password: str = ",
    "\u00e9@",
    "S" + "G.aaaaaaaaaaaaaaaa.",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_work_is_linear_on_hostile_input(unit: str) -> None:
    custom = {"A": Custom(regex=r"a+\.?"), "P": Custom(deny_list=("key plan",))}
    scanner = Redaction(Config(custom=custom)).scanners[0]

    def seconds(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        best = float("inf")
        for _ in range(3):
            begin = time.process_time()
            scanner.scan(text)
            best = min(best, time.process_time() - begin)
        return best

    small, large = seconds(6_000), seconds(24_000)
    # Four times the text: about four times the work; sixteen times if it were quadratic. The floor keeps clock noise out.
    assert large < 9 * small + 0.02


def guarded_stream(pieces: list[str]) -> list[str]:
    stream = GUARD.open_stream()
    return [*map(stream.feed, pieces), stream.end()]


def guarded_whole(text: str) -> str:
    return GUARD.post_response(text).text


def hiding_texts(count: int) -> list[str]:
    """Short texts, each with values that are hidden in another way, cut off values and what comes before and after them."""
    rng, out = random.Random(31), []
    ways = list(DISGUISES)
    for turn in range(count):
        value, other = rng.choice(HIDDEN), rng.choice(HIDDEN)
        first = DISGUISES[ways[turn % len(ways)]](value)
        second = mixed(other, rng) if turn % 3 else first[: rng.randint(1, len(first))]
        before, between = rng.choice(["", "see ", "a b ", "x"]), rng.choice([" ", ". ", "\n", "_", " and "])
        out.append(f"{before}{first}{between}{second}{rng.choice(['', ' ok'])}")
    return out


@pytest.mark.slow
def test_hidden_values_are_redacted_alike_in_any_pieces() -> None:
    texts, splits, redacted = hiding_texts(160), 0, 0
    rng = random.Random(8)
    for text in texts:
        redacted += guarded_whole(text) != text
        cuts = [sorted(rng.randint(0, len(text)) for _ in range(rng.randint(1, 9))) for _ in range(64)]
        pieces = [[text[a:b] for a, b in itertools.pairwise([0, *places, len(text)])] for places in cuts]
        splits += assert_chunk_invariant(
            guarded_stream, lambda text: GUARD.post_response(text).text, text, splits=[*pieces, list(text)]
        )
    print(f"{splits} splits of {len(texts)} texts, {redacted} of them redacted")
    assert splits >= 10_000
    assert redacted >= 140
