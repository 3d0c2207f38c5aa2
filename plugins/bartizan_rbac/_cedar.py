"""Writes the roles as Cedar policies (https://docs.cedarpolicy.com), with the schema that they need.

A rule that has no answer denies here; in Cedar it would be passed over. So a condition is written twice, as what makes it true and what
makes it false, and where neither holds, a `forbid` does. `ask` becomes `context.approved`: what is allowed only with it, asks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bartizan import PolicyError
from bartizan_rbac._cedar_terms import CantSay, Terms, quoted, wild
from bartizan_rbac._expressions._nodes import And, Compare, Not, Operand, Or, Truth
from bartizan_rbac._patterns import WILDCARD

if TYPE_CHECKING:
    from bartizan_rbac._config import Config
    from bartizan_rbac._expressions import Node
    from bartizan_rbac._rules import Rule
    from bartizan_rbac._table import Table

_LONGEST: Final = 200_000
_ALLOW, _ASK, _DENY = 0, 1, 2
_HEAD: Final = """// Written by `bartizan policy export --cedar`.
// They need the schema of `--cedar --schema`, and the plugin `cedar`, which knows what context.approved means.
"""


def export(table: Table, config: Config) -> tuple[str, str]:
    """The policies, and their schema in Cedar's JSON form.

    Raises:
        PolicyError: a rule says what Cedar can't.
    """
    if config.unknown_roles == "deny":
        message = "plugins.rbac.unknown_roles: 'deny' has no equal in Cedar, which knows nothing of roles that no policy names"
        raise PolicyError(message)
    heirs: dict[str, list[str]] = {}
    for role in config.roles:
        for ancestor in table.lineage.of((role,)):
            heirs.setdefault(ancestor, []).append(role)
    terms = Terms()
    said: list[str] = []
    problem = ""
    try:
        for rule in table.rules:
            terms.learn(rule.key, rule.node)
        terms.settle()
        for rule in table.rules:
            said += _policies(rule, heirs[rule.role], terms)
    except CantSay as error:
        problem = str(error)
    if problem:
        message = f"plugins.rbac.{problem}"
        raise PolicyError(message)
    return _HEAD + "\n".join(said), json.dumps(terms.schema(sorted(table.patterns)), indent=2)


def _policies(rule: Rule, heirs: list[str], terms: Terms) -> list[str]:
    among = ", ".join(f"Role::{quoted(role)}" for role in heirs)
    action = (
        f"context.action like {wild(rule.pattern)}" if WILDCARD in rule.pattern else f"context.action == {quoted(rule.pattern)}"
    )
    scope = f"principal in [{among}] && {action}"
    if rule.node is None:
        holds, fails = "true", "false"
    else:
        holds, fails = _true(rule.node, terms), _false(rule.node, terms)
        if len(holds) + len(fails) > _LONGEST:
            raise CantSay(rule.key, "its condition would become too long")
    open_ = f"!({holds}) && !({fails})"
    out: list[tuple[str, str]] = []
    if rule.strictness == _DENY:
        out.append(("forbid", f"!({fails})"))
    else:
        if rule.strictness == _ASK:
            out += [("permit", f"({holds}) && context.approved"), ("forbid", f"({holds}) && !context.approved")]
        else:
            out.append(("permit", holds))
        if rule.node is not None and terms.may_lack(rule.node):
            out.append(("forbid", open_))
    return [
        f"@id({quoted(f'{rule.key}#{index}')})\n{verb} (principal, action, resource)\nwhen {{ {scope} && ({condition}) }};\n"
        for index, (verb, condition) in enumerate(out)
    ]


def _true(node: Node, terms: Terms) -> str:
    """When a condition has an answer, and it is yes."""
    if isinstance(node, Not):
        return _false(node.item, terms)
    if isinstance(node, And):
        return " && ".join(f"({_true(item, terms)})" for item in node.items)
    if isinstance(node, Or):
        return _until(node.items, terms, of=_true, past=_false)
    return _leaf(node, terms, "")


def _false(node: Node, terms: Terms) -> str:
    """When a condition has an answer, and it is no."""
    if isinstance(node, Not):
        return _true(node.item, terms)
    if isinstance(node, Or):
        return " && ".join(f"({_false(item, terms)})" for item in node.items)
    if isinstance(node, And):
        return _until(node.items, terms, of=_false, past=_true)
    return _leaf(node, terms, "!")


def _until(items: tuple[Node, ...], terms: Terms, *, of: object, past: object) -> str:
    """One is so, and all before it were the other: they are asked from left to right."""
    first, rest = items[0], items[1:]
    here = of(first, terms)  # type: ignore[operator]  # _true or _false
    if not rest:
        return str(here)
    return f"({here}) || (({past(first, terms)}) && ({_until(rest, terms, of=of, past=past)}))"  # type: ignore[operator]  # the same


def _leaf(node: Node, terms: Terms, sign: str) -> str:
    if isinstance(node, Truth):
        return f"{sign}{str(node.value).lower()}"
    if isinstance(node, Operand):
        return " && ".join([*terms.present(node), f"{sign}{terms.read(node)}"])
    if isinstance(node, Compare):
        present = [part for side in (node.left, node.right) if isinstance(side, Operand) for part in terms.present(side)]
        return " && ".join([*dict.fromkeys(present), f"{sign}({terms.compare(node)})"])
    message = "a value is no condition"
    raise TypeError(message)
