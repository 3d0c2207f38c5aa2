"""National numbers: US_SSN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, D, Entity, groups
from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_CONTEXT: Final = Union((r"(?is)ssn|social.?sec|\bs\.s\.n|soc\.? sec|\bss ?(?:#|no\b|num)|segur(?:o|idad) social|\bn\.?s\.?s\b",))
_CONTEXT_WINDOW: Final = 48
_NUMBER_BEFORE: Final = re.compile("[0-9][ \u00a0]")
_NUMBER_AFTER: Final = re.compile("[ \u00a0][0-9]")
_SSN: Final = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][-.])(?!000|666|9)[0-9]{3}([- .\u00a0]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9A-Za-z_]|[-.][0-9])"
)


def _ssn(text: str, begin: int) -> Span | None:
    found = _SSN.match(text, begin)
    if found is None:
        return None
    # Spaces are also between the numbers of a table.
    if found.group(1) in {" ", "\u00a0"} and (
        _NUMBER_BEFORE.match(text, max(0, begin - 2), begin) or _NUMBER_AFTER.match(text, found.end())
    ):
        return None
    # Dots and bare digits are how anything may be written: then the words before must say what it is.
    if found.group(1) in {"", "."}:
        before = encode_latin_1(text[max(0, begin - _CONTEXT_WINDOW) : begin])
        if _CONTEXT.find(before, 0, len(before)) < 0:
            return None
    return found.span()


US_SSN: Final = Entity(
    label="US_SSN",
    groups=groups("pii", "national_id", "us"),
    why="a US social security number",
    source="US Social Security Administration, POMS RM 10201.035: no area 000, 666 or 900 to 999, no group 00, no serial 0000",
    gate=r"\b[0-8][0-9]{2}(?:-[0-9]{2}-|\.[0-9]{2}\.|[ \xa0][0-9]{2}[ \xa0]|[0-9]{2})[0-9]{4}\b",
    begins=f"{D}{{3}}[ .-]{D}{{2}}[ .-]|{D}{{9}}[^01]",
    resolve=_ssn,
    max_span=SPACED_SPAN,
    spaced=True,
)
ENTITIES: Final = (US_SSN,)
