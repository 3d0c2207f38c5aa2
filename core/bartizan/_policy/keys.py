"""Named keys, for keyed hashes: from the environment or a file, never from the policy itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan._policy.source import Source
    from bartizan._policy.tables import KeyTable

_MIN_BYTES: Final = 16


def read_key(name: str, table: KeyTable | None, source: Source) -> bytes:
    """The key's bytes.

    Raises:
        PolicyError: it is not declared, not there, or too short.
    """
    at = ("keys", name)
    if table is None or (table.env is None) == (table.file is None):
        raise source.error(at, f"declare [keys.{name}] with either env = the name of a variable, or file = a path")
    problem, key = "", b""
    if table.env is not None:
        key = os.environ.get(table.env, "").encode("utf-8", "surrogateescape")
        problem = "" if key else f"the environment variable {table.env} is not set"
    elif table.file is not None:
        try:
            key = table.file.read_bytes().strip()
        except OSError as error:
            problem = f"{table.file} can't be read: {error.strerror}"
    if not problem and len(key) < _MIN_BYTES:
        problem = f"the key has {len(key)} bytes, at least {_MIN_BYTES} are needed"
    if problem:
        raise source.error(at, problem)
    return key


class KeyRing:
    """The named keys of a policy, each read when it is asked for."""

    def __init__(self, tables: Mapping[str, KeyTable], source: Source) -> None:
        self._tables = dict(tables)
        self._source = source

    def read(self, name: str) -> bytes:
        """The key's bytes.

        Raises:
            PolicyError: it is not declared, not there, or too short.
        """
        return read_key(name, self._tables.get(name), self._source)

    def __repr__(self) -> str:
        return f"KeyRing({len(self._tables)} keys)"
