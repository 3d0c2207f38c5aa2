"""Sanitises the texts of a data set: the scanners judge, findings become clusters, each is acted on once, as everywhere else."""

from __future__ import annotations

from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan._engine.clusters import MAX_CLUSTER, Mark, clusters, write
from bartizan._engine.contract import Breach, held
from bartizan._engine.faults import describe, overrun
from bartizan._engine.plan import plan
from bartizan._engine.tally import Tally
from bartizan._engine.vault import Vault
from bartizan._errors import BartizanError, PluginError
from bartizan._values.events import PluginRun
from bartizan._values.findings import Action
from bartizan._values.texts import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan._engine.plan import Plan
    from bartizan._plugins.member import Member
    from bartizan._values.findings import Finding, Scanner

HOOK: Final = "on_train"
TOO_DENSE: Final = "CLUSTER_TOO_LARGE"
_PART: Final = "text"
_REMEMBERED: Final = 8_192
_SHORT: Final = 64
"""Characters: values up to that length come again and again in real columns, and are judged once."""


class Judged(NamedTuple):
    """Texts as they may be learned, in their order, and for each that was withheld (by its index) the label that did it."""

    texts: list[str]
    withheld: dict[int, str]


class _Act(NamedTuple):
    """What becomes of one text."""

    text: str
    acted: tuple[str, ...]
    noted: tuple[str, ...]
    unenforced: tuple[str, ...]
    withheld: str


_CLEAN: Final = _Act("", (), (), (), "")


