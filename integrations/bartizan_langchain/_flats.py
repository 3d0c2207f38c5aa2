"""Flats put together: the segments of a whole made of parts, and the way back that keeps what was not changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from bartizan.structured import Flat, flatten

if TYPE_CHECKING:
    from bartizan import Origin, Segment

DROPPED: Final = object()
"""A part's rebuild may answer this: the key goes."""

Judged = Sequence["Segment"]


def fixed(value: object) -> Flat:
    """A value without text."""
    return Flat((), lambda _: value)


def mapping(value: Mapping[Any, Any], parts: Iterable[tuple[Any, Flat]], rest: Flat | None = None) -> Flat:
    """A mapping from the flats of some of its keys, and one flat for a mapping of the others, whose keys are judged too."""
    listed = list(parts)
    segments = tuple(segment for _, flat in listed for segment in flat.segments) + (rest.segments if rest else ())

    def rebuild(judged: Judged) -> Any:
        changed: dict[Any, Any] = {}
        at = 0
        for key, flat in listed:
            new = flat.rebuild(judged[at : at + len(flat.segments)])
            at += len(flat.segments)
            if new is not value[key]:
                changed[key] = new
        others = rest.rebuild(judged[at:]) if rest else None
        known = {key for key, _ in listed}
        if rest is None or (len(others) == len(value) - len(known) and all(value.get(k, DROPPED) is v for k, v in others.items())):
            if not changed:
                return value
            others = {key: item for key, item in value.items() if key not in known}
        kept = {key: changed.get(key, value[key]) for key, _ in listed}
        merged = {**{key: item for key, item in kept.items() if item is not DROPPED}, **others}
        order = {key: place for place, key in enumerate(value)}
        return dict(sorted(merged.items(), key=lambda pair: order.get(pair[0], len(order))))

    return Flat(segments, rebuild)


def sequence(value: Sequence[Any], flats: Iterable[Flat]) -> Flat:
    """A list from the flats of its items."""
    listed = list(flats)
    segments = tuple(segment for flat in listed for segment in flat.segments)

    def rebuild(judged: Judged) -> Any:
        items, at = [], 0
        for flat in listed:
            items.append(flat.rebuild(judged[at : at + len(flat.segments)]))
            at += len(flat.segments)
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return type(value)(items) if type(value) in {tuple, set, frozenset} else items  # type: ignore[call-arg]

    return Flat(segments, rebuild)


def text(value: str, origin: Origin, path: str, part: str = "text", source: str = "") -> Flat:
    """One text; an empty one is no segment."""
    return flatten(value, origin=origin, path=path, part=part, source=source) if value else fixed(value)
