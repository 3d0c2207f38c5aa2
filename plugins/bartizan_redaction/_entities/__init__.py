"""The entities that can be found, one module per family.

To add one: write its `Entity` record in the module of its family (or a new one, listed in `FAMILIES`), name the public source of
its format, and add hits and hard negatives to the tests. Everything else (gate, offsets, streams, policy names) follows from the
record.
"""

from __future__ import annotations

from typing import Final

from bartizan_redaction._entities import (
    _americas,
    _birth,
    _context,
    _crypto,
    _email,
    _europe,
    _europe_east,
    _finance,
    _forms,
    _generic,
    _keys,
    _links,
    _national,
    _network,
    _numbers,
    _phone,
    _phrases,
    _places,
    _services,
    _vendor,
    _world,
)
from bartizan_redaction._entities._entity import REACH, SPACED_CHARACTERS, SPACED_SPAN, TOKEN_SPAN, Entity

_NATIONAL: Final = (_national, _numbers, _europe, _europe_east, _americas, _world)
FAMILIES: Final = (
    *_NATIONAL,
    _finance,
    _crypto,
    _context,
    _birth,
    _places,
    _email,
    _phone,
    _network,
    _links,
    _vendor,
    _services,
    _keys,
    _generic,
    _forms,
    _phrases,
)
"""Where two entities claim the very same span, the earlier one is the more specific and keeps it."""

_EVERY: Final = tuple(entity for family in FAMILIES for entity in family.ENTITIES)
_SAID: Final = tuple(entity for family in _NATIONAL for entity in family.ENTITIES if entity.spread is not None)

ENTITIES: Final[tuple[Entity, ...]] = (*_SAID, *(entity for entity in _EVERY if entity not in _SAID))
"""National numbers that words before them announce come first: a word says more than a check digit."""

LABELS: Final = tuple(dict.fromkeys(entity.label for entity in ENTITIES))

GROUPS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(entity.label for entity in ENTITIES if name in entity.groups)
    for name in sorted({name for entity in ENTITIES for name in entity.groups})
}

DEFAULT: Final = "default"
"""What `entities` names to have everything that is on unless a policy says otherwise."""

__all__ = ["DEFAULT", "ENTITIES", "GROUPS", "LABELS", "REACH", "SPACED_CHARACTERS", "SPACED_SPAN", "TOKEN_SPAN", "Entity"]
