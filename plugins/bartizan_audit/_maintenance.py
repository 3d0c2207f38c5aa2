"""Pruning old records, and forgetting a subject: both leave a record, so that the log still verifies and says what was done."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bartizan_audit import _checkpoints as checkpoints
from bartizan_audit._canonical import canonical
from bartizan_audit._chain import Row, link
from bartizan_audit._errors import AuditError, AuditUnreadable
from bartizan_audit._subjects import lookup
from bartizan_audit._verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Store, Tables


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning did."""

    records: int
    through: int
    subjects: int


def prune(store: Store, keys: Keys, checkpoint_file: Path, before_ns: int) -> Pruned:
    """Delete the records from the start up to the first that is not older; leave a signed tombstone and a record of it.

    A log that does not verify is not pruned: what was done to it would be pruned with it.

    Raises:
        AuditError: it does not verify, or can't be written.
    """
    report = verify(store, keys, checkpoint_file)
    if not report.intact:
        message = f"the audit log {store.name} does not verify, so nothing was pruned: {report.problems[0]}"
        raise AuditError(message)
    with store.writing() as tables:
        through, mac = _older(tables, before_ns)
        if not through:
            return Pruned(0, report.pruned, 0)
        log_id = _id(tables)
        at = time.time_ns()
        tombstone = checkpoints.Checkpoint(log_id, through, mac, at, "prune")
        count = tables.delete_through(through)
        tables.add_tombstone(through, mac, at, tombstone.signature(keys))
        subjects = tables.drop_unused_subjects()
        body = {"kind": "prune", "t": at, "through": through, "count": count, "subjects": subjects, "before": before_ns}
        end = _add(tables, keys, canonical(body), (through, mac))
    store.make_durable()
    checkpoints.append(checkpoint_file, tombstone.signed(keys))
    checkpoints.append(checkpoint_file, checkpoints.Checkpoint(log_id, *end, time.time_ns()).signed(keys))
    return Pruned(count, through, subjects)


def forget(store: Store, keys: Keys, checkpoint_file: Path, principal: str, tenant: str | None) -> bool:
    """Delete a subject's key, so that what is sealed for them is noise from now on; whether there was one.

    Raises:
        AuditError: the log can't be written.
    """
    with store.writing() as tables:
        found = tables.subject(lookup(keys, (tenant, principal)))
        if found is None:
            return False
        log_id = _id(tables)
        tables.drop_subject(found[0])
        end = _add(tables, keys, canonical({"kind": "forget", "t": time.time_ns(), "subject": found[0].hex()}), None)
    store.make_durable()
    checkpoints.append(checkpoint_file, checkpoints.Checkpoint(log_id, *end, time.time_ns()).signed(keys))
    return True


def _older(tables: Tables, before_ns: int) -> tuple[int, bytes]:
    """The last record of those at the start that are older; a clock that went back later does not take newer ones along."""
    through, mac = 0, b""
    for row in tables.rows():
        if json.loads(row.body).get("t", 0) >= before_ns:
            break
        through, mac = row.n, row.mac
    return through, mac


def _add(tables: Tables, keys: Keys, body: str, pruned: tuple[int, bytes] | None) -> tuple[int, bytes]:
    """Append a record; the chain's end then. `pruned` is where the log begins if nothing is left in it."""
    n, before = tables.head() or pruned or (0, b"")
    mac = link(keys.chain, before, n + 1, body, None, None)
    tables.insert([Row(n + 1, body, None, None, mac)])
    return n + 1, mac


def _id(tables: Tables) -> bytes:
    found = tables.log_id()
    if found is None:
        message = "the table that says which log this is is empty"
        raise AuditUnreadable(message)
    return found[1]
