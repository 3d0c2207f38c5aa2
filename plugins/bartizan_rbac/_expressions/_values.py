"""Reads what a request holds, strictly: what is missing, None, not finite or of another type is an error, and an error denies.

Numbers are compared with their exact values (Python compares int, float, Decimal and Fraction so), strings as they are: no
normalisation, so confusable characters stay different.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bartizan import AccessRequest
    from bartizan_rbac._expressions._nodes import Operand

Getter = Callable[["AccessRequest"], object]
_LISTS: Final = (list, tuple, set, frozenset)
_SHOWN: Final = {bool: "a boolean", str: "a string", dict: "a table", list: "a list"}


class OperandError(Exception):
    """Why an expression has no answer for a request. The text names operands and types, never a value."""


class MissingOperand(OperandError):
    """The request does not hold it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing")


def getter(operand: Operand) -> Getter:
    """A function that reads an operand from a request; it raises OperandError."""
    path = operand.path
    if operand.root == "args" and len(operand.keys) == 1:  # the one that counts in a loop of tool calls
        return _argument(path, operand.keys[0])
    holder, _, field = operand.root.partition(".")
    steps = (holder, field) if field else (holder,)
    read: Callable[[Any], Any] = operator.attrgetter(".".join(steps))
    of_resource, keys = holder == "resource", operand.keys

    def get(request: AccessRequest) -> object:
        if of_resource and request.resource is None:
            raise MissingOperand(path)
        value = read(request)
        for key in keys:
            if not isinstance(value, Mapping) or key not in value:
                raise MissingOperand(path)
            value = value[key]
        if value is None:
            raise MissingOperand(path)
        return value

    return get


def _argument(path: str, key: str) -> Getter:
    def get(request: AccessRequest) -> object:
        try:
            value = request.args[key]
        except KeyError:
            value = None
        if value is None:
            raise MissingOperand(path)
        return value

    return get


def number(value: object, path: str) -> int | float | Decimal | Fraction:
    """A finite number, as a plain one: a subclass may compare as it likes. A bool is none."""
    if isinstance(value, bool):
        raise mismatch(value, path, "a number")
    if isinstance(value, float):
        found = float.__add__(value, 0.0)
        if math.isfinite(found):
            return found
    elif isinstance(value, int):
        return int.__add__(value, 0)
    elif isinstance(value, Fraction) and type(value) is Fraction:
        return value
    elif not isinstance(value, Decimal) or type(value) is not Decimal:
        raise mismatch(value, path, "a number")
    elif value.is_finite():
        return value
    problem = f"{path} is not finite"
    raise OperandError(problem)


def string(value: object, path: str) -> str:
    """A string, as a plain one: a subclass may compare as it likes."""
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    raise mismatch(value, path, "a string")


def boolean(value: object, path: str) -> bool:
    """True or False, and nothing that merely counts as such."""
    if value is True or value is False:
        return value
    raise mismatch(value, path, "true or false")


def scalar(value: object, path: str) -> tuple[str, Any]:
    """A number, string or boolean with its kind."""
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, str):
        return "string", string(value, path)
    return "number", number(value, path)


def members(value: object, path: str) -> list[tuple[str, Any]]:
    """The items of a list, each with its kind."""
    if not isinstance(value, _LISTS):
        raise mismatch(value, path, "a list")
    return [scalar(item, f"an item of {path}") for item in value]


def mismatch(value: object, path: str, wanted: str) -> OperandError:
    """The error for a value of another type."""
    kind = next((name for known, name in _SHOWN.items() if isinstance(value, known)), "")
    if not kind:
        kind = "a number" if isinstance(value, int | float | Decimal | Fraction) else "of another type"
    return OperandError(f"{path} is {kind}, not {wanted}")
