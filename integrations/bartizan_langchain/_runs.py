"""What a handler remembers of runs: which it has seen, and the streams that are under way."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from bartizan import Action, Blocked, Origin

if TYPE_CHECKING:
    from uuid import UUID

    from bartizan import Guard, ResponseStream, Session

MAX_RUNS: Final = 4_096
_SHORT: Final = 1_024
"""Characters that may be held back and still be looked through at every token; longer ones only as they grow by an eighth."""
_CONTEXT: Final = 256
"""Characters of released text kept as context for the scanners' word boundaries and lookarounds."""


class TokenWatch:
    """Watches the tokens of one run. It can't change them: it raises before the one that completes what must not go out."""

    def __init__(self, guard: Guard, verbs: Session, model: str | None, part: str) -> None:
        self._plan = guard.engine.plans["post_response"]
        self._part = part
        self._stream: ResponseStream | None = None if self._plan.holds_streams else verbs.open_stream(model=model, part=part)
        self._raw = ""
        self._before = ""
        self._looked = 0

    def feed(self, token: str) -> None:
        """Take a token.

        Raises:
            Blocked: it completes something that would be redacted or refused.
        """
        if self._stream is None:  # a plugin needs the whole answer: on_llm_end judges it
            return
        self._raw += token
        out = self._stream.feed(token)
        if not self._raw.startswith(out):
            raise Blocked(self._reason("text that the policy redacts"))
        self._before = (self._before + out)[-_CONTEXT:]
        self._raw = self._raw[len(out) :]
        if len(self._raw) <= _SHORT or len(self._raw) * 8 >= self._looked * 9:
            self._looked = len(self._raw)
            self._look()

    def close(self) -> None:
        """The run is over: report what was found."""
        if self._stream is not None:
            self._stream.close()

    def _look(self) -> None:
        """Judge what the stream still holds as if it ended here: a token must not go out to see what follows it."""
        text, start = self._before + self._raw, len(self._before)
        for _, member, scanners in self._plan.scanning:
            if "post_response" not in member.enforced:
                continue
            for scanner in scanners:
                for finding in scanner.scan(text, start):
                    action, _ = member.table.resolve(finding.label, finding.action, "post_response", Origin.ASSISTANT, self._part)
                    if action is not Action.NOTE:
                        raise Blocked(self._reason(f"{finding.label} by {member.name}"))

    @staticmethod
    def _reason(what: str) -> str:
        return f"the stream is stopped: found {what}; a callback can't redact tokens, guard_model can"


class Run:
    """One run: how often this handler is registered for it, and what it watches."""

    __slots__ = ("calls", "copies", "judged_elsewhere", "model", "verbs", "watches")

    def __init__(self, verbs: Session, model: str | None) -> None:
        self.verbs = verbs
        self.model = model
        self.copies = 1
        self.calls = 0
        self.judged_elsewhere = False
        """The model is guarded by the same guard: what handlers see of its answer has been judged, and values restored in it."""
        self.watches: dict[str, TokenWatch] = {}

    def close(self) -> None:
        """Close what is watched."""
        for watch in self.watches.values():
            watch.close()


class Runs:
    """The latest runs, by id; bounded, oldest out first. A handler registered twice for one run acts once."""

    def __init__(self, limit: int = MAX_RUNS) -> None:
        self._limit = limit
        self._lock = Lock()
        self._live: OrderedDict[UUID, Run] = OrderedDict()
        self._done: OrderedDict[tuple[str, UUID], None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._live)

    def start(self, run_id: UUID, run: Run) -> bool:
        """Enter a run; False if this handler has it already."""
        with self._lock:
            known = self._live.get(run_id)
            if known is not None:
                known.copies += 1
                return False
            self._live[run_id] = run
            dropped = self._live.popitem(last=False)[1] if len(self._live) > self._limit else None
        if dropped is not None:
            dropped.close()
        return True

    def find(self, run_id: UUID) -> Run | None:
        """The run, if it is under way."""
        return self._live.get(run_id)

    def end(self, run_id: UUID) -> Run | None:
        """Take a run out."""
        with self._lock:
            run = self._live.pop(run_id, None)
        if run is not None:
            run.close()
        return run

    def once(self, event: str, run_id: UUID) -> bool:
        """Whether this is the first time that an event of a run is seen."""
        with self._lock:
            if (event, run_id) in self._done:
                return False
            self._done[event, run_id] = None
            if len(self._done) > self._limit:
                self._done.popitem(last=False)
            return True
