"""Writes to one log from one process: holds it against its checkpoints, continues the chain, signs its end."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from bartizan_audit import _checkpoints as checkpoints
from bartizan_audit._chain import LOG_ID_BYTES, Row, genesis, link
from bartizan_audit._errors import AuditError, AuditUnreadable
from bartizan_audit._store import VERSION
from bartizan_audit._subjects import Sealer, lookup, pseudonym

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bartizan_audit._entry import Entry
    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Store, Tables
    from bartizan_audit._subjects import Identity


class Writer:
    """The state of one process. Not for several threads at once: `AuditLog` holds its lock around every call.

    Raises:
        AuditError: from the constructor, where the log can't be opened or must not be continued; from the methods, where
            something can't be written.
    """

    def __init__(self, store: Store, keys: Callable[[bool], Keys], checkpoint_file: Path) -> None:
        self._store = store
        self._file = checkpoint_file
        there = store.exists()
        self._keys = keys(there)
        if not there:
            self._refuse_orphans()
            store.create(secrets.token_bytes(LOG_ID_BYTES))
        with store.writing() as tables:
            self._log_id = _checked_id(tables, store.name)
            self._start = genesis(self._keys.chain, self._log_id)
            head = tables.head()
            self._against_checkpoints(head)
        self._seen = head or (0, self._start)
        self._signed = self._seen[0]
        self._sealer = Sealer(self._keys)

    @property
    def unsigned(self) -> int:
        """Records past the last checkpoint that this process knows of."""
        return self._seen[0] - self._signed

    def commit(self, take: Callable[[], Iterable[Entry]]) -> None:
        """Write what `take` gives, in one transaction. It is asked once nobody else can write, so that it gives all that came in."""
        sealer = self._sealer
        try:
            with self._store.writing() as tables:
                n, mac = self._end(tables)
                rows = []
                present: set[Identity] | None = None if n == self._seen[0] else set()  # forgetting leaves a record
                for entry in take():
                    n += 1
                    ref = sealed = None
                    if entry.identity is not None and entry.private:
                        ref, sealed = sealer.seal(tables, entry.identity, entry.private, present)
                    mac = link(self._keys.chain, mac, n, entry.body, ref, sealed)
                    rows.append(Row(n, entry.body, ref, sealed, mac))
                tables.insert(rows)
        except BaseException:
            sealer.reset()
            raise
        self._seen = n, mac

    def pseudonym(self, identity: Identity) -> str:
        """The start of the keyed hash that finds a subject."""
        return pseudonym(lookup(self._keys, identity))

    def checkpoint(self) -> None:
        """Sign the end, as this process wrote or saw it last, when it is on the disk."""
        self._store.make_durable()
        n, mac = self._seen
        checkpoints.append(self._file, checkpoints.Checkpoint(self._log_id, n, mac, time.time_ns()).signed(self._keys))
        self._signed = n

    def _refuse_orphans(self) -> None:
        """Checkpoints without a log: whoever deleted the log would have a new one begin in its place.

        The checkpoints of a log that another process makes just now come after it, so it is looked for once more.
        """
        if self._file.is_file() and self._file.stat().st_size and not self._store.exists():
            message = (
                f"the audit log {self._store.name} is gone, but its checkpoints {self._file} are there: find out who deleted it; "
                "to begin anew, move the checkpoints away"
            )
            raise AuditError(message)

    def _against_checkpoints(self, head: tuple[int, bytes] | None) -> None:
        """A log that ends before its last checkpoint was cut, or an old copy put in its place: nothing may be added to it."""
        if head is None and not self._file.exists():
            checkpoints.append(
                self._file, checkpoints.Checkpoint(self._log_id, 0, self._start, time.time_ns()).signed(self._keys)
            )
            return
        found = checkpoints.read(self._file, self._keys.public).checkpoints
        ours = [one.n for one in found if one.log_id == self._log_id]
        last = 0 if head is None else head[0]
        if not ours:
            self._refuse(f"the file {self._file} holds no checkpoint of it: one of the two was replaced")
        if max(ours) > last:
            self._refuse(f"it ends at record {last}, but record {max(ours)} was signed: it was cut or rolled back")

    def _end(self, tables: Tables) -> tuple[int, bytes]:
        """The chain's end, which must still hold what this process wrote or saw last."""
        end = tables.head() or (0, self._start)
        n, mac = self._seen
        if end == (n, mac):
            return end
        if end[0] < n:
            self._refuse(f"it ends at record {end[0]}, but this process saw record {n}: it was cut or replaced while in use")
        if end[0] == n or (n and tables.mac(n) not in {mac, None}):  # None: pruned
            self._refuse(f"record {n} is not what this process saw: the log was rewritten while in use")
        return end

    def _refuse(self, problem: str) -> None:
        message = f"the audit log {self._store.name} can't be continued: {problem} (see bartizan audit verify)"
        raise AuditError(message)


def _checked_id(tables: Tables, name: str) -> bytes:
    found = tables.log_id()
    if found is None or found[0] != VERSION or len(found[1]) != LOG_ID_BYTES:
        message = f"the audit log {name} does not say which log it is, in format {VERSION}: it is damaged, or not an audit log"
        raise AuditUnreadable(message)
    return found[1]
