"""One run of a text hook: scan, ask the hooks, merge, act once. The asynchronous twin differs only in how it waits."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bartizan._engine.clusters import MAX_CLUSTER, RESTORE, Mark, clusters, own, write
from bartizan._engine.contract import Breach, answered, scanned
from bartizan._engine.faults import LEAVING, describe, discard, overrun
from bartizan._engine.labelled import labelled
from bartizan._engine.loop import Overrun, Task
from bartizan._engine.reasons import blocked_reason
from bartizan._engine.scope import Scope
from bartizan._engine.styles import LABEL, PSEUDONYM
from bartizan._errors import PluginError
from bartizan._values.events import Event, PluginRun
from bartizan._values.findings import Action, Finding, attributed
from bartizan._values.texts import Prompt, Response, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bartizan._engine.cache import FindingCache, Recent, Scanned
    from bartizan._engine.loop import Outcome
    from bartizan._engine.plan import Plan
    from bartizan._engine.vault import Vault
    from bartizan._plugins.member import Implementation, Member
    from bartizan._values.context import Context
    from bartizan._values.findings import Scanner
    from bartizan._values.retrieval import RetrievalPolicy
    from bartizan._values.texts import Segment

ENGINE: Final = "bartizan"
"""Whose findings those are that no plugin made."""
UNREADABLE: Final = "UNREADABLE"
UNREADABLE_PART: Final = "unreadable"
_ANSWER: Final = "post_response"
_NOTE: Final = Action.NOTE
TOO_DENSE: Final = "CLUSTER_TOO_LARGE"
VAULT_FULL: Final = "PSEUDONYMS_FULL"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a guard as a whole is set to. `unreadable` holds the action on unknown blocks, then on known media."""

    enforced: bool = True
    unreadable: tuple[Action, Action] = (Action.BLOCK, Action.NOTE)
    retrieval: RetrievalPolicy | None = None
    """The policy's own, None where it has no such table; integrations read it."""


