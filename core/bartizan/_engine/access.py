"""Decides a request: deny overrides ask overrides allow, and nothing said is a deny."""

from __future__ import annotations

from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bartizan._engine.faults import LEAVING, describe, discard, overrun, wrong_type
from bartizan._engine.loop import Overrun, Task
from bartizan._engine.quotes import quotes_any
from bartizan._engine.run import not_awaited
from bartizan._errors import AccessDenied, ApprovalRequired, PluginError
from bartizan._values.access import Decision, Effect
from bartizan._values.events import Event, PluginRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan._engine.approvals import ApprovalDesk
    from bartizan._engine.loop import Outcome
    from bartizan._plugins.member import Implementation, Member
    from bartizan._values.access import AccessRequest

_RANK: Final = {Effect.ALLOW: 0, Effect.ASK: 1, Effect.DENY: 2}
_HOOK: Final = "authorize"


class AccessRun:
    """The state of one decision: `ask`, then `tasks` and `take` where something is asynchronous, then `decide`."""

    __slots__ = (
        "_authorizers",
        "_began",
        "_opinions",
        "_recorded",
        "_request",
        "_runs",
        "decision",
        "enforced",
        "failure",
        "identified",
    )

    def __init__(self, authorizers: Sequence[Implementation], request: AccessRequest, *, identified: bool) -> None:
        self._authorizers = authorizers
        self._request = request
        self._opinions: list[tuple[Member, Decision]] = []
        self._runs: dict[str, PluginRun] = {}
        self._began = perf_counter()
        self.identified: bool = identified
        self.decision: Decision = Decision.DENY
        self._recorded: Decision | None = None
        self.enforced: bool = True
        self.failure: PluginError | None = None

    def ask(self) -> None:
        """Ask the synchronous authorizers: all of them, so that the order never matters."""
        if not self.identified:
            return
        for one in self._authorizers:
            if one.asynchronous or self.failure is not None:
                continue
            began, reason, answer = perf_counter(), "", None
            try:
                answer = one.call(*one.args((self._request, self._request.context)))
                if hasattr(answer, "__await__"):
                    reason = not_awaited(answer, _HOOK)
            except LEAVING:
                raise
            except BaseException as error:
                reason = describe(error, _HOOK)
            self._accept(one.member, answer, reason, perf_counter() - began)

    def tasks(self) -> list[Task]:
        """The asynchronous calls to make; none without an identity, after a failure, or where it is denied already."""
        waiting = self._waiting()
        if not waiting or not self.identified or self.failure is not None:
            return []
        if any(one.effect is Effect.DENY for _, one in self._enforced()):
            return []
        return [Task(one.call, one.args((self._request, self._request.context)), one.member.timeout_s) for one in waiting]

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Take what the asynchronous calls came to."""
        for one, outcome in zip(self._waiting(), outcomes, strict=True):
            reason = ""
            if isinstance(outcome.error, Overrun):
                reason = overrun(_HOOK, one.member.timeout_s)
            elif outcome.error is not None:
                reason = describe(outcome.error, _HOOK)
            self._accept(one.member, outcome.value, reason, outcome.seconds)

    def decide(self, desk: ApprovalDesk) -> None:
        """Combine the opinions, and let an approval turn an ASK into an ALLOW; it never overrides a DENY."""
        if self.failure is not None:
            return
        if self._authorizers and not [one for one in self._authorizers if _HOOK in one.member.enforced]:
            self.enforced = False
            self._recorded = self._combined(self._opinions)
            self.decision = Decision.allow("monitor mode: recorded, not enforced")
            return
        said = self._combined(self._enforced())
        if said.effect is Effect.ASK and self._request.approval is not None:
            problem = desk.redeem(self._request.approval, self._request)
            said = Decision.deny(problem) if problem else Decision.allow("approved")
        self.decision = said

    def event(self) -> Event:
        """What observers are told."""
        refused = str(self.failure) if self.failure else ("" if self.decision.effect is Effect.ALLOW else self.reason)
        return Event(
            hook=_HOOK,
            context=self._request.context,
            runs=tuple(
                [self._runs.get(name) or PluginRun(name, "skipped", 0.0) for name in [a.member.name for a in self._authorizers]]
            ),
            findings=(),
            decision=None if self.failure else (self.decision if self._recorded is None else self._recorded),
            seconds=perf_counter() - self._began,
            action=self._request.action,
            enforced=self.enforced,
            refused=refused,
        )

    @property
    def reason(self) -> str:
        """Why it is not allowed, naming the action."""
        reason, action = self.decision.reason, self._request.action
        if action in reason:
            return reason
        said = "is denied" if self.decision.effect is Effect.DENY else "needs approval"
        return f"{action!r} {said}: {reason}" if reason else f"{action!r} {said}"

    def outcome(self) -> Decision:
        """The decision, if it allows.

        Raises:
            PluginError: an authorizer failed; AccessDenied: it is denied; ApprovalRequired: a person must approve it.
        """
        if self.failure is not None:
            raise self.failure
        if self.decision.effect is Effect.DENY:
            raise AccessDenied(self.reason, self._request, self.decision.retry_after)
        if self.decision.effect is Effect.ASK:
            raise ApprovalRequired(self.reason, self._request)
        return self.decision

    def _combined(self, opinions: Sequence[tuple[Member, Decision]]) -> Decision:
        """What the opinions come to."""
        action = self._request.action
        if not self.identified:
            return Decision.deny(f"nobody is identified, so {action!r} is denied: open a session with a principal")
        if not opinions:
            missing = "no authorizer is loaded" if not self._authorizers else "no authorizer grants it"
            return Decision.deny(f"{action!r} is denied: {missing}")
        if len(opinions) == 1:
            said = opinions[0][1]
            return said if said.retry_after is None or said.effect is Effect.DENY else Decision(said.effect, said.reason)
        _, said = max(opinions, key=lambda one: (_RANK[one[1].effect], one[0].name))
        retry = max((d.retry_after for _, d in opinions if d.effect is Effect.DENY and d.retry_after is not None), default=None)
        return Decision(said.effect, said.reason, retry if said.effect is Effect.DENY else None)

    def _enforced(self) -> list[tuple[Member, Decision]]:
        return [one for one in self._opinions if _HOOK in one[0].enforced]

    def _waiting(self) -> list[Implementation]:
        return [one for one in self._authorizers if one.asynchronous]

    def _accept(self, member: Member, answer: object, reason: str, seconds: float) -> None:
        if not reason and answer is not None and not _well_formed(answer):
            discard(answer)
            reason = wrong_type(_HOOK, answer, "Decision or None")
        if not reason and seconds > member.timeout_s:
            reason = overrun(_HOOK, member.timeout_s)
        self._runs[member.name] = PluginRun(member.name, "failed" if reason else "ran", seconds)
        if reason:
            if member.closed_on_error and not self._monitored(member):
                self.failure = self.failure or PluginError(member.name, reason)
        elif isinstance(answer, Decision):
            self._opinions.append((member, self._discreet(answer)))

    def _discreet(self, said: Decision) -> Decision:
        """The opinion without its reason, where that quotes an argument: reasons go into messages."""
        request = self._request
        if not request.args and not request.args_written:
            return said
        if said.reason and (quotes_any(said.reason, request.args) or quotes_any(said.reason, request.args_written)):
            return Decision(said.effect, "", said.retry_after)
        return said

    @staticmethod
    def _monitored(member: Member) -> bool:
        return _HOOK not in member.enforced


def _well_formed(answer: object) -> bool:
    """A Decision whose fields hold what they say: a dataclass does not check."""
    if not isinstance(answer, Decision) or not isinstance(answer.effect, Effect) or not isinstance(answer.reason, str):
        return False
    retry = answer.retry_after
    return retry is None or (isinstance(retry, int | float) and not isinstance(retry, bool) and 0 <= retry < inf)
