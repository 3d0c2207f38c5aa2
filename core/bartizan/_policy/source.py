"""Policy files: read, merged along `extends`, and remembered by which file said what."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bartizan._errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

Key = tuple[str | int, ...]
_MAX_EXTENDS: Final = 32


class Source:
    """A policy as one table, and for each of its keys the file that said it."""

    def __init__(self, table: dict[str, Any], files: dict[Key, Path], name: str, base: Path) -> None:
        self.table = table
        self._files = files
        self._name = name
        self._base = base

    def where(self, key: Key) -> str:
        """The name of the file that a key comes from, or of the policy as a whole."""
        found = self._file(key)
        return self._name if found is None else str(found)

    def base(self, key: Key) -> Path:
        """The folder that a relative path at this key starts from."""
        found = self._file(key)
        return self._base if found is None else found.parent

    def error(self, key: Key, problem: str) -> PolicyError:
        """The error for a key: file, key, what is wrong."""
        shown = ".".join(str(part) for part in key)
        return PolicyError(f"{self.where(key)}: {shown}: {problem}" if shown else f"{self.where(key)}: {problem}")

    def _file(self, key: Key) -> Path | None:
        for length in range(len(key), 0, -1):
            if key[:length] in self._files:
                return self._files[key[:length]]
        return None


def read_files(paths: Iterable[str | PathLike[str]]) -> Source:
    """Policy files merged, later ones going before earlier ones, each over what it extends.

    Raises:
        PolicyError: one is missing, empty, not UTF-8, not TOML, or extends itself.
    """
    merged = Source({}, {}, "policy", Path.cwd())
    names = []
    for path in paths:
        file = Path(path)
        names.append(str(path))
        table, files = _read(file, ())
        _merge(merged.table, table, merged._files, files, ())  # noqa: SLF001 (made here)
    if not names:
        message = "no policy file was named: pass at least one path"
        raise PolicyError(message)
    return Source(merged.table, merged._files, " + ".join(names), Path(paths_base(names)))  # noqa: SLF001 (made here)


def paths_base(names: list[str]) -> str:
    """The folder of the last file, for keys that no file said."""
    return str(Path(names[-1]).absolute().parent)


def read_mapping(table: Mapping[str, Any], base: str | PathLike[str] | None) -> Source:
    """A policy given as a mapping.

    Raises:
        PolicyError: it is empty, or what it extends can't be read.
    """
    if not table:
        message = "the policy is empty: name plugins under [guard], or use Guard() for the defaults"
        raise PolicyError(message)
    if not isinstance(table, Mapping):
        message = f"a policy is a mapping, as bartizan.toml would hold it, not a {type(table).__name__}"
        raise PolicyError(message)
    folder = Path(base) if base is not None else Path.cwd()
    out: dict[str, Any] = {}
    files: dict[Key, Path] = {}
    own = dict(table)
    for parent in _extended(own.pop("extends", None), "policy"):
        parent_table, parent_files = _read(folder / parent, ())
        _merge(out, parent_table, files, parent_files, ())
    _merge(out, own, files, {}, ())
    return Source(out, files, "policy", folder)


def _read(file: Path, chain: tuple[Path, ...]) -> tuple[dict[str, Any], dict[Key, Path]]:
    table = _parsed(file, chain)
    resolved = file.resolve()
    if resolved in chain:
        message = f"{file}: extends itself, through {' → '.join(p.name for p in (*chain, resolved))}: break the circle"
        raise PolicyError(message)
    if len(chain) >= _MAX_EXTENDS:
        message = f"{file}: extends go more than {_MAX_EXTENDS} files deep"
        raise PolicyError(message)
    out: dict[str, Any] = {}
    files: dict[Key, Path] = {}
    for parent in _extended(table.pop("extends", None), str(file)):
        parent_table, parent_files = _read(file.parent / parent, (*chain, resolved))
        _merge(out, parent_table, files, parent_files, ())
    own: dict[Key, Path] = {}
    _say(table, (), file.absolute(), own)
    _merge(out, table, files, own, ())
    return out, files


def _parsed(file: Path, chain: tuple[Path, ...]) -> dict[str, Any]:
    by = f" (named in extends of {chain[-1]})" if chain else ""
    problem = ""
    data = b""
    try:
        data = file.read_bytes()
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except ValueError:
        problem = "its name holds a character that no file name can"
    if problem:
        message = f"{file}: can't be read{by}: {problem}"
        raise PolicyError(message)
    text = ""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 at byte {error.start}: save it as UTF-8"
    if problem:
        message = f"{file}: {problem}"
        raise PolicyError(message)
    table: dict[str, Any] = {}
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"is not TOML: {error}"
    except RecursionError:
        problem = "is nested too deeply"
    if problem:
        message = f"{file}: {problem}"
        raise PolicyError(message)
    if not table:
        message = f"{file}: is empty: name plugins under [guard], or use Guard() for the defaults"
        raise PolicyError(message)
    return table


def _extended(value: object, where: str) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    message = f"{where}: extends: must be a file name or a list of them"
    raise PolicyError(message)


def _say(value: object, key: Key, file: Path, files: dict[Key, Path]) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _say(item, (*key, name), file, files)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _say(item, (*key, index), file, files)
    if key:
        files[key] = file


def _merge(into: dict[str, Any], table: Mapping[str, Any], files: dict[Key, Path], said: Mapping[Key, Path], key: Key) -> None:
    """Tables merge, `rules` append (the last match decides), everything else is replaced."""
    for name, value in table.items():
        at = (*key, name)
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value, files, said, at)
            continue
        old = into.get(name)
        shift = 0
        if name == "rules" and isinstance(value, list) and isinstance(old, list):
            shift = len(old)
            into[name] = [*old, *value]
        else:
            for stale in [k for k in files if k[: len(at)] == at]:
                del files[stale]
            into[name] = value
        for k, file in said.items():
            if k[: len(at)] == at:
                index = k[len(at)] if len(k) > len(at) else None
                moved = (*at, index + shift, *k[len(at) + 1 :]) if isinstance(index, int) else k
                files[moved] = file
