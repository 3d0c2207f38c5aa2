from __future__ import annotations

import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path


def commands_in(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if "check.py" in line and "-m venv" in line]


def test_the_ci_runs_the_readme_s_test_command_word_for_word(repository: Path) -> None:
    commands = commands_in((repository / ".ci" / "run").read_text("utf-8"))
    assert len(commands) == 1
    assert commands_in((repository / "README.md").read_text("utf-8")) == commands


def test_the_test_command_stands_alone_on_a_fresh_clone(repository: Path) -> None:
    (command,) = commands_in((repository / ".ci" / "run").read_text("utf-8"))
    make, install, check = command.split(" && ")
    assert make == "python3.11 -m venv .venv"
    assert install.startswith(".venv/bin/pip install ")
    assert "-c constraints.txt" in install
    assert install.endswith('-e ".[all,dev]"')
    assert check == ".venv/bin/python check.py"


def test_the_ci_s_script_is_valid_bash(repository: Path) -> None:
    done = subprocess.run(["bash", "-n", ".ci/run"], capture_output=True, check=False, cwd=repository, text=True)  # noqa: S607  # bash, from the PATH
    assert done.returncode == 0, done.stderr


def pins(repository: Path) -> dict[str, str]:
    lines = [line for line in (repository / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==\d[\w.]*", line)] == []
    assert lines == sorted(lines, key=str.lower)
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def test_the_constraints_pin_every_dependency_within_its_bounds(repository: Path) -> None:
    pinned = pins(repository)
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    wanted = [requirement for requirement in map(Requirement, lines) if requirement.name != "bartizan"]
    assert len(wanted) > 15
    for requirement in wanted:
        assert Version(pinned[canonicalize_name(requirement.name)]) in requirement.specifier, requirement.name
    assert pinned["torch"] == "2.13.0"
