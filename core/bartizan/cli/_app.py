"""The commands, put together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.main import get_command

from bartizan.cli import _audit as audit
from bartizan.cli._access import explain, export
from bartizan.cli._errors import FAILED, Root
from bartizan.cli._io import write_lines
from bartizan.cli._new_plugin import new_plugin
from bartizan.cli._plugins import plugins
from bartizan.cli._policy import check, schema
from bartizan.cli._redact import redact
from bartizan.cli._sanitize import sanitize
from bartizan.cli._scan import scan

_SETTINGS = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    cls=Root,
    add_completion=False,
    context_settings=_SETTINGS,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would take longer to load than the help takes to read
)
policies = typer.Typer(help="Check a policy, explain its decisions, print its schema.", rich_markup_mode=None)
app.command("scan")(scan)
app.command("redact")(redact)
app.command("sanitize")(sanitize)
app.command("plugins")(plugins)
app.command("new-plugin")(new_plugin)
app.add_typer(policies, name="policy")
policies.command("check")(check)
policies.command("schema")(schema)
policies.command("explain")(explain)
policies.command("export")(export)
audits = typer.Typer(help="Verify the audit log, look into it, export, prune, forget.", rich_markup_mode=None)
app.add_typer(audits, name="audit")
for _command in (audit.verify, audit.tail, audit.export, audit.prune, audit.forget):
    audits.command(_command.__name__)(_command)


def run() -> int:
    """Run the command that `sys.argv` holds; its exit status."""
    code = get_command(app).main(args=sys.argv[1:], standalone_mode=False)
    return code if isinstance(code, int) else FAILED


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            known = version("bartizan")
        except PackageNotFoundError:
            known = "(run from its source tree, not installed)"
        write_lines([f"bartizan {known}"])
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 (its callback answers it)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> int | None:
    """Guard what an LLM application reads, says, does and learns.

    Commands work under the policy that --policy names, else under $BARTIZAN_POLICY, else under the defaults.
    """
    return _without_command(context)


@policies.callback(invoke_without_command=True)
def _policies(context: typer.Context) -> int | None:
    """Check a policy, explain its decisions, print its schema."""
    return _without_command(context)


@audits.callback(invoke_without_command=True)
def _audits(context: typer.Context) -> int | None:
    """Verify the audit log, look into it, export, prune, forget."""
    return _without_command(context)


def _without_command(context: typer.Context) -> int | None:
    """Without a command there is nothing to do: the help goes to stderr, and the status says so."""
    if context.invoked_subcommand is None:
        sys.stderr.write(f"{context.get_help()}\n")
        raise typer.Exit(FAILED)
    return None
