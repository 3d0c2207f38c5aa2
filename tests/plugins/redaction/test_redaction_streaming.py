"""How much a stream is held back, and how much work a scan is."""

from __future__ import annotations

import time

import pytest

from bartizan_redaction import ENTITIES, Config, Custom, Redaction
from bartizan_redaction._re2 import Gate

SCANNER = Redaction(Config()).scanners[0]
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
    assert 0 < len(text) - SCANNER.pending(text, 0) < 700


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("pay with 4111 1111 ", 9),
        ("pay with 4111 1111 1111 1111", 9),
        ("IBAN DE89 3704 0044", 5),
        ("call (415) ", 5),
        ("call +44 20 ", 5),
        ("x -----BEGIN RSA PRIVATE KEY-----\nMIIEow IBAAK\n", 2),
        ("x -----BEGIN RSA ", 2),
        ("x -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE", 2),
        ("x eyJ" + "a" * 5000, 2),
        ("mail jane@exam", 5),
    ],
)
def test_unfinished_value_is_held_from_its_beginning(text: str, place: int) -> None:
    assert SCANNER.pending(text, 0) == place
    assert SCANNER.pending(text, place + 1) > place


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
    assert len(text) - SCANNER.pending(text, 0) <= len(text.rsplit(" ", maxsplit=1)[-1])


def test_gate_lets_nothing_slip() -> None:
    """The gate only saves time: with all entities asked about everywhere, nothing more is found (see also the dense texts)."""
    everything = Redaction(Config()).scanners[0]

    class Open(Gate):
        def hits(self, raw: bytes) -> list[int]:
            return list(range(len(ENTITIES)))

    everything._gate = Open(entity.gate for entity in ENTITIES)
    for value in (
        "jane@example.org",
        "4111 1111 1111 1111",
        "(415) 555-0132",
        "password: hunter2",
        "2001:db8::ff00:42:8329",
        "536 22 1234",
    ):
        for filler in range(4096 - 60, 4096 + 60):
            text = "a " * (filler // 2) + " " * (filler % 2) + value + " b" * 50
            assert SCANNER.scan(text) == everything.scan(text)
            assert len(SCANNER.scan(text)) == 1


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
