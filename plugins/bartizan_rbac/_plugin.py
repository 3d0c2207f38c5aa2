"""The plugin: an authorizer that owns the policy, so what its roles do not grant is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan import hookimpl
from bartizan_rbac._config import Config as _Config
from bartizan_rbac._explain import Explained, Matrix, explained, matrix
from bartizan_rbac._filters import Filter, filter_of
from bartizan_rbac._table import Table

if TYPE_CHECKING:
    from bartizan import AccessRequest, Context, Decision


class Rbac:
    """Role-based access control (NIST RBAC with role hierarchies, ANSI INCITS 359) with conditions and approvals.

    Deny overrides ask overrides allow, across all roles and whatever they inherit; what no rule says is denied, and so is what a rule
    has no answer to.
    """

    Config = _Config

    def __init__(self, config: _Config) -> None:
        self.config = config
        self._table = Table(config)

    def __repr__(self) -> str:
        return f"Rbac(roles={len(self.config.roles)}, rules={len(self._table.rules)})"

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision:  # noqa: ARG002 (the hook's signature)
        """Decide by the roles of the principal."""
        return self._table.decide(request)

    def explain_access(self, request: AccessRequest) -> Explained:
        """The decision on a request with every rule that has a say in it, and what it came to; nothing is recorded."""
        return explained(self._table, request)

    def access_matrix(self) -> Matrix:
        """What each role comes to for each action that the policy speaks of, inheritance included."""
        return matrix(self._table, self.config)

    def resource_filter(self, request: AccessRequest) -> Filter:
        """What a resource must be like to be allowed at all, for a store to look for; the request's own resource does not count.

        Everything that is allowed passes it. What passes it is not allowed yet: ask about each, with `guard.filter_allowed`.
        """
        return filter_of(self._table.plan(request.principal.roles, request.action), request)

    def export_cedar(self) -> tuple[str, str]:
        """The roles as Cedar policies, and the schema that these need, in JSON.

        Raises:
            PolicyError: a rule says what Cedar can't.
        """
        from bartizan_rbac._cedar import export

        return export(self._table, self.config)
