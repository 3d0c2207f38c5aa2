"""The conformance kit as pytest runs it for a plugin's author, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
from pydantic import BaseModel, ConfigDict
from bartizan import Action, Finding, hookimpl
from bartizan.testing import TextPluginConformance

class Shouting:
    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
    def __init__(self, config):
        pass
    @hookimpl
    def pre_prompt(self, prompt):
        return [Finding("SHOUT", Action.{action}, segment=i) for i, one in enumerate(prompt.segments) if "LOUD" in one.text]

class TestShouting(TextPluginConformance):
    plugin = Shouting
    hits = ("so LOUD",)
    misses = ("so quiet",)
"""


def run(folder: Path, action: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_shouting.py").write_text(TESTS.replace("{action}", action), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "-q",
        str(folder),
        "--rootdir",
        str(folder),
    ]
    return subprocess.run(
        [*command, "-c", "/dev/null" if sys.platform != "win32" else "NUL", *options],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


def test_an_author_sees_what_was_covered_and_sets_how_much(tmp_path: Path) -> None:
    done = run(tmp_path, "BLOCK", "--bartizan-rounds", "37")
    assert done.returncode == 0, done.stdout
    assert "bartizan conformance" in done.stdout
    assert "in 37 texts" in done.stdout


def test_without_the_option_each_check_makes_its_own_number(tmp_path: Path) -> None:
    assert "in 100 texts" in run(tmp_path, "REDACT").stdout


def test_a_failure_says_what_is_wrong(tmp_path: Path) -> None:
    done = run(tmp_path, "BLOCK if one.text == one.text.strip() else 7")
    assert done.returncode == 1
    assert "whose action is a int" in done.stdout
