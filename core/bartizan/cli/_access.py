"""`bartizan policy explain` and `export`: who may do what, why, and the same in another policy language.

Plugins take part by methods of their own: `access_matrix()`, `explain_access(request)` and `export_cedar()`. Asking them decides nothing:
no observer is told and nothing is counted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bartizan.cli._errors import CLEAN, CommandError
from bartizan.cli._guards import PolicyOption, open_guard, policy_file
from bartizan.cli._io import write_json, write_lines
from bartizan.cli._tables import show_table

if TYPE_CHECKING:
    from bartizan import AccessRequest, Guard
    from bartizan._plugins.member import Member

PolicyArgument = Annotated[str | None, typer.Argument(metavar="FILE", help="The policy; else --policy.", show_default=False)]
_MOST_CELLS: Final = 50_000


def one_policy(file: str | None, policy: str | None) -> str | None:
    """The policy that an argument or --policy names, else as everywhere.

    Raises:
        CommandError: both name one.
    """
    if file is not None and policy is not None:
        message = "two policies are named, as an argument and by --policy: name one"
        raise CommandError(message)
    return policy_file(file if file is not None else policy)


def explain(
    action: Annotated[
        str, typer.Option("--action", metavar="ACTION", help="What is asked for: deploy, tool:pay.", show_default=False)
    ],
    file: PolicyArgument = None,
    policy: PolicyOption = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="NAME", help="A role of the principal; may be repeated.", show_default=False),
    ] = None,
    arg: Annotated[
        list[str] | None,
        typer.Option(
            "--arg", metavar="NAME=VALUE", help="An argument of the call; VALUE is JSON, or else a string.", show_default=False
        ),
    ] = None,
    principal: Annotated[str, typer.Option("--principal", metavar="ID", help="Who is asking.")] = "someone",
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="NAME", help="The principal's tenant.", show_default=False)
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option("--claim", metavar="NAME=VALUE", help="A claim of the principal.", show_default=False)
    ] = None,
    resource: Annotated[
        str | None, typer.Option("--resource", metavar="TYPE[:ID]", help="What it is done to: document:42.", show_default=False)
    ] = None,
    resource_tenant: Annotated[
        str | None, typer.Option("--resource-tenant", metavar="NAME", help="The resource's own tenant.", show_default=False)
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", metavar="NAME=VALUE", help="An attribute of the resource.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Say what a policy decides on a request, and which rules that comes from. Nothing is recorded or counted.

    Exit status: 0 whatever the decision, 2 it could not be worked out.
    """
    from bartizan import AccessRequest, Context, Principal, Resource

    if not action or not principal or tenant == "":
        message = "an action, a principal's id and a tenant are not empty"
        raise CommandError(message)
    who = Principal(principal, role or (), tenant, _pairs("--claim", claim))
    what = None
    if resource is not None or resource_tenant is not None or attribute:
        kind, _, name = (resource or "resource").partition(":")
        what = Resource(kind, name, resource_tenant, _pairs("--attribute", attribute))
    args = _pairs("--arg", arg)
    request = AccessRequest(who, action, what, args, Context(who), args)
    with open_guard(one_policy(file, policy)) as guard:
        _say_why(guard, request, as_json=as_json)
    return CLEAN


def export(
    file: PolicyArgument = None,
    policy: PolicyOption = None,
    cedar: Annotated[bool, typer.Option("--cedar", help="As Cedar policies, with the schema they need.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the schema instead of the policies.")] = False,
) -> int:
    """Write the roles of a policy in another policy language.

    Exit status: 0 done, 2 something in them has no equal there (and one sentence says what).
    """
    if not cedar:
        message = "name the language: --cedar"
        raise CommandError(message)
    with open_guard(one_policy(file, policy)) as guard:
        found = [one.instance for one in guard.engine.members if callable(getattr(one.instance, "export_cedar", None))]
        if not found:
            message = "no plugin of this policy can be written as Cedar: load rbac, with roles"
            raise CommandError(message)
        exported: Any = found[0]
        policies, described = exported.export_cedar()
        write_lines([(described if schema else policies).rstrip("\n")])
    return CLEAN


