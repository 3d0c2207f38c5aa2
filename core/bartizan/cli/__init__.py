"""The command line: `bartizan`, or `python -m bartizan`. It needs the extra `cli`, which is loaded when `main` runs."""

from __future__ import annotations

import sys

__all__ = ["main"]

_FAILED = 2
_INTERRUPTED = 130


def main() -> int:
    """Run the command that `sys.argv` holds; the exit status (0 fine, 1 found or refused, 2 could not be done)."""
    from importlib.util import find_spec

    from bartizan._errors import MissingExtra

    if any(find_spec(name) is None for name in ("typer", "rich")):
        sys.stderr.write(f"bartizan: {MissingExtra('the command line', 'cli')}\n")
        return _FAILED
    try:
        from bartizan.cli._app import run

        return run()
    except KeyboardInterrupt:  # while the modules were loading: commands answer it themselves
        return _INTERRUPTED
