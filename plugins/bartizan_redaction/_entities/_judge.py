"""Whether a named value looks like a real secret: not a placeholder, not code that fetches one, not a word of prose."""

from __future__ import annotations

import enum
import math
import re
from typing import Final

from bartizan_redaction._re2 import Union, encode_latin_1


class Named(enum.Enum):
    """What the name before a value promises."""

    PASSWORD = "password"  # noqa: S105 (a kind of name, not a password)
    SECRET = "secret"  # noqa: S105 (the same)
    BEARER = "bearer"


_SAID: Final = (
    "example|sample|dummy|placeholder|fake|redacted|removed|hidden|masked|censored"
    "|secret|password|passwd|passphrase|pass|token|key|apikey"
)
# Values are bounded (TOKEN_SPAN), and RE2 is linear. Over Latin-1: what lies beyond is a `?`.
_ANY_LENGTH: Final = (
    # placeholders
    *(
        rf"(?is)\W{{0,2}}(?:{form})\W{{0,2}}"
        for form in (
            r"<.*|\{.*|\[.*|\(.*|#\{.*",  # <x>, {x}, [x]
            r"\$(?:[({].*|(?-i:[A-Z_][A-Z0-9_]*|[a-z_]+))|%(?:[({].*|\w+%)",  # ${x}, ${{ x }}, $X, %(x)s, %X%
            r"[*x?._#-]{3,}.{0,4}",  # ****, xxxx, ..., masks that keep the last four
            r"(?:sk|pk|rk|ghp|hf|key|token)[-_]?(?:[.?*]{2,}|x{3,}).*",  # sk-..., sk-xxxx
            r"your[-_ ]?(?:[a-z]+[-_ ]?)*",
            r"(?:my|the|some|any|an?|user|new|old|insert|enter|replace|put|add|set|use|get)(?:[-_ ][a-z]+)+",
            r"(?:change|replace|fill|update|edit)[-_]?(?:me|it|this|in)\d*",
            rf"(?:{_SAID})(?:[-_ ]?(?:here|value|key|token|string|goes|example|secret|password))*",
            r"[a-z]+(?:[-_][a-z]+)*[-_](?:pass(?:word|wd|phrase)?|pwd|secret|token|key)",  # db_password
            r"null|none|nil|undefined|true|false|yes|no|on|off|n/a|todo|tbd",
            r"str|string|int|integer|bool|boolean|bytes|char|number|object|any|text|optional|required|secretstr|nullable",
            r"unknown|empty|blank|missing|invalid|expired|default",
        )
    ),
    # code that fetches or computes the value, paths, addresses
    *(
        rf"(?is){form}"
        for form in (
            r"[A-Z_][\w.]*[(\[].*",  # call(x), list[x]
            r"(?:self|this|config|settings|os|process|env|secrets|vault|args|options|params|request|data|ctx|app)[.:/].*",
            r"[A-Z_]\w*(?:\.[A-Z_]\w*)+",  # module.name
            r"(?:~|\.{1,2})/[\w.-].*|/[\w.-]*[a-z]{3}[\w.-]*(?:/.*[^=])?|/(?:\w+/)+(?:.*[^=])?|[A-Z]:\\.*|\\.*",  # paths
            r"[A-Z][A-Z0-9+.-]*://.*|(?:arn|ref|ssm|vault|file|env):.*|![A-Z:]+",  # where it is kept
            r"[\w./-]+\.(?:pem|key|txt|json|ya?ml|env|crt|p12|pfx|py|js|toml)",
        )
    ),
    # what says so in its midst
    r"(?is).*(?:your_?[a-z_]*(?:key|token|secret|pass)|x{6,}|\*{4,}|\.{3,}|0{12,}).*",
)
_SHORT_ONES: Final = (
    *_ANY_LENGTH,
    r"(?is)(?:.*[-_ .])?(?:your|example|sample|dummy|placeholder|change[-_]?me|redacted|insert|replace)(?:[-_ .].*)?",
)
_STANDS_FOR_ONE: Final = Union(_ANY_LENGTH)
_STANDS_FOR_ONE_IF_SHORT: Final = Union(_SHORT_ONES)
# Words with digits that are said about secrets.
_TERM: Final = Union(
    rf"(?is){form}"
    for form in (
        r"sha-?\d+|md5|base-?(?:32|58|64)|utf-?\d+|oauth-?\d?|bcrypt|argon2(?:id?|d)?|[hrep]s(?:256|384|512)|aes-?\d*|pbkdf2|scrypt",
        r"http2?|x509|pkcs-?\d+|rsa-?\d+|ed25519|[a-z]*v\d|v\d+(?:\.\d+)*",
        r"\d+(?:[-?]\d*)?(?:-?(?:bits?|bytes?|chars?|characters?|days?|hours?|minutes?|times?|digits?|x|k|m|s|h|d|th|st|nd|rd))?\+?",
        r"gpt-?\d\w*|\d{4}-\d{2}-\d{2}.*|\d{1,2}:\d{2}.*|\d+\.\d+\S*",
    )
)
_EMAIL: Final = re.compile(r"[^@]+@[^@]+\.[a-z]{2,}", re.IGNORECASE)
_SYMBOL: Final = re.compile(r"[^\w\s.,;:/?!()\[\]{}<>\"'&=-]|[!?&=](?=\w)")
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"[0-9]")

