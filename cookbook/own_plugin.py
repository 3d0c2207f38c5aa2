"""A plugin of your own: a scanner that works in streams, a hook for what needs the whole, and an observer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel

from bartizan import Action, Context, Event, Finding, Guard, Prompt, Scanner, hookimpl

TICKET = re.compile(r"\bTCK-\d{6}\b")


class TicketScanner:
    """Finds ticket numbers. A match is 10 characters; a word boundary looks at one more on either side."""

    max_span = 10
    lookaround = 1
    pointwise = False

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """Tickets that begin at or after `start`."""
        return [Finding("TICKET", Action.REDACT, start=m.start(), end=m.end()) for m in TICKET.finditer(text, start)]

    def pending(self, text: str, start: int) -> int:
        """A ticket has no space in it, so only the last word can still become one: earlier text may stream on."""
        return max(start, text.rfind(" ") + 1)


class Tickets:
    """Redacts ticket numbers, and refuses a prompt that asks about too many at once."""

    class Config(BaseModel, extra="forbid", frozen=True):
        """Its table in the policy."""

        most: int = 3

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scanners: tuple[Scanner, ...] = (TicketScanner(),)
        self.labels = frozenset({"TICKET", "TOO_MANY_TICKETS"})

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Context) -> list[Finding]:
        """Counting needs the whole prompt, so it is a hook."""
        count = sum(len(TICKET.findall(segment.text)) for segment in prompt.segments)
        if count <= self.config.most:
            return []
        return [Finding("TOO_MANY_TICKETS", Action.BLOCK, segment=0, detail=f"{count} tickets, at most {self.config.most}")]

    @hookimpl
    def observe(self, event: Event) -> None:
        """What happened, after it did; no values in it."""
        states = ", ".join(f"{run.plugin} {run.status}" for run in event.runs)
        print(f"    [{event.hook}: {len(event.findings)} finding(s); {states}{'; refused' if event.refused else ''}]")


def main() -> None:
    """Judge a prompt, a stream and a prompt that is refused."""
    with Guard(plugins=["validation", "redaction", Tickets(Tickets.Config(most=2))]) as guard:
        print(guard.pre_prompt("What about TCK-004711? Tell jane@example.com").text)
        print("".join(guard.stream_response(iter(["It is TCK-0", "04711", ", closed."]))))
        refused = guard.pre_prompt("TCK-000001 TCK-000002 TCK-000003")
        print(refused.explain())


if __name__ == "__main__":
    main()
