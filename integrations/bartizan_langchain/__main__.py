"""`python -m bartizan_langchain app.py [args]`: run a program with the guard of $BARTIZAN_POLICY installed."""

from __future__ import annotations

import atexit
import os
import runpy
import sys
from pathlib import Path
from typing import Final, NoReturn

from bartizan import BartizanError, Guard
from bartizan_langchain._install import install

_USAGE: Final = "usage: BARTIZAN_POLICY=bartizan.toml python -m bartizan_langchain app.py [arguments]"


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"bartizan_langchain: {message}\n")
    raise SystemExit(2)


def _guard() -> Guard:
    policy = os.environ.get("BARTIZAN_POLICY")
    if not policy:
        _fail("$BARTIZAN_POLICY is not set: name the policy file that is to guard the program")
    try:
        return Guard.from_file(policy)
    except (BartizanError, OSError) as error:
        problem = " ".join(str(error).split())
    _fail(problem)


def main(arguments: list[str]) -> None:
    """Run the program that the arguments name as `python app.py …` would, guarded."""
    if not arguments or arguments[0].startswith("-"):
        _fail(_USAGE)
    program = Path(arguments[0])
    if not program.is_file():
        _fail("there is no such program file: name a Python file to run")
    guard = _guard()
    atexit.register(guard.close)  # after the program's own threads
    install(guard)
    sys.argv = list(arguments)
    if not sys.flags.safe_path:
        sys.path[0] = str(program.resolve().parent)
    runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
