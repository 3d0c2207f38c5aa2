"""Finds the log that a command is about, tells times, and prints records."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from bartizan.cli._errors import CommandError, printable, say
from bartizan.cli._guards import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PLUGIN: Final = "audit"
Range = tuple[int | None, int | None]
_AGO: Final = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class AuditTools(Protocol):
    """What a plugin named `audit` offers as `tools(config)`, a class method: its log, as the command line needs it."""

    @property
    def name(self) -> str:
        """How messages call the log."""
        ...

    def verify(self) -> dict[str, Any]:
        """Counts, and `problems` and `gaps` as sentences."""
        ...

    def tail(
        self, wanted: Mapping[str, Any], count: int, *, follow: bool, go_on: Callable[[float], bool]
    ) -> Iterator[Sequence[dict[str, Any]]]:
        """The last records, then those that come."""
        ...

    def export(self, wanted: Mapping[str, Any], form: str, out: BinaryIO) -> int:
        """The records of one moment; how many."""
        ...

    def prune(self, before_ns: int) -> tuple[int, int]:
        """Delete what is older; how many, and the last one's number."""
        ...

    def forget(self, principal: str, tenant: str | None) -> bool:
        """Delete a subject's key; whether there was one."""
        ...


def audit_tools(log: str | None, policy: str | None, key_file: str | None, checkpoints: str | None) -> AuditTools:
    """The tools of the log that is named, as a file or by the policy. No plugin is made, so none does anything.

    Raises:
        CommandError: nothing or too much is named, or the plugin offers no tools; PolicyError: the policy is none.
    """
    from bartizan._errors import MissingExtra
    from bartizan._plugins.discovery import installed, load_class
    from bartizan._policy.assemble import config_model
    from bartizan._policy.source import Source
    from bartizan._policy.tables import RESERVED
    from bartizan._policy.validate import validated

    if log is not None and policy is not None:
        message = "a log is named as an argument and by --policy: name one"
        raise CommandError(message)
    if log is None and (key_file is not None or checkpoints is not None):
        message = "--key-file and --checkpoints go with a LOG: a policy says itself where they are"
        raise CommandError(message)
    if log is None:
        source, table = _by_policy(policy)
        pin = table.get("distribution")
    else:
        paths = {"path": log, "key_file": key_file, "checkpoints": checkpoints}
        given = {name: str(Path(value).absolute()) for name, value in paths.items() if value is not None}
        source, table, pin = Source({"plugins": {PLUGIN: given}}, {}, "the command line", Path.cwd()), given, None
    kind, _, _ = load_class(PLUGIN, installed(), pin if isinstance(pin, str) else None)
    model, make = config_model(PLUGIN, kind), getattr(kind, "tools", None)
    if model is None or not callable(make):
        message = f"the plugin {PLUGIN!r} has no log that the command line could read"
        raise CommandError(message)
    own = {name: value for name, value in table.items() if name not in RESERVED}
    config = validated(model, own, source, ("plugins", PLUGIN), beside=RESERVED)
    try:
        tools: AuditTools = make(config)
    except MissingExtra as error:
        raise CommandError(str(error)) from None
    return tools


def _by_policy(named: str | None) -> tuple[Any, Mapping[str, Any]]:
    """The policy's table for the plugin."""
    from bartizan._policy.source import read_files

    if named is None:
        named = os.environ.get(VARIABLE)
        if named:
            say(f"the log is that of {named}, which ${VARIABLE} names")
    if not named:
        message = f"name the log as an argument, or the policy by --policy or ${VARIABLE}"
        raise CommandError(message)
    source = read_files([named])
    plugins = source.table.get("plugins")
    table = plugins.get(PLUGIN) if isinstance(plugins, dict) else None
    if not isinstance(table, dict):
        message = f"{named} has no table [plugins.{PLUGIN}], so there is no audit log"
        raise CommandError(message)
    return source, table


def moment(text: str) -> int:
    """A point in time in nanoseconds since the epoch: 2026-01-31, 2026-01-31T12:00:00+01:00 (UTC if it does not say), or 90d ago.

    Raises:
        CommandError: it is none of these.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return time.time_ns() - int(ago[1]) * _SECONDS[ago[2]] * 10**9
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None:
        message = f"{printable(text)!r} is no time: write 2026-01-31, 2026-01-31T12:00:00Z, or 90d, 12h, 30m for as long ago"
        raise CommandError(message)
    if found.tzinfo is None:
        found = found.replace(tzinfo=dt.UTC)
    since = found - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000


def span(since: str | None, until: str | None) -> Range:
    """Both ends of a range of times."""
    return (None if since is None else moment(since), None if until is None else moment(until))


def printed(record: Mapping[str, Any]) -> str:
    """A record on one line, for people."""
    parts = [str(record["time"]), f"#{record['n']}", str(record.get("hook") or record["kind"])]
    parts += [str(record[name]) for name in ("action", "decision", "outcome") if record.get(name)]
    if "principal" in record:
        parts.append(f"by {record['principal']}{'@' + str(record['tenant']) if 'tenant' in record else ''}")
    elif record.get("forgotten"):
        parts.append("by someone forgotten")
    labels: dict[str, int] = {}
    for finding in record.get("findings", ()):
        labels[finding["label"]] = labels.get(finding["label"], 0) + 1
    parts += [f"{label}{f' x{count}' if count > 1 else ''}" for label, count in labels.items()]
    parts += [f"{run['plugin']} {run['status']}" for run in record.get("runs", ()) if run["status"] != "ran"]
    parts += [] if record.get("enforced", True) else ["not enforced"]
    if record.get("refused"):
        parts.append(f"refused: {record['refused']}")
    if record["kind"] not in {"event", "prune", "forget"}:
        parts += [f"{name}={record[name]}" for name in ("alert", "count", "reason", "what") if name in record]
    return printable("  ".join(parts))


def wait_for_reader(seconds: float) -> bool:
    """Wait, and say whether stdout is still read: a pipe whose reader stopped would be noticed at the next line only."""
    out = sys.stdout
    try:
        handle = out.fileno()
    except (AttributeError, OSError, ValueError):
        time.sleep(seconds)
        return out is not None
    try:
        import select

        watch = select.poll()
    except (ImportError, AttributeError):  # Windows
        time.sleep(seconds)
        return True
    watch.register(handle, 0)
    found = watch.poll(seconds * 1_000)
    return not any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in found)


@contextlib.contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A stream for a file that takes the place of what is there, once all of it is on the disk.

    Raises:
        CommandError: it can't be written.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f"{target.name}.{secrets.token_hex(8)}.part")
    problem = ""
    try:
        if target.exists() and not target.is_file():
            problem = "it exists and is no regular file"
        else:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            try:
                with os.fdopen(handle, "wb") as stream:
                    yield stream
                    if not stream.closed:
                        stream.flush()
                        os.fsync(stream.fileno())
                temporary.replace(target)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    temporary.unlink()
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        problem = error.strerror or type(error).__name__
    if problem:
        message = f"{path}: can't be written: {problem}"
        raise CommandError(message)
