from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bartizan import Action, Guard, Origin, Segment
from bartizan.cli._outcomes import COLUMNS, outcomes
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Invoke

STRICT = """
[guard]
plugins = ["redaction"]
[plugins.redaction.actions]
CREDIT_CARD = "block"
developer = "block"
[[plugins.redaction.rules]]
origins = ["tool", "document"]
labels = ["EMAIL_ADDRESS"]
action = "note"
[[plugins.redaction.rules]]
hooks = ["post_response"]
parts = ["tool_args"]
labels = ["IP_ADDRESS"]
action = "redact"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    def put(text: str) -> str:
        file = tmp_path / "p.toml"
        file.write_text(text, "utf-8")
        return str(file)

    return put


class TestCheck:
    def test_a_right_policy_exits_0_and_says_what_it_comes_to(self, invoke: Invoke, write: Callable[[str], str]) -> None:
        file = write(STRICT)
        result = invoke("policy", "check", file)
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"{file}: can be put in force" in result.stdout
        assert Guard.from_file(file).digest in result.stdout
        assert "authorize: no plugin decides, so every action is denied" in result.stdout

    def test_what_opens_the_guard_up_is_shown(self, invoke: Invoke, write: Callable[[str], str]) -> None:
        shown = invoke("policy", "check", write("[guard]\nmode = 'monitor'\non_error = 'continue'\ntimeout_s = 0.5\n")).stdout
        rows = [line for line in shown.splitlines() if line.startswith(("validation  bartizan", "redaction   bartizan"))]
        assert len(rows) == 2
        assert all("recorded only" in row and "go on without it" in row and row.endswith("0.5 s") for row in rows)
        assert not any(word in shown for word in ("enforced", "refuse the call"))

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "is empty"),
            ("[guard", "is not TOML"),
            ("[guard]\nplugins = ['nonsense']", "is not installed"),
            ("[plugins.redaction]\nentitees = ['default']", "did you mean 'entities'"),
            ("[plugins.redaction.actions]\nEMAIL = 'block'", "is no label or group"),
        ],
    )
    def test_a_wrong_policy_exits_2_with_one_sentence(
        self, invoke: Invoke, write: Callable[[str], str], text: str, said: str
    ) -> None:
        result = invoke("policy", "check", write(text))
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith("bartizan: ")
        assert said in line

    def test_the_policy_may_be_named_by_option_and_variable_too(self, invoke: Invoke, write: Callable[[str], str]) -> None:
        file = write(STRICT)
        by_argument = invoke("policy", "check", file)
        assert invoke("policy", "check", "--policy", file).stdout == by_argument.stdout
        by_variable = invoke("policy", "check", env={"BARTIZAN_POLICY": file})
        assert by_variable.stdout == by_argument.stdout
        assert invoke("policy", "check", file, "--policy", file).exit_code == 2

    def test_the_defaults_are_said_on_stderr(self, invoke: Invoke) -> None:
        result = invoke("policy", "check")
        assert result.exit_code == 0
        assert "working under the defaults" in result.stderr


class TestOutcomes:
    """The table must say what the engine does: each cell is compared with a judgement of the guard itself."""

    @staticmethod
    def done(guard: Guard, label: str, hook: str, segment: Segment) -> Action:
        verdict = guard.pre_prompt(segment) if hook == "pre_prompt" else guard.post_response([segment])
        actions = {finding.action for finding in verdict.findings if finding.label == label}
        assert verdict.blocked is (Action.BLOCK in {finding.action for finding in verdict.findings})
        return max(actions)

    @pytest.mark.parametrize("policy", ["[guard]\nplugins = ['redaction']", STRICT])
    def test_each_cell_is_what_the_guard_does(self, write: Callable[[str], str], policy: str) -> None:
        with Guard.from_file(write(policy)) as guard:
            groups = guard.engine.members[0].instance.groups  # type: ignore[attr-defined]
            said = {
                label: dict(zip(COLUMNS, row.cells, strict=True))
                for row in outcomes(guard)
                for name in row.labels.split(", ")
                for label in groups.get(name, {name})
            }
            checked = 0
            for label, value in PLANTED.items():
                for column in COLUMNS:
                    segment = Segment(value, column.origin, part=column.part)
                    assert self.done(guard, label, column.hook, segment).name.lower() == said[label][column], (label, column.name)
                    checked += 1
        assert checked == len(PLANTED) * len(COLUMNS)

    def test_system_text_and_call_arguments_are_told_apart(self, write: Callable[[str], str]) -> None:
        with Guard.from_file(write("[guard]\nplugins = ['redaction']")) as guard:
            rows = {name: row.cells for row in outcomes(guard) for name in row.labels.split(", ")}
        assert rows["pii"] == ("note", "redact", "redact", "redact", "redact", "redact", "note")
        assert rows["secrets"] == ("redact",) * 6 + ("block",)

    def test_monitor_mode_only_records(self, write: Callable[[str], str]) -> None:
        with Guard.from_file(write("[guard]\nplugins = ['redaction']\nmode = 'monitor'")) as guard:
            (row,) = outcomes(guard)
        assert set(row.cells) == {"record"}

    def test_what_can_t_be_known_is_not_guessed(self) -> None:
        class Scanner:
            max_span, lookaround, pointwise, hooks = 3, 0, False, frozenset({"pre_prompt"})

            def scan(self, text: str, start: int = 0) -> list[object]:
                return []

        class Plugin:
            name = "own"
            labels = frozenset({"A", "B"})
            scanners = (Scanner(),)

        with Guard(plugins=[Plugin()], config={"own": {"actions": {"B": "block"}}}) as guard:
            rows = {row.labels: row.cells for row in outcomes(guard)}
        assert rows == {"A": ("own",) * 5 + ("-", "-"), "B": ("block",) * 5 + ("-", "-")}

    def test_no_observer_is_told(self, write: Callable[[str], str]) -> None:
        seen: list[object] = []
        with Guard.from_file(write(STRICT)) as guard:
            guard.engine.reporter.add(seen.append)
            outcomes(guard)
        assert seen == []

    def test_every_origin_has_a_column(self) -> None:
        assert {column.origin for column in COLUMNS if column.hook == "pre_prompt"} == set(Origin)


def test_schema_is_printed_as_json(invoke: Invoke) -> None:
    result = invoke("policy", "schema")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {"validation", "redaction"} <= set(json.loads(result.stdout)["properties"]["plugins"]["properties"])
