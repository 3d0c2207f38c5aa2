"""How much may be put before a model in one call. Lengths alone are read, so a long prompt costs no more than a short one."""

from __future__ import annotations

from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_validation._labels import PROMPT_TOO_LONG, TOO_MANY_SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan import Segment

_TEXT: Final = attrgetter("text")


def over_limits(segments: Sequence[Segment], max_chars: int | None, max_segments: int | None) -> list[Finding]:
    """What breaks the limits (None: no limit), each at the segment that crosses it; empty where nothing does."""
    found = []
    if max_segments is not None and len(segments) > max_segments:
        detail = f"{len(segments):,} segments, at most {max_segments:,}"
        found.append(Finding(TOO_MANY_SEGMENTS, Action.BLOCK, segment=max_segments, detail=detail))
    if max_chars is not None:
        total = sum(map(len, map(_TEXT, segments)))
        if total > max_chars:
            sums = accumulate(map(len, map(_TEXT, segments)))
            crossing = next(index for index, so_far in enumerate(sums) if so_far > max_chars)
            detail = f"{total:,} characters, at most {max_chars:,}"
            found.append(Finding(PROMPT_TOO_LONG, Action.BLOCK, segment=crossing, detail=detail))
    return found
