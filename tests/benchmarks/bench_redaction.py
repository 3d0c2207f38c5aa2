"""Speed of the redaction scanner. Run: `pytest tests/benchmarks/bench_redaction.py` (the name keeps it out of normal
collection)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan_redaction import Config, Redaction

if TYPE_CHECKING:
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


def test_pending_of_one_token(benchmark: BenchmarkFixture) -> None:
    assert benchmark(SCANNER.pending, SENTENCE[:100], 90) == 98
