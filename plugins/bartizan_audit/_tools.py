"""What the command line asks of a log. The core knows no plugin: it finds this by `Audit.tools`, as any audit plugin may offer it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from bartizan_audit import _export as export
from bartizan_audit._errors import AuditDamaged, AuditUnreadable
from bartizan_audit._maintenance import forget, prune
from bartizan_audit._opening import keys_of, store_of
from bartizan_audit._reading import Filter, records, tail, with_time
from bartizan_audit._sqlite import SqliteStore
from bartizan_audit._verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bartizan_audit._config import Config
    from bartizan_audit._keys import Keys


class Tools:
    """The commands on one log; nothing is opened before one is used, and none makes a key or a log.

    Raises:
        AuditError: from every method, where it can't be done; AuditUnreadable where nothing can be said.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._store = store_of(config)

    @property
    def name(self) -> str:
        """How messages call the log."""
        return self._store.name

    def verify(self) -> dict[str, Any]:
        """Check everything; `problems` and `gaps` are sentences that say where."""
        found = verify(self._store, self._keys(gone=True), self._config.checkpoint_file)
        return {name: getattr(found, name) for name in found.__slots__}

    def tail(
        self, wanted: Mapping[str, Any], count: int, *, follow: bool, go_on: Callable[[float], bool]
    ) -> Iterator[Sequence[dict[str, Any]]]:
        """The last wanted records, then those that come."""
        for found in tail(self._store, self._keys(), Filter(**wanted), count, follow=follow, go_on=go_on):
            yield tuple(with_time(found))

    def export(self, wanted: Mapping[str, Any], form: Literal["jsonl", "parquet"], out: BinaryIO) -> int:
        """Write the wanted records of one snapshot; how many."""
        keys = self._keys()
        with self._store.reading() as tables:
            found = with_time(records(tables, keys, Filter(**wanted)))
            return export.jsonl(found, out) if form == "jsonl" else export.parquet(found, out)

    def prune(self, before_ns: int) -> tuple[int, int]:
        """Delete what is older; how many records, and the number of the last."""
        with self._writing():
            found = prune(self._store, self._keys(), self._config.checkpoint_file, before_ns)
            if found.records and isinstance(self._store, SqliteStore):
                self._store.compact()
        return found.records, found.through

    def forget(self, principal: str, tenant: str | None) -> bool:
        """Make what is sealed for a subject unreadable for good; whether there was such a subject."""
        with self._writing():
            done = forget(self._store, self._keys(), self._config.checkpoint_file, principal, tenant)
            if done and isinstance(self._store, SqliteStore):
                self._store.forget_deleted()
        return done

    def _keys(self, *, gone: bool = False) -> Keys:
        """The keys. That there is no log is said first, unless it may be `gone` and its key and checkpoints are to tell of it."""
        there = True
        with suppress(AuditDamaged):  # then there is something
            there = self._store.exists()
        if not there and not (gone and self._config.checkpoint_file.exists()):
            message = f"there is no audit log at {self._store.name}"
            raise AuditUnreadable(message)
        return keys_of(self._config, there=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._store.reading():
                pass  # says that there is no log, before anything is made
            yield
        finally:
            self._store.close()
