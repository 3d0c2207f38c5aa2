from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Invoke


def test_it_writes_a_distribution_whose_own_tests_pass(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("new-plugin", "office-hours", "--into", str(tmp_path))
    assert done.exit_code == 0, done.stderr
    root = tmp_path / "bartizan-office-hours"
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert files == {
        "README.md",
        "pyproject.toml",
        "src/bartizan_office_hours/__init__.py",
        "src/bartizan_office_hours/py.typed",
        "tests/test_bartizan_office_hours.py",
    }
    assert sorted(line.removeprefix("wrote ") for line in done.stdout.splitlines() if line.startswith("wrote ")) == sorted(
        str(root / name) for name in files
    )
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "bartizan-office-hours"
    assert project["entry-points"]["bartizan"] == {"office_hours": "bartizan_office_hours:OfficeHours"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "TestConformance" in ran.stdout


def test_no_trace_of_the_template_s_name_is_left_in_names(invoke: Invoke, tmp_path: Path) -> None:
    invoke("new-plugin", "bartizan-tickets", "--into", str(tmp_path))
    root = tmp_path / "bartizan-tickets"
    texts = "\n".join(path.read_text("utf-8") + path.name for path in root.rglob("*") if path.is_file())
    assert not [form for form in ("banned_topics", "banned-topics", "BannedTopics") if form in texts]
    assert "class Tickets" in texts


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Office", "lower-case letters"),
        ("office hours", "lower-case letters"),
        ("../evil", "lower-case letters"),
        ("-x", "lower-case letters"),
        ("a" * 51, "at most 50"),
        ("class", "a word of Python's own"),
        ("match", "a word of Python's own"),
        ("redaction", "is installed already"),
    ],
)
def test_a_name_that_can_t_be_used_is_refused_and_nothing_is_written(
    invoke: Invoke, tmp_path: Path, name: str, reason: str
) -> None:
    done = invoke("new-plugin", "--into", str(tmp_path), "--", name)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays_as_it_is(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "bartizan-office-hours").mkdir()
    (tmp_path / "bartizan-office-hours" / "mine.txt").write_text("mine")
    done = invoke("new-plugin", "office-hours", "--into", str(tmp_path))
    assert done.exit_code == 2
    assert "is there already" in done.stderr
    assert [path.name for path in (tmp_path / "bartizan-office-hours").iterdir()] == ["mine.txt"]


def test_a_folder_that_is_not_there_is_not_made(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("new-plugin", "office-hours", "--into", str(tmp_path / "nowhere"))
    assert done.exit_code == 2
    assert "is not a folder" in done.stderr


def test_a_failure_half_way_leaves_nothing(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path as Real

    written = Real.write_text

    def full(self: Real, *args: object, **options: object) -> int:
        if self.name == "py.typed":
            raise OSError(28, "No space left on device")
        return written(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Real, "write_text", full)
    done = invoke("new-plugin", "office-hours", "--into", str(tmp_path))
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert list(tmp_path.iterdir()) == []
