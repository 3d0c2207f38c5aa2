"""Sanitising files: rows a second, MB a second and core, and the peak of memory at 10 and 100 MB (and 1 GB if asked).

`python check.py bench tests/benchmarks/bench_sanitize.py`; `BARTIZAN_BENCH_GB=1` adds 1 GB. Each run is a process of its own, so that its
peak is its own; the text is prose with an address in every third row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

PROSE = (
    "Thank you for writing to us. Your order left the warehouse yesterday, and the carrier says that it will arrive by Thursday. "
    "If nobody is at home, the driver leaves it with a neighbour or at the nearest parcel shop, and a card in your letter box says where. "
) * 3
RUN = """
import json, sys
from pathlib import Path
from bartizan import Guard
from bartizan.data import sanitize_file
report = sanitize_file(sys.argv[1], sys.argv[2], Guard(), workers=int(sys.argv[3]))
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
print(json.dumps([report.as_dict(), peak / 1024]))
"""
SIZES = [10, 100] + [1_000] * bool(os.environ.get("BARTIZAN_BENCH_GB"))


def written(folder: Path, kind: str, megabytes: int) -> Path:
    file = folder / f"in.{kind}"
    texts = [f"{PROSE}Write to desk@example.com. " if i % 3 == 0 else PROSE for i in range(3)]
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetWriter(file, pa.schema([("id", pa.int64()), ("body", pa.string())]), compression="none") as writer:
            for start in range(0, megabytes * 1_240, 12_400):
                size = min(12_400, megabytes * 1_240 - start)
                rows = {
                    "id": list(range(start, start + size)),
                    "body": [f"{i} {texts[i % 3]}" for i in range(start, start + size)],
                }
                writer.write_table(pa.table(rows))
        return file
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write("id,body\n" if kind == "csv" else "")
        number = 0
        while stream.tell() < megabytes * 1_000_000:
            for _ in range(500):
                text = f"{number} {texts[number % 3]}"
                stream.write(f'{number},"{text}"\n' if kind == "csv" else f'{{"id": {number}, "body": "{text}"}}\n')
                number += 1
    return file


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process alone is told by Linux only")
@pytest.mark.parametrize("megabytes", SIZES)
@pytest.mark.parametrize(("kind", "workers"), [("csv", 1), ("csv", 2), ("jsonl", 1), ("parquet", 1)])
def bench_sanitize(benchmark: BenchmarkFixture, tmp_path: Path, kind: str, workers: int, megabytes: int) -> None:
    source = written(tmp_path, kind, megabytes)
    command = [sys.executable, "-c", RUN, str(source), str(tmp_path / f"out.{kind}"), str(workers)]
    out: list[Any] = []

    def run() -> None:
        out[:] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    benchmark.pedantic(run, rounds=1)
    report, peak = out
    figure = f"{report['rows_per_second']:,.0f} rows/s, {report['mb_per_second_per_core']:.1f} MB/s a core, peak {peak:.0f} MiB"
    benchmark.extra_info.update(figure=figure, bar="the peak does not grow with the file")
