"""Flats put together: the segments of a whole made of parts, and the way back that keeps what was not changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bartizan.structured import Flat, flatten

if TYPE_CHECKING:
    from bartizan import Origin, Segment

DROPPED: Final = object()
"""A part's rebuild may answer this: the key goes."""

Judged = Sequence["Segment"]


@dataclass(frozen=True, slots=True)
class Rest:
    """Keys of a mapping that code does not know by name, and their flat: the same mapping comes back if nothing changes."""

    given: Mapping[Any, Any]
    flat: Flat

    def __repr__(self) -> str:
        return f"Rest({self.flat!r})"


def fixed(value: object) -> Flat:
    """A value without text."""
    return Flat((), lambda _: value)


def mapping(value: Mapping[Any, Any], parts: Iterable[tuple[Any, Flat]], rest: Rest | None = None) -> Flat:
    """A mapping from the flats of some of its keys, and one flat for a mapping of others, whose keys are judged too."""
    listed = list(parts)
    segments = tuple(segment for _, flat in listed for segment in flat.segments) + (rest.flat.segments if rest else ())

    def rebuild(judged: Judged) -> Any:
        changed: dict[Any, Any] = {}
        at = 0
        for key, flat in listed:
            new = flat.rebuild(judged[at : at + len(flat.segments)])
            at += len(flat.segments)
            if new is not value[key]:
                changed[key] = new
        others: Mapping[Any, Any] = rest.flat.rebuild(judged[at:]) if rest else {}
        renewed = rest is not None and others is not rest.given
        if not changed and not renewed:
            return value
        out: dict[Any, Any] = {}
        for key, item in value.items():
            if renewed and rest is not None and key in rest.given:
                if next(iter(rest.given)) == key:  # all of them where the first one stood: a redacted key has no place of its own
                    out |= others
            elif changed.get(key, item) is not DROPPED:
                out[key] = changed.get(key, item)
        return out

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
