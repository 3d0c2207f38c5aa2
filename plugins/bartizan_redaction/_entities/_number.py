"""The record of a national number: shapes that stand by themselves, shapes that need a word, and a check.

A number in a form of its own (letters, its own separators, check digits that leave one of hundreds) is taken when its check is
right. A form that order numbers and amounts share is taken only with a word for it near by.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, Entity, edge, groups
from bartizan_redaction._entities._words import FOREIGN_BEGINS, FOREIGN_GATE, Words, alternatives

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan_redaction._entities._entity import Resolve, Span, Unfinished

    Check = Callable[[str], bool]

S: Final = "[ \\xa0]"
"""What stands between the groups of a number."""
AFTER: Final = r"(?![0-9A-Za-z]|_[0-9A-Za-z]|[-./][0-9])"
BEFORE: Final = r"(?<![0-9A-Za-z])(?<![0-9][-./])"


@cache
def _module_check(name: str) -> Check:
    check: Check = import_module(f"stdnum.{name}").is_valid
    return check


def stdnum(name: str) -> Check:
    """The check of a module of python-stdnum, which is loaded when the first candidate comes."""

    def check(value: str) -> bool:
        return _module_check(name)(value.replace("\u00a0", " "))

    return check


def bare_digits(name: str) -> Check:
    """The same for the digits alone: modules know the separators that their authorities print, people use others."""

    def check(value: str) -> bool:
        return _module_check(name)("".join(filter(str.isdigit, value)))

    return check


def bare(name: str) -> Check:
    """The same for the letters and digits alone."""

    def check(value: str) -> bool:
        return _module_check(name)("".join(filter(str.isalnum, value)))

    return check


def not_repeated(check: Check) -> Check:
    """The same, but for numbers of one or two digits only, which people type to fill a field."""

    def checked(value: str) -> bool:
        digits = [character for character in value if character.isdigit()]
        return len(set(digits)) > 2 and check(value)  # noqa: PLR2004 (said in words beside it)

    return checked


def growing(begun: str, span: int) -> Unfinished:
    """The `unfinished` of a value of at most `span` characters: `begun` matches any beginning of one, up to the text's end."""
    search = re.compile(rf"(?<![0-9A-Za-z])(?:{begun})").search

    def unfinished(text: str, start: int) -> int:
        size = len(text)
        # What ends in a small letter is in no group of such a value.
        if text[-1:].islower():
            return size
        found = search(text, max(0, size - span - 1))
        return size if found is None else max(start, found.start())

    return unfinished


def digits_of(value: str) -> list[int]:
    """The digits of a value."""
    return [int(character) for character in value if character.isdecimal()]


def gate_of(shapes: str) -> str:
    """The shapes as RE2 knows them: no backreference and no lookahead; the closer look finds out."""
    gate = re.sub(r"\(\?P<(\w+)>([^)]*)\)", r"\2", shapes)
    gate = re.sub(r"\(\?P=\w+\)", r"[-. \\xa0/]?", gate)
    return re.sub(r"\(\?<?!(?:[^()]|\([^()]*\))*\)", "", gate)


_FIRST: Final = r"(?<![0-9A-Za-z].)(?<![0-9][-./].)"
_DIGIT_FIRST: Final = re.compile(r"(?:\(\?i:)?(?:\[[-0-9]+\]|[0-9])")
_IN_DIGITS: Final = re.compile(f"[0-9]{_FIRST}", re.DOTALL)
_IN_ANY: Final = re.compile(rf"[^\W_]{_FIRST}", re.DOTALL)
_IN_BOTH: Final = re.compile(rf"{_IN_ANY.pattern}(?:(?<=[0-9])|(?=\w{{0,12}}\W{{0,2}}[0-9]))", re.DOTALL)


def starts_of(shapes: str, *, digit: bool) -> tuple[re.Pattern[str], int | None]:
    """What a value of such shapes may begin with, one character, so that looking for it is cheap; and how far before a digit."""
    if not digit:
        return _IN_ANY, None
    return (_IN_DIGITS, 0) if all(_DIGIT_FIRST.match(shape) for shape in alternatives(shapes)) else (_IN_BOTH, 15)


def _later_group(value: str, text: str, begin: int) -> bool:
    """Whether a value in groups has a number right before it: then it is part of a table or of a longer number."""
    return begin > 1 and text[begin - 1] in " \u00a0" and text[begin - 2] in "0123456789" and (" " in value or "\u00a0" in value)


def _own(shape: str, check: Check) -> Resolve:
    match = re.compile(f"{BEFORE}(?:{shape}){AFTER}").match

    def resolve(text: str, begin: int) -> Span | None:
        found = match(text, begin)
        return found.span() if found is not None and check(found.group()) else None

    return resolve


def _shared(shape: str, check: Check, words: Words) -> Resolve:
    match = re.compile(f"{BEFORE}(?:{shape}){AFTER}").match

    def resolve(text: str, begin: int) -> Span | None:
        found = match(text, begin)
        if found is None or _later_group(found.group(), text, begin) or not words.said(text, begin) or not check(found.group()):
            return None
        return found.span()

    return resolve


def number(  # noqa: PLR0913 (the columns of a table)
    label: str,
    *families: str,
    begins: str = "",
    own: str = "",
    shared: str = "",
    words: str = "",
    check: Check,
    why: str,
    source: str,
    spaced: bool = True,
    digit: bool = True,
    unfinished: Unfinished | None = None,
) -> tuple[Entity, ...]:
    """One kind of number: `own` shapes stand by themselves (and begin like `begins`), `shared` ones need one of `words` before them.

    `digit` says that all of `shared` hold a digit; `spaced` and `unfinished` are as in `Entity`.
    """
    shape = own or shared
    entity = Entity(
        label=label,
        groups=groups("pii", *families),
        why=why,
        source=source,
        gate=edge(rf"(?:{gate_of(shape)})(?:\b|_)"),
        begins=begins,
        resolve=_own(shape, check),
        max_span=SPACED_SPAN,
        spaced=spaced,
        unfinished=unfinished,
    )
    out = [entity] if own else []
    if shared:
        known, (starts, ahead) = Words(words), starts_of(shared, digit=digit)
        led = replace(entity, resolve=_shared(shared, check, known))
        gate = known.gate(digit=digit)
        if gate is not None:
            out.append(replace(led, gate=gate, begins=known.begins, spread=known.spread(starts, ahead=ahead)))
        if known.foreign:
            out.append(
                replace(led, gate=FOREIGN_GATE, begins=FOREIGN_BEGINS, spread=known.spread(starts, ahead=ahead, foreign=True))
            )
    return tuple(out)
