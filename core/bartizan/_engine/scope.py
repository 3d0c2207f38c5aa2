"""What belongs to one session and nobody else: its vault, its cache, its plugins' notes."""

from __future__ import annotations

from typing import Any, Final

from bartizan._engine.cache import FindingCache
from bartizan._engine.locks import ForkSafeLock
from bartizan._engine.vault import Vault

MAX_SESSIONS: Final = 1_024


class Scope:
    """The memory of one session. A call without a session has one of its own, for that call, without a cache."""

    __slots__ = ("_vault", "cache", "state")

    def __init__(self, *, lasting: bool = True) -> None:
        self._vault = Vault() if lasting else None
        self.cache: FindingCache | None = FindingCache() if lasting else None
        self.state: dict[str, Any] | None = {} if lasting else None

    @property
    def vault(self) -> Vault:
        """The session's pseudonyms; made at the first use where the scope is one call's."""
        if self._vault is None:
            self._vault = Vault()
        return self._vault

    @property
    def has_pseudonyms(self) -> bool:
        """Whether there is anything to restore."""
        return self._vault is not None and len(self._vault) > 0

    def forget(self) -> None:
        """Drop every value and finding."""
        if self._vault is not None:
            self._vault.clear()
        if self.cache is not None:
            self.cache.clear()
        if self.state is not None:
            self.state.clear()


class ScopeStore:
    """The scopes of sessions that go on over several requests, by tenant, principal and session id; least recently used out first."""

    def __init__(self, limit: int = MAX_SESSIONS) -> None:
        self._limit = limit
        self._lock = ForkSafeLock()
        self._scopes: dict[tuple[str | None, str, str], Scope] = {}

    def find(self, key: tuple[str | None, str, str]) -> Scope:
        """The scope kept under a key; made now if there is none."""
        with self._lock:
            scope = self._scopes.pop(key, None) or Scope()
            self._scopes[key] = scope
            while len(self._scopes) > self._limit:
                del self._scopes[next(iter(self._scopes))]
            return scope

    def drop(self, key: tuple[str | None, str, str]) -> None:
        """Forget a scope and all it holds."""
        with self._lock:
            scope = self._scopes.pop(key, None)
        if scope is not None:
            scope.forget()

    def clear(self) -> None:
        """Forget every scope."""
        with self._lock:
            scopes, self._scopes = list(self._scopes.values()), {}
        for scope in scopes:
            scope.forget()
