"""Checked by mypy --strict and pyright, never run: plugins as their authors type them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from bartizan import AccessRequest, Action, Context, Decision, Event, Finding, Guard, Prompt, Response, Scanner, hookimpl


class TicketScanner:
    """A scanner is any object of this shape; it need not inherit from anything."""

    max_span = 10
    lookaround = 1
    pointwise = False

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        at = text.find("TCK-", start)
        if at >= 0:
            yield Finding("TICKET", Action.REDACT, start=at, end=at + 10)


class Tickets:
    """A plugin with a scanner."""

    class Config(BaseModel, frozen=True, extra="forbid"):
        """It takes no settings."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scanners: tuple[Scanner, ...] = (TicketScanner(),)


class OfficeHours:
    """A plugin with every kind of hook but training's, one of them asynchronous."""

    class Config(BaseModel, frozen=True, extra="forbid"):
        """What it takes."""

        word: str = "secret"

    def __init__(self, config: Config) -> None:
        self.config = config

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Context) -> list[Finding] | None:
        return [
            Finding("WORD", Action.BLOCK, segment=index)
            for index, segment in enumerate(prompt.segments)
            if self.config.word in segment.text and context.purpose != "audit"
        ]

    @hookimpl
    async def post_response(self, response: Response, context: Context) -> Iterable[Finding] | None:
        return None if context.purpose or not response.segments else [Finding("WORD", Action.NOTE, segment=0)]

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        return Decision.deny("the office is closed") if request.action == "deploy" and context.principal is None else None

    @hookimpl
    def observe(self, event: Event) -> None:
        assert event.seconds >= 0


def names_and_instances_mix() -> Guard:
    return Guard(plugins=["validation", Tickets(Tickets.Config()), OfficeHours(OfficeHours.Config(word="hush"))], timeout_s=1.0)
