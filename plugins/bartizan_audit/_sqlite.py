"""The log in one SQLite file, in WAL mode: several processes may write, readers don't wait.

https://www.sqlite.org/wal.html. `synchronous = FULL` syncs the WAL at each commit; NORMAL leaves that to the system, so a commit
survives the end of the process but perhaps not a loss of power. No connection is carried over a fork (howtocorrupt.html, 2.6).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from bartizan_audit._checkpoints import sync_folder
from bartizan_audit._errors import AuditDamaged, AuditError, AuditUnreadable
from bartizan_audit._store import VERSION, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD: Final = "SELECT n, mac FROM records ORDER BY n DESC LIMIT 1"
_DAMAGE: Final = sqlite3.SQLITE_CORRUPT
_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOMEM,
    }
)
"""Why a file can't be read now; anything else says that it is damaged."""
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS log (version INTEGER NOT NULL, id BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS records (n INTEGER PRIMARY KEY, body TEXT NOT NULL, subject BLOB, sealed BLOB, mac BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS subjects (ref BLOB PRIMARY KEY, lookup BLOB NOT NULL UNIQUE, key BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tombstones (through INTEGER PRIMARY KEY, mac BLOB NOT NULL, at INTEGER NOT NULL, signature BLOB NOT NULL)",
)


class SqliteStore:
    """A log in a file; `busy_s` is how long a writer waits for another process."""

    def __init__(self, path: Path, *, full: bool = True, busy_s: float = 4.0) -> None:
        self.path = path
        self.name = str(path)
        self._full = full
        self._busy_s = busy_s
        self._connection: sqlite3.Connection | None = None

    def exists(self) -> bool:
        """Whether there is a log: a file without tables is none."""
        if not self.path.exists():
            return False
        with self._told("can't be read"), closing(self._read_only()) as connection:
            return bool(connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'log'").fetchone()[0])

    def create(self, log_id: bytes) -> None:
        """Make file and tables where they are missing; mode 0600."""
        with self._told("can't be made"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # one that is there is not opened: see make_durable
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
                sync_folder(self.path.parent)
        with self._transaction("can't be made") as connection:
            for statement in _TABLES:
                connection.execute(statement)
            if connection.execute("SELECT COUNT(*) FROM log").fetchone() == (0,):
                connection.execute("INSERT INTO log (version, id) VALUES (?, ?)", (VERSION, log_id))

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        """A transaction; nobody else writes meanwhile."""
        with self._transaction("can't be written") as connection:
            yield Tables(connection, "?", _HEAD)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """One snapshot, through a connection that can't write."""
        if not self.path.exists():
            message = f"there is no audit log at {self.name}"
            raise AuditUnreadable(message)
        with self._told("can't be read"), closing(self._read_only()) as connection:
            connection.execute("BEGIN")
            yield Tables(connection, "?", _HEAD)

    def make_durable(self) -> None:
        """Sync the WAL: what has left it for the file was synced on the way.

        Never open the file itself: closing it would drop all locks that SQLite holds on it in this process, and another process
        would take itself for the last one and delete the WAL (howtocorrupt.html, 2.2).
        """
        if self._full:
            return
        with self._told("can't be put on the disk"), suppress(FileNotFoundError):
            handle = os.open(f"{self.path}-wal", os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def problems(self) -> list[str]:
        """SQLite's own check of its pages and indexes; it quotes no value."""
        with self._told("can't be read"), closing(self._read_only()) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def forget_deleted(self) -> None:
        """Write the WAL back and empty it, so that deleted keys and records are overwritten there too."""
        with self._told("can't be compacted"):
            self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def compact(self) -> None:
        """Give the room of deleted records back."""
        with self._told("can't be compacted"):
            self._open().execute("VACUUM")
        self.forget_deleted()

    def close(self) -> None:
        """Close the connection of this process."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with self._told("can't be closed"):
                connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if not self.path.exists():
                message = f"the audit log {self.name} is gone: it was there before"
                raise AuditError(message)
            connection = sqlite3.connect(self.path, timeout=self._busy_s, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {'FULL' if self._full else 'NORMAL'}")
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA cell_size_check = ON")
                connection.execute("PRAGMA trusted_schema = OFF")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _read_only(self) -> sqlite3.Connection:
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=self._busy_s, isolation_level=None)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.text_factory = _text
        return connection

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        with self._told(what):
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                # Whatever it was (a full disk, a damaged page): the next attempt starts from a connection of its own.
                self._connection = None
                with suppress(sqlite3.Error):
                    connection.close()
                raise

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """SQLite's and the system's errors as one sentence; SQLite's own words name tables and states, never values."""
        problem = ""
        kind: type[AuditError] = AuditUnreadable if what == "can't be read" else AuditError
        try:
            yield
        except sqlite3.Error as error:
            problem = str(error)
            if kind is AuditUnreadable and getattr(error, "sqlite_errorcode", _DAMAGE) & 0xFF not in _PASSING:
                kind = AuditDamaged
        except UnicodeDecodeError:
            problem, kind = "the names of its tables are no text", AuditDamaged
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            message = f"the audit log {self.name} {what}: {problem}"
            raise kind(message)


def _text(raw: bytes) -> str:
    """Bytes that are no UTF-8 are kept apart, so that a damaged record is found where it is instead of stopping the reader."""
    return raw.decode("utf-8", "surrogateescape")
