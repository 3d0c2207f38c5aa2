"""How a file is to be sanitised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from bartizan.data._errors import DataError

OnBlock = Literal["withhold", "drop", "refuse"]
OnBadRow = Literal["fail", "skip"]
FORMATS: Final = ("csv", "jsonl", "parquet")
SUFFIXES: Final = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that the output depends on beside the policy and the input."""

    format: str
    suffix: str = ""
    columns: tuple[str, ...] = ()
    on_block: str = "withhold"
    on_bad_row: str = "fail"
    delimiter: str | None = None
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True

    def check(self) -> None:
        """Refuse what can't be meant.

        Raises:
            DataError: so it is.
        """
        for name, given, known in (
            ("format", self.format, FORMATS),
            ("on_block", self.on_block, ("withhold", "drop", "refuse")),
            ("on_bad_row", self.on_bad_row, ("fail", "skip")),
        ):
            if given not in known:
                message = f"{name} is {given!r}: known are {', '.join(known)}"
                raise DataError(message)
        for name, sign in (("delimiter", self.delimiter), ("quote_char", self.quote)):
            if sign is not None and (len(sign) != 1 or not sign.isascii() or sign in "\r\n\0"):
                message = f"{name} is one ASCII character that ends no line"
                raise DataError(message)
        if self.delimiter == self.quote:
            message = "delimiter and quote_char are the same: they can't be told apart"
            raise DataError(message)
        if any(not column for column in self.columns):
            message = "a column's name is empty: name columns as in the file, separated by commas"
            raise DataError(message)

    def as_dict(self) -> dict[str, Any]:
        """In plain values."""
        return asdict(self)
