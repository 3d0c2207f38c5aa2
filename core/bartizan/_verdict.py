"""What a guard says of a text: read it, and a refusal raises."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn, Self

from bartizan._engine.reasons import blocked_reason
from bartizan._errors import BartizanError, Blocked, no_truth_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bartizan._messages import Rebuild
    from bartizan._values.findings import Action, Finding
    from bartizan._values.texts import Segment

_EXPLAINED = 100
_INSTEAD = "read .blocked, .text or .action, or call .raise_if_blocked()"


class Verdict:
    """The outcome of `pre_prompt` or `post_response`.

    `action` is the strictest action among the findings; `blocked` whether the text is refused; `enforced` is False where monitor mode
    recorded something and left the text as it was. A blocked verdict that nobody reads warns when it goes.
    """

    __slots__ = ("_action", "_blocked", "_findings", "_hook", "_original", "_read", "_rebuild", "_segments", "enforced")

    enforced: bool

    def __init__(  # noqa: PLR0917 (made by the engine alone, by position: it is on every call's way)
        self,
        hook: str,
        original: tuple[Segment, ...],
        changed: tuple[Segment, ...] | None,
        findings: Sequence[Finding],
        blocking: Sequence[Finding],
        action: Action,
        enforced: bool,  # noqa: FBT001 (the same)
        rebuild: Rebuild | None,
    ) -> None:
        self._hook = hook
        self._original = original
        self._segments = original if changed is None else changed
        self._findings = tuple(findings)
        self._blocked = blocking
        self._action = action
        self.enforced = enforced
        self._rebuild = rebuild
        self._read = False

    @property
    def action(self) -> Action:
        """The strictest action among the findings."""
        self._read = True
        return self._action

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found, notes included."""
        self._read = True
        return self._findings

    @property
    def blocked(self) -> bool:
        """Whether the text is refused."""
        self._read = True
        return bool(self._blocked)

    @property
    def text(self) -> str:
        """The text to go on with.

        Raises:
            Blocked: it is refused.
            BartizanError: the verdict holds several segments; read `.segments` or `.messages()`.
        """
        segments = self.segments
        if len(segments) != 1:
            message = f"this verdict holds {len(segments)} segments: read .segments or .messages()"
            raise BartizanError(message)
        return segments[0].text

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments to go on with, in the order given.

        Raises:
            Blocked: one is refused.
        """
        self.raise_if_blocked()
        return self._segments

    def messages(self) -> list[dict[str, Any]]:
        """The chat messages to go on with, shaped as they were given to `Prompt.from_messages`.

        Raises:
            Blocked: one is refused.
            BartizanError: the prompt was not made from messages.
        """
        segments = self.segments
        if self._rebuild is None:
            message = "this verdict was not made from messages: read .text or .segments, or judge Prompt.from_messages(...)"
            raise BartizanError(message)
        return self._rebuild(segments)

    def raise_if_blocked(self) -> Self:
        """This verdict, or the refusal.

        Raises:
            Blocked: the text is refused; the reason names labels and plugins, never a value.
        """
        self._read = True
        if self._blocked:
            origins = [self._original[f.segment].origin for f in self._blocked if f.segment is not None]
            raise Blocked(blocked_reason(self._hook, self._blocked, origins), self._blocked)
        return self

    def explain(self) -> str:
        """What was found, where, by which plugin and why, one line each, the first hundred of them; free of data."""
        self._read = True
        found = self._findings
        state = "blocked" if self._blocked else "passed" if not found else f"passed, strictest action {self._action.name.lower()}"
        head = f"{self._hook}: {state}, {len(found)} finding(s)" + (
            "" if self.enforced else ", monitor mode: nothing was changed"
        )
        values = self._short_values()
        lines = [f"  {self._line(finding, values)}" for finding in self._findings[:_EXPLAINED]]
        if len(self._findings) > _EXPLAINED:
            lines.append(f"  … and {len(self._findings) - _EXPLAINED} more")
        return "\n".join([head, *lines])

    def _line(self, finding: Finding, values: Mapping[str, str]) -> str:
        index = finding.segment or 0
        segment = self._original[index]
        span = "all of it" if finding.start is None else f"characters {finding.start}–{finding.end}"
        path = _shown_path(segment.path, values)
        why = f": {finding.detail}" if finding.detail else ""
        return (
            f"{finding.action.name.lower()} {finding.label} in segment {index} "
            f"({segment.origin.value}, {segment.part}{path}), {span}, by {finding.plugin}{why}"
        )

    def _short_values(self) -> dict[str, str]:
        """The values found that may stand in one of the paths shown, and their labels: a key of the judged data may hold one."""
        shown = [finding.segment or 0 for finding in self._findings[:_EXPLAINED]]
        paths = "\n".join({self._original[index].path or "" for index in shown})
        out: dict[str, str] = {}
        for finding in self._findings if paths.strip() else ():
            value = self._original[finding.segment or 0].text[finding.start : finding.end]
            if value.strip() and len(value) <= len(paths) and value not in out and value in paths:
                out[value] = finding.label
        return out

    def __bool__(self) -> NoReturn:
        self._read = True
        no_truth_value("Verdict", _INSTEAD)

    def __format__(self, spec: str) -> NoReturn:
        self._read = True
        message = "a Verdict is not text: use its .text"
        raise TypeError(message)

    def __str__(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        self._read = True
        labels = ", ".join(sorted({finding.label for finding in self.findings}))
        return f"<Verdict {self.action.name}, blocked={bool(self._blocked)}, segments={len(self._original)}, labels=[{labels}]>"


def _shown_path(path: str, values: Mapping[str, str]) -> str:
    """A path without the values found."""
    for value, label in values.items():
        path = path.replace(value, f"<{label}>")
    return f", at {path}" if path else ""


class BlockedVerdict(Verdict):
    """A verdict that refuses: dropping it unread is almost always a call that forgot to look."""

    __slots__ = ()

    def __del__(self) -> None:
        if not self._read:
            message = f"a blocked verdict of {self._hook} was dropped unread: read .text or call .raise_if_blocked()"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
