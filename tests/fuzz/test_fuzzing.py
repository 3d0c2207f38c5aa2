"""A short run of each fuzzer; CONTRIBUTING says how to let them run for longer."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

FUZZER = Path(__file__).parent / "fuzz_redaction.py"

if TYPE_CHECKING:
    from subprocess import CompletedProcess

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed (it has no wheels here)"
)


def fuzz(folder: Path, runs: int, *options: str) -> CompletedProcess[str]:
    limits = (f"-runs={runs}", "-seed=1", "-max_len=256", f"-artifact_prefix={folder}/")
    return subprocess.run(
        [sys.executable, str(FUZZER), *options, *limits], capture_output=True, text=True, timeout=600, check=False
    )


@pytest.mark.slow
def test_the_redaction_scan_neither_crashes_nor_gives_a_wrong_span(tmp_path: Path) -> None:
    done = fuzz(tmp_path, 8_000)
    assert done.returncode == 0, done.stderr[-4000:]
    reports = re.findall(r"(\d+) texts, (\d+) findings", done.stderr)
    print(f"{reports[-1][0]} texts, {reports[-1][1]} findings")
    assert int(reports[-1][0]) >= 8_000
    assert int(reports[-1][1]) > 2_000
    assert list(tmp_path.iterdir()) == []


def test_a_scanner_with_wrong_spans_is_caught(tmp_path: Path) -> None:
    done = fuzz(tmp_path, 20_000, "--broken")
    assert done.returncode != 0
    assert re.search("AssertionError: [A-Z_]+ (lies outside|does not lie)", done.stdout + done.stderr)
    assert [path.name[:6] for path in tmp_path.iterdir()] == ["crash-"]