class HookRun:
    """The state of one run: call `judge`, then `tasks` and `take` where something is asynchronous, then `settle`."""

    __slots__ = (
        "_began",
        "_marks",
        "_plan",
        "_scope",
        "_seconds",
        "_settings",
        "_statuses",
        "action",
        "blocking",
        "changed",
        "context",
        "enforced",
        "failure",
        "findings",
        "hook",
        "known",
        "segments",
    )

    def __init__(
        self, plan: Plan, segments: tuple[Segment, ...], context: Context, scope: Scope | None, settings: Settings
    ) -> None:
        self._plan = plan
        self._scope = scope
        self._settings = settings
        self._marks: dict[int, list[Mark]] = {}
        self._statuses = ["skipped"] * len(plan.members)
        self._seconds = [0.0] * len(plan.members)
        self._began = perf_counter()
        self.hook = plan.hook
        self.segments = segments
        self.context = context
        self.findings: list[Finding] = []
        self.action = _NOTE
        self.enforced = settings.enforced or plan.enforcing
        self.blocking: list[Finding] = []
        self.changed: tuple[Segment, ...] | None = None
        self.failure: PluginError | None = None
        self.known: list[tuple[int, Scanned]] | None = None
        """What the scanners found, by segment, where all of them ran and a session may remember it."""

    @property
    def waits(self) -> bool:
        """Whether asynchronous plugins are to be asked; after a failure nobody is."""
        return bool(self._plan.asynchronous) and self.failure is None

    @property
    def vault(self) -> Vault:
        """The session's pseudonyms, or this call's own."""
        if self._scope is None:
            self._scope = Scope(lasting=False)
        return self._scope.vault

    def judge(self, recent: Recent | None = None) -> None:
        """Run the scanners and the synchronous hooks; what is `recent`, the first segments, is known already."""
        self._read_unreadable()
        if self._plan.scanning:
            self._scan(recent)
        if self._plan.sync and self.failure is None:
            self._ask()

    def tasks(self) -> list[Task]:
        """The asynchronous calls to make."""
        given = self._given()
        return [Task(one.call, one.args(given), one.member.timeout_s) for _, one in self._plan.asynchronous]

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Take what the asynchronous calls came to."""
        for (index, one), outcome in zip(self._plan.asynchronous, outcomes, strict=True):
            self._seconds[index] += outcome.seconds
            if isinstance(outcome.error, Overrun):
                self._fail(index, one.member, overrun(self.hook, one.member.timeout_s))
            elif outcome.error is not None:
                self._fail(index, one.member, describe(outcome.error, self.hook))
            else:
                self._accept(index, one, outcome.value)

    def settle(self) -> None:
        """Act: one pass over the clusters of each segment that has marks."""
        if self._scope is not None and self._scope.has_pseudonyms:
            self._restore()
        if not self._marks or self.failure is not None:
            return
        changed = list(self.segments)
        for index, marks in sorted(self._marks.items()):
            changed[index] = self.segments[index].with_text(self._written(index, marks))
        if not self.blocking:
            self.changed = tuple(changed)

    def event(self, *, with_texts: bool = False) -> Event:
        """What observers are told; the texts, findings replaced, only if one of them asks for those."""
        return Event(
            hook=self.hook,
            context=self.context,
            runs=tuple(map(PluginRun, [m.name for m in self._plan.members], self._statuses, self._seconds)),
            findings=tuple(self.findings),
            decision=None,
            seconds=perf_counter() - self._began,
            outcome=self.action,
            enforced=self.enforced,
            refused=str(self.failure) if self.failure else (blocked_reason(self.hook, self.blocking) if self.blocking else ""),
            characters=sum([len(segment.text) for segment in self.segments]),
            texts=labelled(self.segments, self.findings) if with_texts and "failed" not in self._statuses else (),
        )

    def _note(self, finding: Finding) -> None:
        self.findings.append(finding)
        self.action = max(self.action, finding.action)
        if finding.action is not Action.BLOCK:
            return
        if self._settings.enforced:
            self.blocking.append(finding)
        else:
            self.enforced = False

    def _read_unreadable(self) -> None:
        for index, segment in enumerate(self.segments):
            if segment.part == UNREADABLE_PART:
                action = self._settings.unreadable[bool(segment.metadata.get("media"))]
                kind = plain_name(segment.metadata.get("kind"), "unknown")
                finding = Finding(UNREADABLE, action, detail=f"a block of type {kind}")
                self._note(attributed(finding, ENGINE, action, index, 0))

    def _scan(self, recent: Recent | None) -> None:
        scope = self._scope
        cache = scope.cache if scope is not None and self._plan.cacheable else None
        known = [] if recent is None else list(recent.known)
        fresh = (
            list(enumerate(self.segments))
            if cache is None
            else self._unknown(cache, 0 if recent is None else len(recent.segments), known)
        )
        found: dict[int, list[tuple[int, Finding]]] = {}
        for place, member, scanners in self._plan.scanning:
            if self.failure is None:
                self._scan_all(place, member, scanners, fresh, found)
        if self.failure is not None:
            return
        whole = cache is not None and "failed" not in self._statuses
        for index, segment in fresh:
            ours = tuple(found.get(index, ()))
            if whole and cache is not None:
                cache.put(segment.text, segment.key, self.hook, ours)
            if ours:
                known.append((index, ours))
        known.sort(key=itemgetter(0))
        for index, ours in known:
            self._record_scanned(index, self.segments[index], ours)
        self.known = known if whole else None

    def _unknown(self, cache: FindingCache, start: int, known: list[tuple[int, Scanned]]) -> list[tuple[int, Segment]]:
        """The segments from `start` on that the session doesn't know; what it knows of the others is added to `known`."""
        hook, near, fresh = self.hook, cache.near, []
        for index in range(start, len(self.segments)):
            segment = self.segments[index]
            text = segment.text
            hit = near.get((id(text), hook))
            found = hit[2] if hit is not None and hit[0] is text and hit[1] == segment.key else cache.get(text, segment.key, hook)
            if found is None:
                fresh.append((index, segment))
            elif found:
                known.append((index, found))
        return fresh

    def _scan_all(
        self,
        place: int,
        member: Member,
        scanners: Sequence[Scanner],
        segments: Sequence[tuple[int, Segment]],
        found: dict[int, list[tuple[int, Finding]]],
    ) -> None:
        """One member's scanners over all segments; a leaf is scanned after its key, which may be what gives a secret away."""
        began, reason = perf_counter(), ""
        try:
            for index, segment in segments:
                key = segment.key
                text, start = (f"{key}: {segment.text}", len(key) + 2) if key else (segment.text, 0)
                for scanner in scanners:
                    for finding in scanned(scanner, text, start):
                        found.setdefault(index, []).append((place, finding))
        except Breach as breach:
            reason = str(breach)
        except LEAVING:
            raise
        except BaseException as error:
            reason = describe(error, self.hook)
        self._close(place, member, began, reason)

    def _record_scanned(self, index: int, segment: Segment, found: Iterable[tuple[int, Finding]]) -> None:
        offset = len(segment.key) + 2 if segment.key else 0
        for place, finding in found:
            if self._statuses[place] == "ran":
                self._record(self._plan.members[place], index, finding, offset)

    def _ask(self) -> None:
        given = self._given()
        for place, one in self._plan.sync:
            if self.failure is not None:
                return
            began, reason, found = perf_counter(), "", None
            try:
                found = one.call(*given) if one.picks is None else one.call(*one.args(given))
                if found is not None:
                    if hasattr(found, "__await__"):
                        reason = not_awaited(found, self.hook)
                    else:
                        found = answered(found, self.segments, self.hook)
            except Breach as breach:
                reason = str(breach)
            except LEAVING:
                raise
            except BaseException as error:
                reason = describe(error, self.hook)
            in_time = self._close(place, one.member, began, reason)
            if found and in_time:
                for index, finding in found:
                    self._record(one.member, index, finding, 0)

    def _accept(self, place: int, one: Implementation, value: object) -> None:
        reason = ""
        found: list[tuple[int, Finding]] = []
        try:
            found = answered(value, self.segments, self.hook)
        except Breach as breach:
            reason = str(breach)
        except LEAVING:
            raise
        except BaseException as error:
            reason = describe(error, self.hook)
        if reason:
            self._fail(place, one.member, reason)
            return
        if self._statuses[place] != "failed":
            self._statuses[place] = "ran"
        for index, finding in found:
            self._record(one.member, index, finding, 0)

    def _given(self) -> tuple[object, ...]:
        source = Response(self.segments) if self.hook == _ANSWER else Prompt(self.segments)
        return source, self.context

    def _close(self, place: int, member: Member, began: float, reason: str) -> bool:
        """Note how a member's part ended: it ran (True), failed, or took too long."""
        took = perf_counter() - began
        self._seconds[place] += took
        if not reason and took > member.timeout_s:
            reason = overrun(self.hook, member.timeout_s)
        if reason:
            self._fail(place, member, reason)
        elif self._statuses[place] != "failed":
            self._statuses[place] = "ran"
        return not reason

    def _fail(self, place: int, member: Member, reason: str) -> None:
        self._statuses[place] = "failed"
        if member.closed_on_error and self.hook in member.enforced and self.failure is None:
            self.failure = PluginError(member.name, reason)

    def _record(self, member: Member, index: int, finding: Finding, offset: int) -> None:
        segment = self.segments[index]
        action, style = member.table.resolve(finding.label, finding.action, self.hook, segment.origin, segment.part)
        ours = attributed(finding, member.name, action, index, offset)
        self.findings.append(ours)
        self.action = max(self.action, action)
        if action is Action.NOTE:
            return
        if self.hook not in member.enforced:
            self.enforced = False
            return
        if action is Action.BLOCK:
            self.blocking.append(ours)
        start = 0 if ours.start is None else ours.start
        end = len(segment.text) if ours.end is None else ours.end
        if start < end:
            mark = Mark(start, end, int(action), ours.label, member.name, finding.replacement, style)
            self._marks.setdefault(index, []).append(mark)

    def _restore(self) -> None:
        """Placeholders of this session in an answer give their values back, unless something was found over them."""
        if self.hook != _ANSWER:
            return
        for index, segment in enumerate(self.segments):
            for start, end, value in self.vault.spans(segment.text):
                self._marks.setdefault(index, []).append(Mark(start, end, RESTORE, "", "", value, LABEL))

    def _written(self, index: int, marks: list[Mark]) -> str:
        text, pieces, at = self.segments[index].text, [], 0
        for cluster in clusters(marks):
            winner = cluster.winner
            if cluster.end - cluster.start > MAX_CLUSTER and winner.rank != Action.BLOCK:
                finding = too_large(winner.label, index, cluster.start, cluster.end)
                self.findings.append(finding)
                self.action = Action.BLOCK
                # Also where the guard as a whole only monitors: whoever made these marks enforces.
                self.blocking.append(finding)
                continue
            if self.blocking:
                continue
            value = text[cluster.start : cluster.end]
            pieces += [text[at : cluster.start], write(cluster, value, self.vault, answer=self.hook == _ANSWER)]
            at = cluster.end
            if winner.style is PSEUDONYM and self.hook != _ANSWER and self.vault.known(value) is None and own(cluster) is None:
                self._note(vault_full(winner.label, index, cluster.start, cluster.end))
        return "".join([*pieces, text[at:]])


def too_large(label: str, segment: int, start: int, end: int) -> Finding:
    """The finding for a cluster that is over the limit, streamed or whole."""
    detail = f"findings of {label} unite over {MAX_CLUSTER:,} characters"
    finding = Finding(TOO_DENSE, Action.BLOCK, start=start, end=end, detail=detail)
    return attributed(finding, ENGINE, Action.BLOCK, segment, 0)


def vault_full(label: str, segment: int, start: int, end: int) -> Finding:
    """The note of a value that got a label in place of a pseudonym."""
    detail = f"this session's pseudonyms are full: a value of {label} got a label, which restores nothing"
    return attributed(Finding(VAULT_FULL, Action.NOTE, start=start, end=end, detail=detail), ENGINE, Action.NOTE, segment, 0)


def not_awaited(found: object, hook: str) -> str:
    """The reason for a plain function that returned an awaitable; read as an answer it would be true, whatever it holds."""
    discard(found)
    return f"returned an awaitable from a plain {hook}: write async def, so that it is awaited; the call is refused"
