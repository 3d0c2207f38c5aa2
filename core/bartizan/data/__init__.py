"""Data sets and files of data, sanitised before anything is learned from them.

    from bartizan import Guard
    from bartizan.data import sanitize_file

    report = sanitize_file("tickets.csv", "tickets.clean.csv", Guard(), columns=["body"])

`Guard.on_train` does the same to data sets in memory. CSV and JSON Lines need nothing else; Parquet, pandas and Hugging Face datasets
need what the extra `data` brings.
"""

from __future__ import annotations

from bartizan.data._errors import DataError, RowError
from bartizan.data._files import Progress, sanitize_file
from bartizan.data._record import SanitizeRecord
from bartizan.data._report import SanitizeReport

__all__ = ["DataError", "Progress", "RowError", "SanitizeRecord", "SanitizeReport", "sanitize_file"]
