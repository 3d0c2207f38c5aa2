"""Every ```python block of the README, the docs and the cookbook runs as a program of its own, warnings being errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "cookbook").rglob("*.md"))]
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```", re.DOTALL | re.MULTILINE)


def blocks(text: str, *languages: str) -> list[str]:
    """The code of each fenced block in one of the languages, without the indentation of the list it may stand in."""
    return [textwrap.dedent(match["code"]) for match in BLOCK.finditer(text) if match["language"] in languages]


def cases(*languages: str) -> list[object]:
    return [
        pytest.param(code, id=f"{page.relative_to(ROOT).as_posix()}-{number}")
        for page in PAGES
        if page.is_file()  # a missing README fails below, not while tests are collected
        for number, code in enumerate(blocks(page.read_text("utf-8"), *languages), 1)
    ]


@pytest.mark.parametrize("code", cases("python", "py"))
def test_a_python_block_runs_as_it_stands(code: str, tmp_path: Path) -> None:
    script = tmp_path / "snippet.py"
    script.write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


def test_every_toml_block_is_toml() -> None:
    for page in PAGES:
        for code in blocks(page.read_text("utf-8"), "toml"):
            assert tomllib.loads(code), page.name


def test_the_readme_shows_the_thing_working() -> None:
    assert blocks((ROOT / "README.md").read_text("utf-8"), "python")


def test_blocks_are_found_in_lists_and_told_apart_by_language() -> None:
    page = "text\n```python\na = 1\n```\n1. item\n   ```python title\n   if a:\n       b\n   ```\n```sh\nls\n```\n"
    assert blocks(page, "python") == ["a = 1\n", "if a:\n    b\n"]
    assert blocks(page, "sh") == ["ls\n"]
