"""What a policy of roles may say, and how what it may not say is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.access import rbac, request

from bartizan import Guard, PolicyError
from bartizan_rbac import Config, Rbac

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ({}, "plugins.rbac.roles: defines no role, so everything would be denied"),
        (
            {"a": {"inherits": ["usr"]}, "user": {}},
            "plugins.rbac.roles.a.inherits.0: no role is called 'usr': did you mean 'user'?",
        ),
        ({"a": {"inherits": ["b"]}, "b": {"inherits": ["c"]}, "c": {"inherits": ["a"]}}, "goes round in a circle, a → b → c → a"),
        ({"a": {"inherits": ["a"]}}, "plugins.rbac.roles.a.inherits: goes round in a circle, a → a"),
        (
            {"x": {"inherits": ["b"]}, "b": {"inherits": ["c"]}, "c": {"inherits": ["b"]}},
            "plugins.rbac.roles.b.inherits: goes round",
        ),
        ({" a": {}}, "plugins.rbac.roles. a: a role's name is not empty"),
        ({"a": {"alow": ["query"]}}, "plugins.rbac.roles.a.alow: unknown key: did you mean 'allow'?"),
        ({"a": {"allow": [{"action": "query", "wen": "true"}]}}, "roles.a.allow.0.wen: unknown key: did you mean 'when'?"),
        (
            {"a": {"ask": ["query", {"action": "pay", "when": "args.amount >"}]}},
            "roles.a.ask.1.when: at column 14: expected a value",
        ),
        (
            {"a": {"deny": [{"action": "pay", "when": "principal.id > 3"}]}},
            "roles.a.deny.0.when: at column 1: '>' orders numbers",
        ),
        ({"a": {"allow": [{"action": "pay", "when": ""}]}}, "roles.a.allow.0.when: at column 1: expected a value, found the end"),
        ({"a": {"allow": "query"}}, "roles.a.allow: input should be a valid array, found a string"),
        ({"a": {"allow": [3]}}, "roles.a.allow.0: "),
        ({"a": {"allow": [""]}}, "roles.a.allow.0.action: an action is not empty"),
        ({"a": {"allow": ["query "]}}, "roles.a.allow.0.action: an action is not empty, and has no space around it"),
        ({"a": {"deny": ["Tool:shell"]}}, "roles.a.deny.0.action: actions are compared as they are: write 'tool:', not 'Tool:'"),
        ({"a": {"deny": ["DEPLOY"]}}, "write 'deploy', not 'DEPLOY'"),
        ({"a": {"allow": ["tool:"]}}, "'tool:' names nothing: write 'tool:*'"),
        ({"a": {"allow": ["tool:?at"]}}, "'?' is no wildcard here"),
        ({"a": {"allow": ["tool:[ab]"]}}, "is no wildcard here"),
        ({"a": {"allow": ["tool:\u200bx"]}}, "no character that can't be seen"),
        ({"a": {"allow": ["x" * 257]}}, "at most 256 characters"),
    ],
)
def test_what_a_policy_may_not_say_is_told_with_file_key_and_reason(tmp_path: Path, roles: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        rbac(roles)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_error_names_the_file_that_says_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[guard]\nplugins = ["rbac"]\n[plugins.rbac.roles.user]\nallow = ["query"]\n', "utf-8")
    (tmp_path / "own.toml").write_text('extends = "base.toml"\n[plugins.rbac.roles.admin]\ninherits = ["usr"]\n', "utf-8")
    with pytest.raises(PolicyError, match=r"own\.toml: plugins\.rbac\.roles\.admin\.inherits\.0: no role is called 'usr'"):
        Guard.from_file(tmp_path / "own.toml")


def test_roles_of_two_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        '[guard]\nplugins = ["rbac"]\n[plugins.rbac.roles.user]\nallow = ["query"]\ndeny = ["deploy"]\n', "utf-8"
    )
    (tmp_path / "own.toml").write_text(
        'extends = "base.toml"\n[plugins.rbac.roles.admin]\ninherits = ["user"]\nallow = ["*"]\n', "utf-8"
    )
    plugin: Any = Guard.from_file(tmp_path / "own.toml").engine.members[0].instance
    said = [plugin.authorize(request(action, ["admin"]), None).effect.value for action in ("query", "train", "deploy")]
    assert said == ["allow", "allow", "deny"]


def test_without_roles_the_plugin_does_not_load() -> None:
    with pytest.raises(PolicyError, match=r"plugins\.rbac\.roles: field required"):
        Guard(plugins=["rbac"])


def test_the_plugin_as_an_instance() -> None:
    plugin = Rbac(Config.model_validate({"roles": {"user": {"allow": ["query"]}}}))
    assert Guard(plugins=[plugin]).has_authorizer
    assert repr(plugin) == "Rbac(roles=1, rules=1)"


def test_a_long_line_of_heirs_is_no_circle_and_not_deep() -> None:
    roles: dict[str, Any] = {f"r{i}": {"inherits": [f"r{i - 1}"] if i else []} for i in range(3_000)}
    roles["r0"] = {"allow": ["query"], "deny": ["deploy"]}
    plugin = Rbac(Config.model_validate({"roles": dict(reversed(roles.items()))}))
    said = [
        plugin.authorize(one, one.context).effect.value for one in (request("query", ["r2999"]), request("deploy", ["r2999"]))
    ]
    assert said == ["allow", "deny"]


def test_many_ways_to_one_role_are_walked_once() -> None:
    """Sixty diamonds in a row: 2 to the power of 60 ways."""
    roles: dict[str, Any] = {"top0": {"allow": ["query"]}}
    for i in range(60):
        roles |= {
            f"l{i}": {"inherits": [f"top{i}"]},
            f"r{i}": {"inherits": [f"top{i}"]},
            f"top{i + 1}": {"inherits": [f"l{i}", f"r{i}"]},
        }
    plugin = Rbac(Config.model_validate({"roles": roles}))
    asked = request("query", ["top60"])
    assert plugin.authorize(asked, asked.context).effect.value == "allow"
    assert len(plugin.explain_access(asked).rules) == 1


def test_the_matrix_shows_what_each_role_comes_to() -> None:
    plugin = Rbac(
        Config.model_validate(
            {
                "roles": {
                    "user": {"allow": ["query", {"action": "retrieve", "when": "resource.tenant == principal.tenant"}]},
                    "lead": {
                        "inherits": ["user"],
                        "allow": ["tool:*", {"action": "tool:pay", "when": "args.amount <= 100"}],
                        "ask": [{"action": "tool:pay", "when": "args.amount > 100"}, "deploy"],
                        "deny": ["tool:shell", {"action": "query", "when": "args.x"}],
                    },
                    "off": {"inherits": ["lead"], "deny": ["*"]},
                }
            }
        )
    )
    found = plugin.access_matrix()
    assert found.roles == ("user", "lead", "off")
    assert dict(zip(found.actions, found.cells, strict=True)) == {
        "query": ("allow", "deny?, allow", "deny"),
        "train": ("-", "-", "deny"),
        "deploy": ("-", "ask", "deny"),
        "monitor": ("-", "-", "deny"),
        "retrieve": ("allow?", "allow?", "deny"),
        "*": ("-", "-", "deny"),
        "tool:*": ("-", "allow", "deny"),
        "tool:pay": ("-", "ask?, allow", "deny"),
        "tool:shell": ("-", "deny", "deny"),
    }


def test_an_explanation_says_of_each_rule_what_it_came_to() -> None:
    plugin = Rbac(
        Config.model_validate(
            {
                "roles": {
                    "user": {
                        "allow": [{"action": "tool:pay", "when": "args.amount <= 100"}],
                        "ask": [{"action": "tool:*", "when": "args.amount > 100"}],
                    },
                    "lead": {
                        "inherits": ["user"],
                        "allow": ["*"],
                        "deny": [{"action": "tool:pay", "when": "args.to == 'mallory'"}],
                    },
                    "other": {"deny": ["*"]},
                }
            }
        )
    )
    found = plugin.explain_access(request("tool:pay", ["lead"], args={"amount": 500}))
    assert found.decision.effect.value == "deny"
    assert found.decision.reason == "roles.lead.deny.0 has no answer, and that denies: args.to is missing"
    assert [(one.rule, one.effect, one.action, one.when, one.outcome) for one in found.rules] == [
        ("roles.lead.deny.0", "deny", "tool:pay", "args.to == 'mallory'", "has no answer: args.to is missing"),
        ("roles.user.ask.0", "ask", "tool:*", "args.amount > 100", "holds"),
        ("roles.lead.allow.0", "allow", "*", "", "always"),
        ("roles.user.allow.0", "allow", "tool:pay", "args.amount <= 100", "does not hold"),
    ]
