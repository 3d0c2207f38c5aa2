"""What each package may import. import-linter holds the directions and what is forbidden; this holds what is allowed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Import name of each third-party module that the code may use, and the distribution that brings it.
DISTRIBUTIONS = {
    "cedarpy": "cedarpy",
    "click": "typer",
    "datasets": "datasets",
    "cryptography": "cryptography",
    "flask": "flask",
    "hypothesis": "hypothesis",
    "jsonschema": "jsonschema",
    "jsonschema_specifications": "jsonschema",
    "jwt": "pyjwt",
    "langchain": "langchain",
    "langchain_core": "langchain-core",
    "langgraph": "langchain",
    "llama_index": "llama-index-core",
    "opentelemetry": "opentelemetry-api",
    "pandas": "pandas",
    "phonenumbers": "phonenumbers",
    "pluggy": "pluggy",
    "prometheus_client": "prometheus-client",
    "psycopg": "psycopg",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
    "pydantic_core": "pydantic",
    "pytest": "pytest",
    "re2": "google-re2",
    "redis": "redis",
    "referencing": "jsonschema",
    "rich": "rich",
    "stdnum": "python-stdnum",
    "detect_secrets": "detect-secrets",
    "httpx": "httpx",
    "presidio_analyzer": "presidio-analyzer",
    "spacy": "presidio-analyzer",
    "torch": "torch",
    "transformers": "transformers",
    "typer": "typer",
}


class Allowed(NamedTuple):
    """Top-level names: those that may load with the module, and those that may only load when used."""

    at_once: frozenset[str]
    later: frozenset[str] = frozenset()


# The longest prefix counts.
RULES = {
    "core/bartizan": Allowed(frozenset({"bartizan", "pluggy", "pydantic"})),
    "core/bartizan/_engine/sealed": Allowed(frozenset({"bartizan"}), frozenset({"cryptography"})),
    "core/bartizan/cli": Allowed(frozenset({"bartizan", "pydantic", "rich", "typer"}), frozenset({"click"})),
    "core/bartizan/data": Allowed(frozenset({"bartizan", "pydantic"}), frozenset({"datasets", "pandas", "pyarrow"})),
    "core/bartizan/testing": Allowed(frozenset({"bartizan", "pydantic", "pytest"}), frozenset({"hypothesis"})),
    "plugins/bartizan_adapters": Allowed(
        frozenset({"bartizan", "bartizan_adapters", "pydantic"}),
        frozenset({"detect_secrets", "httpx", "presidio_analyzer", "spacy", "torch", "transformers"}),
    ),
    "plugins/bartizan_audit": Allowed(
        frozenset({"bartizan", "bartizan_audit", "pydantic"}),
        frozenset({"cryptography", "opentelemetry", "prometheus_client", "psycopg", "pyarrow"}),
    ),
    "plugins/bartizan_cedar": Allowed(frozenset({"bartizan", "bartizan_cedar", "pydantic"}), frozenset({"cedarpy"})),
    "plugins/bartizan_limits": Allowed(frozenset({"bartizan", "bartizan_limits", "pydantic"}), frozenset({"redis"})),
    "plugins/bartizan_rbac": Allowed(frozenset({"bartizan", "bartizan_rbac", "pydantic", "pydantic_core"})),
    "plugins/bartizan_redaction": Allowed(
        frozenset({"bartizan", "bartizan_redaction", "phonenumbers", "pydantic", "re2", "stdnum"}),
        frozenset({"torch", "transformers"}),
    ),
    "plugins/bartizan_validation": Allowed(
        frozenset({"bartizan", "bartizan_validation", "pydantic", "re2"}),
        frozenset({"jsonschema", "jsonschema_specifications", "referencing"}),
    ),
    "integrations/bartizan_web": Allowed(frozenset({"bartizan", "bartizan_web"}), frozenset({"flask", "jwt"})),
    "integrations/bartizan_langchain": Allowed(
        frozenset({"bartizan", "bartizan_langchain", "langchain_core", "pydantic"}), frozenset({"langchain"})
    ),
    "integrations/bartizan_llamaindex": Allowed(frozenset({"bartizan", "bartizan_llamaindex", "llama_index", "pydantic"})),
    # Loads only when BartizanMiddleware is asked for: its base class is langchain's, its interrupts are langgraph's.
    "integrations/bartizan_langchain/_agents": Allowed(frozenset({"bartizan", "bartizan_langchain", "langchain"})),
    "integrations/bartizan_langchain/_middleware": Allowed(
        frozenset({"bartizan", "bartizan_langchain", "langchain", "langchain_core", "langgraph"})
    ),
}


def imports(tree: ast.AST, *, deferred: bool = False) -> Iterator[tuple[str, bool]]:
    """(top-level name, whether it loads only when used) of every import; those for type checkers count as deferred."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." if node.level else (node.module or "").partition(".")[0]), deferred
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from imports(node, deferred=True)
        else:
            yield from imports(node, deferred=deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def breaches(source: str, allowed: Allowed) -> list[str]:
    """The imports of a module that its package may not have, relative ones included: names are absolute here."""
    standard = sys.stdlib_module_names
    return [
        f"{name} ({'deferred' if deferred else 'at once'})"
        for name, deferred in imports(ast.parse(source))
        if name not in standard and name not in allowed.at_once and not (deferred and name in allowed.later)
    ]


@pytest.mark.parametrize("prefix", sorted(RULES))
def test_a_package_imports_only_what_it_may(repository: Path, prefix: str) -> None:
    found: list[str] = []
    modules = sorted((repository / prefix).rglob("*.py")) + sorted(repository.glob(f"{prefix}.py"))
    assert modules
    for module in modules:
        name = module.relative_to(repository).as_posix()
        rule = max((p for p in RULES if name.startswith((p + "/", p + ".py"))), key=len)
        found += [f"{name}: {breach}" for breach in breaches(module.read_text("utf-8"), RULES[rule])]
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pluggy, json", []),
        ("import numpy", ["numpy (at once)"]),
        ("from re2 import compile as c", ["re2 (at once)"]),
        ("def f():\n    import jsonschema", []),
        ("import jsonschema.validators", ["jsonschema (at once)"]),
        ("if x:\n    try:\n        import torch\n    except ImportError:\n        torch = None", ["torch (at once)"]),
        ("if TYPE_CHECKING:\n    import jsonschema", []),
        ("class A:\n    import rich", ["rich (at once)"]),
        ("from . import b", [". (at once)"]),
        ("async def f():\n    from pandas import x", ["pandas (deferred)"]),
    ],
)
def test_the_check_sees_each_kind_of_import(source: str, expected: list[str]) -> None:
    assert breaches(source, Allowed(frozenset({"pluggy"}), frozenset({"jsonschema"}))) == expected


