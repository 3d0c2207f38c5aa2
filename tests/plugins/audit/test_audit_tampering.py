"""Each attack edits the file for real. The attacker can write every file, but has not the key; and knows the format."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bartizan_audit import AuditError, AuditUnreadable
from bartizan_audit._chain import link
from bartizan_audit._checkpoints import read
from bartizan_audit._opening import keys_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Rows = list[tuple[Any, ...]]


def bare_chain(rows: Rows) -> list[bytes]:
    """What a log with a plain hash chain would hold for these records: anyone can compute it."""
    out, before = [], bytes(32)
    for n, body, subject, sealed, _ in rows:
        before = hashlib.sha256(before + struct.pack(">Q", n) + body.encode() + (subject or b"") + (sealed or b"")).digest()
        out.append(before)
    return out


def bare_verify(rows: Rows, chain: list[bytes]) -> bool:
    return bare_chain(rows) == chain and [row[0] for row in rows] == list(range(1, len(rows) + 1))


def unkeyed(rows: Rows) -> Rows:
    """A whole history rewritten in this log's own format, with a key of the attacker's."""
    out, before = [], bytes(32)
    for n, (_, body, subject, sealed, _) in enumerate(rows, 1):
        before = link(b"guess", before, n, body, subject, sealed)
        out.append((n, body, subject, sealed, before))
    return out


def replace(connection: sqlite3.Connection, rows: Rows) -> None:
    connection.execute("DELETE FROM records")
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)


def edit_row(rows: Rows) -> Rows:
    n, body, *rest = rows[4]
    return [*rows[:4], (n, body.replace('"x":4', '"x":5'), *rest), *rows[5:]]


def delete_row(rows: Rows) -> Rows:
    return [(n, *row[1:]) for n, row in enumerate([*rows[:4], *rows[5:]], 1)]


def insert_row(rows: Rows) -> Rows:
    return [(n, *row[1:]) for n, row in enumerate([*rows[:4], rows[7], *rows[4:]], 1)]


def reorder(rows: Rows) -> Rows:
    swapped = [*rows[:3], rows[4], rows[3], *rows[5:]]
    return [(n, *row[1:]) for n, row in enumerate(swapped, 1)]


def cut_tail(rows: Rows) -> Rows:
    return rows[:-3]


ATTACKS = [edit_row, delete_row, insert_row, reorder, cut_tail]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
def test_an_edited_history_is_found_where_a_bare_chain_sees_nothing(log: Any, attack: Callable[[Rows], Rows]) -> None:
    log.write(10)
    assert log.verify().intact
    edited = attack(log.rows())
    with log.edit() as connection:
        replace(connection, edited)
    report = log.verify()
    assert not report.intact
    where = {"cut_tail": "ends at record 7, but record 10", "reorder": "record 4 was", "delete_row": "record 5 was"}
    assert any(where.get(attack.__name__, "record 5 was") in problem for problem in report.problems), report.problems
    assert bare_verify(edited, bare_chain(edited))  # recomputed, as the attacker would: nothing to be seen


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
def test_a_history_rewritten_with_another_key_is_found(log: Any, attack: Callable[[Rows], Rows]) -> None:
    log.write(10)
    with log.edit() as connection:
        replace(connection, unkeyed(attack(log.rows())))
    report = log.verify()
    assert any("record 1 was changed" in problem for problem in report.problems)


def test_without_checkpoints_a_keyed_chain_would_not_notice_a_cut_tail(log: Any) -> None:
    log.write(10)
    with log.edit() as connection:
        connection.execute("DELETE FROM records WHERE n > 7")
    lines = log.checkpoints.read_bytes().splitlines(keepends=True)
    assert len(lines) == 2  # of the beginning and of the end
    log.checkpoints.write_bytes(lines[0])
    assert log.verify().intact  # nothing but the last checkpoint told
    log.checkpoints.write_bytes(b"".join(lines))
    assert not log.verify().intact


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE records SET n = 40 WHERE n = 4", "record 4 is missing"),
        ("UPDATE records SET body = body || ' ' WHERE n = 4", "record 4"),
        ("UPDATE records SET body = CAST(body AS BLOB) WHERE n = 4", "record 4"),
        ("UPDATE records SET subject = randomblob(16) WHERE n = 4", "record 4"),
        ("UPDATE records SET subject = NULL WHERE n = 4", "record 4"),
        ("UPDATE records SET subject = (SELECT subject FROM records WHERE n = 5) WHERE n = 4", "record 4"),
        ("UPDATE records SET sealed = randomblob(40) WHERE n = 4", "record 4"),
        ("UPDATE records SET sealed = NULL, subject = NULL WHERE n = 4", "record 4"),
        ("UPDATE records SET mac = randomblob(32) WHERE n = 4", "record 4"),
        ("UPDATE records SET mac = CAST(mac AS TEXT) WHERE n = 4", "record 4"),
        ("DELETE FROM records WHERE n = 4", "record 4 is missing"),
        ("DELETE FROM records WHERE n < 4", "records 1 to 3 are missing"),
        ("DELETE FROM records", "ends at record 0"),
        ("INSERT INTO records SELECT 11, body, subject, sealed, mac FROM records WHERE n = 10", "record 11"),
        ("INSERT INTO records SELECT -1, body, subject, sealed, mac FROM records WHERE n = 10", "numbered -1"),
        ("UPDATE subjects SET lookup = randomblob(32) WHERE ref = (SELECT subject FROM records WHERE n = 4)", "key of subject"),
        ("UPDATE subjects SET key = randomblob(60) WHERE ref = (SELECT subject FROM records WHERE n = 4)", "key of subject"),
        ("UPDATE subjects SET ref = randomblob(16) WHERE ref = (SELECT subject FROM records WHERE n = 4)", "key of subject"),
        ("DELETE FROM subjects WHERE ref = (SELECT subject FROM records WHERE n = 4)", "no record says that it was forgotten"),
        ("INSERT INTO subjects VALUES (randomblob(16), randomblob(32), randomblob(60))", "key of subject"),
        ("UPDATE log SET id = randomblob(16)", "another log"),
        ("UPDATE log SET version = 2", "which log this is"),
        ("INSERT INTO log SELECT version, randomblob(16) FROM log", "which log this is"),
        ("DELETE FROM log", "which log this is"),
        ("INSERT INTO tombstones SELECT 3, mac, 0, randomblob(64) FROM records WHERE n = 3", "tombstone"),
    ],
)
def test_every_stored_column_counts(log: Any, statement: str, where: str) -> None:
    log.write(10)
    with log.edit() as connection:
        assert connection.execute(statement).rowcount
    report = log.verify()
    assert any(where in problem for problem in report.problems), report.problems


def test_records_cut_off_behind_a_forged_tombstone_are_missed(log: Any) -> None:
    log.write(10)
    with log.edit() as connection:
        connection.execute("INSERT INTO tombstones SELECT n, mac, 5, randomblob(64) FROM records WHERE n = 6")
        connection.execute("DELETE FROM records WHERE n <= 6")
    assert any("tombstone" in problem for problem in log.verify().problems)


def test_an_old_copy_put_in_the_place_of_the_log_is_found_and_not_continued(log: Any, tmp_path: Path) -> None:
    log.write(5)
    old = tmp_path / "old.db"
    shutil.copy(log.path, old)
    log.write(5, 5)
    assert log.verify().intact
    shutil.copy(old, log.path)
    assert any("ends at record 5, but record 10 was signed" in problem for problem in log.verify().problems)
    rows = log.rows()
    assert bare_verify(rows, bare_chain(rows))  # it is a log that once was right
    with pytest.raises(AuditError, match="cut or rolled back"):
        log.write(1)


def test_a_deleted_log_is_not_begun_anew_in_silence(log: Any) -> None:
    log.write(5)
    log.path.unlink()
    with pytest.raises(AuditError, match="gone, but its checkpoints"):
        log.write(1)
    assert not log.path.exists()
    assert log.verify().problems == ["the log is gone, though its checkpoints say that it held 5 records"]
    log.checkpoints.unlink()
    with pytest.raises(AuditUnreadable, match="nobody can tell"):
        log.verify()


def test_swapped_logs_are_found_even_under_one_key(make_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "ab" * 32)
    one, two = make_log("one", key_env="AUDIT_KEY"), make_log("two", key_env="AUDIT_KEY")
    one.write(5)
    two.write(5)
    kept = one.path.read_bytes()
    shutil.copy(two.path, one.path)
    two.path.write_bytes(kept)
    for swapped in (one, two):
        assert any("another log" in problem for problem in swapped.verify().problems)
        with pytest.raises(AuditError, match="one of the two was replaced"):
            swapped.write(1)


def test_logs_and_checkpoints_swapped_together_are_found_by_their_names(make_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "ab" * 32)
    one, two = make_log("one", key_env="AUDIT_KEY", name="one"), make_log("two", key_env="AUDIT_KEY", name="two")
    one.write(5)
    two.write(6)
    shutil.copy(two.path, one.path)
    shutil.copy(two.checkpoints, one.checkpoints)
    assert not one.verify().intact


def test_records_of_another_log_under_the_same_key_don_t_fit(make_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_KEY", "ab" * 32)
    one, two = make_log("one", key_env="AUDIT_KEY"), make_log("two", key_env="AUDIT_KEY")
    one.write(5)
    two.write(8)
    with one.edit() as connection:
        connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", two.rows()[5:])
        with closing(sqlite3.connect(two.path)) as other:
            connection.executemany(
                "INSERT OR IGNORE INTO subjects VALUES (?, ?, ?)", other.execute("SELECT * FROM subjects").fetchall()
            )
    assert any("record 6 was" in problem for problem in one.verify().problems)


def test_a_changed_checkpoint_is_found_whatever_was_changed(log: Any) -> None:
    log.write(5)
    whole, public = log.checkpoints.read_bytes(), keys_of(log.config, there=True).public
    before = read(log.checkpoints, public)
    missed = []
    for bit in range(0, 8 * (len(whole) - 1), 5):  # without its end, the last line is taken for one that a power cut left
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        log.checkpoints.write_bytes(changed)
        if not read(log.checkpoints, public).damaged:
            missed.append(bit)
    assert before.damaged == ()
    assert missed == []


def test_deleting_checkpoints_is_no_way_out(log: Any) -> None:
    log.write(5)
    log.checkpoints.write_bytes(b"")
    assert any("holds no checkpoint of this log" in problem for problem in log.verify().problems)
    log.checkpoints.unlink()
    with pytest.raises(AuditUnreadable, match="nobody can tell whether the log's end was cut off"):
        log.verify()


def test_a_log_cut_or_rewritten_while_in_use_is_not_continued(log: Any) -> None:
    writing = log.open()
    for i in range(5):
        writing.append(entry(i))
    with log.edit() as connection:
        connection.execute("DELETE FROM records WHERE n > 3")
    with pytest.raises(AuditError, match="ends at record 3, but this process saw record 5"):
        writing.append(entry(5))


def test_a_record_replaced_while_in_use_stops_the_log(log: Any) -> None:
    writing = log.open()
    for i in range(5):
        writing.append(entry(i))
    with log.edit() as connection:
        connection.execute("UPDATE records SET mac = randomblob(32) WHERE n = 5")
    with pytest.raises(AuditError, match="record 5 is not what this process saw"):
        writing.append(entry(5))


def entry(i: int) -> Any:
    from bartizan_audit._entry import Entry

    return Entry(f'{{"kind":"event","t":{i}}}')


def stored(path: Path) -> Any:
    """All that is stored, as SQLite reads it; None where it can't."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.text_factory = bytes
            return [
                connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608 (names of tables)
                for table in ("log", "records", "subjects", "tombstones")
            ]
    except (sqlite3.Error, UnicodeDecodeError):
        return None


@pytest.mark.parametrize("step", [int(os.environ.get("BARTIZAN_FLIP_STEP", "29"))])
def test_every_flip_of_a_bit_that_changes_what_is_stored_is_found(log: Any, step: int) -> None:
    """Every bit with BARTIZAN_FLIP_STEP=1 (some 25 minutes); a prime step takes a sample all over the file."""
    log.write(4)
    with log.edit() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM")
    whole, before = log.path.read_bytes(), stored(log.path)
    changed = missed = 0
    for bit in range(0, len(whole) * 8, step):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        log.path.write_bytes(flipped)
        after = stored(log.path)
        if after == before:
            continue
        changed += 1
        try:
            missed += log.verify().intact
        except AuditUnreadable:
            missed += after is not None  # what can be read must be judged
    print(f"{changed} flips changed what is stored, {missed} were missed")
    assert changed > 200
    assert missed == 0
