"""The roles as a table: each question is a look-up, and only conditions are worked out anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan import Decision
from bartizan_rbac._expressions import OperandError
from bartizan_rbac._patterns import PatternIndex
from bartizan_rbac._rules import Lineage, Rule, rules_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan import AccessRequest
    from bartizan_rbac._config import Config

RETRIEVE: Final = "retrieve"
COLLECTIONS: Final = frozenset({"retriever", "vector_store", "index", "query_engine"})
"""Types of resources that stand for many: what such a one does not hold is asked of each document that comes out of it."""
_MAX_KEPT: Final = 16_384
_LONGEST_KEPT: Final = 256
_NOTHING, _DENIED = -1, 2


class Plan:
    """All that is said of one action for one set of roles, the strictest first."""

    __slots__ = ("conditional", "fixed", "floor", "rules", "strictness")

    def __init__(self, rules: Sequence[Rule], nothing: Decision) -> None:
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=lambda rule: -rule.strictness))
        plain = next((rule for rule in self.rules if rule.condition is None), None)
        self.floor: Decision = nothing if plain is None else plain.decision
        """The decision where no condition holds."""
        self.strictness: int = _NOTHING if plain is None else plain.strictness
        self.conditional = tuple(
            (rule.condition, rule.possible, rule)
            for rule in self.rules
            if rule.condition is not None and rule.possible is not None
        )
        self.fixed: Decision | None = self.floor if not self.conditional or self.strictness == _DENIED else None

    def decide(self, request: AccessRequest) -> Decision:
        """The strictest rule that holds. All are asked, for one that has no answer denies, whatever it would have said."""
        said, strictness = self.floor, self.strictness
        for condition, _, rule in self.conditional:
            try:
                holds = condition(request)
            except Exception as error:  # noqa: BLE001 (a caller's own mapping may raise anything, and all of it denies)
                return no_answer(rule, error)
            if holds and rule.strictness > strictness:
                said, strictness = rule.decision, rule.strictness
        return said

    def decide_collection(self, request: AccessRequest) -> Decision:
        """The same for a resource that stands for many: what depends on each of them is allowed here, and denied or asked there."""
        said, strictness = self.floor, self.strictness
        for _, possible, rule in self.conditional:
            try:
                holds = possible(request)
            except Exception as error:  # noqa: BLE001 (as above)
                return no_answer(rule, error)
            if (holds or (holds is None and rule.strictness == 0)) and rule.strictness > strictness:
                said, strictness = rule.decision, rule.strictness
        return said


class Table:
    """Every decision that the roles can come to. Questions asked again are one look-up, however many rules there are."""

    def __init__(self, config: Config) -> None:
        self.lineage = Lineage(config.roles)
        self.rules: tuple[Rule, ...] = tuple(rules_of(config.roles))
        self._refuses_unknown = config.unknown_roles == "deny"
        by_pattern: dict[str, dict[str, list[Rule]]] = {}
        for rule in self.rules:
            by_pattern.setdefault(rule.pattern, {}).setdefault(rule.role, []).append(rule)
        self._index: PatternIndex[dict[str, list[Rule]]] = PatternIndex()
        for pattern, by_role in by_pattern.items():
            self._index.add(pattern, by_role)
        self.patterns: tuple[str, ...] = tuple(by_pattern)
        self._plans: dict[frozenset[str], dict[str, Plan]] = {}
        self._kept = 0

    def decide(self, request: AccessRequest) -> Decision:
        """The decision on a request; never an exception: what goes wrong denies."""
        plans = self._plans.get(request.principal.roles)
        plan = None if plans is None else plans.get(request.action)
        if plan is None:
            plan = self._keep(request.principal.roles, request.action)
        if plan.fixed is not None:
            return plan.fixed
        return plan.decide_collection(request) if is_collection(request) else plan.decide(request)

    def plan(self, roles: frozenset[str], action: str) -> Plan:
        """What is said of an action for these roles."""
        unknown = sum(role not in self.lineage for role in roles)
        if unknown and self._refuses_unknown:
            return Plan((), Decision.deny("a role of the principal is not defined in the policy, and unknown_roles is 'deny'"))
        mine = self.lineage.of(roles)
        found: list[Rule] = []
        for by_role in self._index.find(action):
            some = by_role if len(by_role) <= len(mine) else mine
            for role in some:
                if role in mine and role in by_role:
                    found += by_role[role]
        return Plan(sorted(found, key=lambda rule: rule.key), _nothing(len(roles), unknown))

    def _keep(self, roles: frozenset[str], action: str) -> Plan:
        plan = self.plan(roles, action)
        if len(action) <= _LONGEST_KEPT:
            if (
                self._kept >= _MAX_KEPT
            ):  # a model may invent names of tools for ever: forgetting all is cheaper than keeping order
                self._plans, self._kept = {}, 0
            self._plans.setdefault(roles, {})[action] = plan
            self._kept += 1
        return plan


def is_collection(request: AccessRequest) -> bool:
    """Whether a request is for a store as a whole, before its documents are asked about one by one."""
    return request.action == RETRIEVE and request.resource is not None and request.resource.type in COLLECTIONS


def no_answer(rule: Rule, error: Exception) -> Decision:
    """The denial by a rule that could not be worked out. Only our own errors are free of data, so only they are quoted."""
    why = str(error) if isinstance(error, OperandError) else type(error).__name__
    return Decision.deny(f"{rule.key} has no answer, and that denies: {why}")


def _nothing(roles: int, unknown: int) -> Decision:
    if not roles:
        return Decision.deny("the principal has no role")
    if unknown == roles:
        return Decision.deny("no role of the principal is defined in the policy")
    return Decision.deny("no rule of the principal's roles allows it")