def test_what_loads_with_core_and_plugins_is_a_base_dependency_and_the_rest_an_extra(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    base = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    lines = [line for extra in project["optional-dependencies"].values() for line in extra]
    extras = {canonicalize_name(Requirement(line).name) for line in lines}
    for prefix, rule in RULES.items():
        brought = base if prefix.startswith("plugins/") or prefix == "core/bartizan" else base | extras
        assert {DISTRIBUTIONS[name] for name in rule.at_once if not name.startswith("bartizan")} <= brought, prefix
        assert {DISTRIBUTIONS[name] for name in rule.later} <= base | extras, prefix


HEAVY = {
    "asyncio", "cryptography", "datasets", "hypothesis", "jsonschema", "langchain", "langchain_core", "langgraph", "llama_index",
    "numpy", "pandas", "phonenumbers", "pyarrow", "pytest", "re2", "rich", "stdnum", "torch", "transformers", "typer",
}  # fmt: skip
LOADED = """
import sys
import pluggy
from pydantic import BaseModel
class Empty(BaseModel): pass
before = set(sys.modules)
{}
print(*set(sys.modules) - before)
"""


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement adds to those which pluggy and pydantic with one empty model bring."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(statement)], capture_output=True, check=False, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_import_bartizan_loads_nothing_heavy_and_no_third_party_at_all() -> None:
    loaded = loaded_by("import bartizan")
    assert "bartizan" in loaded
    roots = {name.partition(".")[0] for name in loaded}
    assert roots & HEAVY == set()
    assert roots - sys.stdlib_module_names <= {"bartizan", "pluggy", "pydantic", "pydantic_core"}
    assert {name for name in loaded if name.startswith(("bartizan.cli", "bartizan.data", "bartizan.testing"))} == set()


def test_the_check_of_loaded_modules_would_see_a_heavy_one() -> None:
    assert {"asyncio", "asyncio.events"} <= loaded_by("import asyncio")
