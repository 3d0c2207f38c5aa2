"""LangChain's own standard tests pass for a guarded model exactly where they pass for the plain one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

HERE = Path(__file__).parent
SETTINGS = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
"""The suite is run with its own settings: its asynchronous tests carry no marks, and its warnings are not ours."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Class → test → passed, failed or skipped."""
    where = tmp_path_factory.mktemp("standard")
    shutil.copy(HERE / "standard_suite.py", where / "test_standard.py")
    (where / "pytest.ini").write_text(SETTINGS, "utf-8")
    command = ["-m", "pytest", "test_standard.py", "-q", "-p", "no:cacheprovider", "--benchmark-disable", "--junitxml=out.xml"]
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, check=False, cwd=where, stdin=subprocess.DEVNULL, text=True, timeout=300
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(where / "out.xml").iter("testcase"):  # noqa: S314 (written by the process above)
        outcome = next((one.tag for one in case if one.tag in {"failure", "error", "skipped"}), "passed")
        found.setdefault(case.get("classname", "").rpartition(".")[2], {})[case.get("name", "")] = outcome
    return found


@pytest.mark.parametrize("kind", ["Unit", "Integration"])
def test_the_guarded_model_passes_what_the_plain_one_passes(kind: str, outcomes: dict[str, dict[str, str]]) -> None:
    plain, guarded = outcomes[f"Test{kind}Plain"], outcomes[f"Test{kind}Guarded"]
    passed = sorted(name for name, outcome in plain.items() if outcome == "passed")
    print(f"{kind}: {len(passed)} of {len(plain)} pass")
    assert guarded == plain
    assert not {"failure", "error"} & set(plain.values())
    assert len(passed) >= {"Unit": 9, "Integration": 45}[kind]
    assert {name for name, outcome in plain.items() if outcome == "skipped"} <= {"test_serdes", "test_stream_time"}
