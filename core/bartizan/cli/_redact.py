"""`bartizan redact`: the text as a guard lets it pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bartizan._errors import Blocked
from bartizan.cli._data import kind_of_data
from bartizan.cli._errors import CLEAN, FOUND, CommandError, say
from bartizan.cli._guards import PolicyOption, open_guard, policy_file
from bartizan.cli._io import STDIN, is_stdout, read_text, same_file, write_file, write_out
from bartizan.cli._scan import FileArgument

if TYPE_CHECKING:
    from bartizan import Guard, Verdict
    from bartizan.cli._io import Input

_FOR_DATA: Final = (
    "redact is for text: it would break the data's numbers and miss what a key's or a column's name tells; "
    "`bartizan sanitize` is the command for data (CSV, JSON Lines and Parquet; in code, bartizan.structured for other JSON)"
)


def redact(
    file: FileArgument = STDIN,
    policy: PolicyOption = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FILE", help="Write there, whole or not at all, instead of to standard output.", show_default=False
        ),
    ] = None,
) -> int:
    """Print a text as the policy lets it pass to a model: everything else byte for byte as it was.

    Text only: data files (CSV, JSON, JSON Lines, Parquet and the like, also where only their content shows it) are refused.

    Exit status: 0 done, 1 the policy refuses the text (then nothing is written), 2 it could not be judged.
    """
    guarding = policy_file(policy)
    source = read_text(file)
    _refuse_data(source)
    _refuse_overwriting(source, guarding, out)
    with open_guard(guarding) as guard:
        verdict = guard.pre_prompt(source.text)
        refusal = text = ""
        try:
            text = verdict.text
        except Blocked as blocked:
            refusal = blocked.reason
        if refusal:
            say(refusal)
            return FOUND
        _refuse_unredacted(guard, verdict)
    # Surrogates can't come in as UTF-8; a plugin's replacement could hold one.
    data = (source.mark + text).encode("utf-8", "backslashreplace")
    if out is None:
        write_out(data)
    else:
        write_file(out, data)
    return CLEAN


def _refuse_data(source: Input) -> None:
    kind = kind_of_data(source.name, source.text)
    if kind:
        message = f"{source.name} is {kind}, and {_FOR_DATA}"
        raise CommandError(message)


def _refuse_overwriting(source: Input, policy: str | None, out: str | None) -> None:
    message = ""
    if out is None:
        if is_stdout(source.status):
            message = f"{source.name} is also where the output goes: inputs are never changed, so write to another file"
    elif same_file(out, source.status):
        message = f"--out {out} is the input: inputs are never changed, so name another file"
    elif policy is not None and _same(out, policy):
        message = f"--out {out} is the policy: inputs are never changed, so name another file"
    if message:
        raise CommandError(message)


def _same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False


def _refuse_unredacted(guard: Guard, verdict: Verdict) -> None:
    """Monitor mode changes nothing; what this command prints must not pass for redacted then."""
    from bartizan import Action

    enforcing = {member.name for member in guard.engine.members if "pre_prompt" in member.enforced}
    left = [f for f in verdict.findings if f.action is not Action.NOTE and f.plugin not in enforcing]
    if left:
        labels = ", ".join(sorted({finding.label for finding in left}))
        message = (
            f"monitor mode would leave {len(left)} of the findings ({labels}) in the text as they are: use a policy that enforces"
        )
        raise CommandError(message)
