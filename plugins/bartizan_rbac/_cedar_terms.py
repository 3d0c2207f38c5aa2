"""The words of Cedar for the operands and comparisons of conditions, and the types that it wants to know of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bartizan_rbac._expressions._nodes import (
    AFFIXES,
    ORDERING,
    And,
    Compare,
    ExpressionError,
    Items,
    Not,
    Number,
    Operand,
    Or,
    Text,
    Truth,
    kind_of,
)
from bartizan_rbac._patterns import WILDCARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bartizan_rbac._expressions._nodes import Node, Value

OTHER: Final = "other"
"""The Cedar action of all that the policy does not name in full."""
_METHODS: Final = {"<": "lessThan", "<=": "lessThanOrEqual", ">": "greaterThan", ">=": "greaterThanOrEqual"}
_PLACES: Final = 4
_MOST: Final = Decimal(900_000_000_000)
"""Up to here, four places are exact in a float too, so that both engines see the same number."""
_HOLDERS: Final = {
    "args": "context.args",
    "args_written": "context.args_written",
    "annotations": "context.annotations",
    "context.metadata": "context.metadata",
    "principal.claims": "principal.claims",
    "resource.attributes": "resource.attributes",
}
_FIXED: Final = {"principal.id": "string", "principal.roles": "roles"}
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "string": {"type": "String"},
    "boolean": {"type": "Boolean"},
    "number": {"type": "Extension", "name": "decimal"},
}


class CantSay(Exception):
    """A rule that Cedar has no words for."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: can't be written as Cedar: {problem}")


def quoted(text: str) -> str:
    """A string literal."""
    return '"' + "".join(_escaped(c) for c in text) + '"'


def wild(pattern: str) -> str:
    """A pattern for `like`, in which only our own stars are stars."""
    return '"' + "".join(c if c == WILDCARD else _escaped(c) for c in pattern) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\u{{{ord(character):x}}}"


