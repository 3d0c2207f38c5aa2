"""Parses expressions (V. R. Pratt, "Top down operator precedence", POPL 1973) and checks their types.

condition  = or
or         = and {"or" and}
and        = not {"and" not}
not        = "not" not | comparison
comparison = value [("==" | "!=" | "<" | "<=" | ">" | ">=" | ["not"] "in" | "contains" | "startswith" | "endswith") value]
value      = number | string | "true" | "false" | "[" literals "]" | operand | "(" condition ")"
"""

from __future__ import annotations

import difflib
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from bartizan_rbac._expressions._nodes import (
    And,
    Compare,
    ExpressionError,
    Items,
    Node,
    Not,
    Number,
    Operand,
    Or,
    Text,
    Truth,
    kind_of,
)
from bartizan_rbac._expressions._tokens import tokens, unquoted
from bartizan_rbac._expressions._typing import check_boolean, check_compare

if TYPE_CHECKING:
    from bartizan_rbac._expressions._nodes import Kind, Operator, Scalar, Value
    from bartizan_rbac._expressions._tokens import Token

MAX_DEPTH: Final = 32
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "contains", "startswith", "endswith"})
_OR, _AND, _NOT, _COMPARE = 1, 2, 3, 4
_FIELDS: Final[dict[str, dict[str, Kind]]] = {
    "principal": {"id": "string", "tenant": "string", "roles": "list"},
    "resource": {"type": "string", "id": "string", "tenant": "string"},
    "context": {"model": "string", "purpose": "string", "session_id": "string"},
}
_OPEN: Final = {
    "args": "args",
    "args_written": "args_written",
    "annotations": "annotations",
    "principal.claims": "principal.claims",
    "resource.attributes": "resource.attributes",
    "resource.attr": "resource.attributes",
    "context.metadata": "context.metadata",
}
_ROOTS: Final = sorted({*_FIELDS, *(name for name in _OPEN if "." not in name)})
_NOTHING: Final = frozenset({"None", "null", "nil", "none", "undefined"})


