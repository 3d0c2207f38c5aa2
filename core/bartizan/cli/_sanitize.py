"""`bartizan sanitize`: a file of data as it may be learned from."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bartizan._errors import Refused
from bartizan.cli._errors import CLEAN, FOUND, CommandError, say
from bartizan.cli._guards import PolicyOption, open_guard, policy_file
from bartizan.cli._io import STDIN, write_file, write_json
from bartizan.cli._tables import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan.data import Progress, SanitizeReport


class Format(StrEnum):
    """What the file is."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class OnBadRow(StrEnum):
    """What becomes of a malformed row."""

    FAIL = "fail"
    SKIP = "skip"


class OnBlock(StrEnum):
    """What becomes of a value in which the policy blocks something."""

    WITHHOLD = "withhold"
    DROP = "drop"
    REFUSE = "refuse"


def sanitize(
    file: Annotated[str, typer.Argument(metavar="IN", help="A CSV, JSON Lines or Parquet file (CSV, JSON Lines also .gz).")],
    out: Annotated[str, typer.Option("--out", metavar="OUT", help="Where to write, whole or not at all.")],
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="A,B",
            help="Judge these only; in JSON and Parquet also paths: messages.content.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyOption = None,
    format: Annotated[  # noqa: A002 (the option's name)
        Format | None, typer.Option("--format", help="Where the file's name does not say.", show_default=False)
    ] = None,
    on_bad_row: Annotated[
        OnBadRow, typer.Option("--on-bad-row", help="A malformed row: stop, or leave it out and count it.")
    ] = OnBadRow.FAIL,
    on_block: Annotated[
        OnBlock,
        typer.Option("--on-block", help="A value that the policy blocks: its label in its place, its row left out, or stop."),
    ] = OnBlock.WITHHOLD,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes; by default as many as cores.", show_default=False)
    ] = None,
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Write the report there, as JSON.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on standard output.")] = False,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Go on where an interrupted run stopped.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help=r"Of CSV; \t is a tab. Found out by default.", show_default=False)
    ] = None,
    quote_char: Annotated[str, typer.Option("--quote-char", help="Of CSV.")] = '"',
    encoding: Annotated[str, typer.Option("--encoding", help="Of CSV.")] = "utf-8",
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Whether a CSV file begins with the names of its columns.")
    ] = True,
) -> int:
    """Write a data file with its texts as the policy lets them be learned; all else stays as it is.

    Rows in which nothing is found come back byte for byte in CSV and JSON Lines; Parquet keeps its schema. Memory stays flat, all cores
    work, an interrupted run goes on where it stopped, and OUT appears once it is whole. The input is never changed.

    Exit status: 0 done, 1 the policy blocks something and --on-block is refuse, 2 it could not be done, 130 interrupted.
    """
    guarding = policy_file(policy)
    _refuse_overwriting(file, guarding, out, report)
    options = {
        "columns": () if columns is None else tuple(columns.split(",")),
        "format": None if format is None else format.value,
        "on_bad_row": on_bad_row.value,
        "on_block": on_block.value,
        "workers": workers,
        "resume": resume,
        "force": force,
        "delimiter": "\t" if delimiter == r"\t" else delimiter,
        "quote_char": quote_char,
        "encoding": encoding,
        "header": header,
    }
    done = _done(file, out, guarding, options)
    if isinstance(done, str):
        say(done)
        return FOUND
    if report is not None:
        import json

        write_file(report, f"{json.dumps(done.as_dict(), indent=2)}\n".encode())
    if as_json:
        write_json(done.as_dict())
    else:
        _show(done)
    return CLEAN


def _done(file: str, out: str, policy: str | None, options: dict[str, Any]) -> SanitizeReport | str:
    """The report, or why the policy refuses."""
    from bartizan.data import sanitize_file

    problem = ""
    with open_guard(policy) as guard, _bar() as shown:
        try:
            return sanitize_file(file, out, guard, progress=shown, notify=say, **options)
        except Refused as refused:
            return refused.reason
        except OSError as error:
            where = error.filename if isinstance(error.filename, str) else out
            problem = f"{where}: can't be read or written: {error.strerror or type(error).__name__}"
        except KeyboardInterrupt:
            say(f"interrupted: there is no output yet{'; run the same command again to go on' if options['resume'] else ''}")
            raise
    raise CommandError(problem)


def _refuse_overwriting(file: str, policy: str | None, out: str, report: str | None) -> None:
    if STDIN in {file, out}:
        message = (
            "sanitize reads and writes files, which it can go on with after an interruption: standard input and output can't be; "
            "`bartizan redact` is for text"
        )
        raise CommandError(message)
    clashes = [("--out", out, file, "the input"), ("--out", out, policy, "the policy")]
    if report is not None:
        clashes += [
            ("--report", report, other, what)
            for other, what in ((file, "the input"), (policy, "the policy"), (out, "the output"))
        ]
    for option, name, other, what in clashes:
        if other is not None and _same(name, other):
            message = f"{option} {name} is {what}: name another file"
            raise CommandError(message)


def _same(one: str, other: str) -> bool:
    import os

    try:
        return os.path.samefile(one, other)  # noqa: PTH121 (names throughout)
    except (OSError, ValueError):
        return os.path.realpath(one) == os.path.realpath(other)


def _bar() -> AbstractContextManager[Callable[[Progress], None] | None]:
    """A progress bar on stderr, if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    return _Bar()


class _Bar(AbstractContextManager["Callable[[Progress], None]"]):
    """How much is done, how fast, and how long it will take."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._progress: Any = Progress(
            TextColumn("sanitising"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, rows=0)

    def __enter__(self) -> Callable[[Progress], None]:
        self._progress.start()
        return self._move

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _move(self, now: Progress) -> None:
        self._progress.update(self._task, completed=now.done, total=now.total, rows=now.rows)


def _show(done: SanitizeReport) -> None:
    """The report on stderr: standard output stays free for those who ask for JSON."""
    rows = [
        (column, label, f"{number:,}", what)
        for counts, what in ((done.findings, "redacted"), (done.noted, "noted"))
        for column, labels in sorted(counts.items())
        for label, number in sorted(labels.items())
    ]
    for line in plain(("column", "found", "times", "and"), rows) if rows else ["nothing was found"]:
        say(line)
    say(
        f"{done.rows:,} rows in {done.seconds:.1f} s: {done.rows_per_second:,.0f} rows/s, "
        f"{done.mb_per_second_per_core:.1f} MB/s a core on {done.workers} core{'s' if done.workers > 1 else ''}"
    )
    if done.withheld:
        where = f", and {done.dropped:,} rows left out with them" if done.dropped else ": only a label is left of each"
        say(f"{done.withheld:,} values were withheld, for the policy blocks what was found in them{where}")
    if done.bad_rows:
        numbers = ", ".join(map(str, done.bad_row_numbers[:20]))
        more = " …" if done.bad_rows > len(done.bad_row_numbers[:20]) else ""
        say(f"{done.bad_rows:,} malformed rows were left out: {numbers}{more}")
    if done.unjudged:
        kinds = ", ".join(f"{name} ({kind})" for name, kind in done.unjudged.items())
        say(f"left as they are, for they hold no text: {kinds}")
    for plugin, number in done.failed.items():
        say(f"{plugin} failed to judge {number:,} values, and the policy goes on without it")
