"""What a guard does with what its plugins find: by label, and by where it stands.

The same tables decide as in the engine. What a scanner asks for is learnt by letting it scan an invented value of the label
(`bartizan.testing.PLANTED`); no hook is called and no observer told.
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
_SECRET: Final = PLANTED["GITHUB_TOKEN"][-30:]
_SAMPLES: Final = {
    **PLANTED,
    # What only words beside a value, or what it is part of, give away.
    "AU_TFN": "TFN: 123 456 782",
    "AWS_SECRET_KEY": f'aws_secret_access_key = "{(_SECRET * 2)[:40]}"',
    "AZURE_STORAGE_KEY": f"AccountKey={(_SECRET * 3)[:86]}==",
    "BANK_ACCOUNT": "account number 12345678",
    "BASIC_AUTH": "Authorization: Basic cGxhbnRlZDpCYXJ0aXphbjBUZXN0cw==",
    "CA_SIN": "SIN 123-456-782",
    "DATE_OF_BIRTH": "date of birth: 1980-02-29",
    "DRIVER_LICENSE": "driver's license D1234567",
    "GENERIC_SECRET": f'password = "{_SECRET}"',
    "IN_AADHAAR": "aadhaar 2341 2341 2346",
    "NL_BSN": "BSN: 111222333",
    "PL_PESEL": "PESEL: 44051401359",
    "SWIFT_CODE": "BIC: DEUTDEFF500",
    "UK_NHS": "NHS number 943 476 5919",
    "URL_CREDENTIALS": f"https://planted:{_SECRET}@localhost/",
    "US_PASSPORT": "passport number: C12345678",
}


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
    """What the scanners ask for on an invented value, by hook; a hook is left out where that can't be told."""
    text = _SAMPLES.get(label, "")
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
