"""Budgets for Bartizan: `[plugins.limits]` in the policy, or `Guard(plugins=["rbac", Limits(Config(budgets=...))])`.

    [[plugins.limits.budgets]]
    actions = ["query", "tool:*"]
    requests = 60
    window_s = 60

    [[plugins.limits.budgets]]
    actions = ["query"]
    tokens = 200_000
    window_s = 86_400
    per = "tenant"

A refusal says in `retry_after` when there is room again.
"""

from __future__ import annotations

from bartizan_limits._config import Budget, Config
from bartizan_limits._plugin import TOKENS, Limits

__all__ = ["TOKENS", "Budget", "Config", "Limits"]
