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
    """Marks that overlap, directly or through others; touching marks stay apart. Only the winner is kept, so that a long chain is cheap."""

    __slots__ = ("end", "start", "winner")

    def __init__(self, mark: Mark) -> None:
        self.start, self.end = mark.start, mark.end
        self.winner = mark
        """The mark that names the cluster: action, length, earliest start, label, plugin; never the plugins' order."""

    def join(self, other: Cluster) -> None:
        """Unite with a cluster that overlaps."""
        self.end = max(self.end, other.end)
        self.winner = max(self.winner, other.winner, key=_precedence)


def _precedence(mark: Mark) -> tuple[int, int, int, str, str, bool, str]:
    length, own = mark.end - mark.start, mark.replacement
    return mark.rank, length, -mark.start, mark.label, mark.plugin, own is not None, own or ""


def clusters(marks: Iterable[Mark], unfinished: Iterable[Cluster] = ()) -> list[Cluster]:
    """The clusters of some marks, from left to right; `unfinished` ones, from before, are joined where the marks overlap them."""
    out: list[Cluster] = []
    for cluster in sorted([*unfinished, *map(Cluster, marks)], key=_place):
        if out and cluster.start < out[-1].end:
            out[-1].join(cluster)
        else:
            out.append(cluster)
    return out


def _place(cluster: Cluster) -> tuple[int, int]:
    return cluster.start, cluster.end


def own(cluster: Cluster) -> str | None:
    """The replacement that the winner itself brings, where it spans all of the cluster."""
    winner = cluster.winner
    return winner.replacement if winner.start == cluster.start and winner.end == cluster.end else None


def write(cluster: Cluster, value: str, vault: Vault, *, answer: bool) -> str:
    """What stands for a cluster. A replacement, or a partial mask, is right only where the winner spans all of it."""
    winner = cluster.winner
    replacement = own(cluster)
    if replacement is not None:
        return replacement
    whole = winner.start == cluster.start and winner.end == cluster.end
    return winner.style.render(winner.label, value, whole=whole, vault=vault, answer=answer)
