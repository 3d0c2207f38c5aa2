"""`bartizan new-plugin NAME`: a complete distribution to start a plugin from, made of the one in cookbook/plugin-template."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bartizan._plugins.discovery import installed
from bartizan.cli._errors import CLEAN, CommandError
from bartizan.cli._io import write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_LONGEST: Final = 50
_SHIPPED: Final = "_plugin_template"
_CHECKOUT: Final = Path(__file__).parents[3] / "cookbook" / "plugin-template"
_LEFT_OUT: Final = frozenset({"__pycache__", "dist", "build", ".pytest_cache", ".venv"})
_MODEL: Final = "banned topics"
"""The template's own name. Only names are replaced: what its sentences say of banned topics is what it does."""


def new_plugin(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What a policy will call the plugin, such as office-hours.", show_default=False)
    ],
    into: Annotated[
        str, typer.Option("--into", metavar="FOLDER", help="The folder to make it in; by default the one you are in.")
    ] = ".",
) -> int:
    """Write a complete distribution for a plugin of your own: metadata with its entry point, a module, tests, a README.

    It works as it is (it refuses banned topics) and passes the conformance kit: change it step by step.

    Exit status: 0 written, 2 not.
    """
    plain = _checked(name)
    folder = Path(into) / f"bartizan-{plain.replace(' ', '-')}"
    if not Path(into).is_dir():
        message = f"{into} is not a folder: make it first, or name another with --into"
        raise CommandError(message)
    if folder.exists():
        message = f"{folder} is there already: nothing was written; choose another name, or another folder with --into"
        raise CommandError(message)
    try:
        written = _write(folder, plain)
    except OSError as error:
        message = f"{folder} could not be written: {error.strerror or type(error).__name__}"
        raise CommandError(message) from None
    write_lines([
        *(f"wrote {path}" for path in written),
        "",
        f"next: cd {folder} && pip install -e '.[dev]' && pytest",
        f'then: plugins = ["{plain.replace(" ", "_")}"] in the [guard] table of a policy',
    ])  # fmt: skip
    return CLEAN


def _checked(name: str) -> str:
    """The name in plain words.

    Raises:
        CommandError: no distribution, module and class could be called so, or an installed plugin is.
    """
    short = name.removeprefix("bartizan-").removeprefix("bartizan_")
    if not _NAME.fullmatch(short) or len(short) > _LONGEST:
        message = (
            "a plugin's name is made of lower-case letters and digits, words joined by hyphens, "
            f"of at most {_LONGEST} characters, such as office-hours"
        )
        raise CommandError(message)
    plain = short.replace("-", " ").replace("_", " ")
    called = plain.replace(" ", "_")
    if keyword.iskeyword(called) or keyword.issoftkeyword(called):
        message = f"{called!r} is a word of Python's own: choose another name"
        raise CommandError(message)
    if called in installed():
        message = f"a plugin called {called!r} is installed already, and a policy could not tell them apart: choose another name"
        raise CommandError(message)
    return plain


def _write(folder: Path, plain: str) -> list[Path]:
    """Write the whole of it or nothing; the files, as they are to be told."""
    out: list[Path] = []
    begun = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for parts, source in _template():
            target = begun.joinpath(*(_renamed(part, plain) for part in parts))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_renamed(source.read_text("utf-8"), plain), encoding="utf-8", newline="\n")
            out.append(folder.joinpath(target.relative_to(begun)))
        begun.chmod(0o755)
        begun.rename(folder)
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return sorted(out)


def _renamed(text: str, plain: str) -> str:
    for form in (_hyphened, _underscored, _joined):
        text = text.replace(form(_MODEL), form(plain))
    return text


def _hyphened(plain: str) -> str:
    return plain.replace(" ", "-")


def _underscored(plain: str) -> str:
    return plain.replace(" ", "_")


def _joined(plain: str) -> str:
    return "".join(word.capitalize() for word in plain.split())


def _template() -> Iterator[tuple[tuple[str, ...], Traversable]]:
    """The template's files with the way to each: shipped in the wheel, or beside the source tree this runs from."""
    shipped = files("bartizan.cli") / _SHIPPED
    yield from _files(shipped if shipped.is_dir() else _CHECKOUT, ())


def _files(folder: Traversable, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name not in _LEFT_OUT and not entry.name.endswith(".egg-info"):
                yield from _files(entry, (*way, entry.name))
        elif not entry.name.endswith(".pyc"):
            yield (*way, entry.name), entry
