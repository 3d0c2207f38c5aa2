"""CSV: cells are judged under their column's name; a row in which nothing changed keeps its very bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from bartizan._engine.tally import Tally
from bartizan._structured.values import bounded
from bartizan.data._dialect import CHUNK, Dialect, Fields, Records, checked_encoding, sniffed
from bartizan.data._errors import DataError, no_column
from bartizan.data._work import Done, Layout, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan.data._options import Options

MARK: Final = b"\xef\xbb\xbf"


class CsvReader(Reader):
    """A CSV file: its dialect and header, then its rows in chunks."""

    def __init__(self, stream: BinaryIO, name: str, options: Options, sanitizer: Sanitizer) -> None:
        encoding = checked_encoding(options.encoding)
        sample = stream.read(CHUNK)
        mark = MARK if sample.startswith(MARK) and encoding == "utf_8" else b""
        text = sample[len(mark) :].decode(encoding, "replace")
        if not text.strip():
            message = f"{name} is empty: a CSV file begins with the names of its columns"
            raise DataError(message)
        default = "\t" if options.suffix in {".tsv", ".tab"} else ""
        delimiter = options.delimiter or default or sniffed(text, options.quote)
        dialect = Dialect(delimiter, options.quote)
        self._records = Records(dialect)
        stream.seek(len(mark))
        fields = Fields(dialect)
        width, written = self._head(stream, name, fields, encoding)
        names = _names(written, fields, encoding) if options.header else [str(n + 1) for n in range(width)]
        if options.header:
            _refuse_data(names, name, sanitizer)
        for column in options.columns:
            if column not in names:
                raise no_column(column, names, name)
        details = {
            "delimiter": delimiter, "quote": options.quote, "encoding": encoding, "names": names, "header": options.header,
        }  # fmt: skip
        columns = dict.fromkeys(c for c in names if not options.columns or c in options.columns)
        layout = Layout("csv", options.columns, options.on_block, details)
        super().__init__(layout, tuple(columns), mark + (written if options.header else b""))

    def _head(self, stream: BinaryIO, name: str, fields: Fields, encoding: str) -> tuple[int, bytes]:
        """The first record that is not blank: its number of fields, and how it is written, with blank lines before it."""
        start = stream.tell()
        first = next(self._records.chunks(stream))
        text = first.decode(encoding, "surrogateescape")
        at = 0
        for body, odd, end in fields.records(text):
            at += len(body) + len(odd) + len(end)
            if odd:
                message = f"{name}: its header has a quote that is not closed, or text after one: name the --quote-char"
                raise DataError(message)
            if body:
                stream.seek(start)
                return len(fields.split(body)), text[:at].encode(encoding, "surrogateescape")
        message = f"{name} has no header: a CSV file begins with the names of its columns"
        raise DataError(message)

    def chunks(self, stream: BinaryIO, position: int) -> Iterator[tuple[bytes, int]]:
        """The rows from a byte on."""
        stream.seek(position)
        for chunk in self._records.chunks(stream):
            position += len(chunk)
            yield chunk, position


def _names(head: bytes, fields: Fields, encoding: str) -> list[str]:
    text = ""
    try:
        text = head.decode(encoding)
    except UnicodeDecodeError:
        text = ""
    if not text:
        message = f"its header is not {encoding.replace('_', '-')}: convert the file to UTF-8, or name its --encoding"
        raise DataError(message)
    body = next(body for body, _, _ in fields.records(text) if body)
    return [fields.value(written) for written in fields.split(body)]


def _refuse_data(names: Sequence[str], file: str, sanitizer: Sanitizer) -> None:
    """The header goes out as it is: it must not be a row of data."""
    for number, name in enumerate(names, 1):
        label = sanitizer.finds(name)
        if label:
            message = (
                f"{file}: the name of column {number} holds what is found as {label}: if the file begins with data, "
                "say --no-header; else rename the column"
            )
            raise DataError(message)


class CsvWorker:
    """Sanitises chunks of whole records."""

    def __init__(self, layout: Layout, sanitizer: Sanitizer) -> None:
        details = layout.details
        self._fields = Fields(Dialect(details["delimiter"], details["quote"]))
        self._encoding: str = details["encoding"]
        names: list[str] = details["names"]
        self._width = len(names)
        self._judged = [i for i, name in enumerate(names) if not layout.columns or name in layout.columns]
        self._keys = [bounded(name) if details["header"] else "" for name in names]
        self._names = names
        self._drops = layout.on_block == "drop"
        self._sanitizer = sanitizer

    def __call__(self, chunk: bytes) -> Done:
        """What the chunk comes to."""
        tally, out = Tally(), []
        bad: list[tuple[int, str]] = []
        rows: list[tuple[int, int, list[str], str]] = []
        number = 0
        for body, odd, end in self._read(chunk):
            if not body and not odd:
                out.append(end)  # a blank line
                continue
            cells = [] if odd else self._fields.split(body)
            short = not odd and len(cells) != self._width
            problem = f"it has {len(cells)} fields where the header has {self._width}" if short else odd
            if problem:
                bad.append((number, problem))
            else:
                rows.append((number, len(out), cells, end))
                out.append(body + end)
            number += 1
        tally.read(len(rows))
        blocked = self._judge(rows, out, tally)
        return Done(self._encoded("".join(out)), number, tally.as_dict(), tuple(bad), blocked)

    def _read(self, chunk: bytes) -> Iterator[tuple[str, str, str]]:
        """Each record: its fields as written, what is wrong with it, its line's end."""
        odd = "it has text after a closing quote, or a quote that is not closed"
        text: str | None = None
        try:
            text = chunk.decode(self._encoding)
        except UnicodeDecodeError:
            text = None
        if text is not None:
            for body, rest, end in self._fields.records(text):
                yield body, odd if rest else "", end
            return
        # One byte, one character: delimiters, quotes and line ends are the same in every encoding that is taken.
        for body, rest, end in self._fields.records(chunk.decode("latin-1")):
            problem = odd if rest else ""
            try:
                body = body.encode("latin-1").decode(self._encoding)  # noqa: PLW2901 (the record itself)
            except UnicodeDecodeError:
                problem = f"it is not {self._encoding.replace('_', '-')}"
            yield body, problem, end

    def _judge(
        self, rows: Sequence[tuple[int, int, list[str], str]], out: list[str], tally: Tally
    ) -> tuple[int, str, str] | None:
        """Put what may be learned in place of the rows; the first row in which something is blocked."""
        read, write = self._fields.value, self._fields.written
        changed: set[int] = set()
        blocked: dict[int, tuple[int, str, str]] = {}
        for column in self._judged:
            texts = [read(cells[column]) for _, _, cells, _ in rows]
            judged = self._sanitizer.judge(texts, self._keys[column], self._names[column], tally)
            for at, (old, new) in enumerate(zip(texts, judged.texts, strict=True)):
                if new is not old:
                    cells = rows[at][2]
                    cells[column] = write(new, cells[column])
                    changed.add(at)
            for at, label in judged.withheld.items():
                blocked.setdefault(at, (rows[at][0], self._names[column], label))
        for at in changed:
            _, place, cells, end = rows[at]
            out[place] = self._fields.delimiter.join(cells) + end
        if self._drops:
            for at in blocked:
                out[rows[at][1]] = ""
            tally.dropped = len(blocked)
        return blocked[min(blocked)] if blocked else None

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode(self._encoding)
        except UnicodeEncodeError:
            message = (
                f"what stands for a finding can't be written in {self._encoding.replace('_', '-')}: convert the file to UTF-8"
            )
        raise DataError(message)
