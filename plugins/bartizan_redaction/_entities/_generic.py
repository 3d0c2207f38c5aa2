# ruff: noqa: RUF001 - punctuation of many scripts is what is written here
"""GENERIC_SECRET and AWS_SECRET_KEY: values that only the name before them gives away (`password: ...`, `api_key = "..."`).

A finding begins at the value and the name is context, for a structured leaf is scanned as `key: value` from its value on.
"""

from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import TOKEN_SPAN, Entity, groups
from bartizan_redaction._entities._judge import Named, entropy, looks_secret
from bartizan_redaction._entities._secret_names import (
    BEGINS,
    BETWEEN,
    FLAG_GATE,
    NAMED_GATE,
    PASSWORD,
    SECRET,
    TYPED_GATE,
    S,
)

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

# With a type: `: str = "`.
_TYPED: Final = rf"{S}?:{S}?[A-Za-z][A-Za-z0-9_.]{{0,15}}(?:\[[A-Za-z]{{1,10}}\])?{S}{{0,2}}={S}{{0,2}}"
OPEN: Final = r"(?:(?:[bfru]{1,2}(?=[\"']))?\\?(?P<quote>[\"'`]))?"
_FLAG_OPEN: Final = OPEN.replace("quote", "flag_quote")
_NAME: Final = re.compile(
    rf"(?:(?P<password>{PASSWORD})|(?P<secret>{SECRET})){BETWEEN}{OPEN}"
    rf"|(?P<flag>{PASSWORD}|{SECRET}){S}{_FLAG_OPEN}|(?P<bearer>bearer){S}{{1,2}}",
    re.IGNORECASE,
)
# What stands behind `password=` in `password=token=...`: the name of what follows, which is found by itself.
_NEXT_NAME: Final = re.compile(rf"(?:{PASSWORD}|{SECRET})[=:]", re.IGNORECASE)
_TYPED_NAME: Final = re.compile(
    rf"(?:(?P<password>{PASSWORD})|(?P<secret>{SECRET})){_TYPED}{OPEN}(?P<flag>(?!))?(?P<flag_quote>(?!))?(?P<bearer>(?!))?",
    re.IGNORECASE,
)
_FLAG_BEFORE: Final = re.compile(r"(?<![A-Za-z0-9_-])--?[A-Za-z0-9-]{0,24}\Z")
_HEADER_BEFORE: Final = re.compile(r"(?i:authorization)[\"']?[ \t]?[:=][ \t]?[\"']?\Z")
# Names that end like a secret's and hold none: cursors, and the special tokens of language models.
_NO_SECRET: Final = (
    *("next", "prev", "previous", "page", "cursor", "continuation", "sync"),
    *("eos", "bos", "pad", "unk", "mask", "sep", "cls", "stop", "special"),
    *("max", "min", "num", "per", "input", "output", "first", "last", "each"),
)
_LEAF_KEY: Final = re.compile(r"[\w.\- ]{0,60}")
_LEAF_REACH: Final = 80
_JUDGED: Final = 128
"""How much of a value decides whether it looks like a secret: one name in front of the other must not cost a long look each."""

_NEAR: Final = 26
_SHORT_NAME: Final = 4
_LONGEST_BEFORE: Final = max(map(len, _NO_SECRET))

_ESCAPE: Final = r"\\(?![\"'`nrt])"
_QUOTED: Final = {quote: re.compile(rf"(?:[^\s\\{quote}]++|{_ESCAPE})++") for quote in "\"'`"}
# Without quotes a value also ends at punctuation that nothing of it follows, where the next `name=` of a query begins, at a link's
# end in Markdown, at other scripts' punctuation, and where writing without spaces goes on behind it.
_PUNCTUATION: Final = r"”“„«»‘’，。、；：！？）】」』》〉…"
_UNSPACED: Final = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
_CORE: Final = rf"[^\s\"'`\\.,;:!?)\]}}>&|{_PUNCTUATION}{_UNSPACED}]"
_BARE: Final = re.compile(
    rf"[{_UNSPACED}]*+(?:{_CORE}++|{_ESCAPE}|(?!\)?\][(\[]|[&,;|][A-Za-z_][\w.-]{{0,32}}[=:])[.,;:!?)\]}}>&|]{{1,8}}+(?={_CORE}))++"
)
_ASSIGNS: Final = frozenset(":=")
_STRESSED: Final = re.compile(r"[!?]{1,3}+(?![^\s\"'`])")


def _generic(text: str, pivot: int) -> Span | None:
    name = _NAME.match(text, pivot)
    return None if name is None else _named(text, pivot, name)


def _typed(text: str, pivot: int) -> Span | None:
    # Apart from the untyped form: whether `password: a1b2c3` is found may not hang on what follows behind the next space.
    name = _TYPED_NAME.match(text, pivot)
    return None if name is None else _named(text, pivot, name)


def _named(text: str, pivot: int, name: re.Match[str]) -> Span | None:
    password, secret, flag = name["password"], name["secret"], name["flag"]
    if flag is not None and not _FLAG_BEFORE.search(text, max(0, pivot - _NEAR), pivot):
        return None
    if not named_so(text, pivot, password, secret):
        return None
    begin, quote = name.end(), name["quote"] or name["flag_quote"]
    if quote is None and _NEXT_NAME.match(text, begin):
        return None
    if name["bearer"] is not None:
        header = _HEADER_BEFORE.search(text, max(0, pivot - _NEAR), pivot) is not None
        kind = Named.SECRET if header else Named.BEARER
    else:
        kind = Named.PASSWORD if password is not None or (flag or "")[:4].lower() in {"pass", "pwd"} else Named.SECRET
    return value_at(text, pivot, begin, quote, kind)


