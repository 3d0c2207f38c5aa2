"""Who may read which documents of a store, as the policy's `[retrieval]` table says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RetrievalPolicy:
    """The metadata keys by which integrations part one tenant's documents from another's, and one group's from another's.

    A document that lacks what is asked for, or holds it in another type, is read by nobody.
    """

    tenant_key: str = "tenant"
    """Holds the document's tenant, a str that must equal the principal's. Empty: documents have no tenants."""
    acl_key: str = ""
    """Holds who may read the document. Empty: nothing is asked beyond the tenant."""
    acl_type: Literal["list", "string"] = "list"
    """`list`: a list of str, of which the principal must have one; `string`: a single one."""
    acl_from: tuple[str, ...] = ("roles",)
    """Where a principal's own come from: `roles`, `id`, or `claims.NAME` (a str or a list of str)."""
