"""Who asks, for what, and what is decided."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from bartizan._errors import no_truth_value
from bartizan._values.fast import setters
from bartizan._values.texts import NO_METADATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan._values.context import Context


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Principal:
    """Who is asking, as verified by the application: never built from what a client merely claims."""

    id: str
    roles: frozenset[str] = frozenset()
    tenant: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def __init__(
        self,
        id: str,  # noqa: A002 (the field's standard name)
        roles: Sequence[str] | frozenset[str] = (),
        tenant: str | None = None,
        claims: Mapping[str, Any] = NO_METADATA,
    ) -> None:
        if not isinstance(id, str) or not id:
            message = "Principal.id must be a non-empty str: without an identity pass no principal at all"
            raise TypeError(message)
        if isinstance(roles, str) or not isinstance(roles, Iterable):
            message = 'Principal.roles must be a sequence of role names, such as ["admin"]'
            raise TypeError(message)
        role_set = frozenset(roles)
        if not all(isinstance(role, str) for role in role_set):
            message = "Principal.roles must hold role names (str)"
            raise TypeError(message)
        if tenant is not None and (not isinstance(tenant, str) or not tenant):
            message = "Principal.tenant must be a non-empty str or None"
            raise TypeError(message)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "roles", role_set)
        object.__setattr__(self, "tenant", tenant)
        object.__setattr__(self, "claims", claims)

    def __repr__(self) -> str:
        tenant = "None" if self.tenant is None else f"<{len(self.tenant)} characters>"
        return f"Principal(<{len(self.id)} characters>, roles={sorted(self.roles)}, tenant={tenant})"


@dataclass(frozen=True, slots=True, repr=False)
class Resource:
    """What an action is done to, with the row's own tenant and attributes (never the principal's)."""

    type: str
    id: str
    tenant: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __repr__(self) -> str:
        return f"Resource({self.type!r}, <{len(self.id)} characters>, attributes={len(self.attributes)})"


@dataclass(frozen=True, slots=True, repr=False, init=False)
class AccessRequest:
    """One question to the authorizers: whether `principal` may do `action` to `resource` with these arguments."""

    principal: Principal
    action: str
    resource: Resource | None
    args: Mapping[str, Any]
    """Restored: what the tool would get."""
    context: Context
    args_written: Mapping[str, Any]
    """As the model wrote them, placeholders in place."""
    call_id: str = ""
    annotations: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the tool: read-only, destructive, open-world."""
    approval: Approval | None = None

    def __init__(  # noqa: PLR0913, PLR0917 (the fields, as dataclasses.replace passes them)
        self,
        principal: Principal,
        action: str,
        resource: Resource | None,
        args: Mapping[str, Any],
        context: Context,
        args_written: Mapping[str, Any],
        call_id: str = "",
        annotations: Mapping[str, Any] = NO_METADATA,
        approval: Approval | None = None,
    ) -> None:
        _principal(self, principal)
        _action(self, action)
        _resource(self, resource)
        _args(self, args)
        _context(self, context)
        _args_written(self, args_written)
        _call_id(self, call_id)
        _annotations(self, annotations)
        _approval(self, approval)

    def __repr__(self) -> str:
        return f"AccessRequest({self.action!r}, {self.principal!r}, resource={self.resource!r}, args={len(self.args)})"


_principal, _action, _resource, _args, _context, _args_written, _call_id, _annotations, _approval = setters(
    AccessRequest, "principal", "action", "resource", "args", "context", "args_written", "call_id", "annotations", "approval"
)


class Effect(enum.Enum):
    """The three outcomes of `authorize`."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """An authorizer's answer: an effect and a reason free of data. It has no truth value."""

    effect: Effect
    reason: str = ""
    retry_after: float | None = None
    ALLOW: ClassVar[Decision]
    ASK: ClassVar[Decision]
    DENY: ClassVar[Decision]

    @classmethod
    def allow(cls, reason: str = "") -> Decision:
        """Permit it. Plugins that only restrict return None instead when they have no objection."""
        return cls(Effect.ALLOW, reason)

    @classmethod
    def ask(cls, reason: str) -> Decision:
        """A person must approve it first."""
        return cls(Effect.ASK, reason)

    @classmethod
    def deny(cls, reason: str, *, retry_after: float | None = None) -> Decision:
        """Refuse it; `retry_after` (seconds) where waiting would help."""
        return cls(Effect.DENY, reason, retry_after)

    def __bool__(self) -> NoReturn:
        no_truth_value("Decision", "compare its .effect, or use guard.is_allowed(...)")


Decision.ALLOW = Decision(Effect.ALLOW)
Decision.ASK = Decision(Effect.ASK)
Decision.DENY = Decision(Effect.DENY)


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent to one request: single use, expiring, bound to the request's digest and principal.

    Made by `Guard.approve` alone: one built by hand is refused, for the guard keeps what it issued.
    """

    request_digest: str = field(repr=False)
    by: Principal
    expires_at: float
    """Seconds since the epoch."""
    _ticket: str = field(default="", repr=False)
