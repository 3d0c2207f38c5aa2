"""Pruning and forgetting leave a log that verifies and says what was done; exports are of one moment."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from bartizan_audit import AuditError
from bartizan_audit._tools import Tools


def everything(log: Any) -> bytes:
    return b"".join(file.read_bytes() for file in log.path.parent.iterdir())


def records(log: Any) -> list[dict[str, Any]]:
    (found,) = Tools(log.config).tail({}, 10_000, follow=False, go_on=lambda _: False)
    return list(found)


def test_pruning_leaves_a_signed_tombstone_and_a_log_that_verifies(log: Any) -> None:
    log.write(20)
    assert Tools(log.config).prune(8) == (8, 8)
    report = log.verify()
    assert report.problems == []
    assert (report.first, report.last, report.pruned, report.records) == (9, 21, 8, 13)
    assert (records(log)[-1]["kind"], records(log)[-1]["through"], records(log)[-1]["count"]) == ("prune", 8, 8)
    log.write(3, 20)
    assert Tools(log.config).prune(15) == (7, 15)
    report = log.verify()
    assert report.problems == []
    assert (report.first, report.pruned) == (16, 15)


def test_all_may_be_pruned(log: Any) -> None:
    log.write(5)
    assert Tools(log.config).prune(1_000) == (5, 5)
    assert log.verify().problems == []
    assert [one["kind"] for one in records(log)] == ["prune"]
    log.write(2)
    assert log.verify().records == 3
    assert log.verify().intact


def test_nothing_old_means_nothing_done(log: Any) -> None:
    log.write(5)
    before = log.rows()
    assert Tools(log.config).prune(0)[0] == 0
    assert log.rows() == before


def test_a_log_in_use_may_be_pruned(log: Any) -> None:
    writing = log.open()
    from bartizan_audit._entry import Entry

    for i in range(10):
        writing.append(Entry(f'{{"kind":"event","t":{i}}}'))
    assert Tools(log.config).prune(6)[0] == 6
    for i in range(10, 20):
        writing.append(Entry(f'{{"kind":"event","t":{i}}}'))
    writing.close()
    assert log.verify().problems == []


def test_more_deleted_than_the_tombstone_says_is_missed(log: Any) -> None:
    log.write(20)
    Tools(log.config).prune(8)
    with log.edit() as connection:
        connection.execute("DELETE FROM records WHERE n = 9")
    assert any("record 9 is missing" in problem for problem in log.verify().problems)


def test_pruned_records_that_are_put_back_are_found(log: Any) -> None:
    log.write(20)
    with log.edit() as connection:
        kept = connection.execute("SELECT * FROM records WHERE n <= 8").fetchall()
    Tools(log.config).prune(8)
    with log.edit() as connection:
        connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", kept)
        connection.execute("DELETE FROM tombstones")
    assert any("up to 8 are back" in problem for problem in log.verify().problems)


@pytest.mark.parametrize(
    "change",
    [
        "body = 'no JSON'",
        "body = '[]'",
        "body = CAST(body AS BLOB)",
        "body = '{}'",
        """body = '{"t":1,"kind":"event","runs":[1]}'""",
    ],
)
def test_readers_go_on_past_a_damaged_record(log: Any, change: str) -> None:
    log.write(3)
    with log.edit() as connection:
        connection.execute(f"UPDATE records SET {change} WHERE n = 2")  # noqa: S608 (one of the above)
    assert [one["kind"] for one in records(log)] == ["event", "damaged", "event"]
    assert not log.verify().intact


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tombstones SET through = 9",
        "UPDATE tombstones SET mac = randomblob(32)",
        "UPDATE tombstones SET at = at + 1",
        "UPDATE tombstones SET signature = randomblob(64)",
        "DELETE FROM tombstones",
        "UPDATE tombstones SET mac = 5",
    ],
)
def test_a_changed_tombstone_is_found(log: Any, statement: str) -> None:
    log.write(20)
    Tools(log.config).prune(8)
    with log.edit() as connection:
        connection.execute(statement)
    assert not log.verify().intact


def test_a_log_that_does_not_verify_is_not_pruned(log: Any) -> None:
    log.write(20)
    with log.edit() as connection:
        connection.execute("UPDATE records SET body = body || ' ' WHERE n = 3")
    with pytest.raises(AuditError, match="does not verify, so nothing was pruned"):
        Tools(log.config).prune(8)
    assert len(log.rows()) == 20


def test_pruned_records_are_gone_from_the_files(log: Any) -> None:
    from bartizan_audit._entry import Entry

    writing = log.open()
    for i in range(10):
        writing.append(Entry(f'{{"kind":"event","t":{i},"x":"marked {i}"}}'))
    writing.close()
    assert b"marked 3" in everything(log)
    Tools(log.config).prune(6)
    assert b"marked 3" not in everything(log)
    assert b"marked 7" in everything(log)


def test_the_keys_of_subjects_without_records_are_pruned_too(log: Any) -> None:
    log.write(1)  # user 0
    log.write(2, 1)  # users 1 and 2
    Tools(log.config).prune(1)
    with log.edit() as connection:
        assert connection.execute("SELECT COUNT(*) FROM subjects").fetchone() == (2,)
    assert log.verify().intact


def test_a_forgotten_subject_can_t_be_tied_to_records_and_the_log_verifies(log: Any) -> None:
    log.write(9)
    with log.edit() as connection:
        keys = [row[0] for row in connection.execute("SELECT key FROM subjects")]
    tools = Tools(log.config)
    assert tools.forget("user 1", "acme")
    report = log.verify()
    assert report.problems == []
    assert report.forgotten == 1
    found = records(log)
    assert [one.get("principal", "forgotten") for one in found if one["kind"] == "event"] == ["user 0", "forgotten", "user 2"] * 3
    assert sum(key in everything(log) for key in keys) == 2  # deleted for good, from the write-ahead log too
    assert not tools.forget("user 1", "acme")
    assert not tools.forget("user 0", "other")
    assert not tools.forget("user 0", None)


def test_who_comes_back_after_being_forgotten_is_somebody_new(log: Any) -> None:
    from bartizan_audit._entry import Entry

    writing = log.open()
    for i in range(2):
        writing.append(Entry(f'{{"kind":"event","t":{i}}}', ("acme", "alice"), '{"principal":"alice"}'))
    assert Tools(log.config).forget("alice", "acme")  # by another process, as it were
    writing.append(Entry('{"kind":"event","t":3}', ("acme", "alice"), '{"principal":"alice"}'))
    writing.close()
    found = [one for one in records(log) if one["kind"] == "event"]
    assert [one.get("principal") for one in found] == [None, None, "alice"]
    assert found[0]["subject"] == found[1]["subject"] != found[2]["subject"]
    assert log.verify().problems == []


def test_a_forgotten_key_that_is_put_back_is_found(log: Any) -> None:
    log.write(3)
    with log.edit() as connection:
        kept = connection.execute("SELECT * FROM subjects").fetchall()
    Tools(log.config).forget("user 1", "acme")
    with log.edit() as connection:
        connection.executemany("INSERT OR IGNORE INTO subjects VALUES (?, ?, ?)", kept)
    assert any("is back, though it was forgotten" in problem for problem in log.verify().problems)


def test_exports_hold_the_wanted_records_of_one_moment(log: Any) -> None:
    log.write(6)
    out = io.BytesIO()
    assert Tools(log.config).export({"principal": "user 1"}, "jsonl", out) == 2
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["n"], one["principal"]) for one in lines] == [(2, "user 1"), (5, "user 1")]


def test_an_export_does_not_see_what_is_written_meanwhile(log: Any) -> None:
    log.write(2)

    class Slow(io.BytesIO):
        def write(self, data: Any) -> int:
            if not self.getvalue():
                log.write(3, 2)
            return super().write(data)

    out = Slow()
    assert Tools(log.config).export({}, "jsonl", out) == 2
    assert log.verify().records == 5


def test_parquet_holds_the_same_as_json_lines(make_log: Any) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    log = make_log(text="redacted")
    with log.guard() as guard:
        guard.pre_prompt("mail jane@example.com", model="small")
        guard.is_allowed("query")
    Tools(log.config).prune(1)
    lines, table = io.BytesIO(), io.BytesIO()
    tools = Tools(log.config)
    assert tools.export({}, "jsonl", lines) == tools.export({}, "parquet", table)
    table.seek(0)
    rows = parquet.read_table(table).to_pylist()
    for row, line in zip(rows, map(json.loads, lines.getvalue().splitlines()), strict=True):
        more = json.loads(row.pop("more") or "{}")
        told = {
            name: value for name, value in {**row, **more}.items() if value is not None and name not in {"enforced", "forgotten"}
        }
        assert told == line


def test_following_gives_what_comes_and_stops_when_nobody_reads(log: Any) -> None:
    log.write(3)
    turns = []

    def go_on(seconds: float) -> bool:
        turns.append(seconds)
        if len(turns) == 1:
            log.write(2, 3)
        return len(turns) < 4

    found = [[one["n"] for one in page] for page in Tools(log.config).tail({}, 2, follow=True, go_on=go_on)]
    assert found == [[2, 3], [4, 5]]
