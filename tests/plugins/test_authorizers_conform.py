"""The authorizers of this repository, held to what anyone's are held to."""

from __future__ import annotations

from typing import ClassVar

from bartizan.testing import AuthorizerConformance
from bartizan_limits import Limits
from bartizan_rbac import Rbac


class TestRbac(AuthorizerConformance):
    plugin = Rbac
    config: ClassVar = {
        "roles": {
            "user": {"allow": ["query", {"action": "retrieve", "when": "resource.tenant == principal.tenant"}]},
            "admin": {
                "inherits": ["user"],
                "allow": ["deploy", {"action": "tool:pay", "when": "args.amount <= 100"}],
                "ask": [{"action": "tool:pay", "when": "args.amount > 100"}],
            },
        }
    }
    actions = ("tool:pay", "retrieve")
    roles = ("user", "admin")


class TestLimits(AuthorizerConformance):
    plugin = Limits
    config: ClassVar = {"budgets": [{"requests": 20, "actions": ["tool:*", "query"]}]}
    actions = ("tool:pay", "query")
