"""`bartizan policy`: is a policy right, what does it come to, and what may be written in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan.cli._access import PolicyArgument, one_policy, show_matrix
from bartizan.cli._errors import CLEAN, say
from bartizan.cli._guards import PolicyOption, open_guard
from bartizan.cli._io import write_json, write_lines
from bartizan.cli._tables import show_table

if TYPE_CHECKING:
    from bartizan import Guard
    from bartizan._plugins.member import Member


def check(
    file: PolicyArgument = None,
    policy: PolicyOption = None,
) -> int:
    """Load a policy as an application would, and print what it comes to.

    Exit status: 0 it can be put in force, 2 it can't (and one sentence says why).
    """
    named = one_policy(file, policy)
    with open_guard(named) as guard:
        members = guard.engine.members
        write_lines(
            [f"policy   {'the defaults' if named is None else named}: can be put in force", f"digest   {guard.digest}", ""]
        )
        if members:
            show_table(
                ("plugin", "version", "texts", "access and training", "if it fails", "limit"), [_row(one) for one in members]
            )
            write_lines([""])
        _show_outcomes(guard)
        show_matrix(guard)
        if not guard.has_authorizer:
            write_lines(["authorize: no plugin decides, so every action is denied"])
    return CLEAN


def schema() -> int:
    """Print the JSON Schema of a policy with the installed plugins."""
    from bartizan._policy.schema import policy_schema
    from bartizan.cli._inspect import classes

    found, problems = classes()
    for name, problem in problems.items():
        say(f"{name} is left out: it {problem}")
    write_json(policy_schema(found))
    return CLEAN


def _row(member: Member) -> tuple[str, ...]:
    version = f"{member.distribution} {member.version}".strip()
    texts = "enforced" if "pre_prompt" in member.enforced else "recorded only"
    rest = "enforced" if "authorize" in member.enforced else "recorded only"
    takes_part = {"authorize", "on_train"} & set(member.hooks)
    return (
        member.name,
        version or "-",
        texts,
        rest if takes_part else "-",
        "refuse the call" if member.closed_on_error else "go on without it",
        f"{member.timeout_s:g} s",
    )


def _show_outcomes(guard: Guard) -> None:
    from bartizan.cli._outcomes import COLUMNS, OWN, outcomes

    rows = outcomes(guard)
    if not rows:
        return
    show_table(("plugin", "found", *(column.name for column in COLUMNS)), [(row.plugin, row.labels, *row.cells) for row in rows])
    if any(OWN in cell for row in rows for cell in row.cells):
        write_lines([f"{OWN}: what the plugin itself asks for where it finds one; the policy leaves it as it is"])
    write_lines([""])
