"""An expression once it is parsed: plain values, which closures, filters and Cedar are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from decimal import Decimal

Kind = Literal["number", "string", "boolean", "list", "any"]
"""What is known of a value when the policy is loaded; "any" is known only when a request comes."""
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "contains", "startswith", "endswith"]
ORDERING: Final = frozenset({"<", "<=", ">", ">="})
AFFIXES: Final = frozenset({"startswith", "endswith"})


class ExpressionError(ValueError):
    """An expression that can't be used. `column` counts characters from 1."""

    def __init__(self, column: int, problem: str) -> None:
        super().__init__(f"at column {column}: {problem}")
        self.column = column
        self.problem = problem

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.column, self.problem)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: floats are compared with the float of the same digits, everything else with its exact value."""

    exact: int | Decimal
    nearest: int | float
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string as written."""

    value: str
    column: int


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    value: bool
    column: int


Scalar = Number | Text | Truth


@dataclass(frozen=True, slots=True)
class Items:
    """A list of literals of one kind; `kind` is that of its items."""

    items: tuple[Scalar, ...]
    kind: Kind
    column: int


@dataclass(frozen=True, slots=True)
class Operand:
    """What a request holds: `args.amount` has the root `args` and the key `amount`, `principal.tenant` no key."""

    root: str
    keys: tuple[str, ...]
    kind: Kind
    column: int

    @property
    def path(self) -> str:
        """The operand as a message names it."""
        return ".".join((self.root, *self.keys))


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and what is asked of them."""

    operator: Operator
    left: Value
    right: Value
    column: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    item: Node
    column: int


@dataclass(frozen=True, slots=True)
class And:
    """True where all are; from left to right, until one is not."""

    items: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Or:
    """True where one is; from left to right, until one is."""

    items: tuple[Node, ...]
    column: int


Value = Scalar | Items | Operand
Node = Value | Compare | Not | And | Or


def kind_of(node: Node) -> Kind:
    """What is known of a node's value."""
    if isinstance(node, Number):
        return "number"
    if isinstance(node, Text):
        return "string"
    if isinstance(node, Items):
        return "list"
    return node.kind if isinstance(node, Operand) else "boolean"
