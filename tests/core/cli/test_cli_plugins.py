from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Invoke

    Install = Callable[[str, str, str], None]

GOOD = """
from bartizan import Action, Finding, hookimpl
from pydantic import BaseModel
class Good:
    class Config(BaseModel):
        word: str
        limit: int = 3
    def __init__(self, config): raise RuntimeError("a plugin that is not enabled must not be made")
    @hookimpl
    def pre_prompt(self, prompt): return None
    @hookimpl(specname="authorize")
    def decide(self, request): return None
"""
SCANNING = """
class Scanner:
    max_span, lookaround, pointwise = 1, 0, False
    def scan(self, text, start=0): return []
class Scanning:
    closed = False
    def __init__(self): self.scanners = (Scanner(), Scanner())
    def close(self): Scanning.closed = True
"""


def entries(invoke: Invoke, *args: str) -> dict[str, dict[str, object]]:
    result = invoke("plugins", "--json", *args)
    assert result.exit_code == 0
    return {one["name"]: one for one in json.loads(result.stdout)["plugins"]}


def test_the_built_in_plugins_are_listed_with_what_they_offer(invoke: Invoke) -> None:
    found = entries(invoke)
    assert list(found)[:2] == ["validation", "redaction"]
    redaction = found["redaction"]
    assert redaction["enabled"] is True
    assert redaction["distribution"] == "bartizan"
    assert redaction["problem"] is None
    assert redaction["scanners"] == 1
    assert "pre_prompt" in found["validation"]["hooks"]  # type: ignore[operator]


def test_a_plugin_that_is_not_enabled_is_looked_at_but_not_made(invoke: Invoke, distribution: Install) -> None:
    distribution("h_good", "good = h_good:Good", GOOD)
    assert entries(invoke)["good"] == {
        "name": "good",
        "distribution": "h_good",
        "version": "1.2",
        "enabled": False,
        "hooks": ["pre_prompt", "authorize"],
        "scanners": None,
        "problem": None,
    }


@pytest.mark.parametrize(
    ("point", "code", "problem"),
    [
        ("bad = h_bad:Bad", "import nothing_like_it", "can't be loaded: .*h_bad:Bad.* ModuleNotFoundError"),
        ("bad = h_bad:Bad", "raise SystemExit(3)", "can't be loaded: importing h_bad:Bad raised SystemExit"),
        ("bad = h_bad:Bad", "x = 1", "can't be loaded: .*h_bad:Bad.* AttributeError"),
        ("bad = h_bad:Bad", "Bad = 3", "has an entry point that names a int, not a class: h_bad:Bad"),
        ("bad = h_bad:Bad", "class Bad:\n  Config = 3", "has a Config that is no pydantic BaseModel"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_among_the_others(
    invoke: Invoke, distribution: Install, point: str, code: str, problem: str
) -> None:
    distribution("h_bad", point, code)
    found = entries(invoke)
    assert re.match(problem, str(found["bad"]["problem"]))
    assert found["redaction"]["problem"] is None
    shown = invoke("plugins")
    assert shown.exit_code == 0
    assert str(found["bad"]["problem"]) in shown.stdout
    assert "would not start" not in shown.stderr


def test_a_name_claimed_twice_is_listed_once_with_both_claims(invoke: Invoke, distribution: Install) -> None:
    distribution("h_one", "twin = h_one:A", "class A: pass")
    distribution("h_two", "twin = h_two:A", "class A: pass")
    assert entries(invoke)["twin"]["problem"] == "is claimed by h_one (h_one:A) and h_two (h_two:A): uninstall all but one"


def test_an_enabled_plugin_that_fails_is_said_on_stderr_too(invoke: Invoke, distribution: Install, tmp_path: Path) -> None:
    distribution("h_good", "good = h_good:Good", GOOD)
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction', 'good', 'absent']\n[plugins.good]\nword = 'x'\n")
    result = invoke("plugins", "--policy", str(policy))
    assert result.exit_code == 0
    assert "raised RuntimeError when it was made" in result.stdout
    assert "is not installed" in result.stdout
    assert result.stderr == "bartizan: a guard under this policy would not start: see good, absent\n"


def test_wrong_settings_are_the_problem_of_their_plugin(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction', 'validation']\n[plugins.redaction]\nentitees = []\n")
    found = entries(invoke, "--policy", str(policy))
    assert "plugins.redaction.entitees: unknown key" in str(found["redaction"]["problem"])
    assert found["validation"]["problem"] is None


def test_an_enabled_plugin_is_counted_and_closed_again(invoke: Invoke, distribution: Install, tmp_path: Path) -> None:
    distribution("h_scanning", "scanning = h_scanning:Scanning", SCANNING)
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['scanning']\n")
    result = invoke("plugins", "--policy", str(policy))
    assert "2 scanners" in result.stdout
    import h_scanning  # type: ignore[import-not-found]

    assert h_scanning.Scanning.closed is True


def test_what_a_plugin_says_of_itself_can_t_steer_a_terminal(invoke: Invoke, distribution: Install) -> None:
    distribution("h_bad", "b\x1b[31mad = h_bad:Bad", "class Bad: pass")
    result = invoke("plugins")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "b\\x1b[31mad" in result.stdout


def test_schema_prints_each_plugin_s_own_settings(invoke: Invoke, distribution: Install) -> None:
    distribution("h_good", "good = h_good:Good", GOOD)
    distribution("h_bad", "bad = h_bad:Bad", "import nothing_like_it")
    result = invoke("plugins", "--schema")
    assert result.exit_code == 0
    out = json.loads(result.stdout)
    assert set(out["good"]["properties"]) == {"word", "limit"}
    assert out["good"]["required"] == ["word"]
    assert "entities" in out["redaction"]["properties"]
    assert "bad" not in out
    assert "bartizan: bad is left out: it can't be loaded" in result.stderr


def test_a_policy_that_can_t_be_read_is_an_error(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("plugins", "--policy", str(tmp_path / "none.toml"))
    assert (result.exit_code, result.stdout) == (2, "")
