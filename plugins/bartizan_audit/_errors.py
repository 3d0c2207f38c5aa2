"""Why a record could not be written, or a log not be read."""

from __future__ import annotations

from bartizan import BartizanError


class AuditError(BartizanError):
    """The audit log can't be written or read; the message says which file and what to do, and holds no record."""


class AuditUnreadable(AuditError):
    """Nothing can be said about the log: it, its key or its checkpoints can't be read."""


class AuditDamaged(AuditError):
    """The database itself says that its file is damaged."""
