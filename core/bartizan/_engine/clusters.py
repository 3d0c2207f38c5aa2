"""Overlapping marks become clusters, and each cluster is acted on once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan._engine.styles import Style
    from bartizan._engine.vault import Vault

MAX_CLUSTER: Final = 65_536
"""Characters; a larger cluster is refused, streamed or whole, so that a stream never has to hold more."""
RESTORE: Final = 0
"""Rank of a placeholder that gives its value back: anything that was found goes before it."""


class Mark(NamedTuple):
    """A span to act on. `rank` is the action (REDACT, BLOCK) or RESTORE."""

    start: int
    end: int
    rank: int
    label: str
    plugin: str
    replacement: str | None
    style: Style


class Cluster:
    """Marks that overlap, directly or through others. Touching marks stay apart."""

    __slots__ = ("end", "marks", "start")

    def __init__(self, mark: Mark) -> None:
        self.start, self.end, self.marks = mark.start, mark.end, [mark]

    @property
    def winner(self) -> Mark:
        """The mark that names the cluster: action, length, earliest start, label, plugin; never the plugins' order."""
        return max(self.marks, key=_precedence)


def _precedence(mark: Mark) -> tuple[int, int, int, str, str, str]:
    return mark.rank, mark.end - mark.start, -mark.start, mark.label, mark.plugin, mark.replacement or ""


def clusters(marks: Iterable[Mark]) -> list[Cluster]:
    """The clusters of some marks, from left to right."""
    out: list[Cluster] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if out and mark.start < out[-1].end:
            out[-1].marks.append(mark)
            out[-1].end = max(out[-1].end, mark.end)
        else:
            out.append(Cluster(mark))
    return out


def write(cluster: Cluster, value: str, vault: Vault, *, answer: bool) -> str:
    """What stands for a cluster. A replacement, or a partial mask, is right only where the winner spans all of it."""
    winner = cluster.winner
    whole = winner.start == cluster.start and winner.end == cluster.end
    if whole and winner.replacement is not None:
        return winner.replacement
    return winner.style.render(winner.label, value, whole=whole, vault=vault, answer=answer)
