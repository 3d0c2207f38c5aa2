"""Ways of reading a text in which values are hidden: odd characters, escapes, base64, spelled out, broken over lines."""

from __future__ import annotations

from bartizan_redaction._views._codes import codes_begun, one_run
from bartizan_redaction._views._hidden import GATES, HIDDEN_REACH, HIDDEN_SPAN, Hidden, Known, escaped
from bartizan_redaction._views._normal import normal
from bartizan_redaction._views._spelled import spelled_begun
from bartizan_redaction._views._spoken import spoken_begun

__all__ = [
    "GATES",
    "HIDDEN_REACH",
    "HIDDEN_SPAN",
    "Hidden",
    "Known",
    "codes_begun",
    "escaped",
    "normal",
    "one_run",
    "spelled_begun",
    "spoken_begun",
]
