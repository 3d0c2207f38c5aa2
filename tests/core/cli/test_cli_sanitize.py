"""`bartizan sanitize`: the report, the statuses, and what is refused."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Invoke, Run

EMAIL, CARD = PLANTED["EMAIL_ADDRESS"], PLANTED["CREDIT_CARD"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "in.csv"
    file.write_text(f"id,body\n1,{EMAIL}\n2,fine\n3,{CARD}\n", "utf-8")
    return file


@pytest.fixture
def blocking(tmp_path: Path) -> str:
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction']\n[plugins.redaction]\nactions = { CREDIT_CARD = 'block' }\n")
    return str(policy)


def test_the_report_goes_to_stderr_and_the_data_to_the_file(invoke: Invoke, table: Path) -> None:
    out = table.with_name("out.csv")
    result = invoke("sanitize", str(table), "--out", str(out), "--columns", "body")
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_text("utf-8") == "id,body\n1,<EMAIL_ADDRESS>\n2,fine\n3,<CREDIT_CARD>\n"
    lines = [line.split() for line in result.stderr.splitlines()]
    assert ["bartizan:", "body", "EMAIL_ADDRESS", "1", "redacted"] in lines
    assert "3 rows in " in result.stderr
    assert EMAIL not in result.output
    assert "sanitising" not in result.stderr  # the bar is for terminals


def test_json_is_the_whole_report(invoke: Invoke, table: Path) -> None:
    report = table.with_name("report.json")
    result = invoke("sanitize", str(table), "--out", f"{table}.out.csv", "--json", "--report", str(report))
    shown = json.loads(result.stdout)
    assert json.loads(report.read_text("utf-8")) == shown
    assert shown["findings"] == {"body": {"CREDIT_CARD": 1, "EMAIL_ADDRESS": 1}}
    assert {"rows": 3, "bad_rows": 0, "withheld": 0, "workers": 1}.items() <= shown.items()
    assert set(shown) >= {"rows_per_second", "mb_per_second_per_core", "policy", "columns", "resumed_from"}
    assert EMAIL not in result.output


def test_what_the_policy_blocks_is_withheld_dropped_or_refuses(invoke: Invoke, table: Path, blocking: str) -> None:
    out = table.with_name("out.csv")
    result = invoke("sanitize", str(table), "--out", str(out), "--policy", blocking)
    assert result.exit_code == 0
    assert "1 values were withheld" in result.stderr
    assert out.read_text("utf-8").endswith("3,<CREDIT_CARD>\n")
    result = invoke("sanitize", str(table), "--out", str(out), "--policy", blocking, "--on-block", "drop", "--force")
    assert "1 rows left out with them" in result.stderr
    assert out.read_text("utf-8") == "id,body\n1,<EMAIL_ADDRESS>\n2,fine\n"
    refused = table.with_name("refused.csv")
    result = invoke("sanitize", str(table), "--out", str(refused), "--policy", blocking, "--on-block", "refuse")
    assert result.exit_code == 1
    assert "row 3: column 'body' holds CREDIT_CARD, which the policy blocks: nothing is written" in result.stderr
    assert not refused.exists()


def test_malformed_rows_stop_it_or_are_told_by_number(invoke: Invoke, table: Path) -> None:
    with table.open("a", encoding="utf-8") as stream:
        stream.write(f"4,{EMAIL},x\n")
    out = table.with_name("out.csv")
    result = invoke("sanitize", str(table), "--out", str(out))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith(f"bartizan: {table}: row 4 is malformed: it has 3 fields")
    assert not out.exists()
    result = invoke("sanitize", str(table), "--out", str(out), "--on-bad-row", "skip")
    assert result.exit_code == 0
    assert "bartizan: 1 malformed rows were left out: 4\n" in result.stderr
    assert EMAIL not in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["in.csv", "--out", "in.csv"], "--out in.csv is the input"),
        (["in.csv", "--out", "./sub/../in.csv"], "is the input"),
        (["in.csv", "--out", "p.toml"], "--out p.toml is the policy"),
        (["in.csv", "--out", "o.csv", "--report", "in.csv"], "--report in.csv is the input"),
        (["in.csv", "--out", "o.csv", "--report", "o.csv"], "--report o.csv is the output"),
        (["-", "--out", "o.csv"], "standard input and output can't be"),
        (["in.csv", "--out", "-"], "standard input and output can't be"),
        (["in.csv", "--out", "there.csv"], "the output exists"),
        (["no.csv", "--out", "o.csv"], "no.csv: can't be read or written: No such file or directory"),
        (["sub", "--out", "o.csv"], "which is not one of .csv"),
        (["sub", "--out", "o.csv", "--format", "csv"], "sub: can't be read or written: Is a directory"),
        (["in.csv", "--out", "nowhere/o.csv"], "can't be read or written: No such file or directory"),
        (["in.csv", "--out", "o.csv", "--columns", "bdy"], "has no column 'bdy': did you mean 'body'?"),
        (["in.json", "--out", "o.json"], "write one value a line first"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    invoke: Invoke, table: Path, blocking: str, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(table.parent)
    (table.parent / "sub").mkdir()
    (table.parent / "there.csv").write_text("there")
    before = {path: path.read_bytes() for path in table.parent.iterdir() if path.is_file()}
    result = invoke("sanitize", *arguments, "--policy", "p.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert said in line
    assert {path: path.read_bytes() for path in table.parent.iterdir() if path.is_file()} == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a folder that this user can't write to")
def test_a_folder_that_can_t_be_written_to_is_one_sentence(invoke: Invoke, table: Path) -> None:
    closed = table.parent / "closed"
    closed.mkdir(0o500)
    result = invoke("sanitize", str(table), "--out", str(closed / "o.csv"))
    assert result.exit_code == 2
    assert "can't be read or written: Permission denied" in result.stderr


def test_tabs_and_other_options_reach_the_file(invoke: Invoke, tmp_path: Path) -> None:
    file, out = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_bytes(f"1\t'a\t{EMAIL}'\t\xe9\n".encode("latin-1"))
    options = [
        "--format",
        "csv",
        "--delimiter",
        r"\t",
        "--quote-char",
        "'",
        "--encoding",
        "latin-1",
        "--no-header",
        "--no-resume",
    ]
    result = invoke("sanitize", str(file), "--out", str(out), *options, "--workers", "1")
    assert result.exit_code == 0, result.stderr
    assert out.read_bytes() == "1\t'a\t<EMAIL_ADDRESS>'\t\xe9\n".encode("latin-1")


def test_a_progress_bar_is_drawn_on_a_terminal_only(table: Path, environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    import subprocess
    import sys

    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "bartizan", "sanitize", str(table), "--out", f"{table}.out.csv"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=terminal, env={**environment, "TERM": "xterm"}, check=False, timeout=60
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            read = os.read(main, 65_536)
        except OSError:
            break
        if not read:
            break
        shown += read
    os.close(main)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"sanitising" in shown
    assert b"3 rows in" in shown


def test_a_process_ends_with_the_status_and_a_clean_stdout(run: Run, table: Path) -> None:
    done = run("sanitize", str(table), "--out", f"{table}.out.csv", "--workers", "2")
    assert (done.returncode, done.stdout) == (0, b"")
    assert all(line.startswith(b"bartizan: ") for line in done.stderr.splitlines())
