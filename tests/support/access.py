"""Requests and guards for tests of authorizers, and an evaluator of roles written as naively as the issue states them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bartizan import AccessRequest, Context, Guard, Principal, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def request(
    action: str,
    roles: Iterable[str] = ("user",),
    *,
    tenant: str | None = None,
    claims: Mapping[str, Any] | None = None,
    resource: Resource | None = None,
    args: Mapping[str, Any] | None = None,
    **rest: Any,
) -> AccessRequest:
    who = Principal("u", list(roles), tenant, claims or {})
    return AccessRequest(who, action, resource, args or {}, Context(who, **rest), args or {})


def rbac(roles: Mapping[str, Any], **config: Any) -> Guard:
    return Guard.from_dict({"guard": {"plugins": ["rbac"]}, "plugins": {"rbac": {"roles": roles, **config}}})


def when(expression: str, *, role: str = "user", effect: str = "allow", action: str = "go") -> Guard:
    """A guard whose one rule has this condition."""
    return rbac({role: {effect: [{"action": action, "when": expression}]}})


class NoAnswer(Exception):
    """A condition of the reference evaluator has none."""


def decide(roles: Mapping[str, Any], mine: Iterable[str], action: str, holds: Callable[[str], bool]) -> str:
    """allow, ask or deny, by walking every rule of every role each time. `holds` answers a condition, or raises NoAnswer."""
    said = set()
    for effect, rule in [pair for name in mine for pair in said_of(roles, name)]:
        pattern, condition = (rule, None) if isinstance(rule, str) else (rule["action"], rule.get("when"))
        if re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.DOTALL):
            try:
                if condition is None or holds(condition):
                    said.add(effect)
            except NoAnswer:
                said.add("deny")
    return next((effect for effect in ("deny", "ask", "allow") if effect in said), "deny")


def said_of(roles: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """Every rule of a role and of those it inherits from, as often as there are ways to it."""
    if name in roles:
        yield from ((effect, rule) for effect in ("allow", "ask", "deny") for rule in roles[name].get(effect, ()))
        for parent in roles[name].get("inherits", ()):
            yield from said_of(roles, parent)