def named_so(text: str, pivot: int, password: str | None, secret: str | None) -> bool:
    """Whether what stands before a name leaves it one: `bypass` is no `pass`, and `next_page_token` holds no secret."""
    if password is not None:
        return len(password) > _SHORT_NAME or not pivot or text[pivot - 1] not in ascii_letters
    if secret is None:
        return True
    end = pivot - 1 if pivot and text[pivot - 1] in "_- " else pivot
    return not text[max(0, end - _LONGEST_BEFORE) : end].lower().endswith(_NO_SECRET)


def value_at(text: str, pivot: int, begin: int, quote: str | None, kind: Named, *, plain: bool = False) -> Span | None:
    """The value that begins at `begin`, if it looks like a secret.

    Args:
        text: the whole text.
        pivot: where its name begins.
        begin: where the value begins, behind its opening quote.
        quote: that quote, if there is one.
        kind: what the name promises.
        plain: whether quotes say nothing here: a plain word in them is no value.
    """
    found = (_QUOTED[quote] if quote else _BARE).match(text, begin, begin + TOKEN_SPAN)
    if found is None:
        return None
    end = found.end()
    if quote is None and (text[max(0, begin - 2) : begin].strip()[-1:] in _ASSIGNS or text[pivot - 1 : pivot] == "-"):
        # Nothing but the value's own sign ends `NAME=value!` and `--name value!`; a sentence may end so.
        stressed = _STRESSED.match(text, end, begin + TOKEN_SPAN)
        end = end if stressed is None else stressed.end()
    after = text[end : end + 1]
    stated = not plain and ((quote is not None and not after.isspace()) or _whole_leaf(text, pivot, begin, end))
    return (begin, end) if looks_secret(text[begin : min(end, begin + _JUDGED)], kind, stated=stated, after=after) else None


def _whole_leaf(text: str, pivot: int, begin: int, end: int) -> bool:
    """Whether the text is one `key: value` and nothing else: then a plain word is a value too, not a remark."""
    return end == len(text) and begin <= _LEAF_REACH and _LEAF_KEY.fullmatch(text, 0, pivot) is not None


_FLAG_REACH: Final = 28
_FLAG_GOES_ON: Final = frozenset(ascii_letters + digits + "_-")
_LONGEST_NAME: Final = 24
_FLAG_PIVOT: Final = re.compile(rf"(?={PASSWORD}|{SECRET})[pstcaemln]", re.IGNORECASE)


def _behind_hyphens(text: str, place: int, done: int) -> tuple[list[int], int]:
    """Where the names that end the flag at `place` may begin."""
    if place and (text[place - 1] in _FLAG_GOES_ON):
        return [], done  # within a flag, which begins further to the left
    end = place + _FLAG_REACH
    return [
        found.start() for found in _FLAG_PIVOT.finditer(text, max(place, done), end + _LONGEST_NAME) if found.start() < end
    ], end


GENERIC_SECRET: Final = Entity(
    label="GENERIC_SECRET",
    groups=groups("secrets", "generic"),
    why="a value that its name calls a secret",
    source="names as in OWASP, 'Secrets management cheat sheet'; RFC 6750 section 2.1 (Bearer); RFC 6749 section 2.3.1",
    gate=NAMED_GATE,
    begins=BEGINS,
    resolve=_generic,
)
TYPED_SECRET: Final = replace(GENERIC_SECRET, gate=TYPED_GATE, resolve=_typed)
FLAG_SECRET: Final = replace(GENERIC_SECRET, gate=FLAG_GATE, begins="-[-0-9A-Za-z]", spread=_behind_hyphens)

_AWS_REACH: Final = 72
_AWS_BITS: Final = 3.0
_MOST_SLASHES: Final = 6
_AWS_WORDS: Final = r"(?i:secret[_\-. ]{0,2}(?:access)?[_\-. ]{0,2}key|aws[_\-. ]{0,2}secret)|A[KS]IA[A-Z0-9]{16}"
_AWS_NAME: Final = re.compile(_AWS_WORDS)
_AWS_BEGINS: Final = re.compile(r"(?<![A-Za-z0-9/+])(?=[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=]))")


def _behind_name(text: str, place: int, done: int) -> tuple[list[int], int]:
    """Where, behind what the gate found, runs of 40 characters begin."""
    end = place + _AWS_REACH
    found = _AWS_BEGINS.finditer(text, max(place, done), end + 42)
    return [at for at in (one.start() for one in found) if at <= end], end + 1


def _aws_secret(text: str, pivot: int) -> Span | None:
    if _AWS_BEGINS.match(text, pivot) is None or _AWS_NAME.search(text, max(0, pivot - _AWS_REACH), pivot) is None:
        return None
    value = text[pivot : pivot + 40]
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))
    # Paths are made of the same characters.
    return (pivot, pivot + 40) if mixed and value.count("/") <= _MOST_SLASHES and entropy(value) >= _AWS_BITS else None


AWS_SECRET_KEY: Final = Entity(
    label="AWS_SECRET_KEY",
    groups=groups("secrets", "cloud"),
    why="a value in the format of an AWS secret access key, named as such",
    source="AWS IAM user guide, 'Manage access keys for IAM users': 40 characters of the base64 alphabet, shown beside the key's id",
    gate=_AWS_WORDS,
    begins="(?i:se|aw|ak|as)",
    resolve=_aws_secret,
    spread=_behind_name,
)
ENTITIES: Final = (AWS_SECRET_KEY, GENERIC_SECRET, TYPED_SECRET, FLAG_SECRET)
