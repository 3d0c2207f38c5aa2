"""Prints, after pytest-benchmark's own table, each figure beside its bar.

A benchmark says so in `benchmark.extra_info`: `bar` is what is promised; `figure`, if it is there, stands for the median (a ratio from
`support.paired`, say); `per` divides the median by a number of items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session: Any = getattr(config, "_benchmarksession", None)
    rows = []
    for one in getattr(session, "benchmarks", []):
        if one.stats.rounds:
            median = f"{one.stats.median / one.extra_info.get('per', 1) * 1e6:.2f} us"
            bar = one.extra_info.get("bar")
            rows.append(f"{one.name:<52} {one.extra_info.get('figure', median):<44} {f'bar: {bar}' if bar else ''}".rstrip())
    if rows:
        terminalreporter.section("figures and bars (medians)")
        for row in rows:
            terminalreporter.write_line(row)
