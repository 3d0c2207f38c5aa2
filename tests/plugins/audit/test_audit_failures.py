"""What can go wrong underneath: the record is refused or written, never acknowledged and lost."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bartizan import Guard, PluginError
from bartizan_audit import Audit, AuditError, Config
from bartizan_audit._entry import Entry
from bartizan_audit._opening import keys_of, log_of

BODY = '{"kind":"event","t":1}'


def test_a_full_database_refuses_and_goes_on_when_there_is_room(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write(3)
    writing = log.open()
    writing.open()
    with writing._store.writing() as tables:
        tables._execute(f"PRAGMA max_page_count = {log.path.stat().st_size // 4096 + 4}")
    acknowledged = 0
    with pytest.raises(AuditError, match="database or disk is full"):
        for _ in range(1_000):
            writing.append(Entry(json.dumps({"kind": "event", "t": 1, "x": "y" * 2_000})))
            acknowledged += 1
    assert acknowledged > 0
    writing.append(Entry(BODY))  # on a new connection, which has no such limit
    writing.close()
    report = log.verify()
    assert report.intact
    assert report.records == 3 + acknowledged + 1


LIMITED = """
import resource, sys
from pathlib import Path
from bartizan_audit import AuditError, Config
from bartizan_audit._entry import Entry
from bartizan_audit._opening import log_of
log = log_of(Config(path=Path(sys.argv[1]), durability=sys.argv[2]))
log.append(Entry('{"kind":"event","t":1}'))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
done = 1
try:
    for i in range(2_000):
        log.append(Entry('{"kind":"event","t":1,"x":"' + "y" * 1_000 + '"}'))
        done += 1
except AuditError as error:
    print(done)
    sys.stdout.flush()
    import os; os._exit(7)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_limit_on_the_file_s_size_refuses(log: Any, durability: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(log.path), durability], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 7, done.stderr
    report = log.verify()
    assert report.intact
    assert report.records >= int(done.stdout)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_the_checkpoints_stops_the_log_at_the_next_record(log: Any, tmp_path: Path) -> None:
    writing = log_of(log.config.model_copy(update={"checkpoint_records": 5}))
    writing.append(Entry(BODY))
    log.checkpoints.rename(tmp_path / "kept")
    log.checkpoints.symlink_to("/dev/full")
    for _ in range(4):
        writing.append(Entry(BODY))
    with pytest.raises(AuditError, match=r"checkpoint file .* can't be written"):
        writing.append(Entry(BODY))
    log.checkpoints.unlink()
    (tmp_path / "kept").rename(log.checkpoints)
    writing.append(Entry(BODY))
    writing.close()
    report = log.verify()
    assert report.intact
    assert report.records == report.signed == 6


