"""Is the log what was written? Every record, every stored column, every subject's key, every tombstone, every checkpoint."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bartizan_audit import _checkpoints as checkpoints
from bartizan_audit._chain import LOG_ID_BYTES, MAC_BYTES, genesis, link
from bartizan_audit._errors import AuditDamaged, AuditUnreadable
from bartizan_audit._store import VERSION
from bartizan_audit._subjects import REF_BYTES, unwrap

if TYPE_CHECKING:
    from pathlib import Path

    from bartizan_audit._chain import Row
    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Store, Tables

_MOST: Final = 20
_SPECIAL: Final = ('"kind":"forget"', '"kind":"gap"', '"kind":"prune"')


@dataclass(slots=True)
class Report:
    """What verification found. `problems` are sentences that say where; `signed` is the last record that a checkpoint covers."""

    records: int = 0
    first: int = 0
    last: int = 0
    signed: int = 0
    pruned: int = 0
    forgotten: int = 0
    missed: int = 0
    """Records that could not be written and were counted (`on_audit_failure = "continue"`)."""
    problems: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    more: int = 0
    """Problems past those listed."""

    @property
    def intact(self) -> bool:
        """Whether all is as it was written; counted gaps are told apart."""
        return not self.problems

    def add(self, problem: str) -> None:
        """Note a problem; the first twenty are kept."""
        if len(self.problems) < _MOST:
            self.problems.append(problem)
        else:
            self.more += 1


def verify(store: Store, keys: Keys, checkpoint_file: Path) -> Report:
    """Check the whole log, in one pass and constant memory but for one entry a subject and a checkpoint.

    Raises:
        AuditUnreadable: nothing can be said, for something can't be read.
    """
    # The checkpoints first: what is written meanwhile is past them, and no reason for an alarm.
    signed = checkpoints.read(checkpoint_file, keys.public)
    report = Report()
    try:
        if not store.exists():
            if not signed.checkpoints:
                message = f"there is no audit log at {store.name}"
                raise AuditUnreadable(message)
            report.signed = max(one.n for one in signed.checkpoints)
            report.add(f"the log is gone, though its checkpoints say that it held {report.signed} records")
            return report
        for problem in store.problems():
            report.add(f"the database says: {problem}")
        with store.reading() as tables:
            _Check(tables, keys, report, signed).run()
    except AuditDamaged as error:
        report.add(f"{error}, after record {report.last}")
    return report


class _Check:
    def __init__(self, tables: Tables, keys: Keys, report: Report, signed: checkpoints.Read) -> None:
        self._tables = tables
        self._keys = keys
        self._report = report
        self._signed = signed
        self._used: set[bytes] = set()
        self._forgotten: set[bytes] = set()

    def run(self) -> None:
        report, tables = self._report, self._tables
        found = tables.log_id()
        if found is None or found[0] != VERSION or not _is_bytes(found[1], LOG_ID_BYTES) or tables.logs() != 1:
            report.add("the table that says which log this is was changed")
            return
        log_id = found[1]
        start = genesis(self._keys.chain, log_id)
        pruned, mac = self._tombstones(log_id) or (0, start)
        report.pruned = pruned
        heads = self._checkpoints(log_id)
        self._agrees(heads, pruned, mac)
        self._records(pruned, mac, heads)
        for n in sorted(heads):
            if n > report.last:
                report.add(f"the log ends at record {report.last}, but record {n} was signed: it was cut or rolled back")
                break
        self._subjects()

    def _records(self, n: int, mac: bytes, heads: dict[int, bytes]) -> None:
        report, broken = self._report, False
        report.first, report.last = n + 1, n
        for row in self._tables.rows(-(2**62)):
            if type(row.n) is not int or row.n <= n:
                report.add(f"a record numbered {row.n!r} stands before record {n + 1}, where the log begins")
                continue
            if row.n != n + 1:
                which = f"record {n + 1} is" if row.n == n + 2 else f"records {n + 1} to {row.n - 1} are"
                report.add(f"{which} missing")
                broken = True
            if not _well_formed(row):
                report.add(f"record {row.n} was changed: it is not of the form that was written")
            elif not broken and not hmac.compare_digest(_link(self._keys.chain, mac, row), row.mac):
                report.add(f"record {row.n} was changed, inserted or moved: it does not continue the chain")
            else:
                self._take(row)
            n, broken = row.n, False
            mac = row.mac if isinstance(row.mac, bytes) else b""
            report.records += 1
            report.last = n
            self._agrees(heads, n, mac)

    def _agrees(self, heads: dict[int, bytes], n: int, mac: bytes) -> None:
        if n in heads and heads[n] != mac:
            self._report.add(
                f"record {n} is not the one that was signed: the log was rewritten, or the checkpoints are another's"
            )

    def _take(self, row: Row) -> None:
        if row.subject is not None:
            self._used.add(row.subject)
        if not any(special in row.body for special in _SPECIAL):
            return  # most records: reading them all would take longer than checking them
        body = json.loads(row.body)
        if body.get("kind") == "forget":
            self._forgotten.add(bytes.fromhex(body["subject"]))
        elif body.get("kind") == "prune" and body["through"] > self._report.pruned:
            self._report.add(f"records up to {body['through']} are back, though record {row.n} says that they were pruned")
        elif body.get("kind") == "gap":
            count = body["count"]
            self._report.missed += count
            self._report.gaps.append(f"before record {row.n}, {count} record{'s' if count != 1 else ''} could not be written")

    def _checkpoints(self, log_id: bytes) -> dict[int, bytes]:
        report = self._report
        for line in self._signed.damaged:
            report.add(f"line {line} of the checkpoint file was changed or is damaged")
        ours = [one for one in self._signed.checkpoints if one.log_id == log_id]
        if len(ours) != len(self._signed.checkpoints):
            report.add("the checkpoint file holds checkpoints of another log: the log or the file was replaced")
        if not ours:
            report.add("the checkpoint file holds no checkpoint of this log, which began with one")
        heads: dict[int, bytes] = {}
        for one in ours:
            if heads.setdefault(one.n, one.head) != one.head:
                report.add(f"two checkpoints of record {one.n} differ")
        report.signed = max(heads, default=0)
        return heads

    def _tombstones(self, log_id: bytes) -> tuple[int, bytes] | None:
        """Where the log begins: after what was pruned last."""
        found = self._tables.tombstones()
        for through, mac, at, signature in found:
            sound = type(through) is int and type(at) is int and _is_bytes(mac, MAC_BYTES) and isinstance(signature, bytes)
            if not sound or not checkpoints.Checkpoint(log_id, through, mac, at, "prune").holds(signature, self._keys.public):
                self._report.add("the tombstone of pruned records was changed, or is another log's")
                if not sound:
                    return None
        return (found[-1][0], found[-1][1]) if found else None

    def _subjects(self) -> None:
        present = set()
        for ref, lookup, wrapped in self._tables.subjects():
            present.add(ref)
            if (
                not all(isinstance(one, bytes) for one in (ref, lookup, wrapped))
                or unwrap(self._keys, ref, lookup, wrapped) is None
            ):
                self._report.add(f"the key of subject {_named(ref)} was changed")
        for ref in sorted(self._forgotten & present):
            self._report.add(f"the key of subject {_named(ref)} is back, though it was forgotten")
        for ref in sorted(self._used - present - self._forgotten):
            self._report.add(f"the key of subject {_named(ref)} is gone, and no record says that it was forgotten")
        self._report.forgotten = len(self._forgotten)


def _link(key: bytes, before: bytes, row: Row) -> bytes:
    return link(key, before, row.n, row.body, row.subject, row.sealed)


def _well_formed(row: Row) -> bool:
    return (
        isinstance(row.body, str)
        and row.body.isascii()
        and _is_bytes(row.mac, MAC_BYTES)
        and (
            (row.subject is None and row.sealed is None)
            or (_is_bytes(row.subject, REF_BYTES) and isinstance(row.sealed, bytes) and bool(row.sealed))
        )
    )


def _is_bytes(value: object, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length


def _named(ref: object) -> str:
    return ref.hex()[:12] if isinstance(ref, bytes) else "(of another type)"
