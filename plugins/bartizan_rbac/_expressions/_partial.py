"""What a condition comes to while the resource is not known in full: yes, no, or it depends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bartizan_rbac._expressions._closures import compiled
from bartizan_rbac._expressions._nodes import And, Compare, Not, Operand, Or
from bartizan_rbac._expressions._values import MissingOperand, getter

if TYPE_CHECKING:
    from bartizan import AccessRequest
    from bartizan_rbac._expressions._nodes import Node

Possible = Callable[["AccessRequest"], bool | None]
_RESOURCE = "resource."


def possible(node: Node) -> Possible:
    """The condition in three values (S. C. Kleene, "Introduction to Metamathematics", 1952, § 64): None, it depends on the resource.

    Only what the resource does not hold is unknown; everything else that is missing is an error, as ever.
    """
    if isinstance(node, And | Or):
        return _joined(tuple(possible(item) for item in node.items), stops_at=isinstance(node, Or))
    if isinstance(node, Not):
        inner = possible(node.item)

        def opposite(request: AccessRequest) -> bool | None:
            found = inner(request)
            return None if found is None else not found

        return opposite
    return _leaf(node)


def _joined(items: tuple[Possible, ...], *, stops_at: bool) -> Possible:
    def run(request: AccessRequest) -> bool | None:
        outcome: bool | None = not stops_at
        for item in items:
            found = item(request)
            if found is stops_at:
                return stops_at
            if found is None:
                outcome = None
        return outcome

    return run


def _leaf(node: Node) -> Possible:
    whole = compiled(node)
    sides = (node.left, node.right) if isinstance(node, Compare) else (node,)
    readers = tuple(getter(side) for side in sides if isinstance(side, Operand) and side.path.startswith(_RESOURCE))
    others = tuple(getter(side) for side in sides if isinstance(side, Operand) and not side.path.startswith(_RESOURCE))

    def run(request: AccessRequest) -> bool | None:
        for read in others:
            read(request)
        for read in readers:
            try:
                read(request)
            except MissingOperand:
                return None
        return whole(request)

    return run
