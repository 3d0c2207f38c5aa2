from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def check(repository: Path) -> Any:
    spec = importlib.util.spec_from_file_location("bartizan_check", repository / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def printing(check: Any, name: str, text: str, *, status: int = 0, group: str = "lint", live: bool = False) -> Any:
    return check.Step(name, group, ("-c", f"print({text!r}); raise SystemExit({status})"), live=live)


def run(check: Any, monkeypatch: pytest.MonkeyPatch, steps: list[Any], *arguments: str) -> int:
    monkeypatch.setattr(check, "steps", lambda extra: steps)
    monkeypatch.setattr(sys, "argv", ["check.py", *arguments])
    status: int = check.main()
    return status


def test_a_failing_step_stops_no_other_and_fails_the_whole(
    check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = [
        printing(check, "first", "broken here", status=3),
        printing(check, "second", "quiet"),
        printing(check, "last", "=== 7 passed ===", live=True),
    ]
    assert run(check, monkeypatch, steps) == 1
    out = capfd.readouterr().out
    assert "broken here" in out
    assert "quiet" not in out
    assert "FAILED: first\n" in out
    assert out.splitlines()[-1] == "=== 7 passed ==="


def test_all_passing_is_status_zero(check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(check, monkeypatch, [printing(check, "one", "x")]) == 0
    assert "Nothing failed." in capfd.readouterr().out


def test_a_step_that_can_t_run_here_is_skipped_with_its_reason(
    check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    probe = ("-c", "import sys; sys.exit('no network to fetch node from')")
    step = check.Step("pyright", "types", ("-c", "raise SystemExit(9)"), probe=probe)
    assert run(check, monkeypatch, [step]) == 0
    out = capfd.readouterr().out
    assert out.count("no network to fetch node from") == 2
    assert "SKIPPED" in out


def test_a_tool_that_is_not_installed_fails_and_says_what_to_install(
    check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(check, monkeypatch, [check.Step("linter", "lint", ("no-such-console-script",), script=True)]) == 1
    assert "pip install -e '.[all,dev]'" in capfd.readouterr().out


def test_a_part_runs_its_own_steps_only(check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [printing(check, "style", "x", status=1), printing(check, "types", "x", group="types")]
    assert run(check, monkeypatch, steps, "types") == 0
    assert "style" not in capfd.readouterr().out


def test_the_whole_runs_every_step_but_the_benchmarks_in_the_documented_order(check: Any) -> None:
    names = [step.name for step in check.steps(()) if step.group not in {"bench", "versions"}]
    assert [name for name in names if not name.startswith("pyright ")] == [
        "ruff check",
        "ruff format",
        "mypy",
        "pyright",
        "import-linter",
        "pytest",
    ]


def test_unknown_arguments_go_to_pytest_or_nowhere(
    check: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "-k" in check.steps(("-k", "word"))[-2].command
    with pytest.raises(SystemExit) as refused:
        run(check, monkeypatch, [], "lint", "-k", "word")
    assert refused.value.code == 2
    assert "'-k'" in capfd.readouterr().err
