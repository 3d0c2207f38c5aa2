"""Plugins and scanners made to order, for tests of the core."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bartizan import Action, Finding, Guard, Principal, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOTE, REDACT, BLOCK = Action.NOTE, Action.REDACT, Action.BLOCK
ALICE = Principal("alice", ["user"], tenant="acme")
BOB = Principal("bob", ["user"], tenant="acme")


def plugin(
    name: str = "probe", *, scanners: Iterable[object] = (), attributes: dict[str, Any] | None = None, **hooks: Any
) -> Any:
    """An instance with these hooks, each given as a function of (self, ...) with the hook's own argument names."""
    namespace: dict[str, Any] = {"name": name, "scanners": tuple(scanners), **(attributes or {})}
    for hook, function in hooks.items():
        namespace[hook] = hookimpl(function)
    return type(name.title(), (), namespace)()


class Words:
    """A scanner that finds the matches of a regular expression, and counts how often it was asked."""

    pointwise = False

    def __init__(
        self, pattern: str, label: str = "WORD", action: Action = REDACT, *, max_span: int = 200, **finding: Any
    ) -> None:
        self.regex = re.compile(pattern)
        self.label = label
        self.action = action
        self.max_span = max_span
        self.lookaround = 0
        self.finding = finding
        self.asked: list[str] = []

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        self.asked.append(text)
        return [
            Finding(self.label, self.action, start=m.start(), end=m.end(), **self.finding)
            for m in self.regex.finditer(text, start)
        ]


class Given:
    """A scanner that gives the same answer whatever the text, made anew at each call."""

    max_span = 100
    lookaround = 0
    pointwise = True

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    def scan(self, text: str, start: int = 0) -> Any:
        return self.make()


def scanning(pattern: str, label: str = "WORD", action: Action = REDACT, *, name: str = "scans", **finding: Any) -> Any:
    """A plugin of one such scanner."""
    return plugin(name, scanners=[Words(pattern, label, action, **finding)])


def guarded(*plugins: Any, **settings: Any) -> Guard:
    """A guard of exactly these plugins; `settings` go into the table of each."""
    return Guard(plugins=list(plugins), config={one.name: settings for one in plugins} if settings else None)