class Sanitizer:
    """The scanners that serve `on_train`, over the texts of a data set (origin DOCUMENT).

    A value with a finding whose action is BLOCK is withheld: its label stands for all of it, so that nothing of it is learned.
    """

    def __init__(self, members: Sequence[Member], policy: str = "", *, exact: bool = False) -> None:
        self.policy = policy
        """The digest of the policy."""
        self._exact = exact
        self._plan: Plan = plan(HOOK, [member for member in members if _scans(member)])
        self._known: dict[tuple[str, str], _Act] | None = {} if self._plan.cacheable else None
        self._vault = Vault()
        self._seconds = [0.0] * len(self._plan.members)
        self._failed: set[int] = set()

    def __bool__(self) -> bool:
        """Whether any scanner serves `on_train`."""
        return bool(self._plan.scanning)

    @property
    def members(self) -> tuple[Member, ...]:
        """The plugins whose scanners take part."""
        return self._plan.members

    @property
    def unenforced(self) -> list[str]:
        """The plugins that only monitor training: what they find stays as it is."""
        return [member.name for member in self.members if HOOK not in member.enforced]

    def check(self) -> None:
        """Refuse what can't be sanitised right.

        Raises:
            BartizanError: a pseudonym could be written, which nothing outside its session can give its value back to.
        """
        for member in self.members:
            if any(style.name == "pseudonym" for style in member.table.styles(HOOK, Origin.DOCUMENT, _PART)):
                message = (
                    f"plugin {member.name!r} writes pseudonyms, which belong to one session, and a data set outlives it: for training set "
                    f'style = "hash", "mask" or "label", in a rule with hooks = ["{HOOK}"] if only there'
                )
                raise BartizanError(message)

    def identity(self) -> str:
        """What tells the data that this sanitises from what another one makes of it: the policy and its keys.

        Where the policy's digest does not tell all of it (plugins given as instances without a Config), no other has the same.
        """
        styles = [s for m in self.members for s in m.table.styles(HOOK, Origin.DOCUMENT, _PART) if s.name == "hash"]
        keyed = sorted(style.render("KEY", "bartizan", whole=True, vault=self._vault, answer=False) for style in styles)
        return "\0".join([self.policy, *keyed, "" if self._exact else token_hex(16)])

    def runs(self) -> tuple[PluginRun, ...]:
        """How long each plugin's scanners took until now."""
        return tuple(
            PluginRun(member.name, "failed" if place in self._failed else "ran", self._seconds[place])
            for place, member in enumerate(self.members)
        )

    def judge(self, texts: Sequence[str], keys: str | Sequence[str], columns: str | Sequence[str], tally: Tally) -> Judged:
        """The texts as they may be learned. Each is scanned as `key: text`; what is found is counted under its column.

        Raises:
            PluginError: a scanner failed or broke its contract.
        """
        counted = Tally()  # counted apart: several threads may read one set
        counted.values = len(texts)
        acts, fresh, again = self._recall(texts, keys)
        found: dict[int, list[tuple[int, Finding]]] = {}
        unjudged: set[int] = set()
        for place, member, scanners in self._plan.scanning:
            self._scan(place, member, scanners, fresh, found, unjudged, counted)
        for index, _, offset in fresh:
            act = acts[index] = _CLEAN if index not in found else self._act(texts[index], found[index], offset)
            if index not in unjudged:
                self._remember(texts[index], keys if type(keys) is str else keys[index], act)
        acts |= {index: acts[first] for index, first in again}
        out, withheld = list(texts), {}
        for index, act in acts.items():
            if act is _CLEAN:
                continue
            _count(act, columns if type(columns) is str else columns[index], counted)
            if act.acted:
                out[index] = act.text
            if act.withheld:
                withheld[index] = act.withheld
        tally.add(counted)
        return Judged(out, withheld)

    def _recall(
        self, texts: Sequence[str], keys: str | Sequence[str]
    ) -> tuple[dict[int, _Act], list[tuple[int, str, int]], list[tuple[int, int]]]:
        """What is known by index; what is to be scanned (index, key and text in one, where the text begins in it); what comes again."""
        known, acts = self._known, {}
        fresh: list[tuple[int, str, int]] = []
        firsts: dict[tuple[str, str], int] = {}
        again: list[tuple[int, int]] = []
        for index, text in enumerate(texts):
            if not text:
                continue
            key = keys if type(keys) is str else keys[index]
            if known is not None and len(text) <= _SHORT:
                act = known.get((key, text))
                if act is not None:
                    acts[index] = act
                    continue
                first = firsts.setdefault((key, text), index)
                if first != index:
                    again.append((index, first))
                    continue
            fresh.append((index, f"{key}: {text}" if key else text, len(key) + 2 if key else 0))
        return acts, fresh, again

    def _remember(self, text: str, key: str, act: _Act) -> None:
        known = self._known
        if known is not None and len(text) <= _SHORT:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[key, text] = act

    def finds(self, text: str, key: str = "") -> str:
        """The label of something in a text that may not be kept as it is; empty if there is nothing."""
        tally = Tally()
        self.judge([text], key, "", tally)
        return next((label for labels in tally.findings.values() for label in labels), "")

    def _scan(
        self,
        place: int,
        member: Member,
        scanners: Sequence[Scanner],
        fresh: Sequence[tuple[int, str, int]],
        found: dict[int, list[tuple[int, Finding]]],
        unjudged: set[int],
        tally: Tally,
    ) -> None:
        began, timed = perf_counter(), member.timed_training
        for index, text, start in fresh:
            reason, own = "", []
            value_began = perf_counter() if timed else 0.0
            try:
                for scanner in scanners:
                    got = scanner.scan(text, start)
                    if got or type(got) is not list:
                        own += [(place, finding) for finding in held(got, scanner, text, start)]
            except Breach as breach:
                reason = str(breach)
            except Exception as error:
                reason = describe(error, HOOK)
            if timed and not reason and perf_counter() - value_began > member.timeout_s:
                reason = overrun(HOOK, member.timeout_s)
            if reason:
                self._failed.add(place)
                if member.closed_on_error and HOOK in member.enforced:
                    raise PluginError(member.name, reason)
                unjudged.add(index)
                tally.failed[member.name] = tally.failed.get(member.name, 0) + 1
            elif own:
                found.setdefault(index, []).extend(own)
        self._seconds[place] += perf_counter() - began

    def _act(self, text: str, found: Sequence[tuple[int, Finding]], offset: int) -> _Act:
        acted: list[str] = []
        noted: list[str] = []
        unenforced: list[str] = []
        marks: list[Mark] = []
        for place, finding in found:
            member = self._plan.members[place]
            action, style = member.table.resolve(finding.label, finding.action, HOOK, Origin.DOCUMENT, _PART)
            label = str.__str__(finding.label)
            if HOOK not in member.enforced:
                unenforced.append(label)
            elif action is Action.NOTE:
                noted.append(label)
            else:
                acted.append(label)
                start = 0 if finding.start is None else finding.start - offset
                end = len(text) if finding.end is None else finding.end - offset
                marks.append(Mark(start, end, int(action), label, member.name, finding.replacement, style))
        pieces, at, withheld = [], 0, ""
        for cluster in clusters(marks):
            if cluster.winner.rank == Action.BLOCK:
                withheld = max(withheld, cluster.winner.label)
            elif cluster.end - cluster.start > MAX_CLUSTER:
                withheld = max(withheld, TOO_DENSE)
            else:
                value = text[cluster.start : cluster.end]
                pieces += [text[at : cluster.start], write(cluster, value, self._vault, answer=False)]
                at = cluster.end
        new = f"<{withheld}>" if withheld else "".join([*pieces, text[at:]])
        return _Act(new, tuple(acted), tuple(noted), tuple(unenforced), withheld)


def _count(act: _Act, column: str, tally: Tally) -> None:
    for counts, labels in ((tally.findings, act.acted), (tally.noted, act.noted), (tally.unenforced, act.unenforced)):
        for label in labels:
            tally.count(counts, column, label)
    tally.withheld += bool(act.withheld)


def _scans(member: Member) -> bool:
    return any(HOOK in getattr(scanner, "hooks", (HOOK,)) for scanner in member.scanners)
