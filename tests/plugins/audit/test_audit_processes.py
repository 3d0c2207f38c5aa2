"""Several processes on one log: one chain, whatever kills them; forks at any time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from bartizan_audit._entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bartizan_audit._log import AuditLog

KILLS = int(os.environ.get("BARTIZAN_KILLS", "4"))
WRITER = """
import os, sys, threading
from pathlib import Path
from bartizan_audit import Config
from bartizan_audit._entry import Entry
from bartizan_audit._opening import log_of

path, acks, name, count, threads, durability = sys.argv[1:]
log = log_of(Config(path=Path(path), durability=durability, checkpoint_records=50, lock_timeout_s=60))
log.open()
out = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def run(thread):
    for i in range(int(count)):
        mark = f"{name}.{thread}.{i}"
        log.append(Entry(f'{{"kind":"event","mark":"{mark}","t":{i}}}', ("acme", name), '{"principal":"x"}'))
        os.write(out, f"{mark}\\n".encode())
running = [threading.Thread(target=run, args=(i,)) for i in range(int(threads))]
[one.start() for one in running]
[one.join() for one in running]
log.close()
"""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills and forks processes")


def writers(log: Any, folder: Path, count: int, threads: int, durability: str, turn: int = 0) -> list[subprocess.Popen[bytes]]:
    return [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                WRITER,
                str(log.path),
                str(folder / "acks"),
                f"p{turn}.{i}",
                str(count),
                str(threads),
                durability,
            ],
            stderr=subprocess.PIPE,
        )
        for i in range(4)
    ]


def marks(log: Any) -> list[str]:
    return [row[1].split('"mark":"')[1].split('"')[0] for row in log.rows()]


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_processes_write_one_unbroken_chain(log: Any, tmp_path: Path, durability: str) -> None:
    for one in writers(log, tmp_path, 25, 4, durability):
        _, errors = one.communicate(timeout=60)
        assert one.returncode == 0, errors
    report = log.verify()
    assert report.problems == []
    assert report.records == report.signed == 4 * 4 * 25
    assert sorted(marks(log)) == sorted((tmp_path / "acks").read_text("ascii").split())


def test_what_was_acknowledged_survives_kill_9_of_all_writers_at_random(log: Any, tmp_path: Path) -> None:
    """100 times with BARTIZAN_KILLS=100."""
    chance = random.Random(7)
    lost = acknowledged = 0
    for turn in range(KILLS):
        running = writers(log, tmp_path, 10_000, 8, chance.choice(["full", "normal"]), turn)
        _wait_for_more(tmp_path / "acks", acknowledged)
        time.sleep(chance.random() * 0.4)
        for one in chance.sample(running, len(running)):
            one.send_signal(signal.SIGKILL)
        for one in running:
            one.communicate(timeout=60)
        report = log.verify()
        assert report.problems == [], f"turn {turn}"
        acks = (tmp_path / "acks").read_text("ascii").split() if (tmp_path / "acks").exists() else []
        acknowledged = len(acks)
        lost += len(set(acks) - set(marks(log)))
    print(f"{KILLS} times 4 writers killed: {acknowledged} records acknowledged, {lost} lost, chain valid every time")
    assert acknowledged > 50 * KILLS
    assert lost == 0


def _wait_for_more(acks: Path, than: int) -> None:
    for _ in range(400):
        if acks.exists() and acks.read_bytes().count(b"\n") > than:
            return
        time.sleep(0.05)
    pytest.fail("no writer acknowledged anything")


def forked(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    for _ in range(300):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -1


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_fork_while_threads_write_leaves_both_sides_able_to_write(make_log: Any, durability: str) -> None:
    log = make_log(durability=durability)
    writing: AuditLog = log.open()
    stop = threading.Event()
    written = [0, 0]

    def run(place: int) -> None:
        while not stop.is_set():
            writing.append(Entry('{"kind":"event","t":1}', ("acme", f"u{place}"), '{"principal":"u"}'))
            written[place] += 1

    threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for one in threads:
        one.start()
    children = 0
    try:
        for _ in range(5):

            def child() -> None:
                for _ in range(10):
                    writing.append(Entry('{"kind":"event","t":2}'))
                writing.close()

            assert forked(child) == 0
            children += 10
    finally:
        stop.set()
        for one in threads:
            one.join(timeout=30)
    writing.close()
    report = log.verify()
    assert report.problems == []
    assert report.records == sum(written) + children
    assert min(written) > 0


OPENS = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute('SELECT COUNT(*) FROM records').fetchone()[0]); c.close()"


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_checkpoint_leaves_sqlite_s_locks_alone(make_log: Any, durability: str) -> None:
    """A process that took itself for the last one would delete the write-ahead log under the others, and records with it."""
    log = make_log(durability=durability, checkpoint_records=2)
    writing = log.open()
    for _ in range(5):
        writing.append(Entry('{"kind":"event","t":1}'))
    wal = log.path.with_name("audit.db-wal")
    assert wal.exists()
    done = subprocess.run([sys.executable, "-c", OPENS, str(log.path)], capture_output=True, check=True, timeout=60)
    assert int(done.stdout) == 5
    assert wal.exists()
    writing.append(Entry('{"kind":"event","t":1}'))
    writing.close()
    assert log.verify().intact


def test_several_threads_share_one_log(log: Any) -> None:
    writing = log.open()

    def run() -> None:
        for _ in range(50):
            writing.append(Entry('{"kind":"event","t":1}'))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    writing.close()
    assert log.verify().records == 400
    assert log.verify().intact
