"""JSON Lines: each line one JSON value, judged leaf by leaf; a line in which nothing changed keeps its very bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from bartizan._engine.tally import Tally
from bartizan._structured.documents import read_json
from bartizan.data._columns import Columns
from bartizan.data._dialect import CHUNK, MAX_RECORD
from bartizan.data._errors import DataError, RowError, no_column
from bartizan.data._values import Names, judge_flats, rebuilt
from bartizan.data._work import Done, Layout, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._structured.values import Flat
    from bartizan.data._options import Options

_MARK: Final = b"\xef\xbb\xbf"
_SPACE: Final = b" \t\r\n"
_SAMPLED: Final = 1_000


class JsonlReader(Reader):
    """A JSON Lines file: its lines in chunks."""

    def __init__(self, stream: BinaryIO, name: str, options: Options, sanitizer: Sanitizer) -> None:
        if options.encoding.lower().replace("_", "-") not in {"utf-8", "utf8"}:
            message = "JSON is UTF-8 (RFC 8259): convert the file, encoding is for CSV"
            raise DataError(message)
        sample = stream.read(CHUNK)
        head = _MARK if sample.startswith(_MARK) else b""
        super().__init__(Layout("jsonl", options.columns, options.on_block), options.columns, head)
        seen, whole = _seen(sample[self.start :], Columns())
        for column in options.columns:
            if seen and not any(path == column or path.startswith(f"{column}.") for path in seen):
                # The keys of rows may be anything, so only those are shown in which nothing is found.
                known = sorted({path for path in seen if not sanitizer.finds(path)})
                raise no_column(column, known, f"{name}{'' if whole else f' (in its first {_SAMPLED:,} rows)'}")

    def chunks(self, stream: BinaryIO, position: int) -> Iterator[tuple[bytes, int]]:
        """The rows from a byte on, in chunks of whole lines."""
        stream.seek(position)
        for chunk in _lines(stream):
            position += len(chunk)
            yield chunk, position


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    rest, wanted = b"", CHUNK
    while read := stream.read(wanted):
        end = read.rfind(b"\n") + 1
        if end:
            yield rest + read[:end]
            rest = read[end:]
        else:
            rest += read
        if len(rest) > MAX_RECORD:
            message = f"a line is longer than {MAX_RECORD // 2**20} MiB: JSON Lines holds one value a line"
            raise DataError(message)
        wanted = max(CHUNK, len(rest))  # a long line is joined in steps that double
    if rest:
        yield rest


def _seen(sample: bytes, columns: Columns) -> tuple[set[str], bool]:
    """The paths in the first whole rows of a sample, and whether that is all of the file."""
    lines = sample.split(b"\n")
    whole = len(sample) < CHUNK
    lines = lines if whole else lines[:-1]
    paths: set[str] = set()
    for line in lines[:_SAMPLED]:
        flat = read_json(line.decode("utf-8", "replace"))
        for segment in flat.segments if flat is not None else ():
            plain = columns.place(segment.path)[2]
            if plain == "<key>":
                paths.add(segment.text)  # also of a value that holds nothing
            else:
                paths.add(plain)
    return paths, whole and len(lines) <= _SAMPLED


class JsonlWorker:
    """Sanitises chunks of whole lines."""

    def __init__(self, layout: Layout, sanitizer: Sanitizer) -> None:
        self._columns = Columns(layout.columns)
        self._drops = layout.on_block == "drop"
        self._sanitizer = sanitizer
        self._names = Names(sanitizer)

    def __call__(self, chunk: bytes) -> Done:
        """What the chunk comes to. Every line has a number, blank ones too."""
        lines = chunk.split(b"\n")
        if not lines[-1]:
            lines.pop()
        ended = chunk.endswith(b"\n")
        tally, out = Tally(), list(lines)
        flats, bad = _read(lines)
        blocked: dict[int, str] = {}
        judged = judge_flats(list(flats.values()), self._columns, self._sanitizer, self._names, tally)
        for (number, flat), (segments, label) in zip(flats.items(), judged, strict=True):
            if label:
                blocked[number] = label
            if all(new is old for new, old in zip(segments, flat.segments, strict=True)):
                continue
            try:
                out[number] = str(rebuilt(flat, segments, number)).encode("utf-8")
            except RowError as error:
                bad[number] = str(error).partition(": ")[2]
        tally.read(len(set(flats) - set(bad)))
        gone = set(bad)
        if self._drops:
            gone |= set(blocked)
            tally.dropped = len(set(blocked) - set(bad))
        last = len(lines) - 1
        data = b"".join(line + (b"\n" if at < last or ended else b"") for at, line in enumerate(out) if at not in gone)
        first = min(blocked, default=None)
        found = None if first is None else (first, "", blocked[first])
        return Done(data, len(lines), tally.as_dict(), tuple(sorted(bad.items())), found)


def _read(lines: Sequence[bytes]) -> tuple[dict[int, Flat], dict[int, str]]:
    """The leaves of each line by its number, and what is wrong with the others; blank lines are neither."""
    flats: dict[int, Flat] = {}
    bad: dict[int, str] = {}
    for number, line in enumerate(lines):
        if not line.strip(_SPACE):
            continue
        try:
            flat = read_json(line.decode("utf-8"))
        except UnicodeDecodeError:
            bad[number] = "it is not UTF-8"
            continue
        if flat is None:
            bad[number] = "it is not one JSON value"
        else:
            flats[number] = flat
    return flats, bad