class Terms:
    """What is known of the operands of a policy."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, ...], str] = {}
        self._pairs: list[tuple[str, Operand, Operand]] = []
        self._keys: dict[tuple[str, ...], str] = {}
        self._key = ""

    def learn(self, key: str, node: Node | None) -> None:
        """Take in what a rule tells of the types of its operands."""
        self._key = key
        if node is None:
            return
        if isinstance(node, Operand):
            self._is(node, "boolean")
        elif isinstance(node, Compare):
            self._learn_pair(node)
        elif isinstance(node, And | Or):
            for item in node.items:
                self.learn(key, item)
        elif isinstance(node, Not):
            self.learn(key, node.item)

    def settle(self) -> None:
        """Pass types on between operands that are compared with each other."""
        changed = True
        while changed:
            changed = False
            for key, left, right in self._pairs:
                self._key = key
                for one, other in ((left, right), (right, left)):
                    kind = self._kind(one)
                    if kind is not None and self._kind(other) is None:
                        self._is(other, kind)
                        changed = True
        for key, left, right in self._pairs:
            if self._kind(left) != self._kind(right) or self._kind(left) is None:
                raise CantSay(key, f"nothing says of which type {left.path} and {right.path} are")
        paths = sorted(self._kinds)
        for path in paths:
            if any(path[:length] in self._kinds for length in range(1, len(path))):
                raise CantSay(self._keys[path], f"{'.'.join(path)} is below what is a single value elsewhere")

    def may_lack(self, node: Node) -> bool:
        """Whether a condition can be without an answer."""
        return any(list(self.present(operand)) for operand in operands(node))

    def present(self, operand: Operand) -> Iterator[str]:
        """What must be so before an operand can be read."""
        if operand.path in _FIXED:
            return
        holder = self._holder(operand)
        for name in holder[1:]:
            yield f"{holder[0]} has {quoted(name)}"
            holder = (f"{holder[0]}[{quoted(name)}]", *holder[2:])

    def read(self, operand: Operand) -> str:
        """The operand's value."""
        first, *names = self._holder(operand)
        return first + "".join(f"[{quoted(name)}]" for name in names)

    def compare(self, node: Compare) -> str:
        """The comparison of two operands that are there."""
        if node.operator == "in":
            return self._contains(node.right, node.left)
        if node.operator == "contains":
            return self._contains(node.left, node.right)
        left = self._value(node.left)
        if node.operator in AFFIXES:
            if not isinstance(node.right, Text):
                raise CantSay(self._key, f"{node.operator} needs a literal on its right")
            affix = "".join("\\*" if c == WILDCARD else _escaped(c) for c in node.right.value)
            return f'{left} like "{affix}*"' if node.operator == "startswith" else f'{left} like "*{affix}"'
        right = self._value(node.right)
        if node.operator in ORDERING:
            return f"{left}.{_METHODS[node.operator]}({right})"
        return f"{left} {node.operator} {right}"

    def schema(self, patterns: Iterable[str]) -> dict[str, Any]:
        """The schema in Cedar's JSON form (https://docs.cedarpolicy.com/schema/json-schema.html)."""
        tree: dict[str, Any] = {}
        for path, kind in self._kinds.items():
            inner = tree
            for part in path[:-1]:
                inner = inner.setdefault(part, {})
            inner[path[-1]] = kind
        principal = _record({"tenant": "string", **_at(tree, "principal")})
        principal["attributes"]["id"] = {"type": "String"}
        resource = _record({"type": "string", "id": "string", "tenant": "string", **_at(tree, "resource")})
        context = _record({"model": "string", "purpose": "string", "session_id": "string", **_at(tree, "context")})
        context["attributes"] |= {"action": {"type": "String"}, "approved": {"type": "Boolean"}}
        applies = {"principalTypes": ["User"], "resourceTypes": ["Resource"], "context": context}
        names = [pattern for pattern in patterns if WILDCARD not in pattern]
        return {
            "": {
                "entityTypes": {
                    "Role": {},
                    "User": {"memberOfTypes": ["Role"], "shape": principal},
                    "Resource": {"shape": resource},
                },
                "actions": {name: {"appliesTo": applies} for name in dict.fromkeys([*names, OTHER])},
            }
        }

    def _learn_pair(self, node: Compare) -> None:
        left, right = node.left, node.right
        if node.operator in {"in", "contains"}:
            holder, item = (right, left) if node.operator == "in" else (left, right)
            self._learn_member(holder, item)
            return
        wanted = "number" if node.operator in ORDERING else ("string" if node.operator in AFFIXES else None)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Operand):
                kind = wanted or (None if isinstance(other, Operand) else kind_of(other))
                if kind is not None:
                    self._is(one, kind)
        if wanted is None and isinstance(left, Operand) and isinstance(right, Operand):
            self._pairs.append((self._key, left, right))

    def _learn_member(self, holder: Value, item: Value) -> None:
        if isinstance(holder, Items) and isinstance(item, Operand):
            self._is(item, holder.kind)
        elif isinstance(holder, Operand) and holder.path not in _FIXED:
            if isinstance(item, Operand) and self._kind(item) is None and item.kind == "any":
                raise CantSay(self._key, f"nothing says of which type {item.path} is")
            kind = "string" if isinstance(item, Operand) else kind_of(item)
            self._is(holder, f"set {kind}")

    def _is(self, operand: Operand, kind: str) -> None:
        known = self._kind(operand)
        if known is not None and known != kind:
            raise CantSay(self._key, f"{operand.path} is a {known} here and a {kind} elsewhere")
        if operand.kind == "any":
            path = (*_HOLDERS[operand.root].split("."), *operand.keys)
            self._kinds[path] = kind
            self._keys.setdefault(path, self._key)

    def _kind(self, operand: Operand) -> str | None:
        if operand.kind == "any":
            return self._kinds.get((*_HOLDERS[operand.root].split("."), *operand.keys))
        return _FIXED.get(operand.path, "string")

    @staticmethod
    def _holder(operand: Operand) -> tuple[str, ...]:
        """The variable, and the names of what is in it."""
        first, *rest = _HOLDERS.get(operand.root, operand.root).split(".")
        return (first, *rest, *operand.keys)

    def _contains(self, holder: Value, item: Value) -> str:
        if isinstance(holder, Operand) and holder.path == "principal.roles":
            if not isinstance(item, Text):
                raise CantSay(self._key, "a role is looked for by its name")
            return f"principal in Role::{quoted(item.value)}"
        if isinstance(holder, Items):
            return f"[{', '.join(self._value(one) for one in holder.items)}].contains({self._value(item)})"
        return f"{self._value(holder)}.contains({self._value(item)})"

    def _value(self, value: Value) -> str:
        if isinstance(value, Operand):
            return self.read(value)
        if isinstance(value, Text):
            return quoted(value.value)
        if isinstance(value, Truth):
            return str(value.value).lower()
        if isinstance(value, Number):
            exact = Decimal(value.exact)
            if abs(exact) > _MOST or exact != round(exact, _PLACES):
                raise CantSay(self._key, f"a number has at most {_PLACES} decimals, and is below {_MOST:,}")
            return f'decimal("{exact:.4f}")'
        raise ExpressionError(value.column, "a list stands beside 'in' or 'contains'")


def operands(node: Node) -> Iterator[Operand]:
    """Every operand of a condition."""
    if isinstance(node, Operand):
        yield node
    elif isinstance(node, Compare):
        yield from (side for side in (node.left, node.right) if isinstance(side, Operand))
    elif isinstance(node, And | Or):
        for item in node.items:
            yield from operands(item)
    elif isinstance(node, Not):
        yield from operands(node.item)


def _at(tree: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = tree.get(name, {})
    return found


def _record(table: dict[str, Any]) -> dict[str, Any]:
    """A record none of whose attributes is required."""
    attributes: dict[str, Any] = {}
    for name, kind in sorted(table.items()):
        if isinstance(kind, dict):
            described = _record(kind)
        elif kind.startswith("set "):
            described = {"type": "Set", "element": _TYPES[kind.removeprefix("set ")]}
        else:
            described = dict(_TYPES[kind])
        attributes[name] = {**described, "required": False}
    return {"type": "Record", "attributes": attributes}
