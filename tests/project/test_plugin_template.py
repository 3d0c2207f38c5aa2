"""The template is a real distribution: its wheel, beside Bartizan's in a fresh environment, is a plugin that a policy can name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GUARDED = """
from bartizan import Blocked, Guard
guard = Guard(plugins=["validation", "banned_topics"], config={"banned_topics": {"topics": {"weapons": ["grenade"]}}})
print(guard.pre_prompt("hello").text)
try:
    guard.pre_prompt("a grenade").raise_if_blocked()
except Blocked as refused:
    print(refused.findings[0].label, refused.findings[0].plugin)
import bartizan, bartizan_banned_topics
print(bartizan.__file__, bartizan_banned_topics.__file__)
"""


def run(*command: str, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV", "BARTIZAN_POLICY"}}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**clean, **environment}, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_its_wheel_beside_bartizan_s_in_a_fresh_environment_is_used(repository: Path, tmp_path: Path) -> None:
    template = repository / "cookbook" / "plugin-template"
    for tree in (repository, template):
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(tree), cwd=tmp_path)
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
    ours, theirs = sorted(map(str, tmp_path.glob("*.whl")), key=lambda wheel: "banned" in wheel)
    pins = str(repository / "constraints.txt")
    run(python, "-m", "pip", "install", "-q", "-c", pins, f"{ours}[cli]", theirs, cwd=tmp_path)
    text, found, where = run(python, "-c", GUARDED, cwd=tmp_path).splitlines()
    assert (text, found) == ("hello", "BANNED_TOPIC banned_topics")
    assert all(path.startswith(str(environment)) for path in where.split())
    listed = run(python, "-m", "bartizan", "plugins", cwd=tmp_path, COLUMNS="200")
    assert "bartizan-banned-topics" in listed
    # The wheel carries the template: an author needs no checkout.
    run(python, "-m", "bartizan", "new-plugin", "office-hours", cwd=tmp_path)
    written = {
        path.relative_to(tmp_path / "bartizan-office-hours").as_posix()
        for path in (tmp_path / "bartizan-office-hours").rglob("*.*")
    }
    assert {"pyproject.toml", "src/bartizan_office_hours/__init__.py", "src/bartizan_office_hours/py.typed"} <= written


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the documented commands are a shell's")
def test_the_documented_commands_lead_from_nothing_to_a_guard_that_uses_the_plugin(repository: Path, tmp_path: Path) -> None:
    page = (repository / "docs" / "plugins.md").read_text("utf-8")
    block = page[page.index("bartizan new-plugin office-hours\n") :].partition("```")[0]
    commands = [line for line in block.splitlines() if line]
    assert 5 < len(commands) <= 10
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(repository), cwd=tmp_path)
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    (wheel,) = tmp_path.glob("*.whl")
    python, pins = str(environment / "bin" / "python"), str(repository / "constraints.txt")
    run(python, "-m", "pip", "install", "-q", "-c", pins, f"{wheel}[cli]", cwd=tmp_path)
    script = "set -u\n" + "\n".join(f"{command} || echo exit $?" for command in commands)
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    out = run("bash", "-c", script, cwd=tmp_path, PATH=path, PIP_CONSTRAINT=pins, PYTEST_ADDOPTS="-p no:cacheprovider")
    assert "TestConformance" in out
    assert out.count("exit ") == 1, out
    assert out.rstrip().endswith("exit 1")  # the last command found what it should
    assert "BANNED_TOPIC" in out


@pytest.mark.slow
def test_the_wheel_alone_works_with_the_base_dependencies_only(repository: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(repository), cwd=tmp_path)
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    (wheel,) = tmp_path.glob("*.whl")
    python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
    run(python, "-m", "pip", "install", "-q", "-c", str(repository / "constraints.txt"), str(wheel), cwd=tmp_path)
    said = run(
        python,
        "-W",
        "error",
        "-c",
        "from bartizan import Guard; print(Guard().pre_prompt('to jane@example.com').text)",
        cwd=tmp_path,
    )
    assert said.strip() == "to <EMAIL_ADDRESS>"
    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json", cwd=tmp_path))
    names = sorted({one["name"] for one in listed} - {"pip", "setuptools"})
    print(f"{len(names)} distributions: {', '.join(names)}")
    assert len(names) <= 12


def test_the_template_s_own_tests_and_types_hold(repository: Path, tmp_path: Path) -> None:
    template = repository / "cookbook" / "plugin-template"
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error", "--rootdir", str(template))
    run(
        sys.executable,
        "-m",
        "pytest",
        *options,
        str(template / "tests"),
        cwd=template,
        PYTHONPATH=str(template / "src"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(template / "src"), cwd=tmp_path)
