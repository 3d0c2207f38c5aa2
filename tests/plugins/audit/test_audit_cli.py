"""`bartizan audit`, as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Guard

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
[guard]
plugins = ["validation", "redaction", "audit"]
[plugins.redaction]
actions = { CREDIT_CARD = "block" }
[plugins.audit]
path = "logs/audit.db"
durability = "normal"
timeout_s = 10
"""


def bartizan(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "BARTIZAN_POLICY"}
    return subprocess.run(
        [sys.executable, "-m", "bartizan", "audit", *args],
        capture_output=True, check=False, text=True, timeout=60, env=environment, stdin=subprocess.DEVNULL, **options,
    )  # fmt: skip


@pytest.fixture
def policy(tmp_path: Path) -> str:
    file = tmp_path / "prod.toml"
    file.write_text(POLICY, "utf-8")
    with Guard.from_file(file) as guard:
        for number in range(5):
            _ = guard.pre_prompt(f"card 4111 1111 1111 1111, please, {number}").blocked
        guard.pre_prompt("mail jane@example.com")
    return str(file)


def test_verify_by_policy_or_by_file(policy: str, tmp_path: Path) -> None:
    for args in (["--policy", policy], [str(tmp_path / "logs" / "audit.db")]):
        done = bartizan("verify", *args)
        assert done.returncode == 0, done.stderr
        assert "intact" in done.stdout
        assert "6 records, numbers 1 to 6, signed up to 6" in done.stdout
    done = bartizan("verify", "--policy", policy, "--json")
    assert json.loads(done.stdout)["intact"] is True


def test_verify_says_where_a_log_is_broken(policy: str, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "logs" / "audit.db")) as connection, connection:
        connection.execute("UPDATE records SET body = replace(body, 'block', 'note') WHERE n = 4")
    done = bartizan("verify", "--policy", policy)
    assert done.returncode == 1
    assert "record 4 was changed" in done.stdout
    done = bartizan("verify", "--policy", policy, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["intact"] is False


@pytest.mark.parametrize(
    ("lost", "why"),
    [("audit.db.key", "key file"), ("audit.db.checkpoints", "nobody can tell")],
)
def test_verify_says_when_it_can_t_tell(policy: str, tmp_path: Path, lost: str, why: str) -> None:
    (tmp_path / "logs" / lost).unlink()
    done = bartizan("verify", "--policy", policy)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_that_is_gone_is_broken_if_its_checkpoints_are_there(policy: str, tmp_path: Path) -> None:
    (tmp_path / "logs" / "audit.db").unlink()
    done = bartizan("verify", "--policy", policy)
    assert (done.returncode, "it held 6 records" in done.stdout) == (1, True)
    assert bartizan("tail", "--policy", policy).returncode == 2
    (tmp_path / "logs" / "audit.db.checkpoints").unlink()
    done = bartizan("verify", "--policy", policy)
    assert (done.returncode, "there is no audit log at" in done.stderr) == (2, True)


def test_a_damaged_file_is_broken_not_unknown(policy: str, tmp_path: Path) -> None:
    (tmp_path / "logs" / "audit.db").write_bytes(b"this is no database" * 300)
    done = bartizan("verify", "--policy", policy)
    assert done.returncode == 1, done.stderr
    assert "BROKEN" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a pipe of the shell")
def test_tail_follows_into_a_reader_that_stops(policy: str) -> None:
    began = time.monotonic()
    command = f'"{sys.executable}" -m bartizan audit tail -f --policy "$1" --label CREDIT_CARD --json | head -n 3'
    done = subprocess.run(["sh", "-c", command, "sh", policy], capture_output=True, text=True, timeout=60, check=False)  # noqa: S607  # sh, from the PATH
    assert time.monotonic() - began < 30
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["n"] for one in records] == [1, 2, 3]
    assert all(one["findings"][0]["label"] == "CREDIT_CARD" for one in records)
    assert done.stderr == ""


def test_tail_shows_a_line_a_record_and_filters(policy: str) -> None:
    done = bartizan("tail", "--policy", policy)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6
    assert "EMAIL_ADDRESS" in done.stdout.splitlines()[-1]
    assert "jane" not in done.stdout
    assert len(bartizan("tail", "--policy", policy, "--refused", "-n", "2").stdout.splitlines()) == 2
    assert bartizan("tail", "--policy", policy, "--since", "2126-01-01").stdout == ""
    assert bartizan("tail", "--policy", policy, "--principal", "nobody").stdout == ""
    done = bartizan("tail", "--policy", policy, "--since", "yesterday")
    assert (done.returncode, "is no time" in done.stderr) == (2, True)


def test_export_writes_whole_files_by_their_ending(policy: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert bartizan("export", "--policy", policy, "--out", str(out)).returncode == 0
    assert len(out.read_text("ascii").splitlines()) == 6
    assert bartizan("export", "--policy", policy, "--out", str(tmp_path / "out.parquet")).returncode == 0
    done = bartizan("export", "--policy", policy, "--out", str(tmp_path / "out.csv"))
    assert (done.returncode, "neither .jsonl nor .parquet" in done.stderr) == (2, True)
    done = bartizan("export", "--policy", policy, "--out", str(tmp_path / "no" / "out.jsonl"))
    assert (done.returncode, "can't be written" in done.stderr) == (2, True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["logs", "out.jsonl", "out.parquet", "prod.toml"]


def test_prune_and_forget(policy: str) -> None:
    done = bartizan("prune", "--policy", policy, "--before", "1d")
    assert (done.returncode, done.stdout) == (0, "0 records deleted\n")
    done = bartizan("prune", "--policy", policy, "--before", "2126-01-01T00:00:00Z")
    assert (done.returncode, done.stdout) == (0, "6 records deleted, up to number 6\n")
    assert bartizan("forget", "--policy", policy, "--subject", "alice").returncode == 1
    done = bartizan("verify", "--policy", policy)
    assert done.returncode == 0
    assert "pruned up to 6" in done.stdout


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "name the log as an argument, or the policy"),
        (("a.db", "--policy", "b.toml"), "name one"),
        (("--policy", "b.toml", "--key-file", "k"), "go with a LOG"),
        (("--policy", "missing.toml"), "missing.toml"),
    ],
)
def test_what_is_not_clear_is_refused(args: tuple[str, ...], why: str, tmp_path: Path) -> None:
    done = bartizan("verify", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert why in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_policy_without_an_audit_log_says_so(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[guard]\nplugins = ["validation"]\n', "utf-8")
    done = bartizan("verify", "--policy", str(file))
    assert (done.returncode, "has no table [plugins.audit]" in done.stderr) == (2, True)
