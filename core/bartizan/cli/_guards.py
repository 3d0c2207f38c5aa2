"""Which policy a command works under: `--policy`, else `$BARTIZAN_POLICY`, else the defaults; never a file found by chance."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bartizan.cli._errors import CommandError, say

if TYPE_CHECKING:
    from bartizan import Guard

VARIABLE: Final = "BARTIZAN_POLICY"

PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy", metavar="FILE", help=f"The policy to work under; else ${VARIABLE}, else the defaults.", show_default=False
    ),
]


def policy_file(named: str | None) -> str | None:
    """The policy's file, None for the defaults. What the command line does not say itself is said on stderr.

    Raises:
        CommandError: an empty name, which is most likely a variable that was never set.
    """
    if named is not None:
        if not named:
            message = "--policy is empty: name a file, or leave it out"
            raise CommandError(message)
        return named
    given = os.environ.get(VARIABLE)
    if given is None:
        say(f"no --policy and no ${VARIABLE}: working under the defaults, validation and redaction")
        return None
    if not given:
        message = f"${VARIABLE} is set but empty: name a file in it, or unset it to work under the defaults"
        raise CommandError(message)
    say(f"working under {given}, which ${VARIABLE} names")
    return given


def open_guard(file: str | None) -> Guard:
    """The guard of a policy's file; the default guard for None."""
    from bartizan import Guard

    return Guard() if file is None else Guard.from_file(file)
