"""Passphrases: values of several words, in quotes, that their name calls a password. A GENERIC_SECRET that holds spaces."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._generic import GENERIC_SECRET
from bartizan_redaction._entities._judge import stands_for_one
from bartizan_redaction._entities._secret_names import BETWEEN, BETWEEN_GATE, PASSWORD

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_LONGEST: Final = 128
_VALUE: Final = "|".join(
    rf"{quote}(?P<value{index}>[^\s{quote}\\][^\n{quote}\\]{{6,{_LONGEST - 2}}}[^\s{quote}\\])\\?{quote}"
    for index, quote in enumerate("\"'`")
)
_AT_NAME: Final = re.compile(rf"(?P<name>{PASSWORD}){BETWEEN}\\?(?:{_VALUE})", re.IGNORECASE)
_LETTER_BEFORE: Final = re.compile("[A-Za-z]")
# What forms and messages say about passwords.
_SAID: Final = re.compile(
    r"\b(?:pass(?:word|phrase|code)?s?|passwort|must|enter|your|please|characters?|invalid|required?|incorrect|forgot(?:ten)?|reset|change"
    r"|confirm|wrong|should|can(?:not|'t)?|is|are|was|be|not|least|current|again|show|hide|toggle|field|log ?in|sign|expired?|weak|strong"
    r"|missing|empty|optional|minimum|maximum|secret|token|key|user(?:name)?|value|string|text|example|placeholder)\b|[<{$%]",
    re.IGNORECASE,
)
_OPENED: Final = re.compile(rf"(?:{PASSWORD}){BETWEEN}\\?(?P<quote>[\"'`])", re.IGNORECASE)
_HINTS: Final = ("pass", "pwd")


_WORD: Final = r"[^\s\"'`=,;:(){}\[\]<>$]{1,32}"
_LEAF: Final = re.compile(
    rf"(?:[\w.\- ]{{0,60}}?(?<![A-Za-z]))?(?P<name>{PASSWORD}): (?P<value>{_WORD}(?: {_WORD}){{1,11}})\Z", re.IGNORECASE
)
_LEAF_BEGUN: Final = re.compile(rf"[\w.\- ]{{0,60}}?(?:{PASSWORD})(?P<colon>:)(?: [^\n]{{0,{_LONGEST}}})?\Z", re.IGNORECASE)
_PROSE: Final = re.compile(
    r"\b(?:the|an?|of|in|on|for|with|and|or|it|we|you|I|me|my|see|to|at|by|has|have|will|was|if|as|from)\b", re.IGNORECASE
)
_LEAF_LONGEST: Final = 64 + _LONGEST
_MIXED: Final = re.compile(r"(?=\S*[A-Za-z])\S*[0-9]")


def _told(value: str) -> bool:
    """Whether words are said about passwords, not one themselves."""
    return stands_for_one(value, "") or (_SAID.search(value) is not None and _MIXED.search(value) is None)


def _leaf(text: str, pivot: int) -> Span | None:
    """A structured leaf is scanned as `key: value`, without quotes: the whole text then is one such pair."""
    found = _LEAF.match(text) if len(text) <= _LEAF_LONGEST else None
    if found is None or found.start("name") != pivot or len(found["value"]) > _LONGEST:
        return None
    words = len(found["value"].split())
    if words < (2 if "phrase" in found["name"].lower() else 3) or _PROSE.search(found["value"]) or _told(found["value"]):
        return None
    return found.span("value")


def _phrase(text: str, pivot: int) -> Span | None:
    found = _AT_NAME.match(text, pivot)
    if found is None:
        return _leaf(text, pivot)
    if pivot and len(found["name"]) <= 4 and _LETTER_BEFORE.match(text, pivot - 1):  # noqa: PLR2004 (pass, pwd)
        return None
    group = next(name for name in ("value0", "value1", "value2") if found[name] is not None)
    value = found[group]
    if len(value.split()) < 2 or _told(value):  # noqa: PLR2004 (one word is found without this)
        return None
    return found.span(group)


def _unfinished(text: str, start: int) -> int:
    """The last quote behind a name, if it is not closed: a stream must not let the words go that follow it."""
    size = len(text)
    left = max(0, size - _LONGEST - 48)
    tail = text[left:]
    if size <= _LEAF_LONGEST + 1 and ":" in text:
        begun = _LEAF_BEGUN.match(text)
        if begun is not None:
            return max(start, begun.start("colon"))
    if '"' not in tail and "'" not in tail and "`" not in tail:
        return size
    small = tail.lower()
    if not any(hint in small for hint in _HINTS):
        return size
    held = size
    for opened in _OPENED.finditer(tail):
        at, quote = opened.start("quote"), opened["quote"]
        rest = tail[at + 1 :]
        # Closed, and what follows the closing quote is there: settled.
        if len(rest) <= _LONGEST + 2 and "\n" not in rest and quote not in rest[:-1]:
            held = min(held, left + at)
    return max(start, held)


PASSPHRASE: Final = replace(
    GENERIC_SECRET,
    why="words in quotes that their name calls a password",
    source="names as in OWASP, 'Secrets management cheat sheet'; NIST SP 800-63B section 3.1.1.1 (passphrases with spaces)",
    gate=rf"(?i:(?:{PASSWORD}){BETWEEN_GATE})",
    begins="(?i:pa|pw)",
    resolve=_phrase,
    max_span=_LONGEST,
    unfinished=_unfinished,
)
ENTITIES: Final = (PASSPHRASE,)
