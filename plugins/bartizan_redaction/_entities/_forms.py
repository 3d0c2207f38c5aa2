"""GENERIC_SECRET in further forms: in markup and tables, in calls, behind a name and a space, and with names in other languages."""

from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_letters
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import TOKEN_SPAN
from bartizan_redaction._entities._generic import GENERIC_SECRET, OPEN, named_so, value_at
from bartizan_redaction._entities._judge import Named, looks_secret
from bartizan_redaction._entities._secret_names import (
    BEGINS,
    BETWEEN,
    COMMANDS,
    IN_SCRIPTS,
    MARKED,
    MARKED_GATE,
    PASSWORD,
    SCRIPTS_GATE,
    SCRIPTS_KEY,
    SCRIPTS_PASSWORD,
    SECRET,
    SOON,
    SPACED_GATE,
    WORDED_BEGINS,
    WORDED_GATE,
    WORDS_KEY,
    WORDS_PASSWORD,
    S,
)

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_NAMES: Final = rf"(?:(?P<password>{PASSWORD})|(?P<secret>{SECRET}))"
_MARKED: Final = re.compile(rf"{_NAMES}{MARKED}{OPEN}", re.IGNORECASE)
_IN_MARKUP: Final = re.compile(r"[^\s<>\"']++(?=[<\"'])")
_ROW: Final = re.compile(r"\n[ \t>]{0,8}\|[^\n]{0,30}\Z")
_ROW_REACH: Final = 40
# A name of something else: one word and a number.
_WORD: Final = re.compile(r"[a-z][a-z_.-]*[0-9]{1,2}")


def _kind(password: str | None) -> Named:
    return Named.SECRET if password is None else Named.PASSWORD


def _marked(text: str, pivot: int) -> Span | None:
    found = _MARKED.match(text, pivot)
    if found is None or not named_so(text, pivot, found["password"], found["secret"]):
        return None
    kind, begin, row = _kind(found["password"]), found.end(), (found["cell"] or "").endswith(" ")
    if row and _ROW.search(text[pivot - _ROW_REACH : pivot] if pivot >= _ROW_REACH else f"\n{text[:pivot]}") is None:
        return None
    if row or found["argument"] is not None or found["pair"] is not None:
        span = value_at(text, pivot, begin, found["quote"], kind, plain=True)
    else:
        value = _IN_MARKUP.match(text, begin, begin + TOKEN_SPAN) if found["quote"] is None else None
        if value is None:
            return None
        named = found["element"] is not None and text[value.end() : value.end() + 2] == "</"
        span = value.span() if looks_secret(value.group(), kind, stated=named, after="") else None
    return None if span is None or (kind is Named.SECRET and _WORD.fullmatch(text, *span)) else span


MARKED_SECRET: Final = replace(
    GENERIC_SECRET,
    why="a value that markup, a table or a call puts behind the name of a secret",
    gate=MARKED_GATE,
    begins=BEGINS,
    resolve=_marked,
)

_SPACED: Final = re.compile(rf"(?:(?P<command>{COMMANDS})|{_NAMES}){S}{OPEN}", re.IGNORECASE)
_SET_BEFORE: Final = re.compile(r"(?:\b(?:ENV|ARG)|(?i:\b(?:setenv|export|set|config(?:ure)?)))[ \t]{1,2}[\w.:/-]{0,24}\Z")
_LOGIN: Final = re.compile(
    r"\b(?:log[- ]?in|user(?:name)?|usr|uid|account|machine|root|admin|benutzer\w*|usuario|utilisateur)\b", re.IGNORECASE
)
_LOGIN_REACH: Final = 60
_SOON: Final = re.compile(SOON)
_TOLD: Final = re.compile(
    r"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9][^0-9]*[0-9])(?![A-Za-z]+[-_.]?[0-9]{1,4}[a-z]?(?![^\s\"'`]))(?!v[0-9])[^\s/@=<>(){}\[\]]{8,}"
)


def _spaced(text: str, pivot: int) -> Span | None:
    """Behind nothing but a space: where a command sets it, in quotes, beside a login, or if it could hardly be a word."""
    found = _SPACED.match(text, pivot)
    if found is None or _SOON.match(text, found.end()) is None or not named_so(text, pivot, found["password"], found["secret"]):
        return None
    begin, quote, left = found.end(), found["quote"], max(0, pivot - _LOGIN_REACH)
    if found["command"] is not None or _SET_BEFORE.search(text, left, pivot) is not None:
        return value_at(text, pivot, begin, quote, Named.SECRET if found["secret"] else Named.PASSWORD, plain=quote is not None)
    span = value_at(text, pivot, begin, quote, _kind(found["password"]), plain=True)
    verb = (found["password"] or "").lower() == "pass"
    if span is None or verb or (quote is not None and quote != "`") or _TOLD.fullmatch(text, *span) is not None:
        return None if verb else span
    return span if found["password"] is not None and _LOGIN.search(text, left, pivot) is not None else None


SPACED_SECRET: Final = replace(
    GENERIC_SECRET,
    source="Dockerfile reference, ENV and ARG; SQL statements IDENTIFIED BY and PASSWORD; redis.conf; netrc",
    gate=SPACED_GATE,
    begins="(?i:pa|pw|pr|s[eithu]|to|c[rlo]|a[pcu]|en|ma|l[io]|no|id|re|ss)",
    resolve=_spaced,
)

_WORDED: Final = re.compile(rf"(?:(?P<key>{WORDS_KEY})|(?P<password>{WORDS_PASSWORD})){BETWEEN}{OPEN}", re.IGNORECASE)


def _worded(text: str, pivot: int) -> Span | None:
    found = _WORDED.match(text, pivot)
    if found is None or (pivot and text[pivot - 1] in ascii_letters):
        return None
    return value_at(text, pivot, found.end(), found["quote"], _kind(found["password"]))


WORDED_SECRET: Final = replace(
    GENERIC_SECRET,
    why="a value that its name, in one of many languages, calls a secret",
    source="the words for password and key in the interfaces of common systems, language by language",
    gate=WORDED_GATE,
    begins=WORDED_BEGINS,
    resolve=_worded,
)

_SCRIPT_NAME: Final = re.compile(rf"(?:(?P<key>{SCRIPTS_KEY})|(?P<password>{SCRIPTS_PASSWORD}))\Z", re.IGNORECASE)
_SCRIPT_NAME_REACH: Final = 24
_BEHIND: Final = re.compile(IN_SCRIPTS + OPEN, re.IGNORECASE)


def _in_scripts(text: str, pivot: int) -> Span | None:
    """The pivot is the name's last character but one."""
    found = _BEHIND.match(text, pivot + 2)
    name = None if found is None else _SCRIPT_NAME.search(text[max(0, pivot - _SCRIPT_NAME_REACH) : pivot + 2])
    if found is None or name is None or (found["wide"] is not None and _SOON.match(text, found.end()) is None):
        return None
    return value_at(text, pivot, found.end(), found["quote"], _kind(name["password"]))


SCRIPT_SECRET: Final = replace(WORDED_SECRET, gate=SCRIPTS_GATE, begins=r"\?\?", resolve=_in_scripts)
ENTITIES: Final = (MARKED_SECRET, SPACED_SECRET, WORDED_SECRET, SCRIPT_SECRET)
