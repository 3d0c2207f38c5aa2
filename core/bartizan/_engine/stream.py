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
from bartizan._engine.contract import Breach, held
from bartizan._engine.faults import LEAVING, describe, overrun
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
PENDING_OUTSIDE: Final = "gave a pending place outside its text: the call is refused"
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
        "scan",
        "scanner",
        "seconds",
        "timeout_s",
    )

    def __init__(self, place: int, member: Member, scanner: Scanner) -> None:
        self.place = place
        self.member = member
        self.scanner = scanner
        self.scan = scanner.scan
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
        self._pseudonyms = vault.entries
        self._placeholders: VaultScanner | None = None
        self._restored_to = 0
        self._origin = origin
        self._part = part
        self._asked: Track
        self._failure = ""
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
        return self._advance()

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

    def _advance(self, *, ended: bool = False) -> str:
        low = keep = -1
        try:
            low, keep = self._settle(ended)
        except Breach as breach:
            self._failure = str(breach)
        except LEAVING:
            raise
        except BaseException as error:
            self._failure = describe(error, "scan")
        if low < 0:
            self._fail(self._failure)
            return self._advance(ended=ended)  # without the scanner that failed
        base, buffer = self._base, self._buffer
        if self._pseudonyms:  # the session's first may come while the stream runs: its prompt may be made by what it reads
            low = min(low, self._settle_placeholders(ended=ended))
        if self._marks or self._open:
            release, pieces, at = self._act(low)
            out = "".join([*pieces, buffer[at - base : release - base]])
        else:
            release = low
            out = buffer[self._out - base : release - base]
        self._out = release
        if release < keep:
            keep = release
        if keep > base:
            self._buffer, self._base = buffer[keep - base :], keep
        return out

    def _settle(self, ended: bool) -> tuple[int, int]:  # noqa: FBT001 (by position: every token passes here)
        """Move every cursor up as far as it goes; return the lowest, and where the text begins that some scanner still looks at.

        Every token of every stream passes here, hence the one loop without calls.
        """
        base, buffer = self._base, self._buffer
        length = low = keep = base + len(buffer)
        began = perf_counter()
        for track in self._tracks:
            self._asked = track
            cursor = track.cursor
            left = cursor - track.lookaround
            if left < base:
                left = base
            if length >= track.due or ended:
                window, limit = buffer[left - base :], length
                if not ended:
                    limit -= track.reach
                    if track.pending is not None:
                        at = track.pending(window, cursor - left)
                        if type(at) is not int or not cursor - left <= at <= length - left:
                            raise Breach(PENDING_OUTSIDE)
                        if left + at > limit:
                            limit = left + at
                if limit > cursor:
                    found = track.scan(window, cursor - left)
                    if found or (type(found) is not list and type(found) is not tuple):
                        limit = self._take(track, held(found, track.scanner, window, cursor - left), left, limit, ended=ended)
                    cursor = track.cursor = limit
                    left = cursor - track.lookaround
                backlog = length - cursor
                if backlog > PATIENCE:
                    track.due = length + backlog // PATIENCE_SHARE
                now = perf_counter()
                took, began = now - began, now
                track.seconds += took
                if took > track.timeout_s:
                    raise Breach(overrun("scan", track.timeout_s))
            if cursor < low:
                low = cursor
            if left < keep:
                keep = left
        return low, keep

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

    def _settle_placeholders(self, *, ended: bool) -> int:
        scanner = self._placeholders
        if scanner is None:
            scanner = self._placeholders = VaultScanner(self._vault)
            self._restored_to = self._out
        left = self._restored_to
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

    def _fail(self, reason: str) -> None:
        """The scanner that was asked failed: that refuses the stream, or, where the policy says so or only monitors, it is left out."""
        track = self._asked
        self.failed[track.place] = reason
        if track.member.closed_on_error and _HOOK in track.member.enforced:
            raise PluginError(track.member.name, reason)
        self._tracks = [other for other in self._tracks if other is not track]
