"""What a document must be like to be allowed at all, as a store could ask for it: filtering only what came back starves the results.

A filter is necessary, not sufficient: everything that is allowed passes it, and what passes it is still decided one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from bartizan_rbac._expressions import OperandError, compiled
from bartizan_rbac._expressions._closures import literal
from bartizan_rbac._expressions._nodes import And, Compare, Items, Not, Operand, Or
from bartizan_rbac._expressions._values import getter, scalar

if TYPE_CHECKING:
    from bartizan import AccessRequest, Resource
    from bartizan_rbac._expressions import Node
    from bartizan_rbac._expressions._nodes import Value
    from bartizan_rbac._table import Plan

Test = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
_OPPOSITE: Final[dict[str, Test]] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
}
_MIRRORED: Final[dict[str, Test]] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_RESOURCE: Final = "resource."


@dataclass(frozen=True, slots=True, repr=False)
class Match:
    """One attribute: `field` is `("tenant",)` or the way through the attributes, such as `("attributes", "owner")`.

    `value` is a string, number or boolean, for `in` and `not in` a tuple of them. A document without the field does not match.
    """

    field: tuple[str, ...]
    test: Test
    value: Any

    def __repr__(self) -> str:
        return f"Match({'.'.join(self.field)} {self.test} <{type(self.value).__name__}>)"

    def matches(self, resource: Resource) -> bool:
        """Whether a resource passes."""
        found: Any = resource.tenant if self.field == ("tenant",) else resource.attributes
        for name in self.field[1:]:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None:
            return False
        try:
            kind, value = scalar(found, "")
            wanted = [scalar(one, "") for one in (self.value if isinstance(self.value, tuple) else (self.value,))]
        except OperandError:
            return False
        if any(kind != one for one, _ in wanted):
            return False
        if self.test in {"in", "not in"}:
            return any(value == one for _, one in wanted) is (self.test == "in")
        other = wanted[0][1]
        return bool(
            {
                "==": value == other,
                "!=": value != other,
                **(
                    {"<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}
                    if kind == "number"
                    else {}
                ),
            }.get(self.test, False)
        )


@dataclass(frozen=True, slots=True)
class AllOf:
    """All must match; of nothing, everything does."""

    items: tuple[Filter, ...] = ()

    def matches(self, resource: Resource) -> bool:
        """Whether a resource passes."""
        return all(item.matches(resource) for item in self.items)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One must match; of nothing, none does."""

    items: tuple[Filter, ...] = ()

    def matches(self, resource: Resource) -> bool:
        """Whether a resource passes."""
        return any(item.matches(resource) for item in self.items)


Filter = Match | AllOf | AnyOf
EVERYTHING: Final = AllOf()
NOTHING: Final = AnyOf()


def filter_of(plan: Plan, request: AccessRequest) -> Filter:
    """What all resources that a plan allows have in common: one of its grants, at least, holds for them."""
    if plan.fixed is not None:
        return EVERYTHING if plan.strictness == 0 else NOTHING
    grants = [rule for rule in plan.rules if rule.strictness == 0]
    if plan.strictness > 0:
        return NOTHING
    return _any([EVERYTHING if rule.node is None else _needed(rule.node, request, holds=True) for rule in grants])


def _needed(node: Node, request: AccessRequest, *, holds: bool) -> Filter:
    """What a resource must be like for a condition to hold (or, with `holds` False, to have an answer and not to hold)."""
    if isinstance(node, Not):
        return _needed(node.item, request, holds=not holds)
    if isinstance(node, And | Or):
        items = [_needed(item, request, holds=holds) for item in node.items]
        return _all(items) if isinstance(node, And) is holds else _any(items)
    sides = (node.left, node.right) if isinstance(node, Compare) else (node,)
    if not any(_is_unknown(side) for side in sides):
        try:
            return EVERYTHING if compiled(node)(request) is holds else NOTHING
        except Exception:  # noqa: BLE001 (no answer, from whatever: it never holds, and neither does its opposite)
            return NOTHING
    return _match(node, request, holds=holds)


def _match(node: Node, request: AccessRequest, *, holds: bool) -> Filter:
    if isinstance(node, Operand):
        return Match(_field(node), "==", holds) if _field(node) else EVERYTHING
    if not isinstance(node, Compare):
        return EVERYTHING
    test: Test | None = "in" if node.operator == "in" else _MIRRORED.get(node.operator) and node.operator  # type: ignore[assignment]  # one of them
    asked, given = node.left, node.right
    if not _is_unknown(asked) and test in _MIRRORED:
        asked, given, test = given, asked, _MIRRORED[test]
    if test is None or not isinstance(asked, Operand) or not _field(asked) or _is_unknown(given):
        return EVERYTHING
    try:
        value = _known(given, request)
    except Exception:  # noqa: BLE001 (as above)
        return NOTHING
    if value is None or (test == "in") is not isinstance(value, tuple):
        return EVERYTHING
    return Match(_field(asked), test if holds else _OPPOSITE[test], value)


def _known(value: Value, request: AccessRequest) -> Any:  # noqa: ANN401 (a literal or an argument)
    """A side's value; a list as a tuple; None where a store could not be asked for it."""
    if isinstance(value, Items):
        return tuple(literal(item)[1] for item in value.items)
    if not isinstance(value, Operand):
        return literal(value)[1]
    found = getter(value)(request)
    return None if isinstance(found, list | tuple | set | frozenset) else scalar(found, value.path)[1]


def _is_unknown(value: Node) -> bool:
    return isinstance(value, Operand) and value.path.startswith(_RESOURCE)


def _field(operand: Operand) -> tuple[str, ...]:
    """The field of a store; empty where it has none (a resource's type and id)."""
    if operand.root == "resource.tenant":
        return ("tenant",)
    return ("attributes", *operand.keys) if operand.root == "resource.attributes" else ()


def _all(items: list[Filter]) -> Filter:
    left = tuple(item for item in items if item != EVERYTHING)
    if NOTHING in left:
        return NOTHING
    return left[0] if len(left) == 1 else AllOf(left)


def _any(items: list[Filter]) -> Filter:
    left = tuple(item for item in items if item != NOTHING)
    if EVERYTHING in left:
        return EVERYTHING
    return left[0] if len(left) == 1 else AnyOf(left)
