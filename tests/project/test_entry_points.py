from __future__ import annotations

import tomllib
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BUILT_IN = {
    "audit": "bartizan_audit:Audit",
    "classifier": "bartizan_adapters:Classifier",
    "cedar": "bartizan_cedar:Cedar",
    "detect_secrets": "bartizan_adapters:DetectSecrets",
    "limits": "bartizan_limits:Limits",
    "moderation": "bartizan_adapters:Moderation",
    "presidio": "bartizan_adapters:Presidio",
    "rbac": "bartizan_rbac:Rbac",
    "redaction": "bartizan_redaction:Redaction",
    "validation": "bartizan_validation:Validation",
}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    declared: dict[str, Any] = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    return declared


def test_every_built_in_plugin_is_declared_as_an_entry_point(project: dict[str, Any]) -> None:
    assert project["entry-points"]["bartizan"] == BUILT_IN


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_installed_entry_point_names_a_plugin_class(name: str) -> None:
    found = [point for point in entry_points(group="bartizan", name=name) if point.dist and point.dist.name == "bartizan"]
    assert [point.value for point in found] == [BUILT_IN[name]], "install the tree first: pip install -e '.[all,dev]'"
    plugin = found[0].load()
    assert isinstance(plugin, type)
    assert plugin.__name__ == BUILT_IN[name].partition(":")[2]


def test_every_plugin_package_in_the_tree_has_an_entry_point(repository: Path) -> None:
    packages = {folder.parent.name for folder in (repository / "plugins").glob("*/__init__.py")}
    assert packages == {value.partition(":")[0] for value in BUILT_IN.values()}


def test_the_console_script_is_a_callable_without_arguments() -> None:
    (script,) = entry_points(group="console_scripts", name="bartizan")
    assert script.value == "bartizan.cli:main"
    assert callable(script.load())
