"""The plugin: an authorizer that only restricts. What has room is no business of its own, so it says nothing."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from bartizan import Decision, PolicyError, hookimpl
from bartizan_limits._config import Config as _Config
from bartizan_limits._redis import RedisStore
from bartizan_limits._windows import Charge, MemoryStore, Unavailable

if TYPE_CHECKING:
    from bartizan import AccessRequest, Context
    from bartizan_limits._config import Budget
    from bartizan_limits._windows import Store

TOKENS: Final = "tokens"
"""Under which name a request's annotations say how many tokens it will take at most: those of the prompt and of the longest answer."""
_NO_TENANT: Final = "a budget is a tenant's, and the principal has none"
_NO_TOKENS: Final = 'a budget is of tokens, and the request does not say how many: pass annotations={"tokens": ...}'


class Limits:
    """Budgets of requests and tokens in sliding windows (OWASP LLM10:2025, unbounded consumption).

    Every question about an action that a budget names counts, `is_allowed` and `filter_allowed` included; what is refused does not.
    """

    Config = _Config
    deterministic = False
    """The same request may be refused the next time."""

    def __init__(self, config: _Config) -> None:
        self.config = config
        self._budgets = tuple(
            (budget, tuple(tuple(action.split("*")) for action in budget.actions), str(index))
            for index, budget in enumerate(config.budgets)
        )
        self._store: Store = _store(config)

    def __repr__(self) -> str:
        return f"Limits(budgets={len(self._budgets)})"

    def close(self) -> None:
        """Let go of Redis."""
        self._store.close()

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:  # noqa: ARG002 (the hook's signature)
        """Count the request, or refuse it until there is room."""
        charges: list[Charge] = []
        for budget, patterns, name in self._budgets:
            if any(_matches(request.action, parts) for parts in patterns) and _concerns(budget, request):
                cost, problem = _cost(budget, request)
                if problem:
                    return Decision.deny(problem)
                limit = budget.requests or budget.tokens or 0
                charges.append(Charge(_key(request, budget, name), round(budget.window_s * 1_000), limit, cost))
        return self._charged(charges) if charges else None

    def _charged(self, charges: list[Charge]) -> Decision | None:
        problem = ""
        try:
            full = self._store.charge(charges)
        except Unavailable as error:
            full, problem = None, str(error)
        if problem:
            return Decision.deny(f"what is used can't be counted: {problem}")
        if full is None:
            return None
        what = f"a budget of {charges[full.index].limit:,} in {charges[full.index].window_ms / 1_000:g} s"
        if full.retry_after is None:
            return Decision.deny(f"it is larger than {what}")
        return Decision.deny(f"{what} is used up", retry_after=full.retry_after)


def _store(config: _Config) -> Store:
    url = config.redis_url
    if config.redis_url_env is not None:
        url = os.environ.get(config.redis_url_env)
        if not url:
            message = f"plugins.limits.redis_url_env: the environment variable {config.redis_url_env} is not set"
            raise PolicyError(message)
    if url is None:
        return MemoryStore()
    problem = ""
    try:
        return RedisStore(url, config.prefix, config.redis_timeout_s)
    except Unavailable as error:
        problem = f"plugins.limits: {error}"
    raise PolicyError(problem)


def _matches(action: str, parts: tuple[str, ...]) -> bool:
    """Whether an action has these parts in their order, the first at its start and the last at its end: in time linear in it."""
    before, *between, after = parts if len(parts) > 1 else (*parts, "")
    if len(parts) == 1:
        return action == before
    at, stop = len(before), len(action) - len(after)
    if stop < at or not action.startswith(before) or not action.endswith(after):
        return False
    for part in between:
        found = action.find(part, at, stop)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _concerns(budget: Budget, request: AccessRequest) -> bool:
    return not budget.roles or not request.principal.roles.isdisjoint(budget.roles)


def _cost(budget: Budget, request: AccessRequest) -> tuple[int, str]:
    """What a request takes from a budget, or why that can't be told."""
    if budget.per == "tenant" and request.principal.tenant is None:
        return 0, _NO_TENANT
    if budget.requests is not None:
        return 1, ""
    said = request.annotations.get(TOKENS)
    return (said, "") if type(said) is int and said >= 0 else (0, _NO_TOKENS)


def _key(request: AccessRequest, budget: Budget, name: str) -> str:
    """A window's name: a hash, so that no id lies in Redis; in braces, so that a cluster keeps a request's windows together."""
    who = request.principal
    parts = [who.tenant, None if budget.per == "tenant" else who.id]
    said = "\x1f".join("-" if part is None else f"{len(part)}:{part}" for part in parts)
    owner = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{{{owner}}}:{name}"
