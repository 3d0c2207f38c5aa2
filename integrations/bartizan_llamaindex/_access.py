"""Who is asking, and which documents the policy's `[retrieval]` table lets them read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bartizan import AccessDenied, Decision, Event, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llama_index.core.schema import BaseNode

    from bartizan import Guard, Principal, RetrievalPolicy

RETRIEVE: Final = "retrieve"


@dataclass(frozen=True, slots=True)
class Reader:
    """A principal under a policy: `tenant` and `grants` are what documents must name."""

    policy: RetrievalPolicy
    tenant: str | None
    grants: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Reader(grants={len(self.grants)})"

    def is_of_tenant(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a document is of this reader's tenant; one that names none, or names it in another type, is nobody's."""
        key = self.policy.tenant_key
        if not key:
            return True
        tenant = metadata.get(key)
        return isinstance(tenant, str) and tenant == self.tenant

    def may_read(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the table lets this reader have a document."""
        if not self.is_of_tenant(metadata):
            return False
        if not self.policy.acl_key:
            return True
        named = acl_of(self.policy, metadata)
        return named is not None and not named.isdisjoint(self.grants)


def acl_of(policy: RetrievalPolicy, metadata: Mapping[str, Any]) -> frozenset[str] | None:
    """Whom a document names; None where it names nobody, or in another type than the policy says."""
    value = metadata.get(policy.acl_key)
    if policy.acl_type == "string":
        return frozenset({value}) if isinstance(value, str) and value else None
    if not isinstance(value, list | tuple) or not value or not all(isinstance(one, str) for one in value):
        return None
    return frozenset(value)


def find_reader(guard: Guard, policy: RetrievalPolicy, action: str = RETRIEVE) -> Reader:
    """The reader that the running context has identified; the twin of `afind_reader`.

    Raises:
        AccessDenied: nobody is identified, or they have no tenant, or nothing that an ACL could name.
    """
    principal = principal_of(guard)
    if principal is None:
        guard.authorize(action)  # denies, and reports it
    reader, problem = _reader(principal, policy)
    if reader is None:
        denied, event = _denial(guard, action, problem)
        if guard.engine.reporter.active:
            guard.engine.reporter.report(event)
        raise denied
    return reader


async def afind_reader(guard: Guard, policy: RetrievalPolicy, action: str = RETRIEVE) -> Reader:
    """The same, without blocking the event loop on asynchronous observers."""
    principal = principal_of(guard)
    if principal is None:
        await guard.aauthorize(action)
    reader, problem = _reader(principal, policy)
    if reader is None:
        denied, event = _denial(guard, action, problem)
        if guard.engine.reporter.active:
            await guard.engine.reporter.areport(event)
        raise denied
    return reader


def deny(guard: Guard, action: str, reason: str) -> AccessDenied:
    """The refusal to raise, reported."""
    denied, event = _denial(guard, action, reason)
    if guard.engine.reporter.active:
        guard.engine.reporter.report(event)
    return denied


def resource_of(node: BaseNode, policy: RetrievalPolicy | None) -> Resource:
    """A node as authorizers see it; a tenant that is no str is none."""
    metadata = node.metadata
    tenant = metadata.get("tenant" if policy is None else policy.tenant_key)
    return Resource("document", node.node_id, tenant=tenant if isinstance(tenant, str) else None, attributes=metadata)


def allowed(guard: Guard, reader: Reader | None, nodes: Sequence[Any]) -> list[Any]:
    """The scored nodes that this reader may have: by the policy's table, then by the authorizers if there are any."""
    found = list(nodes) if reader is None else [one for one in nodes if reader.may_read(one.node.metadata)]
    if not guard.has_authorizer:
        return found
    policy = guard.retrieval if reader is None else reader.policy
    return guard.filter_allowed(RETRIEVE, found, resource=lambda one: resource_of(one.node, policy))


async def aallowed(guard: Guard, reader: Reader | None, nodes: Sequence[Any]) -> list[Any]:
    """The same, without blocking the event loop."""
    found = list(nodes) if reader is None else [one for one in nodes if reader.may_read(one.node.metadata)]
    if not guard.has_authorizer:
        return found
    policy = guard.retrieval if reader is None else reader.policy
    return [one for one in found if await guard.ais_allowed(RETRIEVE, resource_of(one.node, policy))]


def principal_of(guard: Guard) -> Principal | None:
    """Who is asking, as the session that was entered says."""
    session = guard._session()  # noqa: SLF001 (its own family)
    if session is None:
        return None
    session.check_open()
    return session.principal


def _reader(principal: Principal | None, policy: RetrievalPolicy) -> tuple[Reader | None, str]:
    """The reader, or why there is none."""
    if principal is None:
        return None, "nobody is identified: open a session with a principal"
    if policy.tenant_key and principal.tenant is None:
        return None, "the principal has no tenant, and documents belong to tenants: give the Principal its tenant"
    grants = _grants(principal, policy) if policy.acl_key else ()
    if policy.acl_key and not grants:
        return None, f"the principal has none of what [retrieval] acl_from names ({', '.join(policy.acl_from)})"
    return Reader(policy, principal.tenant, grants), ""


def _grants(principal: Principal, policy: RetrievalPolicy) -> tuple[str, ...]:
    """What the principal has, sorted; claims that are neither a str nor a list of str give nothing."""
    found: set[str] = set()
    for source in policy.acl_from:
        if source == "roles":
            found |= principal.roles
        elif source == "id":
            found.add(principal.id)
        else:
            value = principal.claims.get(source.removeprefix("claims."))
            values = [value] if isinstance(value, str) else value
            if isinstance(values, list | tuple | set | frozenset) and all(isinstance(one, str) for one in values):
                found.update(values)
    return tuple(sorted(one for one in found if one))


def _denial(guard: Guard, action: str, why: str) -> tuple[AccessDenied, Event]:
    request, _ = guard._request(action, None, None, None, "", None)  # noqa: SLF001 (its own family)
    reason = f"{action!r} is denied: {why}"
    event = Event(
        hook="authorize",
        context=request.context,
        runs=(),
        findings=(),
        decision=Decision.deny(reason),
        seconds=0.0,
        action=action,
        refused=reason,
    )
    return AccessDenied(reason, request), event
