"""From a configuration to a store, its keys and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan_audit._errors import AuditUnreadable
from bartizan_audit._keys import derive, key_from_environment, key_from_file, make_key_file
from bartizan_audit._log import AuditLog

if TYPE_CHECKING:
    from bartizan_audit._config import Config
    from bartizan_audit._keys import Keys
    from bartizan_audit._store import Store


def store_of(config: Config) -> Store:
    """The database that the policy names; nothing is opened yet."""
    full = config.durability == "full"
    if config.path is not None:
        from bartizan_audit._sqlite import SqliteStore

        return SqliteStore(config.path, full=full, busy_s=config.lock_timeout_s)
    from bartizan_audit._postgres import PostgresStore

    return PostgresStore(config.postgres or "", full=full, busy_s=config.lock_timeout_s)


def keys_of(config: Config, *, there: bool) -> Keys:
    """The log's keys; the key file is made only where there is no log yet, for a new key would fit no old record.

    Raises:
        AuditUnreadable: the key is missing, or is none; AuditError: it can't be made.
    """
    if config.key_env is not None:
        return derive(key_from_environment(config.key_env), config.name)
    file = config.master_key_file
    master = key_from_file(file)
    if master is None:
        if there:
            message = f"the audit log's key file {file} is gone: without it nothing can be added or verified; put it back"
            raise AuditUnreadable(message)
        master = make_key_file(file)
    return derive(master, config.name)


def log_of(config: Config) -> AuditLog:
    """The log; it opens when the first record is written."""
    return AuditLog(
        store_of(config),
        lambda there: keys_of(config, there=there),
        config.checkpoint_file,
        every=config.checkpoint_records,
        every_s=config.checkpoint_s,
        gaps=config.on_audit_failure == "continue",
        waits=config.durability == "full",
    )
