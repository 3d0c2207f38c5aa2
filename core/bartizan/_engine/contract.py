"""What a finding must be to be acted on: a breach refuses the call."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from numbers import Real
from typing import TYPE_CHECKING, Final

from bartizan._engine.faults import discard, wrong_type
from bartizan._engine.quotes import quotes
from bartizan._values.findings import Action, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bartizan._values.findings import Scanner
    from bartizan._values.texts import Segment

MAX_FINDINGS: Final = 1_000_000
"""Of one plugin in one call: an iterable that never ends must not hold the caller for ever."""
_LABEL: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
REFUSED: Final = "the call is refused"


_NOTHING: Final[list[Finding]] = []


class Breach(Exception):
    """A finding, or what came in its place, breaks the contract."""


def scanned(scanner: Scanner, text: str, start: int) -> list[Finding]:
    """One scanner's findings in a text, held to its own word.

    Raises:
        Breach: one is malformed, lies outside the text or before `start`, or is longer than the scanner's `max_span`.
    """
    return held(scanner.scan(text, start), scanner, text, start)


def held(found: object, scanner: Scanner, text: str, start: int) -> list[Finding]:
    """What a scanner gave for `text` from `start` on, held to its own word. Raises as `scanned` does."""
    if not found and (type(found) is list or type(found) is tuple):
        return _NOTHING
    out = _listed(found, "scan")
    for place, finding in enumerate(out):
        check_shape(finding)
        first, end = finding.start, finding.end
        if first is None or end is None:
            message = f"gave a finding {finding.label} without a span from a scanner: {REFUSED}"
            raise Breach(message)
        check_span(finding, first, end, len(text))
        if first < start or end - first > scanner.max_span:
            message = f"gave a finding {finding.label} of {end - first} characters that breaks its scanner's start or max_span: {REFUSED}"
            raise Breach(message)
        if finding.detail:
            out[place] = discreet(finding, text)
    return out


def answered(found: object, segments: Sequence[Segment], hook: str) -> list[tuple[int, Finding]]:
    """A hook's findings, each with the index of its segment.

    Raises:
        Breach: it returned something else, or a finding that is malformed, without a segment among several, or outside its text.
    """
    if found is None:
        return []
    out = []
    for finding in _listed(found, hook):
        check_shape(finding)
        index = finding.segment
        if index is None:
            if len(segments) != 1:
                message = f"gave a finding {finding.label} without a segment among {len(segments)}: {REFUSED}"
                raise Breach(message)
            index = 0
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(segments):
            message = f"gave a finding {finding.label} in a segment that does not exist: {REFUSED}"
            raise Breach(message)
        if finding.start is not None or finding.end is not None:
            check_span(finding, finding.start, finding.end, len(segments[index].text))
        out.append((index, discreet(finding, segments[index].text) if finding.detail else finding))
    return out


def check_shape(finding: Finding) -> None:
    """Types that a dataclass does not check, and a label that can be shown anywhere."""
    if not isinstance(finding.label, str) or not _LABEL.fullmatch(finding.label):
        message = f"gave a finding whose label is not a name such as EMAIL_ADDRESS: {REFUSED}"
        raise Breach(message)
    if not isinstance(finding.action, Action):
        message = f"gave a finding {finding.label} whose action is a {type(finding.action).__name__}, not an Action: {REFUSED}"
        raise Breach(message)
    if finding.replacement is not None and not isinstance(finding.replacement, str):
        message = (
            f"gave a finding {finding.label} whose replacement is a {type(finding.replacement).__name__}, not a str: {REFUSED}"
        )
        raise Breach(message)
    if not isinstance(finding.detail, str):
        message = f"gave a finding {finding.label} whose detail is a {type(finding.detail).__name__}, not a str: {REFUSED}"
        raise Breach(message)
    if not isinstance(finding.score, Real) or isinstance(finding.score, bool) or not math.isfinite(finding.score):
        message = f"gave a finding {finding.label} whose score is not a finite number: {REFUSED}"
        raise Breach(message)


def discreet(finding: Finding, text: str) -> Finding:
    """The finding without its detail, where that quotes what was found: details go into messages."""
    if quotes(finding.detail, text[finding.start : finding.end], whole=finding.start is None):
        return replace(finding, detail="")
    return finding


def check_span(finding: Finding, start: object, end: object, length: int) -> None:
    """0 <= start < end <= length: a span of no length would redact nothing."""
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        message = f"gave a finding {finding.label} whose span is empty or outside its text of {length} characters: {REFUSED}"
        raise Breach(message)


def _listed(found: object, hook: str) -> list[Finding]:
    wanted = "an iterable of Finding"
    if isinstance(found, Finding | str | bytes | bytearray | memoryview | Mapping) or not hasattr(found, "__iter__"):
        discard(found)
        raise Breach(wrong_type(hook, found, wanted))
    iterable: Iterable[object] = found
    out: list[Finding] = []
    for item in islice(iterable, MAX_FINDINGS + 1):
        if not isinstance(item, Finding):
            discard(item)
            raise Breach(wrong_type(hook, item, "Finding"))
        out.append(item)
    if len(out) > MAX_FINDINGS:
        message = f"gave more than {MAX_FINDINGS:,} findings in {hook}: {REFUSED}"
        raise Breach(message)
    return out
