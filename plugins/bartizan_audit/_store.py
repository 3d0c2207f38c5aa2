"""What a store must offer, and the statements that SQLite and PostgreSQL share.

Four tables: `log` (one row: which log this is), `records` (the chain), `subjects` (a key for each subject, wrapped), `tombstones`
(signed: what was pruned).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from bartizan_audit._chain import Row
from bartizan_audit._errors import AuditDamaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

VERSION: Final = 1
PAGE: Final = 2_000
"""Records fetched at once: memory stays the same however long the log is."""


class Store(Protocol):
    """A database that holds one log."""

    name: str
    """How messages call it; never with a password."""

    def writing(self) -> AbstractContextManager[Tables]:
        """A transaction that no other process can write beside: it is committed, durably if the policy says so, or rolled back."""
        ...

    def reading(self) -> AbstractContextManager[Tables]:
        """One consistent snapshot."""
        ...

    def create(self, log_id: bytes) -> None:
        """Make the tables where they are missing; of several at once, one log id wins."""
        ...

    def exists(self) -> bool:
        """Whether there is a log."""
        ...

    def make_durable(self) -> None:
        """Put on the disk what was committed, before a checkpoint vouches for it."""
        ...

    def problems(self) -> list[str]:
        """What the database itself says is wrong with its file."""
        ...

    def close(self) -> None:
        """Let go of the connection; the next use opens another."""
        ...


class Tables:
    """The statements, over a connection of either database; `mark` is how it writes a parameter."""

    def __init__(self, connection: Any, mark: str, head: str) -> None:  # noqa: ANN401 (either database's connection)
        self._execute = connection.execute
        self._connection = connection
        self._sql = _SQLITE if mark == "?" else _POSTGRES
        self._head = head

    def log_id(self) -> tuple[int, bytes] | None:
        """The format's version and the log's id."""
        found = self._execute(self._sql["log"]).fetchone()
        return None if found is None else (found[0], _bytes(found[1]))

    def logs(self) -> int:
        """How many rows say which log this is: one, unless somebody wrote there."""
        return int(self._execute("SELECT COUNT(*) FROM log").fetchone()[0])

    def head(self) -> tuple[int, bytes] | None:
        """Number and link of the last record."""
        found = self._execute(self._head).fetchone()
        return None if found is None else (found[0], _bytes(found[1]))

    def first(self) -> int | None:
        """Number of the first record."""
        found = self._execute("SELECT MIN(n) FROM records").fetchone()
        return None if found is None else found[0]

    def mac(self, n: int) -> bytes | None:
        """The link of a record."""
        found = self._execute(self._sql["mac"], (n,)).fetchone()
        return None if found is None else _bytes(found[0])

    def insert(self, rows: Sequence[Row]) -> None:
        """Add records."""
        values = [(row.n, row.body, row.subject, row.sealed, row.mac) for row in rows]
        if len(values) == 1:
            self._execute(self._sql["insert"], values[0])
        else:
            self._many(self._sql["insert"], values)

    def rows(self, after: int = 0) -> Iterator[Row]:
        """The records in their order, a page at a time."""
        while True:
            page = self._execute(self._sql["rows"], (after,)).fetchall()
            if not page:
                return
            for n, body, subject, sealed, mac in page:
                yield Row(n, body, _bytes(subject), _bytes(sealed), _bytes(mac))
            last = page[-1][0]
            if type(last) is not int or last <= after:  # a damaged tree, in which this would go round for ever
                message = "the audit log is damaged: its records are not in the order of their numbers"
                raise AuditDamaged(message)
            after = last

    def last(self, count: int) -> int:
        """The number before the last `count` records."""
        head = self.head()
        return 0 if head is None else max(0, head[0] - count)

    def delete_through(self, n: int) -> int:
        """Delete the records up to a number; how many there were."""
        return int(self._execute(self._sql["prune"], (n,)).rowcount)

    def subject(self, lookup: bytes) -> tuple[bytes, bytes] | None:
        """Reference and wrapped key of a subject."""
        found = self._execute(self._sql["subject"], (lookup,)).fetchone()
        return None if found is None else (_bytes(found[0]), _bytes(found[1]))

    def subject_key(self, ref: bytes) -> tuple[bytes, bytes] | None:
        """Lookup and wrapped key of a subject."""
        found = self._execute(self._sql["subject_key"], (ref,)).fetchone()
        return None if found is None else (_bytes(found[0]), _bytes(found[1]))

    def has_subject(self, ref: bytes) -> bool:
        """Whether a subject still has its key."""
        return self._execute(self._sql["has_subject"], (ref,)).fetchone() is not None

    def subjects(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Reference, lookup and wrapped key of all subjects."""
        for ref, lookup, key in self._execute("SELECT ref, lookup, key FROM subjects"):
            yield _bytes(ref), _bytes(lookup), _bytes(key)

    def add_subject(self, ref: bytes, lookup: bytes, wrapped: bytes) -> None:
        """Keep a new subject's key."""
        self._execute(self._sql["add_subject"], (ref, lookup, wrapped))

    def drop_subject(self, ref: bytes) -> int:
        """Delete a subject's key; what is sealed with it can't be read again."""
        return int(self._execute(self._sql["drop_subject"], (ref,)).rowcount)

    def drop_unused_subjects(self) -> int:
        """Delete the keys that no record needs any more."""
        return int(self._execute(_UNUSED).rowcount)

    def tombstones(self) -> list[tuple[int, bytes, int, bytes]]:
        """Number, link, time (ns) and signature of what was pruned, in order."""
        found = self._execute("SELECT through, mac, at, signature FROM tombstones ORDER BY through").fetchall()
        return [(through, _bytes(mac), at, _bytes(signature)) for through, mac, at, signature in found]

    def add_tombstone(self, through: int, mac: bytes, at: int, signature: bytes) -> None:
        """Keep what was pruned."""
        self._execute(self._sql["tombstone"], (through, mac, at, signature))

    def _many(self, sql: str, values: Iterable[tuple[object, ...]]) -> None:
        if hasattr(self._connection, "executemany"):
            self._connection.executemany(sql, values)
        else:
            with self._connection.cursor() as cursor:
                cursor.executemany(sql, values)


_UNUSED: Final = "DELETE FROM subjects WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.subject = subjects.ref)"
_SQLITE: Final = {
    "log": "SELECT version, id FROM log LIMIT 1",
    "mac": "SELECT mac FROM records WHERE n = ?",
    "insert": "INSERT INTO records (n, body, subject, sealed, mac) VALUES (?, ?, ?, ?, ?)",
    "rows": f"SELECT n, body, subject, sealed, mac FROM records WHERE n > ? ORDER BY n LIMIT {PAGE}",  # noqa: S608 (a constant)
    "prune": "DELETE FROM records WHERE n <= ?",
    "subject": "SELECT ref, key FROM subjects WHERE lookup = ?",
    "subject_key": "SELECT lookup, key FROM subjects WHERE ref = ?",
    "has_subject": "SELECT 1 FROM subjects WHERE ref = ?",
    "add_subject": "INSERT INTO subjects (ref, lookup, key) VALUES (?, ?, ?)",
    "drop_subject": "DELETE FROM subjects WHERE ref = ?",
    "tombstone": "INSERT INTO tombstones (through, mac, at, signature) VALUES (?, ?, ?, ?)",
}
_POSTGRES: Final = {name: sql.replace("?", "%s") for name, sql in _SQLITE.items()}


def _bytes(value: Any) -> Any:  # noqa: ANN401 (a column of either database)
    """PostgreSQL gives bytea as it is read; a column that somebody gave another type stays as it is, for verify to see."""
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