def parse(text: str) -> Node:
    """The condition that an expression states.

    Raises:
        ExpressionError: it is not one, or compares what can't be compared; with the column.
    """
    parser = _Parser(tokens(text))
    node = parser.condition(0, 0)
    if parser.next.kind != "end":
        raise ExpressionError(parser.next.column, f"expected 'and', 'or' or the end, found {parser.next}")
    check_boolean(node, "a condition")
    return node


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    @property
    def next(self) -> Token:
        """The token that has not been taken yet."""
        return self._tokens[self._at]

    def condition(self, power: int, depth: int) -> Node:
        """The longest expression from here on whose operators bind more tightly than `power`."""
        if depth > MAX_DEPTH:
            raise ExpressionError(self.next.column, f"nested more than {MAX_DEPTH} deep")
        left = self._prefix(depth)
        while True:
            token = self.next
            if token.text in {"and", "or"} and token.kind == "word":
                binds = _AND if token.text == "and" else _OR
                if binds <= power:
                    return left
                left = self._joined(left, token.text, binds, depth)
            elif self._compares(token):
                if power >= _COMPARE:
                    raise ExpressionError(token.column, "comparisons don't chain: write 'a < b and b < c'")
                left = self._comparison(left, depth)
            else:
                return left

    def _prefix(self, depth: int) -> Node:
        token = self._take()
        if token.kind == "word" and token.text == "not":
            item = self.condition(_NOT, depth + 1)
            check_boolean(item, "what follows 'not'")
            return Not(item, token.column)
        if token.text == "(" and token.kind == "sign":
            inner = self.condition(0, depth + 1)
            self._expect(")", token)
            return inner
        if token.text == "[" and token.kind == "sign":
            return self._items(token)
        return self._operand(token) if token.kind == "name" else self._literal(token)

    def _joined(self, first: Node, word: str, binds: int, depth: int) -> Node:
        """All that one word joins, as one node, so that a long chain is not deep."""
        items = [first]
        column = self.next.column
        while self.next.kind == "word" and self.next.text == word:
            self._take()
            items.append(self.condition(binds, depth + 1))
        for item in items:
            check_boolean(item, f"what {word!r} joins")
        return And(tuple(items), column) if word == "and" else Or(tuple(items), column)

    def _compares(self, token: Token) -> bool:
        if token.kind == "word" and token.text == "not":
            after = self._tokens[self._at + 1]
            return after.kind == "word" and after.text == "in"
        return token.kind in {"sign", "word"} and token.text in _COMPARISONS

    def _comparison(self, left: Node, depth: int) -> Node:
        token = self._take()
        negated = token.text == "not"
        if negated:
            token = self._take()
        right = self.condition(_COMPARE, depth + 1)
        for side in (left, right):
            if isinstance(side, Compare | Not | And | Or):
                raise ExpressionError(side.column, "a comparison takes values, not the outcome of another")
        found = Compare(cast("Operator", token.text), cast("Value", left), cast("Value", right), token.column)
        check_compare(found)
        return Not(found, token.column) if negated else found

    def _items(self, opened: Token) -> Items:
        items: list[Scalar] = []
        while not (self.next.kind == "sign" and self.next.text == "]"):
            items.append(self._literal(self._take()))
            if self.next.text != ",":
                break
            self._take()
        self._expect("]", opened)
        kinds = {kind_of(item) for item in items}
        if len(kinds) != 1:
            problem = "a list holds at least one item" if not kinds else "the items of a list are of one type"
            raise ExpressionError(opened.column, problem)
        return Items(tuple(items), kinds.pop(), opened.column)

    @staticmethod
    def _literal(token: Token) -> Scalar:
        if token.kind == "number":
            digits = token.text.replace("_", "")
            whole = int(digits) if "." not in digits else None
            return Number(Decimal(digits), float(digits), token.column) if whole is None else Number(whole, whole, token.column)
        if token.kind == "string":
            return Text(unquoted(token), token.column)
        if token.kind == "word" and token.text in {"true", "false"}:
            return Truth(token.text == "true", token.column)
        raise ExpressionError(token.column, f"expected a value, found {token}")

    def _operand(self, token: Token) -> Operand:
        root = token.text
        if root in _NOTHING:
            raise ExpressionError(token.column, f"there is no {root}: a missing operand is an error, and an error denies")
        if root in {"True", "False"}:
            raise ExpressionError(token.column, f"write {root.lower()}")
        if root not in _ROOTS:
            raise ExpressionError(token.column, f"unknown operand {root!r}{_near(root, _ROOTS)}")
        if root in _FIELDS:
            if self.next.text != ".":
                raise ExpressionError(token.column, f"{root} is no value: name one of {_listed(root)}")
            self._take()
            field = self._take()
            kind = _FIELDS[root].get(field.text)
            if kind is not None:
                if self.next.text in {".", "["} and self.next.kind == "sign":
                    raise ExpressionError(self.next.column, f"{root}.{field.text} has no parts")
                return Operand(f"{root}.{field.text}", (), kind, token.column)
            root = f"{root}.{field.text}"
            if root not in _OPEN:
                raise ExpressionError(field.column, f"unknown operand {root!r}: known are {_listed(token.text)}")
        keys = self._keys()
        if not keys:
            raise ExpressionError(token.column, f"{root} is no value: name one of its entries, such as {root}.name")
        return Operand(_OPEN[root], keys, "any", token.column)

    def _keys(self) -> tuple[str, ...]:
        keys: list[str] = []
        while self.next.kind == "sign" and self.next.text in {".", "["}:
            opened = self._take()
            key = self._take()
            if opened.text == "." and key.kind in {"name", "word"}:
                keys.append(key.text)
            elif opened.text == "[" and key.kind == "string":
                keys.append(unquoted(key))
                self._expect("]", opened)
            else:
                wanted = "a name" if opened.text == "." else 'a name in quotes, as in args["a key"]'
                raise ExpressionError(key.column, f"expected {wanted}, found {key}")
        return tuple(keys)

    def _take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _expect(self, sign: str, opened: Token) -> None:
        token = self._take()
        if token.kind != "sign" or token.text != sign:
            raise ExpressionError(
                token.column, f"expected {sign!r} for the {opened.text!r} at column {opened.column}, found {token}"
            )


def _listed(root: str) -> str:
    """The operands below a root, as a message lists them."""
    names = [f"{root}.{field}" for field in _FIELDS.get(root, ())]
    return ", ".join([*names, *(f"{name}.*" for name in _OPEN if name.startswith(f"{root}.") and name in _OPEN.values())])


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {near[0]!r}?" if near else f": known are {', '.join(known)}"
