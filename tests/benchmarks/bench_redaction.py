"""Speed of the redaction scanner. Run: `pytest tests/benchmarks/bench_redaction.py` (the name keeps it out of normal
collection)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from bartizan_redaction import Config, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

SCANNER = Redaction(Config()).scanners[0]
SENTENCE = (
    "The committee met again to consider the proposals which had been put forward earlier in the year, and after a long "
    "discussion it was agreed that the work should go on. "
)
SHORT = "Could you summarise the meeting notes from last Tuesday please?"
DENSE = (
    "Please write to jane.doe@example.org before the end of the week. The customer at 10.20.30.40 called from (415) 555-0132 "
    "and gave the card 4111 1111 1111 1111 as well as the account DE89 3704 0044 0532 0130 00 to our clerk. "
    "The password: hunter2 was seen. "
)


def clean(size: int) -> str:
    return (SENTENCE * (size // len(SENTENCE) + 1))[:size]


def test_short_message(benchmark: BenchmarkFixture) -> None:
    assert benchmark(SCANNER.scan, SHORT) == []


def test_2_kb_prompt(benchmark: BenchmarkFixture) -> None:
    assert benchmark(SCANNER.scan, clean(2048)) == []


def test_100_kb_document(benchmark: BenchmarkFixture) -> None:
    assert benchmark(SCANNER.scan, clean(100_000)) == []


def test_dense_2_kb(benchmark: BenchmarkFixture) -> None:
    assert len(benchmark(SCANNER.scan, (DENSE * 8)[:2048])) > 40


def test_dense_100_kb(benchmark: BenchmarkFixture) -> None:
    assert len(benchmark(SCANNER.scan, (DENSE * 400)[:100_000])) > 2000


def all_different(size: int) -> str:
    """One value in 60 characters, no two alike."""
    rng, out, length = random.Random(1), [], 0
    makers: list[Callable[[], str]] = [
        lambda: f"{rng.randrange(16**8):08x}@mail{rng.randrange(10**4)}.org",
        lambda: f"({rng.randint(201, 989)}) 555-{rng.randrange(10**4):04d}",
        lambda: f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
        lambda: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
        lambda: "gh" + f"p_{rng.randrange(10**35):036d}",
        lambda: f"password: a{rng.randrange(10**9)}b",
        lambda: "gl" + f"pat-{rng.randrange(10**20):020d}",
        lambda: f"sk_{'live'}_{rng.randrange(10**24):024d}",
    ]
    while length < size:
        value = makers[len(out) % len(makers)]()
        out.append(f"{SENTENCE[: max(8, 58 - len(value))]} {value} ")
        length += len(out[-1])
    return "".join(out)


def test_dense_100_kb_of_different_values(benchmark: BenchmarkFixture) -> None:
    assert len(benchmark(SCANNER.scan, all_different(100_000))) > 1500


def test_pending_of_one_token(benchmark: BenchmarkFixture) -> None:
    assert benchmark(SCANNER.pending, SENTENCE[:100], 90) == 98
