"""Words that say what a number is, and the search that starts from them.

A number that many things share the form of is only looked at where one of its words stands before it. So a text full of order
numbers costs nothing, and neither does one more country.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bartizan_redaction._entities._entity import Spread

CONTEXT_WINDOW: Final = 56
"""How many characters before a number a word for it may stand."""
_LATIN_1: Final = 256
FOREIGN_REACH: Final = 27
_LETTER_FIRST: Final = re.compile("[a-z](?![?*+{])")
_GROUP_FIRST: Final = re.compile(r"\(\?:(?P<group>[^()]*)\)(?![?*+{])(?P<rest>.*)", re.DOTALL)
_ATOM: Final = re.compile(r"\\x[0-9a-f]{2}|\\.|\[[^\]]*\]|[^()|]")
_BETWEEN: Final = "[ _-]?"
_SPACE: Final = re.compile(r"\[[^\]]*\]| \??")
_CASE: Final = re.compile("(?<=[a-z])(?=[A-Z])")
_ENDS: Final = "(?-i:[^A-Za-z]|[A-Z][a-z])"
"""What stands behind a whole word; a capital and a small letter begin the next one."""
_LETTERS: Final = 4
_MOST_HEADS: Final = 1000
_OPTIONAL: Final = frozenset("?*+{")

FOREIGN_GATE: Final = r"\?[^0-9?]{0,24}(?:[0-9](?:[ (./-]{0,2}[0-9]|[. ]{0,2}\?)|[A-Z][0-9])"
"""A character beyond Latin-1 that a number follows: of a word in another script, or with letters that Latin-1 doesn't have."""
FOREIGN_BEGINS: Final = r"\?"


def alternatives(words: str) -> list[str]:
    """The alternatives of a pattern, those within its groups left in them."""
    out, depth, at = [""], 0, 0
    while at < len(words):
        piece = words[at : at + 2] if words[at] == "\\" else words[at]
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "|" and depth == 0:
            out.append("")
        else:
            out[-1] += piece
        at += len(piece)
    return out


def _opened(word: str) -> list[str]:
    """The word once for each alternative of the group that it begins with, so that each shows how it begins."""
    group = _GROUP_FIRST.fullmatch(word)
    return [word] if group is None else [f"{first}{group['rest']}" for first in group["group"].split("|")]


def _both_cases(pattern: str) -> str:
    """The pattern with the letters beyond ASCII in both cases: RE2 over Latin-1 knows only those of ASCII."""
    out, within = [], False
    for atom in re.findall(r"\\x[0-9a-f]{2}|\\.|.", pattern):
        within = (within or atom == "[") and atom != "]"
        letter = chr(int(f"0x{atom[2:]}", 0)) if atom.startswith("\\x") else atom
        both = "".join(dict.fromkeys((letter.lower(), letter.upper())))
        if len(letter) > 1 or letter.isascii() or len(both) == 1 or max(map(ord, both)) >= _LATIN_1:
            out.append(atom)
        else:
            out.append(both if within else f"[{both}]")
    return "".join(out)