READ_ONLY = """
import os, sys
from pathlib import Path
import bartizan_audit._sqlite
from bartizan_audit import AuditError, Config
from bartizan_audit._entry import Entry
from bartizan_audit._opening import log_of
from bartizan_audit._keys import derive
derive(b"loads what signs", "")
if os.getuid() == 0:
    os.setuid(65534)
try:
    log_of(Config(path=Path(sys.argv[1]), durability="normal", key_env="AUDIT_KEY")).append(Entry('{"kind":"event","t":1}'))
except AuditError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_file_that_can_t_be_written_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "ab" * 32)
    folder = Path(tempfile.mkdtemp())
    try:
        config = Config(path=folder / "audit.db", key_env="AUDIT_KEY")
        writing = log_of(config)
        writing.append(Entry(BODY))
        writing.close()
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(config.path)], capture_output=True, text=True, check=False, timeout=60
        )
        assert "audit log" in done.stdout, done.stderr
        assert "can't be" in done.stdout
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_log_that_another_process_keeps_locked_refuses_after_its_limit(make_log: Any) -> None:
    log = make_log(lock_timeout_s=0.3)
    log.write(2)
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = log.open()
        began = time.monotonic()
        with pytest.raises(AuditError, match="database is locked"):
            writing.append(Entry(BODY))
        assert time.monotonic() - began < 5
        other.execute("ROLLBACK")
        writing.append(Entry(BODY))
    writing.close()
    assert log.verify().records == 3
    assert log.verify().intact


def test_a_clock_that_goes_back_breaks_nothing(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with log.guard() as guard:
        guard.pre_prompt("one")
        monkeypatch.setattr(time, "time_ns", lambda: 5)
        guard.pre_prompt("two")
    report = log.verify()
    assert report.intact
    assert report.records == 2


def test_a_corrupt_page_refuses_and_verify_says_broken(log: Any) -> None:
    log.write(300)
    with log.path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xff" * 4096 * 3)
    assert not log.verify().intact
    writing = log.open()
    before = len(_readable(log.path))
    try:
        writing.append(Entry(BODY))
    except AuditError:
        assert len(_readable(log.path)) <= before
    assert not log.verify().intact


def _readable(path: Path) -> list[Any]:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT n FROM records").fetchall()
    except sqlite3.Error:
        return []


def test_a_failed_record_refuses_the_call(log: Any) -> None:
    guard = log.guard()
    guard.pre_prompt("fine")
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("DROP TABLE records")
    with pytest.raises(PluginError, match="raised AuditError in observe"):
        guard.pre_prompt("not recorded")


def test_with_continue_the_call_goes_on_and_the_gap_is_counted(make_log: Any, caplog: pytest.LogCaptureFixture) -> None:
    log = make_log(on_audit_failure="continue", lock_timeout_s=0.1)
    guard = log.guard()
    guard.pre_prompt("recorded")
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            assert guard.pre_prompt("not recorded").text == "not recorded"
        other.execute("ROLLBACK")
    assert "counted as a gap" in caplog.text
    guard.pre_prompt("recorded again")
    guard.close()
    report = log.verify()
    assert report.problems == []
    assert report.missed == 3
    assert report.gaps == ["before record 2, 3 records could not be written"]
    assert [json.loads(row[1])["kind"] for row in log.rows()] == ["event", "gap", "event"]


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_closed_log_refuses(make_log: Any, durability: str) -> None:
    log = make_log(durability=durability)
    writing = log.open()
    writing.append(Entry(BODY))
    writing.close()
    with pytest.raises(AuditError, match="closed"):
        writing.append(Entry(BODY))
    assert log.verify().records == 1


def test_an_unfinished_line_of_the_checkpoints_is_cut_off_before_the_next(log: Any) -> None:
    log.write(3)
    with log.checkpoints.open("ab") as file:
        file.write(b'{"at":17954')
    assert log.verify().intact
    log.write(3, 3)
    assert log.verify().intact
    assert len(log.checkpoints.read_bytes().splitlines()) == 3


def test_a_lost_key_is_not_replaced_by_a_new_one(log: Any) -> None:
    log.write(3)
    log.config.master_key_file.unlink()
    with pytest.raises(AuditError, match="is gone: without it nothing can be added"):
        log.write(1)
    assert not log.config.master_key_file.exists()


def test_a_new_key_file_has_mode_0600_and_is_told_of(log: Any, caplog: pytest.LogCaptureFixture) -> None:
    log.write(1)
    assert "made a new key for the audit log" in caplog.text
    if os.name == "posix":
        assert log.config.master_key_file.stat().st_mode & 0o777 == 0o600
        assert log.path.stat().st_mode & 0o777 == 0o600
        assert log.checkpoints.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_key_that_everyone_may_read_is_refused(log: Any) -> None:
    log.write(1)
    log.config.master_key_file.chmod(0o644)
    with pytest.raises(AuditError, match="chmod 600"):
        log.write(1)


@pytest.mark.parametrize("key", ["", "abcd", "xy" * 32, "ab" * 33])
def test_what_is_no_key_is_refused(make_log: Any, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("AUDIT_KEY", key)
    with pytest.raises(AuditError) as raised:
        make_log(key_env="AUDIT_KEY").write(1)
    assert not key or key not in str(raised.value)


def test_another_key_opens_nothing(make_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "ab" * 32)
    log = make_log(key_env="AUDIT_KEY")
    log.write(3)
    monkeypatch.setenv("AUDIT_KEY", "cd" * 32)
    assert not log.verify().intact
    with pytest.raises(AuditError, match="holds no checkpoint of it"):
        log.write(1)


def test_without_cryptography_the_sentence_says_what_to_install(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from bartizan import MissingExtra

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'bartizan\[audit\]'"):
        Audit(log.config)


def test_a_checkpoint_comes_by_number_and_by_time(make_log: Any) -> None:
    log = make_log(checkpoint_records=10, checkpoint_s=0.2)
    writing = log.open()
    for _ in range(25):
        writing.append(Entry(BODY))
    signed = [json.loads(line)["n"] for line in log.checkpoints.read_text("ascii").splitlines()]
    assert signed[-1] >= 20
    for _ in range(50):
        signed = [json.loads(line)["n"] for line in log.checkpoints.read_text("ascii").splitlines()]
        if signed[-1] == 25:
            break
        time.sleep(0.1)
    assert signed[-1] == 25
    assert max(b - a for a, b in pairwise(signed)) <= 10
    writing.close()


def test_a_log_that_is_dropped_without_being_closed_is_signed_and_its_thread_ends(make_log: Any) -> None:
    log = make_log(checkpoint_s=0.2)
    writing = log.open()
    writing.append(Entry(BODY))
    thread = writing._thread
    del writing
    for _ in range(100):
        gc.collect()
        if not thread.is_alive():
            break
        time.sleep(0.1)
    assert not thread.is_alive()
    assert log.verify().signed == 1


def test_a_policy_is_checked_without_making_a_log(tmp_path: Path) -> None:
    with Guard.from_dict({"guard": {"plugins": ["audit"]}, "plugins": {"audit": {"path": "logs/audit.db"}}}, base=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
    assert keys_of(Config(path=tmp_path / "a.db"), there=False).chain
