"""Records as readers get them: decoded, opened where the subject's key is still there, and filtered."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bartizan_audit._canonical import canonical
from bartizan_audit._subjects import Opener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bartizan_audit._chain import Row
    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Store, Tables

Record = dict[str, Any]
DAMAGED: Final = "damaged"
"""The kind of a record that is not as it was written, where that shows without the chain."""
_POLL_S: Final = 0.25
_RUN = ("plugin", "status", "us")
_FINDING = ("label", "action", "plugin", "segment", "start", "end")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted; empty fields select all. Times are nanoseconds since the epoch."""

    labels: frozenset[str] = frozenset()
    hooks: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    plugins: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    principal: str | None = None
    tenant: str | None = None
    session: str | None = None
    refused: bool = False
    since: int | None = None
    until: int | None = None

    def may_match(self, body: str) -> bool:
        """A cheap look at a body: False only where `matches` would say so too."""
        if self.labels and not any(f"[{canonical(label)}," in body for label in self.labels):
            return False
        return not self.refused or '"refused":' in body

    def matches(self, record: Record) -> bool:
        """Whether a decoded record is wanted."""
        if self.labels and not any(one["label"] in self.labels for one in record.get("findings", ())):
            return False
        if self.plugins and not any(one["plugin"] in self.plugins for one in record.get("runs", ())):
            return False
        if self.refused and not record.get("refused"):
            return False
        for wanted, name in ((self.hooks, "hook"), (self.actions, "action"), (self.kinds, "kind")):
            if wanted and record.get(name) not in wanted:
                return False
        for one, name in ((self.principal, "principal"), (self.tenant, "tenant"), (self.session, "session")):
            if one is not None and record.get(name) != one:
                return False
        at = record["t"]
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def decoded(row: Row, opener: Opener) -> Record:
    """A record as one flat table; `forgotten` is true where what was sealed can't be opened any more."""
    damaged: Record = {"n": row.n, "t": 0, "kind": DAMAGED}
    if not isinstance(row.body, str):
        return damaged
    try:
        out: Record = {"n": row.n, **json.loads(row.body)}
        if "runs" in out:
            out["runs"] = [dict(zip(_RUN, run, strict=True)) for run in out["runs"]]
        if "findings" in out:
            out["findings"] = [dict(zip(_FINDING, finding, strict=True)) for finding in out["findings"]]
        if "decision" in out:
            out["decision"], out["reason"] = out["decision"]
        out["t"], out["kind"] = int(out["t"]), str(out["kind"])
    except (ValueError, TypeError, KeyError):  # somebody wrote there: verify says where, readers go on
        return damaged
    if row.subject is not None and row.sealed is not None:
        private = opener.open(row.subject, row.sealed)
        out.update({"forgotten": True} if private is None else {**private, "who": opener.who(row.subject)})
        out["subject"] = row.subject.hex()
    return out


def records(tables: Tables, keys: Keys, wanted: Filter, after: int = 0) -> Iterator[Record]:
    """The wanted records of a snapshot, in order."""
    opener = Opener(keys, tables)
    for row in tables.rows(after):
        if not isinstance(row.body, str) or wanted.may_match(row.body):
            record = decoded(row, opener)
            if wanted.matches(record):
                yield record


def tail(
    store: Store, keys: Keys, wanted: Filter, count: int, *, follow: bool, go_on: Callable[[float], bool]
) -> Iterator[Sequence[Record]]:
    """The last `count` wanted records; with `follow`, then those that come, as they come.

    `go_on` waits for so many seconds and says whether to go on: False where nobody reads any more.
    """
    with store.reading() as tables:
        head = tables.head()
        at = 0 if head is None else head[0]
        last: deque[Record] = deque(records(tables, keys, wanted), maxlen=count)
    yield tuple(last)
    while follow and go_on(_POLL_S):
        with store.reading() as tables:
            head = tables.head()
            found = [] if head is None or head[0] <= at else list(records(tables, keys, wanted, at))
            at = at if head is None else max(at, head[0])
        if found:
            yield found


def iso(at: int) -> str:
    """Nanoseconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at // 10**9))}.{at % 10**9 // 10**6:03}Z"


def with_time(found: Iterable[Record]) -> Iterator[Record]:
    """The records with `time` for people beside `t` for machines."""
    for record in found:
        yield {"time": iso(record["t"]), **record}
