"""How a command ends: what went wrong is one sentence on stderr and an exit status, never a traceback."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperGroup

from bartizan._errors import BartizanError

if TYPE_CHECKING:
    from collections.abc import Callable

CLEAN: Final = 0
FOUND: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130
CUT_OFF: Final = 141
"""128 + SIGPIPE: whoever read the output stopped. Not 1, which would say that something was found."""


class CommandError(BartizanError):
    """A command can't be done; the message is the sentence to show."""


def printable(text: str) -> str:
    """The text on one line, with everything that could steer a terminal written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(message: str) -> None:
    """One sentence on stderr. Where that is closed there is nobody to tell."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            line = f"bartizan: {printable(message)}\n"
            encoding = sys.stderr.encoding or "ascii"
            sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()


def let_go_of_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's own flush at exit has nothing to complain of."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nothing, sys.stdout.fileno())
        finally:
            os.close(nothing)


class Root(TyperGroup):
    """The top of the command line: every command runs, and every mistake ends, in here."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (as typer declares it)
        """Run the command; what it raises becomes a sentence and a status."""
        return _status(lambda: super(Root, self).invoke(ctx))

    def main(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 (as typer declares it)
        """Parse and run. Commands return their exit status; typer's own mistakes of usage are told like all others."""
        standalone = options.pop("standalone_mode", True)
        options |= {"prog_name": "bartizan", "standalone_mode": False}  # the name also as `python -m bartizan`
        result = _status(lambda: super(Root, self).main(*args, **options), usage=True)
        code = result if isinstance(result, int) else CLEAN
        if standalone:
            raise SystemExit(code)
        return code


def _status(run: Callable[[], object], *, usage: bool = False) -> object:
    """What `run` returns, or the exit status for what it raises; `usage` says whether typer's own errors end here too."""
    try:
        result = run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 (no command may end in a traceback)
        return _ended(error, usage=usage)
    return result


def _ended(error: BaseException, *, usage: bool) -> int:
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        let_go_of_stdout()
        return CUT_OFF
    # Not by class: typer has its own copy of click's errors since 0.2x, and click's own before.
    told = getattr(error, "format_message", None)
    if callable(told):
        if not usage:
            raise error
        say(_mistake(error, str(told())))
    elif isinstance(error, BartizanError):
        say(str(error))
    elif isinstance(error, MemoryError):
        say("there is not enough memory for this input")
    else:
        say(_unexpected(error))
    return FAILED


def _mistake(error: BaseException, message: str) -> str:
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "bartizan")
    text = message.replace("Value error, ", "").strip().rstrip(".")
    return f"{text[:1].lower()}{text[1:]} (see '{command} --help')"


def _unexpected(error: BaseException) -> str:
    """Where it happened, without the error's own text, which may quote what was being judged."""
    place = "somewhere"
    trace = error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', 'somewhere')}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"stopped by an unexpected {type(error).__name__} in {place}: please report it"
