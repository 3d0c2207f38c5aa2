"""Unusual patterns over the stream of events, in constant memory: alerts, which are recorded and sent on like events."""

from __future__ import annotations

from bartizan_audit._monitor._alerts import Alert
from bartizan_audit._monitor._config import MonitorConfig
from bartizan_audit._monitor._monitor import Monitor

__all__ = ["Alert", "Monitor", "MonitorConfig"]
