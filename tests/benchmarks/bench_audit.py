"""The audit log: what a record adds to a guarded call, and how many a second are acknowledged by several processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.paired import paired

from bartizan import Guard
from bartizan_audit import Audit, Config, verify
from bartizan_audit._entry import Entry
from bartizan_audit._opening import keys_of, log_of, store_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

SHORT = "Where is my order? I asked on Monday."
PROCESSES, THREADS, EACH = 4, 8, 300
BODY = json.dumps(
    {"kind": "event", "t": 1, "hook": "pre_prompt", "runs": [["validation", "ran", 20], ["redaction", "ran", 30]], "x": "y" * 100}
)
WRITER = f"""
import sys, threading, time
from pathlib import Path
from bartizan_audit import Config
from bartizan_audit._entry import Entry
from bartizan_audit._opening import log_of
log = log_of(Config(path=Path(sys.argv[1]), durability=sys.argv[2], lock_timeout_s=60))
log.open()
def run(i):
    for _ in range({EACH}):
        log.append(Entry({BODY!r}, ("acme", f"user {{i}}"), '{{"principal":"user"}}'))
threads = [threading.Thread(target=run, args=(i,)) for i in range({THREADS})]
print("ready", flush=True)
sys.stdin.readline()
[one.start() for one in threads]
[one.join() for one in threads]
print(time.time(), flush=True)
log.close()
"""


def bench_a_record_of_a_guarded_call_durability_normal(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    audit = Audit(Config(path=tmp_path / "audit.db", durability="normal"))
    with Guard() as base, Guard(plugins=["validation", "redaction", audit]) as guard:
        paired(
            benchmark,
            lambda: base.pre_prompt(SHORT),
            lambda: guard.pre_prompt(SHORT),
            bar="<= 60 us added",
            added=True,
            rounds=4_000,
        )


def bench_a_record_of_a_guarded_call_durability_full(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    audit = Audit(Config(path=tmp_path / "audit.db"))
    with Guard() as base, Guard(plugins=["validation", "redaction", audit]) as guard:
        paired(benchmark, lambda: base.pre_prompt(SHORT), lambda: guard.pre_prompt(SHORT), bar="", added=True, rounds=300)


@pytest.mark.parametrize(("durability", "bar"), [("full", ">= 8,000 /s"), ("normal", "")])
def bench_records_acknowledged_by_4_processes_of_8_threads(
    benchmark: BenchmarkFixture, tmp_path: Path, durability: str, bar: str
) -> None:
    rates = []
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        config = Config(path=folder / "audit.db")
        first = log_of(config)
        first.append(Entry(BODY))
        first.close()
        running = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(config.path), durability],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(PROCESSES)
        ]
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        began = time.time()
        for one in running:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        ends = [float(one.communicate(timeout=120)[0]) for one in running]
        rates.append(PROCESSES * THREADS * EACH / (max(ends) - began))
        report = verify(store_of(config), keys_of(config, there=True), config.checkpoint_file)
        assert report.intact
        assert report.records == PROCESSES * THREADS * EACH + 1
    benchmark.extra_info.update(bar=bar, figure=f"{statistics.median(rates):,.0f} /s")
    benchmark.pedantic(lambda: None, rounds=1)


def bench_verify(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    config = Config(path=tmp_path / "audit.db", durability="normal")
    log, count = log_of(config), 20_000
    for _ in range(count):
        log.append(Entry(BODY, ("acme", "alice"), '{"principal":"alice"}'))
    log.close()
    keys = keys_of(config, there=True)
    benchmark.extra_info["per"] = count
    benchmark.pedantic(lambda: verify(store_of(config), keys, config.checkpoint_file), rounds=3)
