"""Texts as an observer may keep them: every finding, whatever its action, replaced by its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bartizan._values.findings import Finding
    from bartizan._values.texts import Segment


def labelled(segments: Sequence[Segment], findings: Iterable[Finding]) -> tuple[str, ...]:
    """The texts of the segments. Findings that overlap are one, named after the first; one without a span covers its segment."""
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for one in findings:
        if one.segment is not None:
            end = len(segments[one.segment].text) if one.end is None else one.end
            spans.setdefault(one.segment, []).append((one.start or 0, end, one.label))
    return tuple(_replaced(segment.text, sorted(spans.get(index, ()))) for index, segment in enumerate(segments))


def _replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, label in spans:
        if start >= at:
            pieces += [text[at:start], f"<{label}>"]
        at = max(at, end)
    return "".join([*pieces, text[at:]])
