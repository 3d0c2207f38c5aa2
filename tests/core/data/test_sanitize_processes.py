"""Several processes, kills and interruptions: the output is the same bytes whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.doubles import guarded, scanning

from bartizan import Guard, PolicyError
from bartizan.data import DataError, sanitize_file
from bartizan.testing import PLANTED

EMAIL = PLANTED["EMAIL_ADDRESS"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": i, "body": f'row {i} "of" some, text {EMAIL if i % 5 == 0 else "without"}'} for i in range(count)]


def written(folder: Path, kind: str, count: int) -> Path:
    file = folder / f"in.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows(count)), file, row_group_size=max(1, count // 3))
    elif kind == "jsonl":
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows(count)), "utf-8")
    else:
        quoted = ['{id},"{body}"\n'.format(id=row["id"], body=row["body"].replace('"', '""')) for row in rows(count)]
        file.write_text("".join(["id,body\n", *quoted]), "utf-8", newline="")
    return file


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_number_of_workers_does_not_change_the_output(redaction: Guard, tmp_path: Path, kind: str) -> None:
    source = written(tmp_path, kind, 8_000)
    reports = [sanitize_file(source, tmp_path / f"{n}.{kind}", redaction, workers=n) for n in (1, 2)]
    assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
    one, two = (report.as_dict() for report in reports)
    assert (one.pop("workers"), two.pop("workers")) == (1, 2)
    for left_out in ("seconds", "rows_per_second", "mb_per_second_per_core"):
        assert one.pop(left_out) is not None
        assert two.pop(left_out) is not None
    assert one == two
    assert one["findings"] == {"body": {"EMAIL_ADDRESS": 1_600}}


def test_a_caller_s_main_module_is_not_run_again(tmp_path: Path) -> None:
    source = written(tmp_path, "csv", 10)
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom bartizan import Guard\nfrom bartizan.data import sanitize_file\nprint('once')\n"
        "sanitize_file(sys.argv[1], sys.argv[2], Guard(), workers=2)\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(source), str(tmp_path / "out.csv")],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [b"once"], b"")


def test_malformed_rows_have_their_number_whichever_worker_met_them(redaction: Guard, tmp_path: Path) -> None:
    source = written(tmp_path, "csv", 20_000)
    with source.open("a", encoding="utf-8") as stream:
        stream.write("20000,x,y\n20001,ok\n")
    report = sanitize_file(source, tmp_path / "out.csv", redaction, workers=2, on_bad_row="skip")
    assert report.bad_row_numbers == (20_001,)


def test_plugins_given_as_instances_stay_in_this_process(tmp_path: Path) -> None:
    source, guard = written(tmp_path, "csv", 10), guarded(scanning("row", "ROW"))
    with pytest.raises(DataError, match="only this process has"):
        sanitize_file(source, tmp_path / "out.csv", guard, workers=2)
    assert sanitize_file(source, tmp_path / "out.csv", guard).workers == 1


def test_workers_that_would_judge_by_another_policy_refuse(
    redaction: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tmp_path, "csv", 10)
    monkeypatch.setattr("bartizan._policy.build.digest_of", lambda policy, parts: "another")
    with pytest.raises(PolicyError, match="reads another policy"):
        sanitize_file(source, tmp_path / "out.csv", redaction, workers=2)
    assert not (tmp_path / "out.csv").exists()


def test_a_worker_that_is_killed_ends_the_run_in_a_sentence(
    redaction: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tmp_path, "csv", 10)
    monkeypatch.setattr("bartizan.data._pool._COMMAND", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(DataError, match=r"a worker process ended \(signal 9\)"):
        sanitize_file(source, tmp_path / "out.csv", redaction, workers=2)
    assert list(tmp_path.iterdir()) == [source]


@POSIX
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "csv.gz"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_goes_on_where_it_was_and_ends_in_the_same_bytes(
    redaction: Guard, tmp_path: Path, kind: str, workers: int
) -> None:
    source, packed = written(tmp_path, kind.removesuffix(".gz"), 9_000), kind.endswith(".gz")
    whole, out = tmp_path / f"whole.{kind}", tmp_path / f"out.{kind}"
    expected = sanitize_file(source, whole, redaction)
    script = (
        "import os, signal, sys\nfrom bartizan import Guard\nfrom bartizan.data import _files\n_files.COMMIT_EVERY_S = 0\n"
        "def stop(now):\n    global seen\n    seen += 1\n    if seen == 2: os.kill(os.getpid(), int(sys.argv[3]))\nseen = 0\n"
        "guard = Guard.from_dict({'guard': {'plugins': ['redaction']}})\n"
        "_files.sanitize_file(sys.argv[1], sys.argv[2], guard, workers=int(sys.argv[4]), progress=stop)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(source), str(out), str(int(signal.SIGKILL)), str(workers)],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    part = tmp_path / f".out.{kind}.bartizan-part"
    assert not out.exists()
    assert part.stat().st_mode & 0o777 == 0o700
    assert EMAIL.encode() not in b"".join(path.read_bytes() for path in part.iterdir())
    with (part / "data").open("ab") as stream:
        stream.write(b"half a row")
    said: list[str] = []
    report = sanitize_file(source, out, redaction, notify=said.append)
    assert report.resumed_from > 0
    assert f"going on after row {report.resumed_from:,}" in said[0]
    assert report.findings == expected.findings
    assert report.rows == expected.rows
    assert packed or out.read_bytes() == whole.read_bytes()
    assert not part.exists()


@POSIX
@pytest.mark.slow
def test_an_interrupted_run_leaves_nothing_under_the_final_name_and_goes_on(tmp_path: Path) -> None:
    source, out = written(tmp_path, "csv", 60_000), tmp_path / "out.csv"
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction']\n")
    command = [
        sys.executable,
        "-m",
        "bartizan",
        "sanitize",
        str(source),
        "--out",
        str(out),
        "--policy",
        str(policy),
        "--workers",
        "2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        part, began = tmp_path / ".out.csv.bartizan-part" / "data", time.monotonic()
        while (not part.exists() or part.stat().st_size < 300_000) and process.poll() is None and time.monotonic() < began + 40:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.decode().splitlines() == ["bartizan: interrupted: there is no output yet; run the same command again to go on"]
    assert not out.exists()
    again = subprocess.run(command, capture_output=True, check=False, timeout=100)
    assert again.returncode == 0
    assert again.stderr.startswith(b"bartizan: going on after row ")
    assert EMAIL.encode() not in out.read_bytes()
    assert out.read_bytes().count(b"\n") == 60_001


class TestStartingAnew:
    """An unfinished output is taken up only for the same input, policy and options."""

    @pytest.fixture
    def unfinished(self, redaction: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr("bartizan.data._files.COMMIT_EVERY_S", 0)
        source = written(tmp_path, "csv", 9_000)

        def stop(now: Any) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sanitize_file(source, tmp_path / "out.csv", redaction, progress=stop)
        assert (tmp_path / ".out.csv.bartizan-part" / "state.json").exists()
        return source

    def again(self, source: Path, guard: Guard, **options: Any) -> tuple[int, list[str]]:
        said: list[str] = []
        report = sanitize_file(source, source.with_name("out.csv"), guard, notify=said.append, **options)
        assert report.rows == 9_000
        assert not source.with_name(".out.csv.bartizan-part").exists()
        return report.resumed_from, said

    def test_the_same_goes_on(self, unfinished: Path, redaction: Guard) -> None:
        assert self.again(unfinished, redaction)[0] > 0

    @pytest.mark.parametrize("what", ["input", "time", "options", "policy", "state", "data"])
    def test_anything_else_starts_anew_and_says_so(self, unfinished: Path, redaction: Guard, what: str) -> None:
        guard, options = redaction, {}
        part = unfinished.with_name(".out.csv.bartizan-part")
        if what == "input":
            raw = unfinished.read_bytes()
            unfinished.write_bytes(raw[:-3] + b"Z" + raw[-2:])
        elif what == "time":
            os.utime(unfinished, (1, 1))
        elif what == "options":
            options = {"columns": ["body"]}
        elif what == "policy":
            guard = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"style": "mask"}}})
        elif what == "state":
            (part / "state.json").write_bytes(b"{")
        else:
            (part / "data").write_bytes(b"")
        resumed, said = self.again(unfinished, guard, **options)
        assert resumed == 0
        assert said[0].startswith("starting anew: ")
        assert EMAIL.encode() not in unfinished.with_name("out.csv").read_bytes()

    def test_no_resume_starts_anew(self, unfinished: Path, redaction: Guard) -> None:
        assert self.again(unfinished, redaction, resume=False) == (0, [])

    def test_without_resume_an_interrupted_run_leaves_nothing(self, redaction: Guard, tmp_path: Path) -> None:
        source = written(tmp_path, "csv", 100)

        def stop(now: Any) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sanitize_file(source, tmp_path / "out.csv", redaction, progress=stop, resume=False)
        assert list(tmp_path.iterdir()) == [source]

    def test_two_runs_never_write_one_output(self, redaction: Guard, tmp_path: Path) -> None:
        source, out = written(tmp_path, "csv", 10), tmp_path / "out.csv"

        def second(now: Any) -> None:
            with pytest.raises(DataError, match="another run is writing this output"):
                sanitize_file(source, out, redaction)

        assert sanitize_file(source, out, redaction, progress=second).rows == 10


MEMORY = """
import sys
from pathlib import Path
from bartizan import Guard
from bartizan.data import sanitize_file
sanitize_file(sys.argv[1], sys.argv[2], Guard.from_dict({"guard": {"plugins": ["redaction"]}}), workers=1, columns=["id"])
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process alone is told by Linux only")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, kind: str) -> None:
    """Peak resident memory over 4 and over 40 MB. Only a short column is judged, so that it is quick."""
    peaks = []
    body = "some text that is not judged here but read and written " * 12
    for count in (6_000, 60_000):
        (folder := tmp_path / str(count)).mkdir()
        source = folder / f"in.{kind}"
        if kind == "parquet":
            table = pa.table({"id": [str(i) for i in range(count)], "body": [f"{i} {body}" for i in range(count)]})
            pq.write_table(table, source, row_group_size=6_000)
            del table
        else:
            with source.open("w", encoding="utf-8", newline="") as stream:
                stream.write("id,body\n" if kind == "csv" else "")
                stream.writelines(
                    f"{i},{body}\n" if kind == "csv" else f'{{"id": "{i}", "body": "{body}"}}\n' for i in range(count)
                )
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(source), str(folder / f"out.{kind}")],
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr.decode()
        peaks.append(int(done.stdout) / 1024)
    print(f"peak of {kind}: {peaks[0]:.0f} MiB, {peaks[1]:.0f} MiB")
    # The files differ by 36 MB. pyarrow's own pool keeps some 20 MB of pages once it has had several row groups.
    assert peaks[1] < peaks[0] + (32 if kind == "parquet" else 16)
