"""Prints, after pytest-benchmark's own table, each figure beside its bar: absolute, or as a ratio to its group's baseline.

A benchmark says so in `benchmark.extra_info`: `baseline=True` for what others of its group are measured against; `bar="<= 1.4 x"` for the
figure that is promised; `added=True` where the difference to the baseline counts, not the ratio; `per=200` to divide by a number of items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session: Any = getattr(config, "_benchmarksession", None)
    done = [one for one in getattr(session, "benchmarks", []) if one.stats.rounds]
    baselines = {one.group: one for one in done if one.extra_info.get("baseline")}
    rows = []
    for one in done:
        per = one.extra_info.get("per", 1)
        figure = f"{one.stats.median / per * 1e6:10.2f} us"
        base = baselines.get(one.group)
        if base is not None and base is not one:
            if one.extra_info.get("added"):
                figure += f"  + {(one.stats.median - base.stats.median) / per * 1e6:.2f} us"
            else:
                figure += f"  {one.stats.median / base.stats.median:.2f} x"
            figure += f" {base.name}"
        bar = one.extra_info.get("bar", "")
        rows.append(f"{one.name:<46} {figure:<60} {f'bar: {bar}' if bar else ''}")
    if rows:
        terminalreporter.section("figures and bars (medians)")
        for row in rows:
            terminalreporter.write_line(row.rstrip())
