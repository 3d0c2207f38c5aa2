"""`bartizan audit`: is the log what was written, what is in it, and what may go. The policy's `audit` plugin does the work."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.cli._audit_log import Range, audit_tools, printed, span, wait_for_reader
from bartizan.cli._errors import CLEAN, FOUND, CommandError, printable, say
from bartizan.cli._io import write_json, write_lines

LogArgument = Annotated[
    str | None, typer.Argument(metavar="LOG", help="The log's file; else the policy says where it is.", show_default=False)
]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", metavar="FILE", help="The policy; else $BARTIZAN_POLICY.", show_default=False)
]
KeyOption = Annotated[
    str | None, typer.Option("--key-file", metavar="FILE", help="With LOG: its key; else LOG.key.", show_default=False)
]
CheckpointsOption = Annotated[
    str | None,
    typer.Option("--checkpoints", metavar="FILE", help="With LOG: its checkpoints; else LOG.checkpoints.", show_default=False),
]
LabelOption = Annotated[list[str] | None, typer.Option("--label", help="Only with a finding of this label.", show_default=False)]
HookOption = Annotated[list[str] | None, typer.Option("--hook", help="Only of this hook.", show_default=False)]
ActionOption = Annotated[list[str] | None, typer.Option("--action", help="Only about this action.", show_default=False)]
PluginOption = Annotated[list[str] | None, typer.Option("--plugin", help="Only where this plugin took part.", show_default=False)]
KindOption = Annotated[
    list[str] | None, typer.Option("--kind", help="Only event, alert, gap, prune or forget.", show_default=False)
]
PrincipalOption = Annotated[str | None, typer.Option("--principal", help="Only of who has this id.", show_default=False)]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.", show_default=False)]
SessionOption = Annotated[str | None, typer.Option("--session", help="Only of this session.", show_default=False)]
RefusedOption = Annotated[bool, typer.Option("--refused", help="Only what was refused.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Not older: a date, a time, or 90d, 12h, 30m.", show_default=False)
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Older than that.", show_default=False)]


class Form(StrEnum):
    """The form of an export."""

    JSONL = "jsonl"
    PARQUET = "parquet"


def verify(
    log: LogArgument = None,
    policy: PolicyOption = None,
    key_file: KeyOption = None,
    checkpoints: CheckpointsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    allow_gaps: Annotated[bool, typer.Option("--allow-gaps", help="Counted gaps alone are no failure.")] = False,
) -> int:
    """Check every record, key and checkpoint: changed, missing, moved, cut off, rolled back, and what could not be written.

    Exit status: 0 the log is what was written, 1 it is not (and where), 2 nothing can be said (and why).
    """
    tools = audit_tools(log, policy, key_file, checkpoints)
    found = tools.verify()
    broken = bool(found["problems"]) or (bool(found["gaps"]) and not allow_gaps)
    if as_json:
        write_json({"log": tools.name, "intact": not broken, **found})
        return FOUND if broken else CLEAN
    lines = [f"{tools.name}: {'BROKEN' if found['problems'] else 'incomplete' if found['gaps'] else 'intact'}"]
    lines += [f"  {problem}" for problem in found["problems"]]
    lines += [f"  and {found['more']} more"] if found["more"] else []
    lines += [f"  gap: {gap}" for gap in found["gaps"]]
    lines.append(f"  {found['records']} records, numbers {found['first']} to {found['last']}, signed up to {found['signed']}")
    if found["pruned"]:
        lines.append(f"  pruned up to {found['pruned']}, as a signed tombstone says")
    if found["forgotten"]:
        lines.append(f"  {found['forgotten']} subject(s) forgotten")
    write_lines(printable(line) for line in lines)
    return FOUND if broken else CLEAN


def tail(
    log: LogArgument = None,
    policy: PolicyOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until interrupted.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last matching records to begin with.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    label: LabelOption = None,
    hook: HookOption = None,
    action: ActionOption = None,
    plugin: PluginOption = None,
    kind: KindOption = None,
    principal: PrincipalOption = None,
    tenant: TenantOption = None,
    session: SessionOption = None,
    refused: RefusedOption = False,
    since: SinceOption = None,
    key_file: KeyOption = None,
) -> int:
    """Show the last records; filters may be given several times, and all kinds of them must match."""
    wanted = _wanted(label, hook, action, plugin, kind, principal, tenant, session, refused, span(since, None))
    tools = audit_tools(log, policy, key_file, None)
    for found in tools.tail(wanted, lines, follow=follow, go_on=wait_for_reader):
        write_lines(json.dumps(record) if as_json else printed(record) for record in found)
    return CLEAN


def export(
    log: LogArgument = None,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="Where to; replaced whole or not at all.")] = "",
    policy: PolicyOption = None,
    form: Annotated[Form | None, typer.Option("--format", help="Else by the ending of FILE.", show_default=False)] = None,
    label: LabelOption = None,
    hook: HookOption = None,
    action: ActionOption = None,
    plugin: PluginOption = None,
    kind: KindOption = None,
    principal: PrincipalOption = None,
    tenant: TenantOption = None,
    session: SessionOption = None,
    refused: RefusedOption = False,
    since: SinceOption = None,
    until: UntilOption = None,
    key_file: KeyOption = None,
) -> int:
    """Write the records of one moment to a file, as JSON Lines or Parquet."""
    from bartizan.cli._audit_log import replacing

    if not out:
        message = "say where to: --out records.jsonl, or --out records.parquet"
        raise CommandError(message)
    if form is None:
        endings = {".jsonl": Form.JSONL, ".ndjson": Form.JSONL, ".parquet": Form.PARQUET}
        form = endings.get(Path(out).suffix.lower())
        if form is None:
            message = f"{out}: neither .jsonl nor .parquet: say which with --format"
            raise CommandError(message)
    wanted = _wanted(label, hook, action, plugin, kind, principal, tenant, session, refused, span(since, until))
    tools = audit_tools(log, policy, key_file, None)
    with replacing(out) as stream:
        count = tools.export(wanted, form.value, stream)
    say(f"{count} record{'s' if count != 1 else ''} written to {out}")
    return CLEAN


def prune(
    before: Annotated[str, typer.Option("--before", metavar="WHEN", help="Delete what is older: a date, a time, or 90d.")],
    log: LogArgument = None,
    policy: PolicyOption = None,
    key_file: KeyOption = None,
    checkpoints: CheckpointsOption = None,
) -> int:
    """Delete old records and leave a signed tombstone, so that the log still verifies. A log that does not is left as it is."""
    from bartizan.cli._audit_log import moment

    count, through = audit_tools(log, policy, key_file, checkpoints).prune(moment(before))
    write_lines([f"{count} record{'s' if count != 1 else ''} deleted{f', up to number {through}' if count else ''}"])
    return CLEAN


def forget(
    subject: Annotated[str, typer.Option("--subject", metavar="ID", help="The principal's id.")],
    log: LogArgument = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="The principal's tenant.", show_default=False)] = None,
    policy: PolicyOption = None,
    key_file: KeyOption = None,
    checkpoints: CheckpointsOption = None,
) -> int:
    """Delete the key that a subject's id, sessions and texts are sealed with: the records stay, and can't be tied to anyone.

    Copies of the log made earlier still hold the key. Exit status: 0 forgotten, 1 there is no such subject, 2 not done.
    """
    done = audit_tools(log, policy, key_file, checkpoints).forget(subject, tenant)
    say("forgotten" if done else f"no such subject{' in this tenant' if tenant is not None else ' without a tenant'}")
    return CLEAN if done else FOUND


def _wanted(
    label: list[str] | None,
    hook: list[str] | None,
    action: list[str] | None,
    plugin: list[str] | None,
    kind: list[str] | None,
    principal: str | None,
    tenant: str | None,
    session: str | None,
    refused: bool,
    between: Range,
) -> dict[str, Any]:
    many = {"labels": label, "hooks": hook, "actions": action, "plugins": plugin, "kinds": kind}
    return {
        **{name: frozenset(given or ()) for name, given in many.items()},
        "principal": principal,
        "tenant": tenant,
        "session": session,
        "refused": refused,
        "since": between[0],
        "until": between[1],
    }
