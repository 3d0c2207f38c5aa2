"""Refuses, when the policy is loaded, comparisons that could only ever fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan_rbac._expressions._nodes import AFFIXES, ORDERING, ExpressionError, Items, Operand, kind_of

if TYPE_CHECKING:
    from bartizan_rbac._expressions._nodes import Compare, Kind, Node, Value


def check_boolean(node: Node, what: str) -> None:
    """Raise ExpressionError where `node` can't be true or false."""
    kind = kind_of(node)
    if kind not in {"boolean", "any"}:
        raise ExpressionError(node.column, f"{what} is true or false, and this is a {kind}")


def check_compare(found: Compare) -> None:
    """Raise ExpressionError where the two sides can't be compared so."""
    left, right = kind_of(found.left), kind_of(found.right)
    operator = found.operator
    if operator in ORDERING:
        _want(found.left, left, "number", f"{operator!r} orders numbers")
        _want(found.right, right, "number", f"{operator!r} orders numbers")
    elif operator in AFFIXES:
        _want(found.left, left, "string", f"{operator!r} compares strings")
        _want(found.right, right, "string", f"{operator!r} compares strings")
    elif operator == "in":
        _want(found.right, right, "list", "'in' looks into a list")
        _check_member(found.left, left, found.right)
    elif operator == "contains":
        _want(found.left, left, "list", "'contains' looks into a list")
        _check_member(found.right, right, found.left)
    else:
        for side, kind in ((found.left, left), (found.right, right)):
            if kind == "list":
                raise ExpressionError(side.column, f"{operator!r} compares single values: use 'in' or 'contains' for a list")
        if "any" not in {left, right} and left != right:
            raise ExpressionError(found.column, f"a {left} is never equal to a {right}")


def _check_member(side: Value, kind: Kind, holder: Value) -> None:
    if kind == "list":
        raise ExpressionError(side.column, "a list is looked for in no list: compare single values")
    held = items_of(holder)
    if "any" not in {kind, held} and kind != held:
        raise ExpressionError(side.column, f"a {kind} is never in a list of {held}s")


def items_of(holder: Value) -> Kind:
    """The kind of a list's items, as far as it is known."""
    if isinstance(holder, Items):
        return holder.kind
    return "string" if isinstance(holder, Operand) and holder.kind == "list" else "any"


def _want(side: Value, kind: Kind, wanted: Kind, why: str) -> None:
    if kind not in {wanted, "any"}:
        raise ExpressionError(side.column, f"{why}, and this is a {kind}")
