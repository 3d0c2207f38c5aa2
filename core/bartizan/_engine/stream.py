r"""Streamed = whole, for any cut: text is let go only where no finding can still join it.

Each scanner has a cursor. What begins before it is settled: it can't appear, vanish or change, whatever text follows. A cursor moves up
to where an unfinished finding could begin (`pending`), or as far as `max_span` and `lookaround` guarantee; within a finding that is not
settled it steps back to that finding's start, unless the scanner is pointwise. Rescanning a growing buffer instead is wrong: where a
scan begins decides what `\d{4}` finds.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final, NoReturn

from bartizan._engine.clusters import MAX_CLUSTER, RESTORE, Cluster, Mark, clusters, write
from bartizan._engine.contract import Breach, scanned
from bartizan._engine.faults import describe, overrun
from bartizan._engine.reasons import blocked_reason
from bartizan._engine.run import too_large
from bartizan._engine.styles import LABEL
from bartizan._engine.vault import VaultScanner
from bartizan._errors import Blocked, PluginError
from bartizan._values.findings import Action, Finding, attributed
from bartizan._values.texts import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan._engine.plan import Plan
    from bartizan._engine.vault import Vault
    from bartizan._plugins.member import Member
    from bartizan._values.findings import Scanner

KEPT_FINDINGS: Final = 1_000
"""Findings listed in a stream's event; further ones are counted, so that memory stays flat however long the stream."""
PATIENCE: Final = 256
"""Characters held back by a scanner before it is asked less often."""
PATIENCE_SHARE: Final = 8
"""A scanner that holds back more is asked again when an eighth has been added: what it looks at anew at each piece would otherwise make
a hostile stream's time quadratic."""
_HOOK: Final = "post_response"


class Track:
    """One scanner's way through the stream."""

    __slots__ = (
        "cursor",
        "due",
        "lookaround",
        "member",
        "pending",
        "place",
        "pointwise",
        "reach",
        "scanner",
        "seconds",
        "timeout_s",
    )

    def __init__(self, place: int, member: Member, scanner: Scanner) -> None:
        self.place = place
        self.member = member
        self.scanner = scanner
        self.reach = scanner.max_span + scanner.lookaround - 1
        self.lookaround = scanner.lookaround
        self.pointwise = scanner.pointwise
        self.pending: Callable[[str, int], int] | None = getattr(scanner, "pending", None)
        self.timeout_s = member.timeout_s
        self.cursor = 0
        self.due = 0
        self.seconds = 0.0


