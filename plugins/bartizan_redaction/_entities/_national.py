"""National numbers: US_SSN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import DIGITS, SPACED_SPAN, Entity, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_CONTEXT: Final = re.compile(r"ssn|social.?sec|(?<![A-Za-z])s\.s\.n|soc\.? sec", re.IGNORECASE)
_CONTEXT_WINDOW: Final = 48
_SSN: Final = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][-.])(?!000|666|9)[0-9]{3}([- .\u00a0]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9A-Za-z_]|[-.][0-9])"
)


def _ssn(text: str, begin: int) -> Span | None:
    found = _SSN.match(text, begin)
    if found is None:
        return None
    # Dots and bare digits are how anything may be written: then the words before must say what it is.
    if found.group(1) in {"", "."} and not _CONTEXT.search(text, max(0, begin - _CONTEXT_WINDOW), begin):
        return None
    return found.span()


US_SSN: Final = Entity(
    label="US_SSN",
    groups=groups("pii", "national_id", "us"),
    why="a US social security number",
    source="US Social Security Administration, POMS RM 10201.035: no area 000, 666 or 900 to 999, no group 00, no serial 0000",
    gate=r"\b[0-8][0-9]{2}(?:-[0-9]{2}-|\.[0-9]{2}\.|[ \u00a0][0-9]{2}[ \u00a0]|[0-9]{2})[0-9]{4}\b",
    first="012345678",
    second=DIGITS,
    resolve=_ssn,
    max_span=SPACED_SPAN,
    spaced=True,
)
ENTITIES: Final = (US_SSN,)
