"""`bartizan plugins`: what is installed, what the policy loads, and what does not load and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from bartizan.cli._errors import CLEAN, CommandError, say
from bartizan.cli._guards import PolicyOption, policy_file
from bartizan.cli._io import write_json, write_lines
from bartizan.cli._tables import show_table

if TYPE_CHECKING:
    from bartizan.cli._inspect import Listed

_COLUMNS: Final = ("plugin", "version", "distribution", "enabled", "offers", "problem")


def plugins(
    policy: PolicyOption = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of each plugin's own settings.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """List the installed plugins, those that the policy enables first; one that fails to load is listed with the reason.

    What an enabled plugin offers is told exactly; the others are only imported, not made. Exit status: 0 listed, 2 not.
    """
    from bartizan.cli._inspect import listed

    if schema and as_json:
        message = "--schema is JSON by itself: leave out --json"
        raise CommandError(message)
    if schema:
        return _schemas()
    found = listed(policy_file(policy))
    if as_json:
        write_json({"plugins": [one.as_dict() for one in found]})
    elif found:
        show_table(_COLUMNS, [_row(one) for one in found])
    else:
        write_lines(["no plugin is installed"])
    broken = [one.name for one in found if one.enabled and one.problem]
    if broken:
        say(f"a guard under this policy would not start: see {', '.join(broken)}")
    return CLEAN


def _row(one: Listed) -> tuple[str, ...]:
    offers = list(one.hooks)
    if one.scanners is None:
        offers += ["scanners"] if one.may_scan else []
    elif one.scanners:
        offers.append(f"{one.scanners} scanner{'s' if one.scanners > 1 else ''}")
    return (
        one.name,
        one.version or "-",
        one.distribution or "-",
        "yes" if one.enabled else "no",
        ", ".join(offers) or "-",
        one.problem,
    )


def _schemas() -> int:
    from bartizan._policy.schema import config_schema
    from bartizan.cli._inspect import classes

    found, problems = classes()
    for name, problem in problems.items():
        say(f"{name} is left out: it {problem}")
    write_json({name: config_schema(name, kind) for name, kind in found.items()})
    return CLEAN
