"""The log in PostgreSQL, for several machines: the same tables and chain, in the schema `bartizan_audit` of one database.

Writers take turns by `LOCK TABLE ... IN EXCLUSIVE MODE`, which leaves readers alone
(https://www.postgresql.org/docs/current/explicit-locking.html). `durability = "normal"` is `synchronous_commit = off`: a commit
survives the end of this process, but perhaps not a crash of the server; a checkpoint is signed after one that is on its disk.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from bartizan import MissingExtra
from bartizan_audit._errors import AuditError, AuditUnreadable
from bartizan_audit._store import VERSION, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_HEAD: Final = "SELECT n, mac FROM records ORDER BY n DESC LIMIT 1"
_MAKING: Final = 0x62617274697A616E
"""Key of the advisory lock under which the tables are made: `IF NOT EXISTS` alone is not safe for several at once."""
_TABLES: Final = (
    "CREATE SCHEMA IF NOT EXISTS bartizan_audit",
    "CREATE TABLE IF NOT EXISTS log (version INTEGER NOT NULL, id BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS records (n BIGINT PRIMARY KEY, body TEXT NOT NULL, subject BYTEA, sealed BYTEA, mac BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS subjects (ref BYTEA PRIMARY KEY, lookup BYTEA NOT NULL UNIQUE, key BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS tombstones (through BIGINT PRIMARY KEY, mac BYTEA NOT NULL, at BIGINT NOT NULL, signature BYTEA NOT NULL)",
)


class PostgresStore:
    """A log in a database; `busy_s` is how long a writer waits for another."""

    def __init__(self, dsn: str, *, full: bool = True, busy_s: float = 4.0) -> None:
        self._dsn = dsn
        self._full = full
        self._busy_s = busy_s
        self._connection: Connection | None = None
        self.name = _name(dsn)

    def exists(self) -> bool:
        """Whether there is a log."""
        with self._told("can't be read"), self._connect() as connection:
            found = connection.execute("SELECT to_regclass('bartizan_audit.log')").fetchone()
            if found is None or found[0] is None:
                return False
            return connection.execute("SELECT 1 FROM log").fetchone() is not None

    def create(self, log_id: bytes) -> None:
        """Make the tables where they are missing."""
        with self._told("can't be made"):
            connection = self._open()
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
                for statement in _TABLES:
                    connection.execute(statement)
                if connection.execute("SELECT 1 FROM log").fetchone() is None:
                    connection.execute("INSERT INTO log (version, id) VALUES (%s, %s)", (VERSION, log_id))

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        """A transaction; nobody else writes meanwhile."""
        with self._told("can't be written"):
            connection = self._open()
            with connection.transaction():
                connection.execute("LOCK TABLE records IN EXCLUSIVE MODE")
                yield Tables(connection, "%s", _HEAD)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """One snapshot, on a connection of its own, for it may last."""
        with self._told("can't be read"), self._connect() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield Tables(connection, "%s", _HEAD)

    def make_durable(self) -> None:
        """A transaction that syncs the server's log puts all before it on the disk too."""
        if self._full:
            return
        with self._told("can't be put on the disk"):
            connection = self._open()
            with connection.transaction():
                connection.execute("SET LOCAL synchronous_commit = on")
                connection.execute("SELECT pg_current_xact_id()")  # gives the transaction something to write

    def problems(self) -> list[str]:
        """PostgreSQL checks its pages itself, where the server's data checksums are on."""
        return []

    def close(self) -> None:
        """Close the connection of this process."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with self._told("can't be closed"):
                connection.close()

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Connection:
        psycopg = _psycopg()
        connection: Connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=max(2, round(self._busy_s)))
        connection.execute("SET search_path = bartizan_audit")
        connection.execute(f"SET lock_timeout = {round(self._busy_s * 1_000)}")
        connection.execute(f"SET synchronous_commit = {'on' if self._full else 'off'}")
        return connection

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """The server's errors as one sentence, without the server's words: they may quote a row."""
        psycopg = _psycopg()
        problem = ""
        kind: type[AuditError] = AuditUnreadable if what == "can't be read" else AuditError
        try:
            yield
        except psycopg.Error as error:
            state = f" ({error.sqlstate})" if error.sqlstate else ""
            problem = f"{type(error).__name__}{state}"
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(psycopg.Error):
                    connection.close()
        if problem:
            message = f"the audit log {self.name} {what}: {problem}: see the server's log"
            raise kind(message)


def _psycopg() -> Any:  # noqa: ANN401 (a module)
    try:
        import psycopg
    except ImportError:
        feature = "an audit log in PostgreSQL"
        raise MissingExtra(feature, "postgres") from None
    return psycopg


def _name(dsn: str) -> str:
    """Server and database, without user and password."""
    psycopg = _psycopg()
    parts: dict[str, Any] = {}
    broken = False
    try:
        parts = psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        broken = True
    if broken:
        message = "[plugins.audit] postgres is no connection string: write postgresql://host/database"
        raise AuditError(message)
    return f"postgresql://{parts.get('host', 'local')}/{parts.get('dbname', '')}"
