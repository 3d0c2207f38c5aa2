"""GENERIC_SECRET and AWS_SECRET_KEY: values that only the name before them gives away (`password: ...`, `api_key = "..."`).

A finding begins at the value and the name is context, for a structured leaf is scanned as `key: value` from its value on.
"""

from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import TOKEN_SPAN, Entity, groups
from bartizan_redaction._entities._judge import Named, looks_secret
from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_S: Final = r"[ \t]"
_QUOTE: Final = r"\\?[\"'`]"
_KEY: Final = r"[_\-. ]?key(?:_?base)?"
_PASSWORD: Final = r"pass(?:w(?:or)?d|phrase|code)?|pwd"  # noqa: S105 (names of secrets, not one)
_SECRETS: Final = {
    "p": rf"rivate{_KEY}",
    "s": rf"ecret(?:[_\-. ]?access)?(?:{_KEY})?|(?:igning|torage|hared|ervice|ession|ubscription){_KEY}",
    "t": "oken",
    "c": rf"redentials?|(?:lient|onsumer){_KEY}",
    "a": rf"(?:pi|ccess|uth|ccount|pp){_KEY}",
    "e": rf"ncryption{_KEY}",
    "m": rf"aster{_KEY}",
    "l": rf"icense{_KEY}",
}
_SECRET: Final = "|".join(f"{first}(?:{rest})" for first, rest in _SECRETS.items())
# What stands between a name and its value: `": "`, ` = `, `'] = '`, ` is `, ` => `, ` := `; and with a type, `: str = "`.
_BETWEEN: Final = rf"(?:{_QUOTE})?\]?(?:{_S}{{0,3}}(?::=|=>|={{1,3}}|:){_S}{{0,3}}|{_S}(?:is|was|to){_S}(?::{_S})?)"
_TYPED: Final = rf"{_S}?:{_S}?[A-Za-z][A-Za-z0-9_.]{{0,15}}(?:\[[A-Za-z]{{1,10}}\])?{_S}{{0,2}}={_S}{{0,2}}"
_OPEN: Final = r"(?:(?:[bfru]{1,2}(?=[\"']))?\\?(?P<quote>[\"'`]))?"
_FLAG_OPEN: Final = _OPEN.replace("quote", "flag_quote")
_NAME: Final = re.compile(
    rf"(?:(?P<password>{_PASSWORD})|(?P<secret>{_SECRET})){_BETWEEN}{_OPEN}"
    rf"|(?P<flag>{_PASSWORD}|{_SECRET}){_S}{_FLAG_OPEN}|(?P<bearer>bearer){_S}{{1,2}}",
    re.IGNORECASE,
)
# What stands behind `password=` in `password=token=...`: the name of what follows, which is found by itself.
_NEXT_NAME: Final = re.compile(rf"(?:{_PASSWORD}|{_SECRET})[=:]", re.IGNORECASE)
_TYPED_NAME: Final = re.compile(
    rf"(?:(?P<password>{_PASSWORD})|(?P<secret>{_SECRET})){_TYPED}{_OPEN}(?P<flag>(?!))?(?P<flag_quote>(?!))?(?P<bearer>(?!))?",
    re.IGNORECASE,
)
_BEGINS: Final = "(?i:pa|pw|pr|s[eithu]|to|c[rlo]|a[pcu]|en|ma|li|be)"
_FLAG_BEFORE: Final = re.compile(r"(?<![A-Za-z0-9_-])--?[A-Za-z0-9-]{0,24}\Z")
_WORD_BEFORE: Final = re.compile(r"[A-Za-z]\Z")
# Names that end like a secret's and hold none: cursors, and the special tokens of language models.
_NO_SECRET: Final = Union(
    rf"(?i)(?:{kinds})[_\- ]?\z"
    for kinds in (
        "next|prev|previous|page|cursor|continuation|sync|eos|bos|pad|unk|mask|sep|cls|stop|special",
        "max|min|num|per|input|output|first|last|each",
    )
)
_LEAF_KEY: Final = re.compile(r"[\w.\- ]{0,60}")
_LEAF_REACH: Final = 80
_JUDGED: Final = 128
"""How much of a value decides whether it looks like a secret: one name in front of the other must not cost a long look each."""

_NEAR: Final = 26
_SHORT_NAME: Final = 4

_ESCAPE: Final = r"\\(?![\"'`nrt])"
_QUOTED: Final = {quote: re.compile(rf"(?:[^\s\\{quote}]++|{_ESCAPE})++") for quote in "\"'`"}
# Without quotes a value also ends at punctuation that nothing of it follows, and where the next `name=` of a query begins.
_CORE: Final = r"[^\s\"'`\\.,;:!?)\]}>&|]"
_BARE: Final = re.compile(rf"(?:{_CORE}++|{_ESCAPE}|(?![&,;|][A-Za-z_][\w.-]{{0,32}}[=:])[.,;:!?)\]}}>&|]{{1,8}}+(?={_CORE}))++")


