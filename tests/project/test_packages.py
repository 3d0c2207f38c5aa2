from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOTS = ("core", "plugins", "integrations")


@pytest.fixture(scope="module")
def settings(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))


def packages_in(repository: Path) -> set[str]:
    return {f"{root}/{init.parent.name}" for root in ROOTS for init in (repository / root).glob("*/__init__.py")}


def test_the_wheel_s_list_names_every_import_package_of_the_tree(repository: Path, settings: dict[str, Any]) -> None:
    assert set(settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == packages_in(repository)


def test_every_import_package_ships_py_typed(repository: Path) -> None:
    packages = packages_in(repository)
    assert "core/bartizan" in packages
    assert [package for package in sorted(packages) if not (repository / package / "py.typed").is_file()] == []


def test_every_folder_with_modules_is_a_regular_package(repository: Path) -> None:
    folders = {module.parent for package in packages_in(repository) for module in (repository / package).rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_coverage_and_import_linter_know_every_package(repository: Path, settings: dict[str, Any]) -> None:
    names = {Path(package).name for package in packages_in(repository)}
    assert set(settings["tool"]["coverage"]["run"]["source_pkgs"]) == names
    assert set(settings["tool"]["importlinter"]["root_packages"]) == names


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(repository)],
        capture_output=True,
        check=False,
        cwd=out,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_packages_and_nothing_else(repository: Path, wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if not name.partition("/")[0].endswith(".dist-info")}
    expected = {
        file.relative_to(repository / root).as_posix()
        for package in packages_in(repository)
        for root in [package.partition("/")[0]]
        for file in (repository / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    template = repository / "cookbook" / "plugin-template"
    expected |= {
        f"bartizan/cli/_plugin_template/{file.relative_to(template).as_posix()}"
        for file in template.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert held == expected


def test_the_wheel_s_metadata_has_licence_entry_points_and_five_base_dependencies(wheel: zipfile.ZipFile) -> None:
    names = {name.partition("/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert b"Apache License" in wheel.read(names["licenses/LICENSE"])
    assert b"validation = bartizan_validation:Validation" in wheel.read(names["entry_points.txt"])
    metadata = Parser().parsestr(wheel.read(names["METADATA"]).decode("utf-8"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    base = {r.name for r in map(Requirement, metadata.get_all("Requires-Dist", [])) if r.marker is None}
    assert base == {"pluggy", "pydantic", "google-re2", "phonenumbers", "python-stdnum"}
