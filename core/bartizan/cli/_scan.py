"""`bartizan scan`: what a guard would find in a text."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypedDict

import typer

from bartizan.cli._data import kind_of_data
from bartizan.cli._errors import CLEAN, FOUND, CommandError, printable, say
from bartizan.cli._guards import PolicyOption, open_guard, policy_file
from bartizan.cli._io import STDIN, read_text, write_json, write_lines
from bartizan.cli._tables import show_table

if TYPE_CHECKING:
    from bartizan import Finding, Guard, Verdict


class As(StrEnum):
    """What the text is taken for."""

    PROMPT = "prompt"
    RESPONSE = "response"
    DOCUMENT = "document"


class Row(TypedDict):
    """One finding, free of data. Spans are characters from 0, lines and columns from 1; None where it is about the whole text."""

    label: str
    action: str
    start: int | None
    end: int | None
    line: int | None
    column: int | None
    plugin: str


_COLUMNS: Final = ("label", "action", "line:column", "span", "plugin")
_WHOLE: Final = "whole text"

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE|-", help="The text, in UTF-8; - for standard input.", show_default=False)
]


def scan(
    file: FileArgument = STDIN,
    policy: PolicyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each finding which plugin made it and why.")] = False,
    kind: Annotated[
        As, typer.Option("--as", help="What the text is taken for: origins and hooks decide what happens.")
    ] = As.PROMPT,
) -> int:
    """Say what would be found in a text, and what would be done about it: labels and places, never a value.

    Exit status: 0 nothing found, 1 something found, 2 it could not be judged.
    """
    if as_json and explain:
        message = "--json and --explain are two forms of the same answer: choose one"
        raise CommandError(message)
    guarding = policy_file(policy)
    source = read_text(file)
    data = kind_of_data(source.name, source.text)
    if data:
        say(f"{source.name} looks like {data}: it is judged as one text, so what only a key's or a column's name tells is missed")
    with open_guard(guarding) as guard:
        verdict = _judged(guard, source.text, kind)
        found = rows(verdict.findings, source.text)
        if as_json:
            state = {
                "as": kind.value,
                "action": verdict.action.name.lower(),
                "blocked": verdict.blocked,
                "enforced": verdict.enforced,
            }
            write_json({**state, "policy": guard.digest, "findings": found})
        elif explain:
            write_lines(printable(line) for line in verdict.explain().split("\n"))
        else:
            _show(found, verdict)
    return FOUND if found else CLEAN


def rows(findings: tuple[Finding, ...], text: str) -> list[Row]:
    """The findings in the text's order, each with its line (ended by a line feed) and column."""
    breaks = [found.start() for found in re.finditer("\n", text)] if findings else []
    out: list[Row] = []
    for finding in sorted(findings, key=lambda f: (f.start or 0, f.end or 0, f.label, f.plugin)):
        line = column = None
        if finding.start is not None:
            before = bisect_right(breaks, finding.start - 1)
            line, column = before + 1, finding.start - (breaks[before - 1] if before else -1)
        out.append(
            Row(
                label=finding.label,
                action=finding.action.name.lower(),
                start=finding.start,
                end=finding.end,
                line=line,
                column=column,
                plugin=finding.plugin,
            )
        )
    return out


def _judged(guard: Guard, text: str, kind: As) -> Verdict:
    from bartizan import Origin, Segment

    if kind is As.RESPONSE:
        return guard.post_response(text)
    return guard.pre_prompt(Segment(text, Origin.DOCUMENT if kind is As.DOCUMENT else Origin.USER))


def _show(found: list[Row], verdict: Verdict) -> None:
    if found:
        show_table(
            _COLUMNS,
            [
                (
                    row["label"],
                    row["action"],
                    _WHOLE if row["line"] is None else f"{row['line']}:{row['column']}",
                    _WHOLE if row["start"] is None else f"{row['start']}-{row['end']}",
                    row["plugin"],
                )
                for row in found
            ],
        )
    write_lines([f"{len(found)} finding{'s' if len(found) != 1 else ''}: {_outcome(verdict)}"])


def _outcome(verdict: Verdict) -> str:
    from bartizan import Action

    if verdict.blocked:
        return "the text would be refused"
    if not verdict.enforced:
        return "the text would pass, and monitor mode would leave findings in it as they are"
    return "the text would pass redacted" if verdict.action is Action.REDACT else "the text would pass as it is"
