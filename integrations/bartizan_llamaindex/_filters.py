"""Metadata filters: a reader's own, merged with a caller's so that nothing the caller says can widen them.

Stores differ in what they can filter by, and some ignore what they can't. What is known of a store is listed; of any other the
plainest is assumed, and what it gives back is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from bartizan import BartizanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan_llamaindex._access import Reader


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a store's filters can say: `nested` groups within groups, `in_list` that a list in the metadata holds one of these."""

    nested: bool = False
    in_list: FilterOperator = FilterOperator.ANY


_KNOWN: Final[Mapping[str, Abilities]] = {
    "SimpleVectorStore": Abilities(),
    "QdrantVectorStore": Abilities(nested=True, in_list=FilterOperator.IN),  # it matches a list's items one by one
}


def abilities(store: Any) -> Abilities:
    """What is known of a store's class or of one of its parents."""
    for cls in type(store).__mro__:
        if cls.__name__ in _KNOWN and cls.__module__.startswith("llama_index."):
            return _KNOWN[cls.__name__]
    return Abilities()


def merged(given: MetadataFilters | None, ours: list[MetadataFilter], store: Any) -> MetadataFilters:
    """Both, joined by AND.

    Raises:
        BartizanError: the caller's could be said only by nesting them, and the store is not known to nest.
    """
    theirs = _cleaned(given)
    both: list[Any]
    if theirs is None:
        both = [*ours]
    elif theirs.condition == FilterCondition.AND:
        both = [*ours, *theirs.filters]
    else:
        both = [*ours, theirs]
    able = abilities(store)
    if not able.nested and any(isinstance(one, MetadataFilters) for one in both):
        message = (
            f"{type(store).__name__} is not known to nest filters, so these can't be joined with the tenant's: "
            "use filters joined by AND alone"
        )
        raise BartizanError(message)
    if not both:
        message = "there is nothing to filter by: the policy's [retrieval] table names neither a tenant_key nor an acl_key"
        raise BartizanError(message)  # an empty list of filters matches everything
    return MetadataFilters(filters=both, condition=FilterCondition.AND)


def filters_of(reader: Reader, store: Any) -> list[MetadataFilter]:
    """What a document must have for this reader to get it, as the store says it."""
    policy = reader.policy
    found = []
    if policy.tenant_key:
        found.append(MetadataFilter(key=policy.tenant_key, value=reader.tenant, operator=FilterOperator.EQ))
    if policy.acl_key:
        operator = abilities(store).in_list if policy.acl_type == "list" else FilterOperator.IN
        found.append(MetadataFilter(key=policy.acl_key, value=list(reader.grants), operator=operator))
    return found


def _cleaned(given: MetadataFilters | None) -> MetadataFilters | None:
    """Without empty groups, which mean everything in one store and nothing in another; a group without a condition is an AND."""
    if given is None:
        return None
    kept: list[Any] = []
    for one in given.filters:
        inner = _cleaned(one) if isinstance(one, MetadataFilters) else one
        if inner is not None:
            kept.append(inner)
    if not kept:
        return None
    condition = given.condition or FilterCondition.AND
    if len(kept) == 1 and condition == FilterCondition.OR:
        condition = FilterCondition.AND
    return MetadataFilters(filters=kept, condition=condition)
