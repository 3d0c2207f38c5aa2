"""Runs the command line: in this process with typer's runner, or as users do, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from typer.testing import CliRunner, Result

from bartizan.cli._app import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Invoke(Protocol):
    def __call__(self, *args: str, text: str | bytes = ..., env: dict[str, str | None] | None = ...) -> Result: ...


class Run(Protocol):
    def __call__(self, *args: str, data: bytes = ..., env: dict[str, str] | None = ..., **options: Any) -> Any: ...


@pytest.fixture
def invoke() -> Invoke:
    """The command line in this process, under no policy of the environment."""

    def run(*args: str, text: str | bytes = b"", env: dict[str, str | None] | None = None) -> Result:
        return CliRunner(env={"BARTIZAN_POLICY": None}).invoke(app, args, input=text, env=env, catch_exceptions=False)

    return run


@pytest.fixture
def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in {"BARTIZAN_POLICY", "NO_COLOR", "FORCE_COLOR"}}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """`python -m bartizan` as a process; its output in bytes."""

    def start(*args: str, data: bytes = b"", env: dict[str, str] | None = None, **options: Any) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "bartizan", *args],
            input=data,
            env={**environment, **(env or {})},
            capture_output=True,
            timeout=60,
            check=False,
            **options,
        )

    return start


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], None]]:
    """Installs a distribution that declares plugins: its name, its entry points, and a module of the same name with its code."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    installed: list[str] = []

    def install(name: str, entry_points: str, code: str = "") -> None:
        installed.append(name)
        info = site / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[bartizan]\n{entry_points}\n", "utf-8")
        (site / f"{name}.py").write_text(code, "utf-8")

    yield install
    for name in installed:
        sys.modules.pop(name, None)
