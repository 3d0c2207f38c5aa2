"""What goes to a worker and comes back: chunks of whole rows, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bartizan._engine.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from bartizan._engine.sanitizer import Sanitizer


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read: fixed before the first chunk, the same for every worker."""

    format: str
    columns: tuple[str, ...] = ()
    """Those to judge; none means all that hold text."""
    on_block: str = "withhold"
    details: dict[str, Any] = field(default_factory=dict)
    """The format's own: a dialect, a header."""


@dataclass(frozen=True, slots=True)
class Done:
    """A chunk as it may be learned. Rows are counted from 0 within it."""

    data: bytes = field(repr=False)
    rows: int
    """Of all kinds, malformed ones included."""
    tally: dict[str, Any]
    bad: tuple[tuple[int, str], ...] = ()
    """Malformed rows, and what is wrong with each, in words free of data."""
    blocked: tuple[int, str, str] | None = None
    """The first row with a value that the policy blocks, its column and the label."""


class Reader:
    """A file that is read in chunks of whole rows. Made of a stream, it says what to judge, and refuses what can't be."""

    def __init__(self, layout: Layout, columns: Sequence[str], head: bytes = b"") -> None:
        self.layout = layout
        self.columns: tuple[str, ...] = tuple(columns)
        """Those that are judged."""
        self.head: bytes = head
        """What the output begins with."""
        self.start: int = len(head)
        """Where the rows begin."""
        self.unjudged: dict[str, str] = {}
        """Columns that hold no text, with their types."""
        self.tally: Tally = Tally()
        """What was found beside the rows."""
        self.total: int | None = None
        """Where the rows end, if not at the file's size."""

    def chunks(self, stream: BinaryIO, position: int) -> Iterator[tuple[bytes, int]]:
        """The rows from a position on, in chunks, each with the position after it."""
        raise NotImplementedError  # each format says

    def assemble(self, data: BinaryIO, out: BinaryIO) -> None:
        """Make the output of what the workers gave, for a format that is not just written on and on (see `assembled`)."""

    @property
    def assembled(self) -> bool:
        """Whether the output must be put together at the end."""
        return False


class Worker(Protocol):
    """Sanitises chunks of one format."""

    def __call__(self, chunk: bytes) -> Done:
        """What the chunk comes to."""
        ...


def worker(layout: Layout, sanitizer: Sanitizer) -> Worker:
    """The worker for a format."""
    if layout.format == "csv":
        from bartizan.data._csv import CsvWorker

        return CsvWorker(layout, sanitizer)
    if layout.format == "jsonl":
        from bartizan.data._jsonl import JsonlWorker

        return JsonlWorker(layout, sanitizer)
    from bartizan.data._parquet import ParquetWorker

    return ParquetWorker(layout, sanitizer)
