"""A log with records in it, and ways to look at its file as somebody without the key would."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Guard, Principal
from bartizan_audit import Audit, Config, Report, verify
from bartizan_audit._entry import Entry
from bartizan_audit._opening import keys_of, log_of, store_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bartizan_audit._log import AuditLog

ALICE = Principal("alice", ["user"], tenant="acme")


class Log:
    """A log on disk: write records, edit the file, verify."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.config = Config(path=folder / "audit.db", **{"durability": "normal", **settings})
        self.path = folder / "audit.db"
        self.checkpoints = self.config.checkpoint_file

    def open(self) -> AuditLog:
        return log_of(self.config)

    def write(self, count: int, start: int = 0) -> None:
        log = self.open()
        for i in range(start, start + count):
            log.append(Entry(f'{{"kind":"event","t":{i},"x":{i}}}', ("acme", f"user {i % 3}"), f'{{"principal":"user {i % 3}"}}'))
        log.close()

    def verify(self) -> Report:
        return verify(store_of(self.config), keys_of(self.config, there=True), self.checkpoints)

    @contextmanager
    def edit(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            yield connection

    def rows(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute("SELECT n, body, subject, sealed, mac FROM records ORDER BY n").fetchall()

    def guard(self, *plugins: Any, **settings: Any) -> Guard:
        return Guard(plugins=["validation", "redaction", *plugins, Audit(self.config)], **settings)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


@pytest.fixture
def make_log(tmp_path: Path) -> Callable[..., Log]:
    def make(where: str = "one", **settings: Any) -> Log:
        folder = tmp_path / where
        folder.mkdir(exist_ok=True)
        return Log(folder, **settings)

    return make
