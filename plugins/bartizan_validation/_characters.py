"""Characters that no reader sees but a model, a terminal or a renderer obeys.

Classes after The Unicode Standard (Default_Ignorable_Code_Point, chapter 23), UTS #51 (emoji), UTS #39 and UTR #36 (security),
ECMA-48 (control functions) and Boucher and Anderson, "Trojan Source" (2021). Every character is a finding of its own, so that
none depends on where scanning began; only an ANSI escape is longer. Each is replaced by U+FFFD: taking a character away could
join two harmless halves into a secret (UTR #36, section 3.5).
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_validation._joining import FLAG_TAGS, NEEDS_NEXT, at_home, flag_may_follow, in_flag
from bartizan_validation._labels import ANSI_ESCAPE, BIDI_CONTROL, CONTROL_CHARACTER, INVISIBLE_CHARACTER, TAG_CHARACTER

if TYPE_CHECKING:
    from collections.abc import Iterable

REPLACEMENT: Final = "\ufffd"
_CLASSES: Final = {
    CONTROL_CHARACTER: "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f",
    ANSI_ESCAPE: "\x1b\x9b",
    INVISIBLE_CHARACTER: (
        "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
        "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e0fff"
    ),
    BIDI_CONTROL: "\u202a-\u202e\u2066-\u2069",
    TAG_CHARACTER: "\U000e0000-\U000e007f",
}
_INTRODUCERS: Final = "\x1b", "\x9b"
# ECMA-48, 5.4 and 8.3: CSI parameters, intermediates, final; command strings (APC, DCS, OSC, PM, SOS) up to ST, or BEL as xterm
# has it; other escape sequences (ECMA-35, 13.2). Each takes as much as is there, so that it can be judged by what it covers
# alone.
_ESCAPE: Final = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,48}[ -/]{0,8}[@-~]?"
    "|\x1b[\\]PX^_][^\x00-\x1f\x7f-\x9f]{0,200}(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]{0,8}[0-~]?"
)
_MAX_SPAN: Final = 204
_RANGE: Final = re.compile("(.)(?:-(.))?", re.DOTALL)
_SHORT: Final = 64
"""Characters up to which `isprintable` beats a translation."""
_ALL_HOOKS: Final = frozenset({"pre_prompt", "post_response", "on_train"})
_C0: Final = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])


class CharacterScanner:
    """Finds the classes it is told to look for; every finding is independent of all others."""

    pointwise = True
    max_span = _MAX_SPAN
    lookaround = FLAG_TAGS

    def __init__(self, labels: frozenset[str], hooks: frozenset[str] = _ALL_HOOKS) -> None:
        self.hooks = hooks
        self._labels = labels
        self._escapes = ANSI_ESCAPE in labels
        classes = "".join(_CLASSES[label] for label in sorted(labels))
        self._candidates = re.compile(f"[{classes}]")
        self._others = re.compile(f"[{_complement(classes)}]*+")
        self._ascii = _C0 if CONTROL_CHARACTER in labels else b"\x1b" if self._escapes else b""

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """What is found from `start` on. Clean text is decided in one pass of C code."""
        if text.isascii():
            new = text[start:]
            if len(new) <= _SHORT and new.isprintable():
                return ()
            raw = new.encode()
            if len(raw.translate(None, self._ascii)) == len(raw):
                return ()
        others = self._others.match(text, start)
        first = start if others is None else others.end()
        if first == len(text):
            return ()
        found = (self._judge(text, candidate.start()) for candidate in self._candidates.finditer(text, first))
        return [finding for finding in found if finding is not None]

    def pending(self, text: str, start: int) -> int:
        """Where an unfinished escape, joiner, selector or flag begins; the end of the text otherwise."""
        at = len(text)
        plain = text.isascii()
        if self._escapes and (text.find("\x1b", start) >= 0 or (not plain and text.find("\x9b", start) >= 0)):
            at = self._open_escape(text, start)
        if plain or start == len(text):
            return at
        last = text[-1]
        if last >= "\u180b" and NEEDS_NEXT.match(last):
            at = min(at, len(text) - 1)
        elif last >= "\U000e0000" and (tags := flag_may_follow(text)) is not None:
            at = min(at, tags)
        return max(start, at)

    def _judge(self, text: str, index: int) -> Finding | None:
        char, end = text[index], index + 1
        if char < "\xa0":
            label = CONTROL_CHARACTER
            if self._escapes and char in _INTRODUCERS and " " <= text[end : end + 1] <= "~":
                escape = _ESCAPE.match(text, index)
                label, end = ANSI_ESCAPE, end if escape is None else escape.end()
        elif "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069":
            label = BIDI_CONTROL
        elif "\U000e0000" <= char <= "\U000e007f":
            label = TAG_CHARACTER
            if in_flag(text, index):
                return None
        else:
            label = INVISIBLE_CHARACTER
            if at_home(text, index):
                return None
        if label not in self._labels:
            return None
        return Finding(label, Action.BLOCK, start=index, end=end, replacement=REPLACEMENT)

    @staticmethod
    def _open_escape(text: str, start: int) -> int:
        """Where an escape begins that more text could lengthen or turn into another; the end of the text if there is none."""
        length = len(text)
        floor = max(start, length - _MAX_SPAN)
        last = max(text.rfind("\x1b", floor), text.rfind("\x9b", floor))
        if last < 0:
            return length
        escape = _ESCAPE.match(text, last)
        if last + 1 < length and (escape is None or escape.end() < length):
            return length
        if last + 1 == length:  # this may yet be the end of a command string before it
            string = max(text.rfind(introducer, floor, last) for introducer in _INTRODUCERS)
            before = _ESCAPE.match(text, string) if string >= 0 else None
            if before is not None and before.end() == last:
                return string
        return last


def _complement(classes: str) -> str:
    """The characters that are not in these ranges, as ranges: `re` is done with a member of a class sooner than with a stranger."""
    members = sorted((match[1], match[2] or match[1]) for match in _RANGE.finditer(classes))
    out, begin = "", 0
    for first, last in members:
        if ord(first) > begin:
            out += f"{re.escape(chr(begin))}-{re.escape(chr(ord(first) - 1))}"
        begin = max(begin, ord(last) + 1)
    return f"{out}{re.escape(chr(begin))}-{chr(sys.maxunicode)}"
