"""Role-based access control for Bartizan: `[plugins.rbac]` in the policy, or `Guard(plugins=[Rbac(Config(roles=...))])`.

[plugins.rbac.roles.user]
allow = ["query", { action = "retrieve", when = "resource.tenant == principal.tenant" }]

[plugins.rbac.roles.admin]
inherits = ["user"]
allow = ["deploy", { action = "tool:pay", when = "args.amount > 0 and args.amount <= 100" }]
ask = [{ action = "tool:pay", when = "args.amount > 100" }]
deny = ["tool:shell"]
"""

from __future__ import annotations

from bartizan_rbac._config import Config, RoleTable, RuleTable
from bartizan_rbac._explain import Considered, Explained, Matrix
from bartizan_rbac._expressions import ExpressionError
from bartizan_rbac._filters import AllOf, AnyOf, Filter, Match
from bartizan_rbac._plugin import Rbac
from bartizan_rbac._table import COLLECTIONS

__all__ = [
    "COLLECTIONS",
    "AllOf",
    "AnyOf",
    "Config",
    "Considered",
    "Explained",
    "ExpressionError",
    "Filter",
    "Match",
    "Matrix",
    "Rbac",
    "RoleTable",
    "RuleTable",
]