class Words:
    """The words for one kind of number: a pattern in the syntax that `re` and RE2 share, case ignored.

    They are read as in keys, too: where the pattern has a space, a hyphen, an underscore or nothing may stand in its place, and a
    change of case begins a new word (`national_insurance_number`, `nhsNumber`, `customerSsn`).
    """

    def __init__(self, words: str, window: int = CONTEXT_WINDOW) -> None:
        spaced = _SPACE.sub(lambda found: found.group() if found.group()[0] == "[" else _BETWEEN, words)
        every = [word for alternative in alternatives(spaced) for word in _opened(alternative)]
        latin = [word for word in every if all(ord(character) < _LATIN_1 for character in word)]
        foreign = [word for word in every if word not in latin]
        latin = [_both_cases(word) for word in latin]
        self._window = window
        self._union = Union((rf"(?i)[^A-Z0-9](?:{'|'.join(latin)})(?:{_ENDS}|\z)",)) if latin else None
        self._foreign = re.compile("|".join(foreign), re.IGNORECASE) if foreign else None
        self._narrow = _Narrow(latin)
        plain = [word for word in latin if word[0].isascii() and word[0] != "["]
        signs = [word for word in latin if word not in plain]
        within = [rf"(?-i:{word[0].upper()}){word[1:]}" for word in plain if _LETTER_FIRST.match(word)]
        heads = [rf"(?:\b|_)(?:{'|'.join(plain)})"] * bool(plain) + ["|".join(signs)] * bool(signs)
        heads += [rf"\B(?:{'|'.join(within)})"] * bool(within)
        self._head: str | None = f"(?:{'|'.join(heads)}){_ENDS}" if latin else None
        self.begins: str = f"(?i:{'|'.join(dict.fromkeys(map(_first_letters, latin)))})"
        self.foreign: bool = bool(foreign)

    def gate(self, *, digit: bool = True) -> str | None:
        """From a word to the first digit behind it, or the word alone, in RE2 over Latin-1; None where all are of other scripts."""
        if self._head is None:
            return None
        return rf"(?i:(?:{self._head})(?s:[^0-9]{{0,{self._window}}})[0-9])" if digit else rf"(?i:{self._head})"

    def first(self, text: str, start: int) -> int:
        """Where the first of them, at or after a place, begins; -1 if there is none."""
        if self._union is None:
            return -1
        raw = encode_latin_1(f"\n{_CASE.sub(' ', text[start:])}")
        found = self._union.find(raw, 0, len(raw))
        # Where words were parted, it begins no later than it seems to.
        return found if found < 0 else start if len(raw) > len(text) - start + 1 else max(start, start + found - 1)

    def said(self, text: str, place: int) -> bool:
        """Whether one of them stands within the window before a place."""
        left = max(0, place - self._window - 2)
        before = text[left:place]
        if self._union is not None:
            # A word that begins where the window does may be the end of a longer one; at the text's beginning it is not.
            raw = encode_latin_1(before if left else f"\n{before}")
            if self._union.find(raw, 0, len(raw)) >= 0:
                return True
            if _CASE.search(before):
                raw = encode_latin_1(_CASE.sub(" ", before if left else f"\n{before}"))
                if self._union.find(raw, 0, len(raw)) >= 0:
                    return True
        return self._foreign is not None and not before.isascii() and self._foreign.search(text, left, place) is not None

    def spread(self, starts: re.Pattern[str], *, ahead: int | None, foreign: bool = False) -> Spread:
        """From a place that the gate found to the numbers behind it.

        `starts` matches where one may begin, no more than `ahead` characters before its first digit; None where it may have none.
        """
        reach = FOREIGN_REACH if foreign else self._window + 2
        find, narrow, digit = starts.finditer, self._narrow, re.compile("[0-9]").search

        def spread(text: str, place: int, done: int) -> tuple[Iterable[int], int]:
            if not foreign and narrow[text[place : place + _LETTERS].lower()](text, place) is None:
                return (), done
            end = place + reach
            begin = max(place, done)
            if ahead is not None:
                first = digit(text, begin, end + ahead)
                if first is None:
                    return (), end
                begin = max(begin, first.start() - ahead)
            return [found.start() for found in find(text, begin, end)], end

        return spread


class _Narrow(dict[str, "Callable[[str, int], re.Match[str] | None]"]):
    """The first letters at a place, in lower case -> the match of those words alone that begin so."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self._words = [(word, re.compile(_first_letters(word), re.IGNORECASE).match) for word in words]

    def __missing__(self, head: str) -> Callable[[str, int], re.Match[str] | None]:
        if len(self) >= _MOST_HEADS:
            self.clear()
        words = [word for word, begins in self._words if begins(head)]
        pattern = f"(?:{'|'.join(words)})(?-i:(?![A-Za-z])|(?=[A-Z][a-z]))" if words else r"(?!)"
        match = self[head] = re.compile(pattern, re.IGNORECASE).match
        return match


def said_before(words: str) -> Callable[[str, int], bool]:
    """A test of whether one of `words` stands within the window before a place."""
    return Words(words).said


def _first_letters(word: str) -> str:
    """A pattern for how a word begins, up to four characters of it; any character where that is not plain to see."""
    out, at = "", 0
    for _ in range(_LETTERS):
        atom = _ATOM.match(word, at)
        if atom is None or word[atom.end() : atom.end() + 1] in _OPTIONAL:
            break
        out, at = out + atom.group(), atom.end()
    return out or "."
