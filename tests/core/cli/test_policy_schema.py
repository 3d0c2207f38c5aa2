"""The policy's JSON Schema says yes to what a guard accepts and no to keys that it refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict, Field

from bartizan import Guard, PluginLoadError, PolicyError
from bartizan._plugins.discovery import installed, load_class
from bartizan._policy.schema import config_schema, policy_schema
from bartizan._policy.tables import PluginTable


class Budget(BaseModel):
    epsilon: float
    delta: float = 1e-5


class Grant(BaseModel):
    action: str
    when: str = "true"


class Role(BaseModel):
    inherits: tuple[str, ...] = ()
    allow: tuple[str | Grant, ...] = ()


class Rbac:
    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
        roles: dict[str, Role] = {}


class Private:
    class Config(BaseModel):
        target_epsilon: Annotated[float, Field(gt=0)]
        ledger: Path = Path("privacy.db")
        budgets: dict[str, Budget] = {}


class Loose:
    class Config(BaseModel):
        model_config = ConfigDict(extra="allow")


class Bare:
    pass


PLUGINS = {"rbac": Rbac, "dp": Private, "loose": Loose, "bare": Bare, "odd name/~%1{}": Private}
EXAMPLE = """
extends = "base.toml"
[guard]
plugins = ["rbac", "dp"]
mode = "monitor"
timeout_s = 1
[keys.main]
env = "KEY"
[plugins.rbac]
mode = "enforce"
on_error = "continue"
style = "hash:main"
distribution = "bartizan==0.1.0"
actions = { CREDIT_CARD = "block", secrets = "note" }
[[plugins.rbac.rules]]
origins = ["tool", "*"]
hooks = ["post_response"]
parts = ["tool_args"]
labels = ["*"]
action = "block"
[[plugins.rbac.rules]]
style = "mask"
[plugins.rbac.roles.user]
allow = ["query", { action = "retrieve", when = "resource.tenant == principal.tenant" }]
[plugins.rbac.roles.admin]
inherits = ["user"]
[plugins.dp]
target_epsilon = 8.0
[plugins.dp.budgets.tickets]
epsilon = 10
[plugins."odd name/~%1{}"]
target_epsilon = 1.5
budgets = { a = { epsilon = 2.0 } }
[plugins.loose]
anything = [1, 2]
[plugins.bare]
timeout_s = 3.5
"""


def judge(policy: str | dict[str, Any], plugins: dict[str, type] | None = None) -> None:
    schema = policy_schema(PLUGINS if plugins is None else plugins)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(tomllib.loads(policy) if isinstance(policy, str) else policy)


def refused(policy: str, plugins: dict[str, type] | None = None) -> str:
    with pytest.raises(ValidationError) as caught:
        judge(policy, plugins)
    return caught.value.message


def test_a_policy_with_everything_in_it_is_right() -> None:
    judge(EXAMPLE)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('mode = "monitor"', 'mood = "monitor"'),
        ('mode = "monitor"', 'mode = "watch"'),
        ("timeout_s = 1", "timeout_s = 0"),
        ("timeout_s = 1", "timeout_s = true"),
        ('env = "KEY"', 'value = "KEY"'),
        ('mode = "enforce"', 'moode = "enforce"'),
        ('style = "hash:main"', 'style = "hash:"'),
        ('CREDIT_CARD = "block"', 'CREDIT_CARD = "drop"'),
        ('origins = ["tool", "*"]', 'origins = ["internet"]'),
        ('labels = ["*"]', 'label = "*"'),
        ('[[plugins.rbac.rules]]\nstyle = "mask"', '[[plugins.rbac.rules]]\nlabels = ["A"]'),
        ('action = "retrieve", when', 'action = "retrieve", wenn'),
        ("[plugins.rbac.roles.admin]\ninherits", "[plugins.rbac.roles.admin]\ninherit"),
        ("epsilon = 10", "epsilon = 10\nepsilom = 1"),
        ("target_epsilon = 8.0", "target_epsilon = 0.0"),
        ("budgets = { a = { epsilon = 2.0 } }", "budgets = { a = { epsilom = 2.0 } }"),
        ("[plugins.loose]", "[plugins.lose]"),
        ("timeout_s = 3.5", "timeout_s = 3.5\nx = 1"),
        ('plugins = ["rbac", "dp"]', 'plugins = ["rbac", "rbac"]'),
        ('plugins = ["rbac", "dp"]', 'plugins = ["rback"]'),
        ('extends = "base.toml"', "extends = 3"),
        ('extends = "base.toml"', 'extend = "base.toml"'),
    ],
)
def test_one_wrong_thing_in_it_is_refused(line: str, instead: str) -> None:
    assert line in EXAMPLE
    refused(EXAMPLE.replace(line, instead, 1))


def test_keys_that_a_plugin_needs_may_come_from_what_a_file_extends() -> None:
    judge("extends = 'a.toml'\n[plugins.dp]\nledger = 'b.db'")
    assert "'target_epsilon' is a required property" in refused("[plugins.dp]\nledger = 'b.db'")
    assert "'epsilon' is a required property" in refused("extends = 'a.toml'\n[plugins.dp.budgets.x]\ndelta = 1.0")


def test_every_key_that_all_plugins_have_is_there() -> None:
    for table in policy_schema(PLUGINS)["properties"]["plugins"]["properties"].values():
        assert set(PluginTable.model_fields) <= set(table["properties"])


def test_without_plugins_none_can_be_named() -> None:
    judge("[guard]\nplugins = []", {})
    refused("[guard]\nplugins = ['redaction']", {})
    refused("[plugins.redaction]\nmode = 'monitor'", {})


@pytest.mark.parametrize("table", ["actions = 3", "moode = 'monitor'", "entities = 'default'", "entitees = ['default']"])
def test_the_schema_of_the_built_in_plugins_refuses_what_a_guard_refuses(table: str) -> None:
    known = installed()
    plugins = {name: load_class(name, known)[0] for name in ("validation", "redaction")}
    right = "[guard]\nplugins = ['validation', 'redaction']\n[plugins.redaction]\nentities = ['default']\nstyle = 'mask'"
    judge(right, plugins)
    Guard.from_dict(tomllib.loads(right)).close()
    wrong = f"[guard]\nplugins = ['redaction']\n[plugins.redaction]\n{table}"
    refused(wrong, plugins)
    with pytest.raises(PolicyError):
        Guard.from_dict(tomllib.loads(wrong))


def test_a_config_that_can_t_be_described_is_named() -> None:
    class Odd:
        class Config(BaseModel):
            model_config = ConfigDict(arbitrary_types_allowed=True)
            thing: Guard

    with pytest.raises(PluginLoadError, match="'odd' has a Config that JSON Schema can't describe: PydanticInvalidForJsonSchema"):
        config_schema("odd", Odd)


def test_the_schema_of_a_config_stands_by_itself() -> None:
    schema = config_schema("dp", Private)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate({"target_epsilon": 1, "budgets": {"a": {"epsilon": 1}}})
    assert not validator.is_valid({"target_epsilon": 1, "budgets": {"a": {"epsilom": 1}}})
    assert not Draft202012Validator(config_schema("bare", Bare)).is_valid({"a": 1})


class Tree(BaseModel):
    name: str = ""
    children: tuple[Tree, ...] = ()


def test_a_config_that_holds_itself_is_followed() -> None:
    plugin = type("Plugin", (), {"Config": Tree})
    right = {"plugins": {"tree": {"mode": "monitor", "children": [{"children": [{"name": "leaf"}]}]}}}
    judge(right, {"tree": plugin})
    refused('[plugins.tree]\nchildren = [{ children = [{ nam = "leaf" }] }]', {"tree": plugin})
    assert not Draft202012Validator(config_schema("tree", plugin)).is_valid({"children": [{"nam": ""}]})