def _generic(text: str, pivot: int) -> Span | None:
    name = _NAME.match(text, pivot)
    return None if name is None else _named(text, pivot, name)


def _typed(text: str, pivot: int) -> Span | None:
    # Apart from the untyped form: whether `password: a1b2c3` is found may not hang on what follows behind the next space.
    name = _TYPED_NAME.match(text, pivot)
    return None if name is None else _named(text, pivot, name)


def _named(text: str, pivot: int, name: re.Match[str]) -> Span | None:
    begin, before = name.end(), text[max(0, pivot - _NEAR) : pivot]
    password, flag = name["password"], name["flag"]
    if flag is not None and not _FLAG_BEFORE.search(before):
        return None
    if password is not None and len(password) <= _SHORT_NAME and _WORD_BEFORE.search(before):
        return None  # `pass` and `pwd` are names, not the ends of words such as bypass
    if name["secret"] is not None and _NO_SECRET.find(encode_latin_1(before), 0, len(before)) >= 0:
        return None
    quote = name["quote"] or name["flag_quote"]
    found = (_QUOTED[quote] if quote else _BARE).match(text, begin, begin + TOKEN_SPAN)
    if found is None or (quote is None and _NEXT_NAME.match(text, begin)):
        return None
    end = found.end()
    after = text[end : end + 1]
    stated = (quote is not None and not after.isspace()) or _whole_leaf(text, pivot, begin, end)
    if name["bearer"] is not None:
        kind = Named.BEARER
    else:
        kind = Named.PASSWORD if password is not None or (flag or "")[:4].lower() in {"pass", "pwd"} else Named.SECRET
    return (begin, end) if looks_secret(text[begin : min(end, begin + _JUDGED)], kind, stated=stated, after=after) else None


def _whole_leaf(text: str, pivot: int, begin: int, end: int) -> bool:
    """Whether the text is one `key: value` and nothing else: then a plain word is a value too, not a remark."""
    return end == len(text) and begin <= _LEAF_REACH and _LEAF_KEY.fullmatch(text, 0, pivot) is not None


_FLAG_REACH: Final = 28
_FLAG_GOES_ON: Final = frozenset(ascii_letters + digits + "_-")
_LONGEST_NAME: Final = 24
_FLAG_PIVOT: Final = re.compile(rf"(?={_PASSWORD}|{_SECRET})[pstcaeml]", re.IGNORECASE)


def _behind_hyphens(text: str, place: int, done: int) -> tuple[list[int], int]:
    """Where the names that end the flag at `place` may begin."""
    if place and (text[place - 1] in _FLAG_GOES_ON):
        return [], done  # within a flag, which begins further to the left
    end = place + _FLAG_REACH
    return [
        found.start() for found in _FLAG_PIVOT.finditer(text, max(place, done), end + _LONGEST_NAME) if found.start() < end
    ], end


_NAMED_GATE: Final = (
    rf"(?i:(?:{_PASSWORD}|{_SECRET})(?:{_QUOTE})?\]?(?:{_S}{{0,3}}[:=]|{_S}(?:is|was|to){_S})|bearer{_S}{{1,2}}[!-~\x80-\xff])"
)

GENERIC_SECRET: Final = Entity(
    label="GENERIC_SECRET",
    groups=groups("secrets", "generic"),
    why="a value that its name calls a secret",
    source="names as in OWASP, 'Secrets management cheat sheet'; RFC 6750 section 2.1 (Bearer); RFC 6749 section 2.3.1",
    gate=_NAMED_GATE,
    begins=_BEGINS,
    resolve=_generic,
)
TYPED_SECRET: Final = replace(
    GENERIC_SECRET,
    gate=rf"(?i:(?:{_PASSWORD}|{_SECRET}){_S}?:{_S}?[A-Z])",
    resolve=_typed,
)
FLAG_SECRET: Final = replace(
    GENERIC_SECRET,
    gate=rf"(?i:--?(?:[A-Z0-9-]{{0,24}})(?:{_PASSWORD}|{_SECRET}){_S})",
    begins="-[-0-9A-Za-z]",
    spread=_behind_hyphens,
)

_AWS_SECRET: Final = re.compile(
    rf"secret(?:[_\-. ]?access)?(?:[_\-. ]?key)?{_BETWEEN}{_OPEN}(?P<value>[A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])", re.IGNORECASE
)


def _aws_secret(text: str, pivot: int) -> Span | None:
    found = _AWS_SECRET.match(text, pivot)
    if found is None:
        return None
    value = found["value"]
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))
    return found.span("value") if mixed else None


AWS_SECRET_KEY: Final = Entity(
    label="AWS_SECRET_KEY",
    groups=groups("secrets", "cloud"),
    why="a value in the format of an AWS secret access key, named as such",
    source="AWS IAM user guide, 'Manage access keys for IAM users': 40 characters of the base64 alphabet",
    gate=_NAMED_GATE,
    begins="(?i:se)",
    resolve=_aws_secret,
)
ENTITIES: Final = (AWS_SECRET_KEY, GENERIC_SECRET, TYPED_SECRET, FLAG_SECRET)
