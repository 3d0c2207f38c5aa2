"""A tamper-evident audit log and monitoring for Bartizan: `[plugins.audit]` in the policy, or `Guard(plugins=[..., Audit(...)])`.

    [plugins.audit]
    path = "audit.db"
    checkpoints = "checkpoints/audit"      # better on another disk or machine

Every hook run, decision and refusal becomes a record before the call goes on. `bartizan audit verify` says whether the log is what
was written.
"""

from __future__ import annotations

from bartizan_audit._config import Config
from bartizan_audit._errors import AuditDamaged, AuditError, AuditUnreadable
from bartizan_audit._plugin import Audit
from bartizan_audit._verify import Report, verify

__all__ = ["Audit", "AuditDamaged", "AuditError", "AuditUnreadable", "Config", "Report", "verify"]
