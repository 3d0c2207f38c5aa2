"""`sanitize_file`: a file of data, read in chunks, judged on all cores, written whole or not at all, continued after a kill."""

from __future__ import annotations

import gzip
import os
import pickle
import zlib
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from bartizan._engine.tally import Tally
from bartizan._errors import PluginError, Refused
from bartizan.data._checks import check_files, check_same_format, file_format, file_sanitizer
from bartizan.data._csv import CsvReader
from bartizan.data._errors import DataError, RowError
from bartizan.data._journal import Journal, bound, identity
from bartizan.data._jsonl import JsonlReader
from bartizan.data._options import Options
from bartizan.data._pool import Here, Pool, WorkerEnded
from bartizan.data._report import SanitizeReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike
    from typing import BinaryIO

    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._guard import Guard
    from bartizan.data._options import OnBadRow, OnBlock
    from bartizan.data._work import Done, Reader

COMMIT_EVERY_S: Final = 2.0
_SMALL: Final = 4 * 1024 * 1024
"""Bytes; a smaller file is done sooner than other processes are started."""
_LISTED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` bytes of the input (rows in Parquet), and rows in all."""

    done: int
    total: int
    rows: int


@dataclass(slots=True)
class _State:
    """What is done, as the journal keeps it."""

    position: int = 0
    rows: int = 0
    bad: int = 0
    bad_rows: list[int] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def as_dict(self) -> dict[str, Any]:
        return {
            "in": self.position, "rows": self.rows, "bad": self.bad, "bad_rows": [*self.bad_rows], "tally": self.tally.as_dict(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> _State:
        return cls(given["in"], given["rows"], given["bad"], list(given["bad_rows"]), Tally.from_dict(given["tally"]))


def sanitize_file(  # noqa: PLR0913 (a file's options, each by its name)
    source: str | PathLike[str],
    out: str | PathLike[str],
    guard: Guard,
    *,
    columns: Sequence[str] = (),
    format: str | None = None,  # noqa: A002 (the option's name everywhere)
    on_bad_row: OnBadRow = "fail",
    on_block: OnBlock = "withhold",
    workers: int | None = None,
    resume: bool = True,
    force: bool = False,
    delimiter: str | None = None,
    quote_char: str = '"',
    encoding: str = "utf-8",
    header: bool = True,
    progress: Callable[[Progress], None] | None = None,
    notify: Callable[[str], None] | None = None,
) -> SanitizeReport:
    """Write `source` to `out` with its texts as the guard's policy lets them be learned (hook `on_train`, origin DOCUMENT).

    The input is never changed; the output appears under its name only once it is whole. Memory does not grow with the input.

    Args:
        source: a CSV, JSON Lines or Parquet file; CSV and JSON Lines also compressed with gzip (`.gz`).
        out: a file of the same format.
        guard: whose scanners judge; those of its plugins that serve training.
        columns: those to judge, in JSON and Parquet also paths such as `messages.content`; none means all that hold text.
        format: csv, jsonl or parquet, where the file's name does not say.
        on_bad_row: `fail`, or `skip`: malformed rows are left out and counted.
        on_block: what becomes of a value in which the policy blocks something: `withhold` (its label stands for all of it), `drop`
            (its row is left out and counted) or `refuse` (the run stops).
        workers: processes; as many as there are cores by default, fewer for small files.
        resume: go on where an earlier run of the same input, policy and options was stopped.
        force: replace an output that exists.
        delimiter: of CSV; found out by default.
        quote_char: of CSV.
        encoding: of CSV; one in which delimiters and line ends are those of ASCII.
        header: whether a CSV file begins with the names of its columns; without, they are called 1, 2, 3 …
        progress: called as chunks are done.
        notify: called with a sentence where an earlier run is taken up, or can't be.

    Raises:
        DataError: the file, a column or an option is not what it should be; RowError: a row is malformed.
        Refused: `on_block` is `refuse`, and the policy blocks something.
        PluginError: a scanner failed. MissingExtra: Parquet needs pyarrow. OSError: a file can't be read or written.
    """
    name, target = os.fspath(source), os.path.realpath(os.fspath(out))
    kind, suffix = file_format(name, format)
    options = Options(kind, suffix, tuple(columns), on_block, on_bad_row, delimiter, quote_char, encoding, header)
    options.check()
    check_same_format(kind, os.fspath(out))
    if workers is not None and workers < 1:
        message = f"workers is {workers}: at least 1 is needed"
        raise DataError(message)
    guard.engine.check_open()
    sanitizer = file_sanitizer(guard)
    with open(name, "rb") as raw:  # noqa: PTH123 (the name as it was given)
        mode = check_files(raw, name, target, force=force)
        run = _Run(raw, name, target, guard, sanitizer, options)
        run.progress, run.notify = progress, notify
        return run.all(mode, workers, resume=resume)


class _Run:
    """One run over one file."""

    def __init__(self, raw: BinaryIO, name: str, target: str, guard: Guard, sanitizer: Sanitizer, options: Options) -> None:
        self._raw = raw
        self._name = name
        self._target = target
        self._guard = guard
        self._sanitizer = sanitizer
        self._options = options
        self._identity = identity(raw)
        self._packed = name.lower().endswith(".gz")
        self._packs = target.lower().endswith(".gz")
        self._stream: Any = gzip.GzipFile(fileobj=raw) if self._packed else raw
        self._reader: Reader = self._open()
        self._state = _State(self._reader.start)
        self.progress: Callable[[Progress], None] | None = None
        self.notify: Callable[[str], None] | None = None

    def all(self, mode: int | None, workers: int | None, *, resume: bool) -> SanitizeReport:
        """From the first row, or where an earlier run stopped, to the finished output."""
        journal = Journal(self._target)
        depends = bound(self._identity, self._sanitizer.identity(), self._options.as_dict(), self._packs)
        keep = False
        try:
            found, why = journal.open(depends, resume=resume)
            if found is not None:
                self._state = _State.from_dict(found)
                self._say(f"going on after row {self._state.rows:,}, where an earlier run stopped")
            elif why:
                self._say(f"starting anew: there is an unfinished output, but {why}")
            report = self._judged(journal, workers, fresh=found is None)
            self._tell(sum(n for labels in report.findings.values() for n in labels.values()), report.seconds)
            self._publish(journal, mode)
        except (KeyboardInterrupt, OSError, MemoryError, WorkerEnded):
            keep = resume and journal.committed  # what was done is not lost
            raise
        except (Refused, PluginError) as error:
            self._tell(0, 0.0, str(error))
            raise
        finally:
            journal.end(keep=keep)
        return report

    def _open(self) -> Reader:
        options, name, sanitizer = self._options, self._name, self._sanitizer
        if options.format == "parquet":
            from bartizan.data._parquet import ParquetReader

            return ParquetReader(self._raw, name, options, sanitizer)
        kind, problem = (CsvReader if options.format == "csv" else JsonlReader), ""
        try:
            sample = self._stream.read(8192)
            self._stream.seek(0)
            if b"\0" not in sample:
                return kind(self._stream, name, options, sanitizer)
            problem = "it holds NUL bytes, as binary files do"
        except (EOFError, gzip.BadGzipFile, zlib.error):
            problem = "it is not a whole gzip file"
        message = f"{name} can't be read as {options.format.upper()}: {problem}"
        raise DataError(message)

    def _judged(self, journal: Journal, workers: int | None, *, fresh: bool) -> SanitizeReport:
        """Judge all chunks, in order; the report."""
        state, started = self._state, monotonic()
        read, committed, rows_before = 0, started, state.rows
        if fresh and self._reader.head:
            journal.stream.write(self._packed_out(self._reader.head))
        with self._workers(workers) as pool:
            whole = state.as_dict(), journal.stream.tell()
            try:
                for done, length, after in pool.run(self._chunks(state.position)):
                    self._take(done, journal)
                    state.position = after
                    whole = state.as_dict(), journal.stream.tell()
                    read += length
                    if self.progress is not None:
                        self.progress(self._progress())
                    if monotonic() - committed >= COMMIT_EVERY_S:
                        journal.commit(*whole)
                        committed = monotonic()
            except KeyboardInterrupt:
                if read:  # it may have come between two steps of one chunk: only whole chunks count
                    journal.commit(*whole)
                raise
            if journal.stream.tell() == 0 and self._packs:
                journal.stream.write(gzip.compress(b"", mtime=0))
            size = pool.size
        if identity(self._raw) != self._identity:
            message = f"{self._name} was changed while it was read: run again when nothing writes to it"
            raise DataError(message)
        tally = Tally()
        tally.add(state.tally)
        tally.add(self._reader.tally)
        return SanitizeReport(
            format=self._options.format,
            policy=self._guard.digest,
            columns=self._reader.columns,
            unjudged=dict(self._reader.unjudged),
            rows=tally.rows,
            bad_rows=state.bad,
            bad_row_numbers=tuple(state.bad_rows),
            findings=tally.findings,
            noted=tally.noted,
            withheld=tally.withheld,
            dropped=tally.dropped,
            failed=tally.failed,
            workers=size,
            seconds=monotonic() - started,
            bytes_read=read,
            rows_read=state.rows - rows_before,
            resumed_from=rows_before,
        )

    def _chunks(self, position: int) -> Iterator[tuple[bytes, int]]:
        problem = ""
        try:
            for chunk, after in self._reader.chunks(self._stream, position):
                yield chunk, after
                if not self._packed and self._reader.total is None and after >= self._identity["size"]:
                    break  # a file that grows is refused at the end, not followed
        except (EOFError, gzip.BadGzipFile, zlib.error):
            problem = "it is not a whole gzip file"
        if problem:
            message = f"{self._name} can't be read to its end: {problem}"
            raise DataError(message)

    def _take(self, done: Done, journal: Journal) -> None:
        state, options = self._state, self._options
        if done.bad and options.on_bad_row == "fail":
            at, problem = done.bad[0]
            message = f"{self._name}: row {state.rows + at + 1} is malformed: {problem} (on_bad_row=skip leaves such rows out)"
            raise RowError(message, state.rows + at + 1)
        if done.blocked is not None and options.on_block == "refuse":
            at, column, label = done.blocked
            where = f"column {column!r}" if column else "a value"
            message = (
                f"{self._name}: row {state.rows + at + 1}: {where} holds {label}, which the policy blocks: nothing is written"
            )
            raise Refused(message)
        for at, _ in done.bad:
            if len(state.bad_rows) < _LISTED:
                state.bad_rows.append(state.rows + at + 1)
        state.bad += len(done.bad)
        state.rows += done.rows
        state.tally.add(Tally.from_dict(done.tally))
        journal.stream.write(self._packed_out(done.data))

    def _packed_out(self, data: bytes) -> bytes:
        """Each chunk is a gzip member of its own (RFC 1952), so that the output can be continued."""
        return gzip.compress(data, compresslevel=6, mtime=0) if self._packs and data else data

    def _workers(self, workers: int | None) -> Here | Pool:
        layout = self._reader.layout
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        small = self._identity["size"] < _SMALL
        wanted = workers or (1 if small else cores)
        if wanted == 1:
            return Here(layout, self._sanitizer)
        recipe = self._recipe()
        if recipe is None:
            if workers is not None:
                message = (
                    "this guard holds plugins or settings that only this process has: name them in a policy file, or use 1 worker"
                )
                raise DataError(message)
            return Here(layout, self._sanitizer)
        return Pool(wanted, recipe)

    def _recipe(self) -> bytes | None:
        from bartizan._policy.build import digest_of
        from bartizan.data._worker import Recipe

        built = self._guard._built  # noqa: SLF001 (core's own)
        if not built.installed:
            return None
        names = tuple(member.name for member in self._sanitizer.members)
        digest = digest_of(built.policy, {name: part for name, part in built.parts.items() if name in names})
        try:
            return pickle.dumps(Recipe(built.source, names, digest, self._reader.layout))
        except (TypeError, AttributeError, pickle.PicklingError):
            return None  # the policy holds Python objects

    def _publish(self, journal: Journal, mode: int | None) -> None:
        if self._reader.assembled:
            with journal.data() as data, journal.final() as final:
                self._reader.assemble(data, final)
        journal.publish(self._target, mode)

    def _tell(self, found: int, seconds: float, refused: str = "") -> None:
        """Observers hear of it before the output gets its name: a required one that fails refuses it."""
        from bartizan._values.context import Context
        from bartizan._values.events import Event

        reporter = self._guard.engine.reporter
        if reporter.active:
            runs = self._sanitizer.runs()
            reporter.report(Event("on_train", Context(), runs, (), None, seconds, refused=refused, findings_left_out=found))

    def _progress(self) -> Progress:
        done = self._raw.tell() if self._packed else self._state.position
        total = self._identity["size"] if self._reader.total is None else self._reader.total
        return Progress(done, total, self._state.rows)

    def _say(self, sentence: str) -> None:
        if self.notify is not None:
            self.notify(sentence)
