"""What runs for one text hook, frozen when the guard is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bartizan._plugins.member import SCANNED_HOOKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan._plugins.member import Implementation, Member
    from bartizan._values.findings import Scanner


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The scanners and implementations of one hook, by member (their index in `members`)."""

    hook: str
    members: tuple[Member, ...]
    """Those that take part in this hook, in the policy's order."""
    scanning: tuple[tuple[int, Member, tuple[Scanner, ...]], ...]
    sync: tuple[tuple[int, Implementation], ...]
    asynchronous: tuple[tuple[int, Implementation], ...]
    cacheable: bool
    enforcing: bool
    """Whether some member's judgement counts here: monitor mode of the guard gives way to a plugin's own `enforce`."""

    @property
    def holds_streams(self) -> bool:
        """Whether some hook needs the whole answer before any of it may go out."""
        return bool(self.sync or self.asynchronous)


def plan(hook: str, members: Sequence[Member]) -> Plan:
    """The plan of a hook over a guard's members."""
    taking: list[Member] = []
    scanning: list[tuple[int, Member, tuple[Scanner, ...]]] = []
    sync: list[tuple[int, Implementation]] = []
    asynchronous: list[tuple[int, Implementation]] = []
    for member in members:
        scanners = tuple(s for s in member.scanners if hook in getattr(s, "hooks", SCANNED_HOOKS))
        found = member.hooks.get(hook)
        if not scanners and found is None:
            continue
        index = len(taking)
        taking.append(member)
        if scanners:
            scanning.append((index, member, scanners))
        if found is not None:
            (asynchronous if found.asynchronous else sync).append((index, found))
    return Plan(
        hook=hook,
        members=tuple(taking),
        scanning=tuple(scanning),
        sync=tuple(sync),
        asynchronous=tuple(asynchronous),
        cacheable=all(member.deterministic for _, member, _ in scanning),
        enforcing=any(hook in member.enforced for member in taking),
    )
