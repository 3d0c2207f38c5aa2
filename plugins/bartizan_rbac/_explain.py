"""Says why: which rules have a say in a decision, and what the roles come to as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bartizan_rbac._expressions import OperandError
from bartizan_rbac._patterns import KNOWN_ACTIONS, WILDCARD
from bartizan_rbac._rules import EFFECTS
from bartizan_rbac._table import is_collection

if TYPE_CHECKING:
    from bartizan import AccessRequest, Decision
    from bartizan_rbac._config import Config
    from bartizan_rbac._rules import Rule
    from bartizan_rbac._table import Plan, Table

NOTHING: Final = "-"
_SOME: Final = "\u2026"
"""Stands for `*` when a pattern is asked about as a whole: no rule that names an action in full is about it."""
_NAMES: Final = {strictness: said for said, _, strictness in EFFECTS}


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule that is about the action and one of the roles, and what it came to."""

    rule: str
    effect: str
    action: str
    when: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision and the rules it comes from, the strictest first."""

    decision: Decision
    rules: tuple[Considered, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Roles by actions. A cell names effects, those with `?` under a condition; `-` is what nothing grants, so it is denied."""

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    """One row for each action, in it one cell for each role."""


def explained(table: Table, request: AccessRequest) -> Explained:
    """Why a request is decided as it is."""
    plan = table.plan(request.principal.roles, request.action)
    many = is_collection(request)
    rules = tuple(
        Considered(rule.key, _NAMES[rule.strictness], rule.pattern, rule.when or "", _outcome(rule, request, many=many))
        for rule in plan.rules
    )
    return Explained(table.decide(request), rules)


def matrix(table: Table, config: Config) -> Matrix:
    """The effective permissions."""
    roles = tuple(config.roles)
    actions = (*KNOWN_ACTIONS, *sorted(pattern for pattern in table.patterns if pattern not in KNOWN_ACTIONS))
    cells = tuple(
        tuple(_cell(table.plan(frozenset((role,)), action.replace(WILDCARD, _SOME))) for role in roles) for action in actions
    )
    return Matrix(roles, actions, cells)


def _cell(plan: Plan) -> str:
    above = sorted({rule.strictness for _, _, rule in plan.conditional if rule.strictness > plan.strictness}, reverse=True)
    said = [f"{_NAMES[strictness]}?" for strictness in above]
    if plan.strictness in _NAMES:
        said.append(_NAMES[plan.strictness])
    return ", ".join(said) or NOTHING


def _outcome(rule: Rule, request: AccessRequest, *, many: bool) -> str:
    if rule.condition is None or rule.possible is None:
        return "always"
    try:
        holds = rule.possible(request) if many else rule.condition(request)
    except OperandError as error:
        return f"has no answer: {error}"
    except Exception as error:  # noqa: BLE001 (a caller's own mapping may raise anything)
        return f"has no answer: {type(error).__name__}"
    return "depends on the document" if holds is None else ("holds" if holds else "does not hold")
