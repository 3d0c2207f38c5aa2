"""What a plugin did wrong, in words free of data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

LEAVING: Final = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""What ends the process or a coroutine, whoever happens to run: it goes on up. Everything else that a plugin raises refuses the call,
a panic of a native extension (a BaseException) included."""


def describe(error: BaseException, hook: str) -> str:
    """The kind of error and where it was raised: never its text, which may quote what was judged."""
    return f"raised {type(error).__name__} in {hook}{_place(error.__traceback__)}: the call is refused"


def overrun(hook: str, timeout_s: float) -> str:
    """The sentence for a plugin that took too long."""
    return f"took longer than its timeout_s ({timeout_s:g} s) in {hook}: the call is refused"


def wrong_type(hook: str, found: object, wanted: str) -> str:
    """The sentence for a plugin that returned something else."""
    return f"returned {type(found).__name__} from {hook}, not {wanted}: the call is refused"


def discard(found: object) -> None:
    """Drop what nobody will await, without Python's warning that it never was."""
    close = getattr(found, "close", None)
    if callable(close) and hasattr(found, "__await__"):
        close()


def _place(trace: TracebackType | None) -> str:
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno})"  # noqa: PTH119 (pathlib costs the import)
