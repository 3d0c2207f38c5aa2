"""The entities that can be found, one module per family.

To add one: write its `Entity` record in the module of its family (or a new one, listed in `FAMILIES`), name the public source of
its format, and add hits and hard negatives to the tests. Everything else (gate, offsets, streams, policy names) follows from the
record.
"""

from __future__ import annotations

from typing import Final

from bartizan_redaction._entities import (
    _context,
    _crypto,
    _email,
    _finance,
    _generic,
    _keys,
    _links,
    _national,
    _network,
    _numbers,
    _phone,
    _vendor,
)
from bartizan_redaction._entities._entity import REACH, SPACED_CHARACTERS, SPACED_SPAN, TOKEN_SPAN, Entity

FAMILIES: Final = (
    _national,
    _finance,
    _numbers,
    _crypto,
    _context,
    _email,
    _phone,
    _network,
    _links,
    _vendor,
    _keys,
    _generic,
)
"""Where two entities claim the very same span, the earlier one is the more specific and keeps it."""

ENTITIES: Final[tuple[Entity, ...]] = tuple(entity for family in FAMILIES for entity in family.ENTITIES)

LABELS: Final = tuple(dict.fromkeys(entity.label for entity in ENTITIES))

GROUPS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(entity.label for entity in ENTITIES if name in entity.groups)
    for name in sorted({name for entity in ENTITIES for name in entity.groups})
}

DEFAULT: Final = "default"
"""What `entities` names to have everything that is on unless a policy says otherwise."""

__all__ = ["DEFAULT", "ENTITIES", "GROUPS", "LABELS", "REACH", "SPACED_CHARACTERS", "SPACED_SPAN", "TOKEN_SPAN", "Entity"]
