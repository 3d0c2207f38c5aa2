"""A text with odd characters and escapes undone, some layers deep.

What a place becomes hangs only on a bounded stretch around it: an escape has at most `MOST` characters, no more than `MOST_WEAK`
odd ones in a row count, and in later layers both are measured in the original. So each character of the new text stands for at
most `UNIT` of the original.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Pattern, byte_length, char_length, encode
from bartizan_redaction._views._characters import DRESSED, GATE, MOST_TWINS, MOST_WEAK, strong, twins, weak
from bartizan_redaction._views._escapes import MOST, escapes, has_escapes
from bartizan_redaction._views._view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bartizan_redaction._views._view import Edit

UNIT: Final = MOST + MOST_WEAK
_ROUNDS: Final = 3
_GATE: Final = Pattern(GATE)
_NUL: Final = Pattern(r"\x00")
_ALNUM_ONLY: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@_")
_VALUE: Final = frozenset(map(chr, range(0x21, 0x7F)))


def normal(text: str, offset: int = 0, *, most: int = MOST, most_weak: int = MOST_WEAK) -> View | None:
    """The text as it reads, or None if it reads as it stands.

    Args:
        text: what to read.
        offset: where it stands in the original.
        most: how many characters of `text` a new one may stand for; what would stand for more is left as it is.
        most_weak: how many in a row may vanish.
    """
    view: View | None = None
    for _ in range(_ROUNDS):
        edits = [
            (begin, end, new)
            for begin, end, new in _edits(text)
            if (end - begin if view is None else view.end(end) - view.begin(begin)) <= most
        ]
        edits = list(_with_few_gone(edits, view, most_weak))
        if not edits:
            return view
        view = View(text, edits, parent=view, offset=offset if view is None else 0)
        text = view.text
    return view


def _with_few_gone(edits: list[Edit], view: View | None, most: int) -> Iterator[Edit]:
    """The edits without those that make more than `most` characters of the original in a row vanish."""
    row: list[Edit] = []
    for edit in edits:
        if row and (edit[2] or edit[0] != row[-1][1]):
            yield from _few(row, view, most)
            row = []
        if edit[2]:
            yield edit
        else:
            row.append(edit)
    yield from _few(row, view, most)


def _few(row: list[Edit], view: View | None, most: int) -> list[Edit]:
    if not row:
        return row
    begin, end = row[0][0], row[-1][1]
    return row if (end - begin if view is None else view.end(end) - view.begin(begin)) <= most else []


def _edits(text: str) -> list[Edit]:
    found = list(escapes(text)) if has_escapes(text) else []
    odd = list(_odd(text)) if "\0" in text or not text.isascii() else []
    if not odd or not found:
        return found or odd
    out: list[Edit] = []
    last = -1
    for edit in sorted(found + odd):
        if edit[0] >= last:
            out.append(edit)
            last = edit[1]
    return out


def _odd(text: str) -> Iterator[Edit]:
    """What each odd character stands for, where it touches what values are made of."""
    raw = encode(text)
    gate = _NUL if text.isascii() else _GATE
    byte, place, done, size = 0, 0, 0, len(raw)
    hit = gate.search(raw, byte, size)
    while hit is not None:
        place += char_length(raw, byte, hit[0])
        byte = hit[0]
        for at in (place, place + 1):
            if done <= at < len(text):
                edits, done = _run(text, at, done)
                yield from edits
        # The second character of a pair may be the first of the next.
        step = max(done - place, 1)
        byte += byte_length(raw, byte, min(step, len(text) - place))
        place += step
        hit = gate.search(raw, byte, size)


def _run(text: str, at: int, done: int) -> tuple[list[Edit], int]:
    """The edits of the run of odd characters at `at`, and up to where the text is done."""
    character = text[at]
    fixed, light = strong(), weak()
    if character in fixed:
        row = DRESSED.match(text, at)
        end = at + 1 if row is None else row.end()
        return [(place, place + 1, fixed[text[place]]) for place in range(at, end) if text[place] in fixed], end
    table, most, beside = (light, MOST_WEAK, _VALUE) if character in light else (twins(), MOST_TWINS, _ALNUM_ONLY)
    if character not in table:
        return [], done
    begin, end = at, at + 1
    while begin > 0 and text[begin - 1] in table and at - begin <= most:
        begin -= 1
    while end < len(text) and text[end] in table and end - at <= most:
        end += 1
    near = (text[begin - 1 : begin], text[end : end + 1])
    if end - begin > most or not any(other in beside or other in fixed for other in near):
        return [], max(end, done)
    return [(place, place + 1, table[text[place]]) for place in range(max(begin, done), end)], max(end, done)
