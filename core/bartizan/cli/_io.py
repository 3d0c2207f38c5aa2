"""Reading and writing: text in as UTF-8, bytes out unchanged, files replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bartizan.cli._errors import CommandError, let_go_of_stdout, say

if TYPE_CHECKING:
    from collections.abc import Iterable

STDIN: Final = "-"
_MARK: Final = "\ufeff"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Input:
    """What was read. A byte order mark at the very start is the encoding's, not the text's: it is kept apart."""

    name: str
    text: str = field(repr=False)
    mark: str = ""
    status: os.stat_result | None = field(default=None, repr=False)


def read_text(file: str) -> Input:
    """The text of a file, or of stdin for `-`.

    Raises:
        CommandError: it can't be read, or is not UTF-8 (the message says at which byte).
    """
    name = "standard input" if file == STDIN else file
    problem, data, status = "", b"", None
    try:
        data, status = _stdin() if file == STDIN else _file(file)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except ValueError:
        problem = "that is not a file's name"
    if problem:
        message = f"{name}: can't be read: {problem}"
        raise CommandError(message)
    text = ""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = ", it looks like UTF-16" if data.startswith(_UTF16) else ""
        problem = f"{name}: is not UTF-8 at byte {error.start}{hint}: convert it to UTF-8 first"
    if problem:
        raise CommandError(problem)
    mark = _MARK if text.startswith(_MARK) else ""
    return Input(name, text.removeprefix(_MARK), mark, status)


def _file(file: str) -> tuple[bytes, os.stat_result]:
    with open(file, "rb") as stream:  # noqa: PTH123 (the name as it was given: a Path would drop a leading ./)
        return stream.read(), os.fstat(stream.fileno())


def _stdin() -> tuple[bytes, os.stat_result | None]:
    if sys.stdin is None:
        message = "standard input is closed"
        raise CommandError(message)
    if sys.stdin.isatty():
        say("reading from the terminal; end the text with Ctrl-D on a line of its own")
    status = None
    with contextlib.suppress(OSError, ValueError):
        status = os.fstat(sys.stdin.fileno())
    return sys.stdin.buffer.read(), status


def write_out(data: bytes) -> None:
    """Write to stdout, byte for byte.

    Raises:
        CommandError: it can't be written; BrokenPipeError: whoever read it stopped.
    """
    if sys.stdout is None:
        message = "standard output is closed"
        raise CommandError(message)
    problem = ""
    try:
        sys.stdout.flush()
        left = memoryview(data)
        while left:  # with PYTHONUNBUFFERED this is the bare file, which may take only a part at a time
            left = left[sys.stdout.buffer.write(left) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        let_go_of_stdout()
        message = f"standard output: can't be written: {problem}"
        raise CommandError(message)


def write_lines(lines: Iterable[str]) -> None:
    """Write lines of text to stdout, in its encoding; what that lacks is written as an escape."""
    encoding = (sys.stdout.encoding if sys.stdout is not None else None) or "utf-8"
    write_out("".join(f"{line}\n" for line in lines).encode(encoding, "backslashreplace"))


def write_json(value: object) -> None:
    """Write one JSON document to stdout, in ASCII."""
    import json

    write_lines([json.dumps(value, indent=2)])


def write_file(path: str, data: bytes) -> None:
    """Write a file whole or not at all: a temporary file beside it takes its place. Links are followed.

    Raises:
        CommandError: it can't be written, or what is there is no regular file.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{secrets.token_hex(8)}.part"
    problem = ""
    try:
        found = _status(target)
        if found is not None and not stat.S_ISREG(found.st_mode):
            problem = "it exists and is no regular file"
        else:
            _replace(target, temporary, data, found)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except ValueError:
        problem = "that is not a file's name"
    if problem:
        message = f"{path}: can't be written: {problem}"
        raise CommandError(message)


def _replace(target: str, temporary: str, data: bytes, found: os.stat_result | None) -> None:
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if found is not None:
            os.chmod(temporary, stat.S_IMODE(found.st_mode))  # noqa: PTH101 (names throughout)
        os.replace(temporary, target)  # noqa: PTH105 (names throughout)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 (names throughout)
        raise


def _status(path: str) -> os.stat_result | None:
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path)  # noqa: PTH116 (names throughout)
    return None


def same_file(path: str, status: os.stat_result | None) -> bool:
    """Whether a path leads to the file that `status` was taken of, through links or by another name."""
    found = None
    with contextlib.suppress(OSError, ValueError):
        found = _status(path)
    return found is not None and status is not None and os.path.samestat(found, status)


def is_stdout(status: os.stat_result | None) -> bool:
    """Whether stdout is the regular file that `status` was taken of: `redact notes.txt >> notes.txt`."""
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    found: Any = None
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = os.fstat(sys.stdout.fileno())
    return found is not None and os.path.samestat(found, status)