class TextStream:
    """The push engine below the iterators: `feed` text in any pieces, `end` it once; each returns what may go out."""

    def __init__(self, plan: Plan, vault: Vault, origin: Origin = Origin.ASSISTANT, part: str = "text") -> None:
        self._tracks = [Track(place, member, scanner) for place, member, scanners in plan.scanning for scanner in scanners]
        self._all_tracks = tuple(self._tracks)
        self._vault = vault
        self._placeholders = VaultScanner(vault) if len(vault) else None
        self._restored_to = 0
        self._origin = origin
        self._part = part
        self._buffer = ""
        self._base = 0
        self._out = 0
        self._marks: list[Mark] = []
        self._open: list[Cluster] = []
        self.findings: list[Finding] = []
        self.left_out = 0
        self.action = Action.NOTE
        self.enforced = True
        self.failed: dict[int, str] = {}

    def feed(self, piece: str) -> str:
        """Take a piece; return the text that is settled by now.

        Raises:
            Blocked: a finding refuses the stream; no character of it has gone out.
            PluginError: a scanner failed or broke its contract.
        """
        self._buffer += piece
        return self._advance(ended=False)

    def end(self) -> str:
        """Take the end of the stream; return the rest.

        Raises:
            Blocked: a finding refuses the stream; no character of it has gone out.
            PluginError: a scanner failed or broke its contract.
        """
        return self._advance(ended=True)

    def seconds(self, place: int) -> float:
        """How long a member's scanners took so far."""
        return sum(track.seconds for track in self._all_tracks if track.place == place)

    def _advance(self, *, ended: bool) -> str:
        base, buffer = self._base, self._buffer
        length = low = keep = base + len(buffer)
        for track in self._tracks:
            cursor = track.cursor
            left = cursor - track.lookaround
            left = max(left, base)
            if length < track.due and not ended:
                low, keep = min(low, cursor), min(keep, left)
                continue
            window = buffer[left - base :]
            limit = length if ended else self._limit(track, window, left, length - track.reach)
            if limit > cursor:
                found = self._scan(track, window, left)
                cursor = track.cursor = self._take(track, found, left, limit, ended=ended) if found else limit
                left = cursor - track.lookaround
            if length - cursor > PATIENCE:
                track.due = length + (length - cursor) // PATIENCE_SHARE
            low = min(low, cursor)
            keep = min(keep, left)
        if self._placeholders is not None:
            low = min(low, self._settle_placeholders(length, ended=ended))
        release, at = low, self._out
        pieces: list[str] = []
        if self._marks or self._open:
            release, pieces, at = self._act(low)
        pieces.append(buffer[at - base : release - base])
        self._out = release
        keep = max(base, min(release, keep))
        if keep > base:
            self._buffer, self._base = buffer[keep - base :], keep
        return pieces[0] if len(pieces) == 1 else "".join(pieces)

    def _limit(self, track: Track, window: str, left: int, limit: int) -> int:
        """Where the scanner's unsettled text begins: by its span and lookaround, or further on where `pending` says so."""
        if track.pending is None:
            return limit
        start, reason = track.cursor - left, ""
        try:
            at = track.pending(window, start)
            if type(at) is int and start <= at <= len(window):
                return max(limit, left + at)
            reason = "gave a pending place outside its text: the call is refused"
        except Exception as error:
            reason = describe(error, "pending")
        self._fail(track, reason)
        return left + len(window)

    def _scan(self, track: Track, window: str, left: int) -> list[Finding]:
        """The scanner's findings from its cursor on."""
        reason = ""
        found: list[Finding] = []
        began = perf_counter()
        try:
            found = scanned(track.scanner, window, track.cursor - left)
        except Breach as breach:
            reason = str(breach)
        except Exception as error:
            reason = describe(error, "scan")
        took = perf_counter() - began
        track.seconds += took
        if took > track.timeout_s and not reason:
            reason = overrun("scan", track.timeout_s)
        if reason:
            self._fail(track, reason)
        return found

    def _take(self, track: Track, found: list[Finding], left: int, limit: int, *, ended: bool) -> int:
        """Keep the findings that begin before `limit`, and return the new cursor."""
        settled = limit - left
        if not ended and not track.pointwise:
            spans = ((f.start, f.end) for f in found if f.start is not None and f.end is not None)
            settled = min((start for start, end in spans if start < settled < end), default=settled)
        for finding in found:
            if finding.start is not None and finding.start < settled:
                self._record(track, finding, left)
        return left + settled

    def _settle_placeholders(self, length: int, *, ended: bool) -> int:
        scanner, left = self._placeholders, self._restored_to
        if scanner is None:
            return length
        window = self._buffer[left - self._base :]
        limit = len(window) if ended else scanner.pending(window, 0)
        for start, end, value in scanner.spans(window, 0):
            if start < limit:
                self._marks.append(Mark(left + start, left + end, RESTORE, "", "", value, LABEL))
        self._restored_to = left + limit
        return self._restored_to

    def _record(self, track: Track, finding: Finding, offset: int) -> None:
        member = track.member
        action, style = member.table.resolve(finding.label, finding.action, _HOOK, self._origin, self._part)
        ours = attributed(finding, member.name, action, 0, -offset)
        self._keep(ours)
        if action is Action.NOTE:
            return
        if _HOOK not in member.enforced:
            self.enforced = False
        elif ours.start is not None and ours.end is not None:
            self._marks.append(Mark(ours.start, ours.end, int(action), ours.label, member.name, finding.replacement, style))

    def _act(self, low: int) -> tuple[int, list[str], int]:
        """Release up to `low`, but not into a cluster that straddles it; act on the clusters before that."""
        release = low
        found = clusters(self._marks, self._open)
        self._marks = []
        for cluster in found:
            if cluster.start < low < cluster.end:
                release = cluster.start
            if min(cluster.end, low) - cluster.start > MAX_CLUSTER:
                self._refuse_size(cluster)
        pieces: list[str] = []
        at, base = self._out, self._base
        for cluster in found:
            if cluster.end > release:
                continue
            if cluster.winner.rank == Action.BLOCK:
                self._refuse(cluster)
            value = self._buffer[cluster.start - base : cluster.end - base]
            pieces += [self._buffer[at - base : cluster.start - base], write(cluster, value, self._vault, answer=True)]
            at = cluster.end
        self._open = [cluster for cluster in found if cluster.end > release]
        return release, pieces, at

    def _refuse(self, cluster: Cluster) -> NoReturn:
        def within(finding: Finding) -> bool:
            return finding.start is not None and cluster.start <= finding.start < cluster.end

        blocking = [finding for finding in self.findings if finding.action is Action.BLOCK and within(finding)]
        if not blocking:  # past the findings that are kept
            mark = cluster.winner
            blocking = [
                attributed(Finding(mark.label, Action.BLOCK, start=mark.start, end=mark.end), mark.plugin, Action.BLOCK, 0, 0)
            ]
        raise Blocked(blocked_reason(_HOOK, blocking, [self._origin]), blocking)

    def _refuse_size(self, cluster: Cluster) -> NoReturn:
        finding = too_large(cluster.winner.label, 0, cluster.start, cluster.end)
        self._keep(finding)
        raise Blocked(blocked_reason(_HOOK, [finding], [self._origin]), [finding])

    def _keep(self, finding: Finding) -> None:
        self.action = max(self.action, finding.action)
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(finding)
        else:
            self.left_out += 1

    def _fail(self, track: Track, reason: str) -> None:
        """A scanner that fails refuses the stream; where the policy says `on_error = "continue"`, or it is only monitored, it is left out."""
        member = track.member
        self.failed[track.place] = reason
        if member.closed_on_error and _HOOK in member.enforced:
            raise PluginError(member.name, reason)
        self._tracks = [other for other in self._tracks if other is not track]
