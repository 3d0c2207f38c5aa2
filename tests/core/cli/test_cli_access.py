"""`bartizan policy check` with roles, and `policy explain`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Invoke

POLICY = """
[guard]
plugins = ["rbac"]
[plugins.rbac.roles.user]
allow = ["query", { action = "retrieve", when = "resource.tenant == principal.tenant" }]
[plugins.rbac.roles.admin]
inherits = ["user"]
allow = ["deploy", { action = "tool:pay", when = "args.amount > 0 and args.amount <= 100" }]
ask = [{ action = "tool:pay", when = "args.amount > 100" }]
deny = ["tool:shell"]
"""

RETRIEVE = ("--role", "user", "--tenant", "a", "--action", "retrieve")
OFFICE = """
from bartizan import hookimpl
class Office:
    @hookimpl
    def authorize(self, request, context):
        raise RuntimeError
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    file = tmp_path / "p.toml"
    file.write_text(POLICY, "utf-8")
    return str(file)


def rows(text: str) -> list[list[str]]:
    return [[cell for cell in line.split("  ") if cell] for line in text.splitlines()]


def test_check_prints_the_effective_matrix(invoke: Invoke, policy: str) -> None:
    done = invoke("policy", "check", policy)
    assert done.exit_code == 0, done.output
    found = [[cell.strip() for cell in row] for row in rows(done.stdout)]
    assert ["action", "user", "admin"] in found
    assert ["query", "allow", "allow"] in found
    assert ["deploy", "-", "allow"] in found
    assert ["retrieve", "allow?", "allow?"] in found
    assert ["tool:pay", "-", "ask?, allow?"] in found
    assert ["tool:shell", "-", "deny"] in found
    assert "-: nothing grants it, so it is denied" in done.stdout
    assert "?: under a condition" in done.stdout


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('inherits = ["usr"]', "plugins.rbac.roles.bad.inherits.0: no role is called 'usr': did you mean 'user'?"),
        (
            'allow = [{ action = "x", when = "args.a =" }]',
            "plugins.rbac.roles.bad.allow.0.when: at column 8: write == for equality",
        ),
    ],
)
def test_check_refuses_a_bad_role_in_one_sentence(invoke: Invoke, policy: str, tmp_path: Path, rule: str, told: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(f"{POLICY}[plugins.rbac.roles.bad]\n{rule}\n", "utf-8")
    done = invoke("policy", "check", str(file))
    assert done.exit_code == 2
    assert done.stderr == f"bartizan: {file}: {told}\n"
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("args", "decision", "why"),
    [
        (("--role", "admin", "--action", "tool:pay", "--arg", "amount=500"), "ask", "roles.admin.ask.0 asks for a person's approval"),
        (("--role", "admin", "--action", "tool:pay", "--arg", "amount=50.5"), "allow", "roles.admin.allow.1 allows it"),
        (("--role", "admin", "--action", "tool:pay", "--arg", 'amount="50"'), "deny", "is a string, not a number"),
        (("--role", "admin", "--action", "tool:pay", "--arg", "amount=NaN"), "deny", "is a string, not a number"),
        (("--role", "admin", "--action", "tool:pay"), "deny", "args.amount is missing"),
        (("--role", "user", "--action", "tool:pay", "--arg", "amount=500"), "deny", "no rule of the principal's roles allows it"),
        (("--role", "user", "--role", "admin", "--action", "deploy"), "allow", "roles.admin.allow.0 allows it"),
        (("--action", "deploy"), "deny", "the principal has no role"),
        ((*RETRIEVE, "--resource", "document:1", "--resource-tenant", "a"), "allow", "roles.user.allow.1"),
        ((*RETRIEVE, "--resource-tenant", "b"), "deny", "no rule"),
        ((*RETRIEVE, "--resource", "retriever:wiki"), "allow", "roles.user.allow.1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("named", ["argument", "option"])
def test_explain_says_what_is_decided_and_why(
    invoke: Invoke, policy: str, named: str, args: tuple[str, ...], decision: str, why: str
) -> None:
    done = invoke("policy", "explain", *([policy] if named == "argument" else ["--policy", policy]), *args)
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()[:2]
    assert first == f"decision  {decision}"
    assert why in second


def test_explain_lists_the_rules_that_have_a_say(invoke: Invoke, policy: str) -> None:
    done = invoke("policy", "explain", policy, "--role", "admin", "--action", "tool:pay", "--arg", "amount=500", "--json")
    found = json.loads(done.stdout)
    assert found["decision"] == "ask"
    assert [(rule["rule"], rule["outcome"]) for rule in found["rules"]] == [
        ("roles.admin.ask.0", "holds"),
        ("roles.admin.allow.1", "does not hold"),
    ]
    assert found["not_asked"] == []


def test_explain_never_shows_an_argument_s_value(invoke: Invoke, policy: str) -> None:
    done = invoke("policy", "explain", policy, "--role", "admin", "--action", "tool:pay", "--arg", "amount=hunter2-secret")
    assert done.exit_code == 0
    assert "hunter2" not in done.output


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--role", "admin"), "missing option '--action'"),
        (("--action", "x", "--arg", "amount"), "--arg takes NAME=VALUE"),
        (("--action", "x", "--arg", "a=1", "--arg", "a=2"), "--arg names 'a' twice"),
        (("--action", ""), "are not empty"),
    ],
)
def test_explain_refuses_what_it_can_not_take(invoke: Invoke, policy: str, args: tuple[str, ...], told: str) -> None:
    done = invoke("policy", "explain", policy, *args)
    assert done.exit_code == 2
    assert told in done.stderr


def test_explain_takes_one_policy(invoke: Invoke, policy: str) -> None:
    done = invoke("policy", "explain", policy, "--policy", policy, "--action", "x")
    assert done.exit_code == 2
    assert "name one" in done.stderr


def test_explain_says_where_nobody_decides(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[guard]\nplugins = ["validation"]\n', "utf-8")
    done = invoke("policy", "explain", str(file), "--action", "deploy")
    assert done.stdout.splitlines()[:2] == ["decision  deny", "why       no plugin decides, so every action is denied"]


def test_explain_says_that_monitor_mode_does_not_enforce(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(POLICY.replace('plugins = ["rbac"]', 'plugins = ["rbac"]\n[plugins.rbac]\nmode = "monitor"'), "utf-8")
    done = invoke("policy", "explain", str(file), "--role", "user", "--action", "deploy")
    assert done.exit_code == 0
    assert "monitor mode: what rbac decides is recorded, not enforced" in done.stdout


def test_explain_names_authorizers_that_it_does_not_ask(invoke: Invoke, tmp_path: Path, distribution: object) -> None:
    distribution("office_hours", "office = office_hours:Office", OFFICE)  # type: ignore[operator]  # a fixture's function
    file = tmp_path / "p.toml"
    file.write_text(POLICY.replace('["rbac"]', '["rbac", "office"]', 1), "utf-8")
    done = invoke("policy", "explain", str(file), "--role", "admin", "--action", "deploy")
    assert done.stdout.splitlines()[0] == "decision  allow"
    assert "not asked: office" in done.stdout


def test_export_writes_the_roles_as_cedar_and_their_schema(invoke: Invoke, policy: str) -> None:
    done = invoke("policy", "export", policy, "--cedar")
    assert done.exit_code == 0, done.output
    assert '@id("roles.admin.deny.0#0")\nforbid (principal, action, resource)\nwhen { principal in [Role::"admin"]' in done.stdout
    schema = invoke("policy", "export", "--policy", policy, "--cedar", "--schema")
    assert set(json.loads(schema.stdout)[""]) == {"entityTypes", "actions"}


@pytest.mark.parametrize(
    ("args", "told"),
    [((), "name the language: --cedar"), (("--cedar", "--policy", "nowhere.toml"), "nowhere.toml: can't be read")],
)
def test_export_refuses_what_it_can_not_do(invoke: Invoke, args: tuple[str, ...], told: str) -> None:
    done = invoke("policy", "export", *args)
    assert done.exit_code == 2
    assert told in done.stderr


def test_export_needs_roles(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[guard]\nplugins = ["validation"]\n', "utf-8")
    done = invoke("policy", "export", str(file), "--cedar")
    assert done.exit_code == 2
    assert "load rbac" in done.stderr
