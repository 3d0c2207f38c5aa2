"""Rules that hold for every file of the tree."""

from __future__ import annotations

import ast
import re
import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSED_OVER = {"__pycache__", "venv", "build", "dist", "htmlcov", "node_modules"}
# This file is checked too, so no pattern may match itself.
MACHINE_PATH = re.compile(r"(?<![\w.~:-])(?:/(?:" + "work|root|home|Users|tmp|opt" + r")/\w|[A-Z]:\\\\?Users\\)")
REGISTRY = re.compile("--(?:extra-)?index" + r"-url|--find" + r"-links|--trusted" + "-host")


def files(repository: Path) -> Iterator[Path]:
    """Every file of the tree but what tools leave behind (hidden folders other than the CI's included)."""
    pending = [repository]
    while pending:
        for entry in pending.pop().iterdir():
            if (
                entry.name in PASSED_OVER
                or entry.name.endswith(".egg-info")
                or (entry.name.startswith(".") and entry.name not in {".ci", ".gitignore"})
            ):
                continue
            if entry.is_dir():
                pending.append(entry)
            elif entry.suffix != ".pyc":
                yield entry


def test_every_file_is_utf_8_text_and_names_no_place_of_one_machine(repository: Path) -> None:
    found = [
        f"{file.relative_to(repository)}:{number}"
        for file in files(repository)
        if file.name != "py.typed"
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("root = '/" + "home/jane/project'", True),
        ("see /" + "work/notes", True),
        ("C:" + "\\Users\\jane", True),
        ("/" + "tmp/venv/bin/python", True),
        ("https://page.example/home/jane", False),
        ("a/work/b", False),
        ("/usr/bin/env bash", False),
        ("<< 2 /work", False),
    ],
)
def test_the_search_knows_a_machine_s_path(line: str, expected: bool) -> None:
    assert bool(MACHINE_PATH.search(line)) is expected


def names_in(node: ast.expr | None) -> set[str]:
    return set() if node is None else {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def swallows(source: str) -> list[int]:
    """The lines where everything that goes wrong is dropped: an empty handler of all exceptions, or suppress() of them."""
    everything = {"Exception", "BaseException"}
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            empty = all(
                isinstance(s, ast.Pass | ast.Continue) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
                for s in node.body
            )
            if empty and (node.type is None or names_in(node.type) & everything):
                lines.append(node.lineno)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "suppress":
            lines += [node.lineno] * any(names_in(argument) & everything for argument in node.args)
    return lines


def test_no_module_swallows_every_exception(repository: Path) -> None:
    modules = [file for file in files(repository) if file.suffix == ".py"]
    assert len(modules) > 10
    assert [f"{file.relative_to(repository)}:{line}" for file in modules for line in swallows(file.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("try:\n    f()\nexcept Exception:\n    pass", [3]),
        ("try:\n    f()\nexcept:\n    ...", [3]),
        ("for x in y:\n    try:\n        f()\n    except (ValueError, BaseException) as e:\n        continue", [4]),
        ("with contextlib.suppress(Exception):\n    f()", [1]),
        ("try:\n    f()\nexcept ValueError:\n    pass", []),
        ("try:\n    f()\nexcept Exception:\n    log()\n    raise", []),
        ("with suppress(KeyError):\n    f()", []),
    ],
)
def test_the_search_knows_a_swallowed_exception(source: str, expected: list[int]) -> None:
    assert swallows(source) == expected


def test_the_ci_s_script_can_be_executed(repository: Path) -> None:
    assert (repository / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_the_licence_is_the_whole_apache_licence(repository: Path) -> None:
    text = (repository / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text
    assert all(f"\n   {number}. " in text for number in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_ignored_rule_has_its_reason_beside_it(repository: Path) -> None:
    lines = (repository / "pyproject.toml").read_text("utf-8").splitlines()
    ignored = [line for line in lines if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert len(ignored) > 10
    assert [line for line in ignored if "  # " not in line and not re.search(r'", +# \w', line)] == []


NOQA = re.compile(r"# noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\s+(?:# )?\S)")


def test_every_noqa_names_its_rules_and_its_reason(repository: Path) -> None:
    found = [
        f"{file.relative_to(repository)}:{number}"
        for file in files(repository)
        if file.suffix == ".py" and file.name != "test_files.py"
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if NOQA.search(line)
    ]
    assert found == []
