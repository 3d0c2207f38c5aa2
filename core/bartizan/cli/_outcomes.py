"""What a guard does with what its plugins find: by label, and by where it stands.

The same tables decide as in the engine. What a plugin's scanners ask for it says itself (`asks_for`), or it is learnt by letting
them scan an invented value of the label (`bartizan.testing.PLANTED`); no hook is called and no observer told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan._plugins.member import SCANNED_HOOKS
from bartizan._values.findings import Action
from bartizan._values.texts import Origin
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan._guard import Guard
    from bartizan._plugins.member import Member

OWN: Final = "own"
_NO_PART: Final = "-"
_RECORDED: Final = "record"


class Column(NamedTuple):
    """A place where a finding can stand."""

    name: str
    hook: str
    origin: Origin
    part: str = "text"


COLUMNS: Final = (
    *(Column(origin.value, "pre_prompt", origin) for origin in Origin),
    Column("response", "post_response", Origin.ASSISTANT),
    Column("call arguments", "post_response", Origin.ASSISTANT, "tool_args"),
)


class Row(NamedTuple):
    """Labels of one plugin that are treated alike, a group for its labels where they are all there; a cell for each column."""

    plugin: str
    labels: str
    cells: tuple[str, ...]


def outcomes(guard: Guard) -> list[Row]:
    """The rows of all plugins that declare their labels."""
    rows: list[Row] = []
    for member in guard.engine.members:
        alike: dict[tuple[str, ...], list[str]] = {}
        for label in sorted(getattr(member.instance, "labels", None) or ()):
            wanted = _wanted(member, label)
            alike.setdefault(tuple(_cell(member, label, wanted, column) for column in COLUMNS), []).append(label)
        groups = getattr(member.instance, "groups", {})
        rows += [Row(member.name, ", ".join(_named(labels, groups)), cells) for cells, labels in alike.items()]
    return rows


def _wanted(member: Member, label: str) -> dict[str, Action]:
    """What the scanners ask for, by hook; a hook is left out where that can't be told."""
    asked = getattr(member.instance, "asks_for", None)
    if isinstance(asked, Action):
        return {hook: asked for scanner in member.scanners for hook in getattr(scanner, "hooks", SCANNED_HOOKS)}
    text = PLANTED.get(label, "")
    said: dict[str, set[Action]] = {}
    for scanner in member.scanners:
        found = {finding.action for finding in scanner.scan(text, 0) if finding.label == label} if text else set()
        for hook in getattr(scanner, "hooks", SCANNED_HOOKS):
            said.setdefault(hook, set()).update(found)
    return {hook: next(iter(actions)) for hook, actions in said.items() if len(actions) == 1}


def _cell(member: Member, label: str, wanted: dict[str, Action], column: Column) -> str:
    scanned = any(column.hook in getattr(scanner, "hooks", SCANNED_HOOKS) for scanner in member.scanners)
    if not scanned and column.hook not in member.hooks:
        return _NO_PART
    if column.hook not in member.enforced:
        return _RECORDED
    asked = [wanted[column.hook]] if column.hook in wanted else list(Action)
    done = {one: member.table.resolve(label, one, column.hook, column.origin, column.part)[0] for one in asked}
    if len(set(done.values())) == 1:
        return next(iter(done.values())).name.lower()
    changed = [f"{one.name.lower()} becomes {to.name.lower()}" for one, to in done.items() if one is not to]
    return ", ".join([OWN, *changed])


def _named(labels: list[str], groups: dict[str, Iterable[str]]) -> list[str]:
    """The labels, those of a group by its name where all of it is there; larger groups first."""
    left = set(labels)
    out: list[str] = []
    for name in sorted(groups, key=lambda n: (-len(set(groups[n])), n)):
        members = set(groups[name])
        if len(members) > 1 and members <= set(labels) and members & left:
            out.append(name)
            left -= members
    return [*out, *(label for label in labels if label in left)]