_SHORTEST: Final = 5
_SHORTEST_SECRET: Final = 8
_SHORTEST_PIN: Final = 6
_LONG: Final = 16
_BITS: Final = 3.0
_BITS_OF_LETTERS: Final = 3.5
_WORD_LENGTH: Final = 32
_LONGEST_TERM: Final = 16


_LOGS: Final = [0.0, *(count * math.log2(count) for count in range(1, 1025))]


def entropy(value: str) -> float:
    """Shannon entropy of the value's characters, in bits a character."""
    size = len(value)
    if size >= len(_LOGS):
        return entropy(value[: len(_LOGS) - 1])
    return math.log2(size) - sum(map(_LOGS.__getitem__, map(value.count, set(value)))) / size


def _random(value: str, bits: float) -> bool:
    """Whether the entropy is at least that; how many characters differ mostly tells, without counting them."""
    size, kinds = len(value), len(set(value))
    if kinds < 2**bits:
        return False
    # Least, for so many kinds, is one that makes up all the rest.
    return (size < len(_LOGS) and math.log2(size) - _LOGS[size - kinds + 1] / size >= bits) or entropy(value) >= bits


def _term(value: str) -> bool:
    """Whether it is one of the words with digits: short ones, models' names, or such as begin with a digit."""
    return (len(value) <= _LONGEST_TERM or value[0].isdigit() or value[0] in "gG") and _TERM.matches_whole(encode_latin_1(value))


def stands_for_one(value: str, after: str) -> bool:
    """Whether the value is a placeholder or code: something in a secret's place."""
    if after in {"(", "["}:
        return True
    union = _STANDS_FOR_ONE_IF_SHORT if len(value) <= _WORD_LENGTH else _STANDS_FOR_ONE
    return union.matches_whole(encode_latin_1(value)) or not any(map(str.isalnum, value))


def looks_secret(value: str, kind: Named, *, stated: bool, after: str) -> bool:
    """Whether `value` is likely to be a real secret.

    Args:
        value: what stands where the secret would, without quotes.
        kind: what its name promises.
        stated: whether the form says that it is a value (quotes, or a leaf of its own), so that a plain word counts too.
        after: the character behind it, or nothing at the end.
    """
    letters, digits = bool(_LETTER.search(value)), bool(_DIGIT.search(value))
    # Words of prose, the most of what is asked about, need no long look.
    if (
        len(value) < (_SHORTEST_SECRET if kind is Named.SECRET else _SHORTEST)
        or not (stated or digits or (kind is Named.PASSWORD and _SYMBOL.search(value)))
        or stands_for_one(value, after)
    ):
        return False
    if kind is Named.BEARER:
        return len(value) >= _LONG and letters and digits and _random(value, _BITS)
    if kind is Named.PASSWORD:
        return _password(value, letters=letters, digits=digits, stated=stated)
    if not letters or _term(value):
        return False
    if digits:
        return stated or len(value) < _LONG or _random(value, _BITS)
    # Without digits: words joined by signs are names, mixed letters without order are not.
    return stated and len(value) >= _LONG and "_" not in value and _random(value, _BITS_OF_LETTERS)


def _password(value: str, *, letters: bool, digits: bool, stated: bool) -> bool:
    if stated:
        return letters or len(value) >= _SHORTEST
    if _term(value) and not (value.isdigit() and len(value) >= _SHORTEST_PIN):
        return False
    if letters and digits:
        return True
    if letters:
        return bool(_SYMBOL.search(value)) and not _EMAIL.fullmatch(value)
    return digits and len(value) >= _SHORTEST_PIN
