"""What judges give back: findings; and the local judge itself, a scanner."""

from __future__ import annotations

import enum
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bartizan._values.fast import setters

if TYPE_CHECKING:
    from collections.abc import Iterable


class Action(enum.IntEnum):
    """What a finding asks for; the strictest wins."""

    NOTE = 0
    REDACT = 1
    BLOCK = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in a text: what (`label`), where (`start`, `end` in characters) and what should be done.

    Without a span it means the whole segment (hooks only). `segment` is the index of the segment judged; it may be left out
    only where there is one. `replacement` stands for the value instead of the plugin's style. `detail` says why, in words free of
    data. `plugin` is filled in by the engine.
    """

    label: str
    action: Action
    _: KW_ONLY
    start: int | None = None
    end: int | None = None
    segment: int | None = None
    score: float = 1.0
    replacement: str | None = field(default=None, repr=False)
    detail: str = field(default="", repr=False)
    plugin: str = field(default="", init=False)


_FIELDS = ("label", "action", "start", "end", "segment", "score", "replacement", "detail", "plugin")
_label, _action, _start, _end, _segment, _score, _replacement, _detail, _plugin = setters(Finding, *_FIELDS)


def attributed(finding: Finding, plugin: str, action: Action, segment: int, offset: int) -> Finding:
    """The finding as the engine records it: whose it is, in which segment, `offset` characters further to the left."""
    out = Finding.__new__(Finding)
    label = finding.label
    _label(out, label if type(label) is str else str.__str__(label))  # an enumeration's member writes itself in its own way
    _action(out, action)
    _start(out, None if finding.start is None else finding.start - offset)
    _end(out, None if finding.end is None else finding.end - offset)
    _segment(out, segment)
    _score(out, finding.score)
    _replacement(out, None)  # it may hold a part of the value; whoever writes it takes it from the plugin's own finding
    _detail(out, finding.detail)
    _plugin(out, plugin)
    return out


@runtime_checkable
class Scanner(Protocol):
    """A local judge of one text, fixed at construction and safe to share between threads.

    Given `start`, a finding [a, b) depends on `text[a - lookaround : b + lookaround]` alone (anchors, word boundaries and
    lookarounds count) and b - a <= `max_span`, in characters. One scanner's findings never overlap, unless it is `pointwise`:
    then each finding is independent of all others.

    Optional: `pending(text, start) -> int`, the earliest place at or after `start` where a finding that is not finished yet could
    begin (`len(text)` if none): it lets streams release text early. Optional: `hooks`, the text hooks it serves (default: all).
    """

    max_span: int
    lookaround: int
    pointwise: bool

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """Findings that begin at or after `start`; the text before `start` is context only."""
        ...
