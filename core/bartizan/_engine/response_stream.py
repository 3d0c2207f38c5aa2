"""A model's answer as it arrives, bound to the session it was opened in, and reported once when it ends."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from bartizan._errors import BartizanError, PluginError, Refused
from bartizan._values.events import Event, PluginRun
from bartizan._values.texts import Origin, Segment

if TYPE_CHECKING:
    from bartizan._engine.engine import Engine
    from bartizan._engine.scope import Scope
    from bartizan._values.context import Context

_HOOK = "post_response"
_CUT = "the stream was cut"


class ResponseStream:
    """The push interface: `feed` each piece, `end` (or `await aend`) once; each returns the text that may go out by then.

    Who is asking was settled when the stream was opened: it may be read anywhere, by any thread or task. Where a plugin implements
    `post_response`, everything is held until the end, for that hook needs the whole.
    """

    def __init__(self, engine: Engine, context: Context, scope: Scope | None, *, part: str = "text") -> None:
        from bartizan._engine.scope import Scope
        from bartizan._engine.stream import TextStream

        self._engine = engine
        self._plan = engine.plans[_HOOK]
        self._context = context
        self._scope = scope = Scope(lasting=False) if scope is None else scope
        self._part = part
        self._held: list[str] | None = [] if self._plan.holds_streams else None
        self._text = TextStream(self._plan, scope.vault, part=part)
        self._began = perf_counter()
        self._ended = False

    @property
    def holds(self) -> bool:
        """Whether everything is held until the end."""
        return self._held is not None

    def feed(self, piece: str) -> str:
        """Take a piece; return what may go out.

        Raises:
            Blocked: something in it is refused; none of it has gone out.
            PluginError: a plugin failed.
            TypeError: the piece is not a str.
        """
        if type(piece) is not str:
            if not isinstance(piece, str):
                message = f"a stream takes pieces of str, not {type(piece).__name__}"
                raise TypeError(message)
            piece = str.__str__(piece)  # a subclass may add itself to other text in its own way
        if self._ended:
            message = "this stream has ended: open a new one"
            raise BartizanError(message)
        if self._held is not None:
            self._held.append(piece)
            return ""
        try:
            return self._text.feed(piece)
        except (Refused, PluginError) as refusal:
            failure = refusal
        except BaseException:
            self._ended = True  # whatever it was, what was found so far may be lost: nothing more goes out
            raise
        self._report(str(failure))
        raise failure

    def end(self) -> str:
        """Take the end; return the rest. Raises as `feed` does."""
        if self._held is None:
            if self._ended:
                return ""
            out, failure = self._finished()
            self._report("" if failure is None else str(failure))
            if failure is not None:
                raise failure
            return out
        self._ended = True
        verdict = self._engine.judge(_HOOK, self._whole(), self._context, self._scope)
        return verdict.text

    async def aend(self) -> str:
        """Take the end without blocking the event loop; return the rest. Raises as `feed` does."""
        if self._held is None:
            if self._ended:
                return ""
            out, failure = self._finished()
            await self._areport("" if failure is None else str(failure))
            if failure is not None:
                raise failure
            return out
        self._ended = True
        verdict = await self._engine.ajudge(_HOOK, self._whole(), self._context, self._scope)
        return verdict.text

    def close(self) -> None:
        """Give the stream up where it is; what was held is dropped, and what was found is reported."""
        if not self._ended:
            self._report(_CUT)

    async def aclose(self) -> None:
        """The same, without blocking the event loop on asynchronous observers."""
        if not self._ended:
            await self._areport(_CUT)

    def _whole(self) -> list[Segment]:
        return [Segment("".join(self._held or ()), Origin.ASSISTANT, part=self._part)]

    def _finished(self) -> tuple[str, Refused | PluginError | None]:
        """The rest, or the refusal."""
        self._ended = True
        try:
            return self._text.end(), None
        except (Refused, PluginError) as refusal:
            return "", refusal

    def _report(self, refused: str) -> None:
        self._ended = True
        if self._engine.reporter.active:
            self._engine.reporter.report(self._event(refused))

    async def _areport(self, refused: str) -> None:
        self._ended = True
        if self._engine.reporter.active:
            await self._engine.reporter.areport(self._event(refused))

    def _event(self, refused: str) -> Event:
        text, members = self._text, self._plan.members
        status = ["failed" if place in text.failed else "ran" for place in range(len(members))]
        return Event(
            hook=_HOOK,
            context=self._context,
            runs=tuple(
                PluginRun(m.name, s, text.seconds(place)) for place, (m, s) in enumerate(zip(members, status, strict=True))
            ),
            findings=tuple(text.findings),
            decision=None,
            seconds=perf_counter() - self._began,
            outcome=text.action,
            enforced=text.enforced and (self._engine.settings.enforced or self._plan.enforcing),
            refused=refused,
            findings_left_out=text.left_out,
        )
