"""Figures as ratios: what is measured and its baseline take turns in one run, so that the machine's speed drifts for both alike."""

from __future__ import annotations

import gc
import statistics
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture


def paired(
    benchmark: BenchmarkFixture,
    base: Callable[[], object],
    ours: Callable[[], object],
    *,
    bar: str,
    per: int = 1,
    added: bool = False,
    rounds: int = 300,
    number: int = 1,
) -> None:
    """Time `base` and `ours` in turns; medians per call, divided by `per`, go to the summary beside the bar.

    `added`: the bar is for the difference, not for the ratio. pytest-benchmark's own table shows `ours`.
    """
    for function in (base, ours, base, ours):
        function()
    times: tuple[list[float], list[float]] = [], []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for function, kept in zip((base, ours), times, strict=True):
                began = perf_counter()
                for _ in range(number):
                    function()
                kept.append((perf_counter() - began) / number / per)
    finally:
        gc.enable()
    first, second = (statistics.median(kept) * 1e6 for kept in times)
    figure = f"{second - first:+.1f} us" if added else f"{second / first:.2f} x"
    benchmark.extra_info.update(bar=bar, figure=f"{figure}  ({second:.1f} us beside {first:.1f} us)")
    benchmark.pedantic(ours, rounds=20, iterations=number)
