"""Checks of one scanner's word: each gives a sentence on what is wrong, or None. Spans and labels alone are told, never a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Spans = list[tuple[int, int, str]]
    Check = Callable[["Any", str, str, random.Random], str | None]


def spans(scanner: Any, text: str, start: int = 0) -> Spans:
    """What the scanner finds from `start` on, in order."""
    return sorted((finding.start, finding.end, finding.label) for finding in scanner.scan(text, start))


def breaks_its_spans(scanner: Any, text: str, other: str, rng: random.Random) -> str | None:  # noqa: ARG001 (one signature)
    """Spans lie in the text, from `start` on, no longer than `max_span`, and do not overlap unless the scanner is pointwise."""
    for start in {0, rng.randint(0, len(text))}:
        last = 0
        for begin, end, label in spans(scanner, text, start):
            if not start <= begin < end <= len(text):
                return f"{label} at {begin}:{end} is empty, outside the text of {len(text)} characters, or before the start at {start}"
            if end - begin > scanner.max_span:
                return f"{label} at {begin}:{end} is longer than max_span, {scanner.max_span}"
            if not scanner.pointwise and begin < last:
                return f"{label} at {begin}:{end} overlaps the finding before it, and the scanner is not pointwise"
            last = max(last, end)
    return None


def hangs_on_the_start(scanner: Any, text: str, other: str, rng: random.Random) -> str | None:  # noqa: ARG001 (one signature)
    """Where scanning starts changes nothing of what begins from there on; unless pointwise, a start within a finding may."""
    whole = spans(scanner, text)
    for start in {rng.randint(0, len(text)) for _ in range(4)} | {begin for begin, _, _ in whole}:
        if not scanner.pointwise and any(begin < start < end for begin, end, _ in whole):
            continue
        if spans(scanner, text, start) != [one for one in whole if one[0] >= start]:
            return f"scanning from {start} finds other things from there on than scanning from 0: text before the start is context only"
    return None


def hangs_on_more_than_its_surroundings(scanner: Any, text: str, other: str, rng: random.Random) -> str | None:
    """Given the start, a finding is decided by the `lookaround` characters around it: what stands further away changes nothing."""
    around = scanner.lookaround
    for begin, end, label in rng.sample(found := spans(scanner, text), min(len(found), 6)):
        left, right = max(0, begin - around), min(len(text), end + around)
        before = other if left else ""
        after = other[::-1] if right < len(text) else ""
        changed, shift = before + text[left:right] + after, len(before) - left
        if (begin + shift, end + shift, label) not in spans(scanner, changed, begin + shift):
            return f"{label} at {begin}:{end} hangs on more than the {around} characters around it: lookaround is too small"
    return None


def promises_too_much(scanner: Any, text: str, other: str, rng: random.Random) -> str | None:
    """Nothing that begins before `pending` may appear, vanish or change, whatever text follows."""
    pending: Any = getattr(scanner, "pending", None)
    if pending is None:
        return None
    size = rng.randint(0, len(text))
    head = text[:size]
    start = rng.choice((0, rng.randint(0, size)))
    if not scanner.pointwise and any(begin < start < end for begin, end, _ in spans(scanner, text)):
        start = 0
    place = pending(head, start)
    if type(place) is not int or not start <= place <= size:
        return f"pending({size} characters, {start}) gave {place!r}, which is not a place in [{start}, {size}]"
    seen = spans(scanner, head, start)
    if not scanner.pointwise:  # the engine steps back to the start of a finding that is not over
        place = min([place, *(begin for begin, end, _ in seen if begin < place < end)])
    settled = [one for one in seen if one[0] < place]
    for following in (text[size:], other, "", " ", other[::-1]):
        if [one for one in spans(scanner, head + following, start) if one[0] < place] != settled:
            return f"after {size} characters pending said {place}, but text that follows changes what begins before that"
    return None


CHECKS: tuple[Check, ...] = (
    breaks_its_spans,
    hangs_on_the_start,
    hangs_on_more_than_its_surroundings,
    promises_too_much,
)
