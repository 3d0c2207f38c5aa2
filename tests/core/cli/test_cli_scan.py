from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan import Action, Finding
from bartizan.cli._scan import rows
from bartizan.testing import PLANTED, assert_no_planted

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Invoke

EMAIL = PLANTED["EMAIL_ADDRESS"]


def test_a_clean_text_exits_0_and_says_so(invoke: Invoke) -> None:
    result = invoke("scan", text="nothing to see\n")
    assert (result.exit_code, result.stdout) == (0, "0 findings: the text would pass as it is\n")


def test_a_finding_exits_1_and_is_shown_by_label_place_and_plugin(invoke: Invoke) -> None:
    result = invoke("scan", text=f"one\r\nwrite to {EMAIL}\n")
    assert result.exit_code == 1
    head, row, last = result.stdout.splitlines()
    assert head.split() == ["label", "action", "line:column", "span", "plugin"]
    assert row.split() == ["EMAIL_ADDRESS", "redact", "2:10", f"14-{14 + len(EMAIL)}", "redaction"]
    assert last == "1 finding: the text would pass redacted"


def test_what_would_be_refused_is_said_so(invoke: Invoke) -> None:
    result = invoke("scan", text="a\x07b")
    assert result.exit_code == 1
    assert "CONTROL_CHARACTER" in result.stdout
    assert result.stdout.endswith("the text would be refused\n")


def test_json_is_one_object_that_locates_the_findings(invoke: Invoke) -> None:
    text = f"é\n\n  {PLANTED['US_SSN']} {EMAIL}"
    result = invoke("scan", "--json", text=text)
    out = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {key: out[key] for key in ("as", "action", "blocked", "enforced")} == {
        "as": "prompt",
        "action": "redact",
        "blocked": False,
        "enforced": True,
    }
    assert [(f["label"], f["line"], f["column"], f["plugin"]) for f in out["findings"]] == [
        ("US_SSN", 3, 3, "redaction"),
        ("EMAIL_ADDRESS", 3, 15, "redaction"),
    ]
    assert [text[f["start"] : f["end"]] for f in out["findings"]] == [PLANTED["US_SSN"], EMAIL]
    assert set(out["findings"][0]) == {"label", "action", "start", "end", "line", "column", "plugin"}


def test_json_of_a_clean_text_has_no_findings_and_exits_0(invoke: Invoke) -> None:
    result = invoke("scan", "--json", text="fine")
    assert (result.exit_code, json.loads(result.stdout)["findings"]) == (0, [])


def test_explain_says_which_plugin_and_why(invoke: Invoke) -> None:
    result = invoke("scan", "--explain", text=EMAIL)
    assert result.exit_code == 1
    assert "redact EMAIL_ADDRESS in segment 0 (user, text)" in result.stdout
    assert "by redaction: " in result.stdout


def test_json_and_explain_exclude_each_other(invoke: Invoke) -> None:
    result = invoke("scan", "--json", "--explain", text=EMAIL)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "choose one" in result.stderr


def test_the_kind_decides_hook_and_origin(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text(
        "[guard]\nplugins = ['redaction']\n"
        "[[plugins.redaction.rules]]\norigins = ['document']\naction = 'block'\n"
        "[[plugins.redaction.rules]]\nhooks = ['post_response']\naction = 'note'\n"
    )
    actions = {
        kind: json.loads(invoke("scan", "--json", "--as", kind, "--policy", str(policy), text=EMAIL).stdout)["action"]
        for kind in ("prompt", "document", "response")
    }
    assert actions == {"prompt": "redact", "document": "block", "response": "note"}


def test_a_note_is_a_finding_too(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction']\n[plugins.redaction.actions]\npii = 'note'\n")
    result = invoke("scan", "--policy", str(policy), text=EMAIL)
    assert result.exit_code == 1
    assert result.stdout.endswith("1 finding: the text would pass as it is\n")


def test_monitor_mode_is_not_shown_as_redaction(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction']\nmode = 'monitor'\n")
    result = invoke("scan", "--policy", str(policy), text=EMAIL)
    assert result.exit_code == 1
    assert result.stdout.endswith("monitor mode would leave findings in it as they are\n")


def test_a_data_file_is_judged_as_text_and_that_is_said(invoke: Invoke, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n")
    result = invoke("scan", str(table))
    assert result.exit_code == 0
    assert "a data file (.csv): it is judged as one text" in result.stderr


def test_a_byte_order_mark_is_not_part_of_the_text(invoke: Invoke) -> None:
    result = invoke("scan", "--json", text=b"\xef\xbb\xbf" + EMAIL.encode())
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["start"], finding["column"]) == (0, 1)


def test_one_huge_line_is_scanned(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction']\n")
    text = "lorem ipsum " * 100_000 + EMAIL
    result = invoke("scan", "--json", "--policy", str(policy), text=text)
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["line"], finding["column"]) == (1, 1_200_001)


@given(st.text(alphabet="ab\n", max_size=40), st.lists(st.tuples(st.integers(0, 39), st.integers(1, 5)), max_size=5))
def test_lines_and_columns_are_those_of_the_text_cut_at_its_line_feeds(text: str, spans: list[tuple[int, int]]) -> None:
    findings = tuple(
        Finding("X", Action.NOTE, start=start, end=min(start + size, len(text))) for start, size in spans if start < len(text)
    )
    lines = text.split("\n")
    for row in rows(findings, text):
        assert row["start"] is not None
        assert row["line"] is not None
        assert row["column"] is not None
        assert sum(len(line) + 1 for line in lines[: row["line"] - 1]) + row["column"] - 1 == row["start"]
        assert row["column"] <= len(lines[row["line"] - 1]) + 1


def test_findings_are_in_the_order_of_the_text_and_whole_ones_have_no_place() -> None:
    found = rows(
        (Finding("B", Action.NOTE, start=2, end=3), Finding("A", Action.BLOCK), Finding("C", Action.NOTE, start=0, end=1)), "a\nb"
    )
    assert [(row["label"], row["line"], row["column"]) for row in found] == [("A", None, None), ("C", 1, 1), ("B", 2, 1)]


PIECES = st.lists(
    st.sampled_from([*PLANTED.values(), "a word", "\n", "\x1b[31m", "\u202e", "password: ", "{", ",", '"']), max_size=8
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    PIECES,
    st.sampled_from(
        [
            ["scan"],
            ["scan", "--json"],
            ["scan", "--explain"],
            ["scan", "--explain", "--as", "response"],
            ["redact"],
            ["scan", "--json", "--as", "document"],
        ]
    ),
    st.booleans(),
)
def test_no_output_ever_holds_a_planted_value(invoke: Invoke, pieces: list[str], command: list[str], broken: bool) -> None:
    data = " ".join(pieces).encode() + (b"\xff" if broken else b"")
    result = invoke(*command, text=data)
    assert result.exit_code in {0, 1, 2}
    assert (result.exit_code == 2) or not broken
    assert_no_planted(result.output)
    assert "\x1b" not in result.output or command == ["redact"]


def test_the_property_above_would_notice_a_value(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['redaction']\n[plugins.redaction.actions]\npii = 'note'\n")
    with pytest.raises(AssertionError, match="EMAIL_ADDRESS"):
        assert_no_planted(invoke("redact", "--policy", str(policy), text=EMAIL).output)