def show_matrix(guard: Guard) -> None:
    """Print who may do what, for each plugin that can tell."""
    for member in guard.engine.members:
        tell = getattr(member.instance, "access_matrix", None)
        if not callable(tell):
            continue
        found: Any = tell()
        if len(found.roles) * len(found.actions) > _MOST_CELLS:
            write_lines(
                [f"{member.name}: {len(found.roles):,} roles and {len(found.actions):,} actions are too many for a table", ""]
            )
            continue
        show_table(("action", *found.roles), [(action, *cells) for action, cells in zip(found.actions, found.cells, strict=True)])
        write_lines(["-: nothing grants it, so it is denied"])
        if any("?" in cell for cells in found.cells for cell in cells):
            write_lines(["?: under a condition, see `bartizan policy explain`"])
        write_lines([""])


def _say_why(guard: Guard, request: AccessRequest, *, as_json: bool) -> None:
    from bartizan import Effect

    deciding = [one for one in guard.engine.members if "authorize" in one.hooks]
    said: list[tuple[Member, Any]] = []
    silent: list[str] = []
    for member in deciding:
        tell = getattr(member.instance, "explain_access", None)
        if callable(tell):
            said.append((member, tell(request)))
        else:
            silent.append(member.name)
    binding = [one.decision for member, one in said if "authorize" in member.enforced]
    strictness = {Effect.ALLOW: 0, Effect.ASK: 1, Effect.DENY: 2}
    decision = max(binding, key=lambda one: strictness[one.effect], default=None)
    effect = Effect.DENY if decision is None else decision.effect
    reason = _reason(decision, deciding, silent)
    rows = [(member.name, *_cells(rule)) for member, one in said for rule in one.rules]
    if as_json:
        names = ("plugin", "rule", "effect", "action", "when", "outcome")
        rules = [dict(zip(names, row, strict=True)) for row in rows]
        write_json({"decision": effect.value, "reason": reason, "rules": rules, "not_asked": silent, "policy": guard.digest})
        return
    write_lines([f"decision  {effect.value}", f"why       {reason}"])
    if rows:
        write_lines([""])
        show_table(("plugin", "rule", "effect", "action", "when", "outcome"), rows)
    if silent:
        write_lines(["", f"not asked: {', '.join(silent)}, which may deny it or ask all the same"])
    recorded = [member.name for member in deciding if "authorize" not in member.enforced]
    if recorded:
        write_lines(["", f"monitor mode: what {', '.join(recorded)} decides is recorded, not enforced"])


def _reason(decision: Any, deciding: list[Member], silent: list[str]) -> str:  # noqa: ANN401 (a plugin's own answer)
    if decision is not None:
        return str(decision.reason)
    if not deciding:
        return "no plugin decides, so every action is denied"
    return "none of the plugins that decide can explain itself" if silent else "no plugin that is enforced decides"


def _cells(rule: Any) -> tuple[str, ...]:  # noqa: ANN401 (a plugin's own answer)
    return rule.rule, rule.effect, rule.action, rule.when or "-", rule.outcome


def _pairs(option: str, given: list[str] | None) -> dict[str, Any]:
    """`NAME=VALUE` as a mapping: a VALUE that is JSON as what it says, any other as a string."""
    out: dict[str, Any] = {}
    for pair in given or ():
        name, equals, value = pair.partition("=")
        if not name or not equals:
            message = f"{option} takes NAME=VALUE"
            raise CommandError(message)
        if name in out:
            message = f"{option} names {name!r} twice"
            raise CommandError(message)
        try:
            out[name] = json.loads(value, parse_constant=str)
        except (ValueError, RecursionError):
            out[name] = value
    return out
