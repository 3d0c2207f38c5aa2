"""The rules of a policy, compiled one by one, and which roles have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from bartizan import Decision, Effect
from bartizan_rbac._expressions import compiled, parse, possible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bartizan_rbac._config import RoleTable
    from bartizan_rbac._expressions import Condition, Node, Possible

Said = Literal["deny", "ask", "allow"]
EFFECTS: Final[tuple[tuple[Said, Effect, int], ...]] = (
    ("deny", Effect.DENY, 2),
    ("ask", Effect.ASK, 1),
    ("allow", Effect.ALLOW, 0),
)
"""The lists of a role, what they say, and how strict that is: the strictest rule that holds decides."""
_WORDS: Final = {Effect.DENY: "denies it", Effect.ASK: "asks for a person's approval", Effect.ALLOW: "allows it"}


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One entry of a role's `allow`, `ask` or `deny`. `key` is its place in the plugin's table."""

    key: str
    role: str
    strictness: int
    pattern: str
    when: str | None
    node: Node | None
    condition: Condition | None
    possible: Possible | None
    decision: Decision


def rules_of(roles: Mapping[str, RoleTable]) -> Iterator[Rule]:
    """Every rule, compiled; equal conditions are compiled once."""
    known: dict[str, tuple[Node, Condition, Possible]] = {}
    for role, table in roles.items():
        for said, effect, strictness in EFFECTS:
            for index, rule in enumerate(getattr(table, said)):
                key = f"roles.{role}.{said}.{index}"
                if rule.when is not None and rule.when not in known:
                    node = parse(rule.when)
                    known[rule.when] = node, compiled(node), possible(node)
                node_, condition, partly = known[rule.when] if rule.when is not None else (None, None, None)
                decision = Decision(effect, f"{key} {_WORDS[effect]}")
                yield Rule(key, role, strictness, rule.action, rule.when, node_, condition, partly, decision)


class Lineage:
    """Which roles a role has: itself and all it inherits from, at any distance."""

    def __init__(self, roles: Mapping[str, RoleTable]) -> None:
        self._parents = {name: role.inherits for name, role in roles.items()}

    def __contains__(self, role: object) -> bool:
        return role in self._parents

    def of(self, roles: Iterable[str]) -> frozenset[str]:
        """These roles, as far as they are known, and all they inherit from."""
        found: set[str] = set()
        waiting = [role for role in roles if role in self._parents]
        while waiting:
            role = waiting.pop()
            if role not in found:
                found.add(role)
                waiting += self._parents[role]
        return frozenset(found)
