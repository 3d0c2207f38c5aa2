"""Compiles a parsed expression into one function of a request."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bartizan_rbac._expressions._nodes import AFFIXES, And, Compare, Items, Not, Number, Operand, Or, Text, Truth, kind_of
from bartizan_rbac._expressions._typing import items_of
from bartizan_rbac._expressions._values import OperandError, boolean, getter, members, number, scalar, string

if TYPE_CHECKING:
    from bartizan import AccessRequest
    from bartizan_rbac._expressions._nodes import Node, Scalar, Value

Condition = Callable[["AccessRequest"], bool]
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def compiled(node: Node) -> Condition:
    """The condition as a function. It raises OperandError where the request gives no answer."""
    if isinstance(node, And | Or):
        return _joined(tuple(compiled(item) for item in node.items), isinstance(node, Or))
    if isinstance(node, Not):
        inner = compiled(node.item)
        return lambda request: not inner(request)
    if isinstance(node, Truth):
        value = node.value
        return lambda _: value
    if isinstance(node, Operand):
        get, path = getter(node), node.path
        return lambda request: boolean(get(request), path)
    if isinstance(node, Compare):
        return _compare(node)
    message = f"a {kind_of(node)} is no condition"
    raise TypeError(message)


def _joined(items: tuple[Condition, ...], stops_at: bool) -> Condition:  # noqa: FBT001 (private, called once)
    if len(items) == 2:  # noqa: PLR2004 (two is what most have, and a loop costs more)
        first, second = items
        if stops_at:
            return lambda request: first(request) or second(request)
        return lambda request: first(request) and second(request)

    def run(request: AccessRequest) -> bool:
        for item in items:
            if item(request) is stops_at:
                return stops_at
        return not stops_at

    return run


def _compare(node: Compare) -> Condition:
    if node.operator == "in":
        return _contains(node.right, node.left)
    if node.operator == "contains":
        return _contains(node.left, node.right)
    if node.operator in AFFIXES:
        return _affix(node.operator, node.left, node.right)
    if isinstance(node.right, Number) and isinstance(node.left, Operand):
        return _beside_number(_ORDER[node.operator], node.left, node.right)
    if isinstance(node.left, Number) and isinstance(node.right, Operand):
        return _beside_number(_ORDER[_MIRRORED[node.operator]], node.right, node.left)
    return _beside_each_other(node)


def _beside_number(compare: Callable[[Any, Any], bool], operand: Operand, literal: Number) -> Condition:
    get, path, exact, nearest = getter(operand), operand.path, literal.exact, literal.nearest

    def run(request: AccessRequest) -> bool:
        value = get(request)
        if type(value) is int:
            return compare(value, exact)
        found = number(value, path)
        return compare(found, nearest if type(found) is float else exact)

    return run


def _beside_each_other(node: Compare) -> Condition:
    compare = _ORDER[node.operator]
    left, right = _scalar(node.left), _scalar(node.right)
    said = f"{_shown(node.left)} and {_shown(node.right)} are of different types"

    def run(request: AccessRequest) -> bool:
        (one, first), (other, second) = left(request), right(request)
        if one != other:
            raise OperandError(said)
        return compare(first, second)

    def run_strings(request: AccessRequest) -> bool:
        return compare(left_text(request), right_text(request))

    if "string" in {kind_of(node.left), kind_of(node.right)}:
        left_text, right_text = _text(node.left), _text(node.right)
        return run_strings
    if node.operator not in {"==", "!="}:
        return _ordered(node, compare)
    return run


def _ordered(node: Compare, compare: Callable[[Any, Any], bool]) -> Condition:
    """`<` and its like between two operands, or two literals: numbers alone have an order here."""
    left, right = _scalar(node.left), _scalar(node.right)
    sides = ((left, _shown(node.left)), (right, _shown(node.right)))

    def run(request: AccessRequest) -> bool:
        found = []
        for side, path in sides:
            kind, value = side(request)
            if kind != "number":
                problem = f"{path} is not a number"
                raise OperandError(problem)
            found.append(value)
        return compare(found[0], found[1])

    return run


def _affix(name: str, text: Value, affix: Value) -> Condition:
    whole, part = _text(text), _text(affix)
    if name == "startswith":
        return lambda request: whole(request).startswith(part(request))
    return lambda request: whole(request).endswith(part(request))


def _contains(holder: Value, item: Value) -> Condition:
    if isinstance(holder, Items):
        return _among(holder, item)
    if isinstance(holder, Operand) and holder.kind == "list":  # a principal's roles: a set of strings by construction
        read, wanted = getter(holder), _text(item)
        return lambda request: wanted(request) in read(request)  # type: ignore[operator]  # by construction
    if not isinstance(holder, Operand):  # nothing else passes the check of types
        message = f"a {kind_of(holder)} holds nothing"
        raise TypeError(message)
    get, find, path = getter(holder), _scalar(item), holder.path
    said = f"{path} holds items of another type than {_shown(item)}"

    def run(request: AccessRequest) -> bool:
        kind, value = find(request)
        held = members(get(request), path)
        if any(one != kind for one, _ in held):
            raise OperandError(said)
        return any(value == one for _, one in held)

    return run


def _among(holder: Items, item: Value) -> Condition:
    """Membership in a list of literals: at once, however long it is."""
    kind = items_of(holder)
    if kind == "string":
        texts, read = frozenset(one.value for one in holder.items if isinstance(one, Text)), _text(item)
        return lambda request: read(request) in texts
    find, path = _scalar(item), _shown(item)
    numbers = [one for one in holder.items if isinstance(one, Number)]
    exact = frozenset(one.exact for one in numbers)
    nearest = frozenset(one.nearest for one in numbers)
    truths = frozenset(one.value for one in holder.items if isinstance(one, Truth))

    def run(request: AccessRequest) -> bool:
        found, value = find(request)
        if found != kind:
            problem = f"{path} is not a {kind}"
            raise OperandError(problem)
        if kind == "boolean":
            return value in truths
        return value in (nearest if type(value) is float else exact)

    return run


def _text(value: Value) -> Callable[[AccessRequest], str]:
    """A side that must be a string."""
    if isinstance(value, Text):
        constant = value.value
        return lambda _: constant
    if isinstance(value, Operand):
        get, path = getter(value), value.path
        return lambda request: string(get(request), path)
    message = f"a {kind_of(value)} is no string"
    raise TypeError(message)


def _scalar(value: Value) -> Callable[[AccessRequest], tuple[str, Any]]:
    """A side that may be any single value."""
    if isinstance(value, Operand):
        get, path = getter(value), value.path
        return lambda request: scalar(get(request), path)
    if isinstance(value, Items):
        message = "a list is no single value"
        raise TypeError(message)
    constant = literal(value)
    return lambda _: constant


def literal(value: Scalar) -> tuple[str, Any]:
    """A literal with its kind."""
    return kind_of(value), value.exact if isinstance(value, Number) else value.value


def _shown(value: Value) -> str:
    return value.path if isinstance(value, Operand) else "the literal"
