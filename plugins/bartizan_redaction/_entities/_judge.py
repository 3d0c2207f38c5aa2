"""Whether a named value looks like a real secret: not a placeholder, not code that fetches one, not a word of prose."""

from __future__ import annotations

import enum
import math
import re
from collections import Counter
from typing import Final


class Named(enum.Enum):
    """What the name before a value promises."""

    PASSWORD = "password"  # noqa: S105 (a kind of name, not a password)
    SECRET = "secret"  # noqa: S105
    BEARER = "bearer"


# Values are bounded (TOKEN_SPAN) and repetitions possessive, so that no value makes these slow.
_PLACEHOLDER: Final = re.compile(
    r"""
    \W{0,2}(?:
      <.*|\{.*|\[.*|\(.*|\#\{.*                                          # <x>, {x}, [x]
    | \$(?:[({].*|(?-i:[A-Z_][A-Z0-9_]*|[a-z_]+))|%(?:[({].*|\w+%)       # ${x}, ${{ x }}, $X, %(x)s, %X%
    | [*x\u2022.\u2026_#-]{3,}.{0,4}                                     # ****, xxxx, ..., masks that keep the last four
    | (?:sk|pk|rk|ghp|hf|key|token)[-_]?(?:[.\u2026*]{2,}|x{3,}).*       # sk-..., sk-xxxx
    | your[-_ ]?(?:[a-z]++[-_ ]?)*+
    | (?:my|the|some|any|an?|user|new|old|insert|enter|replace|put|add|set|use|get)(?:[-_ ][a-z]++)++
    | (?:change|replace|fill|update|edit)[-_]?(?:me|it|this|in)\d*
    | (?:example|sample|dummy|placeholder|fake|redacted|removed|hidden|masked|censored
        |secret|password|passwd|passphrase|pass|token|key|apikey)
        (?:[-_ ]?(?:here|value|key|token|string|goes|example|secret|password))*+
    | null|none|nil|undefined|true|false|yes|no|on|off|n/a|todo|tbd
    | str|string|int|integer|bool|boolean|bytes|char|number|object|any|text|optional|required|secretstr|nullable
    | unknown|empty|blank|missing|invalid|expired|default
    )\W{0,2}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SAYS_SO: Final = re.compile(
    r"(?:^|[-_ .])(?:your|example|sample|dummy|placeholder|change[-_]?me|redacted|insert|replace)(?:[-_ .]|$)", re.IGNORECASE
)
_STANDS_FOR: Final = re.compile(r"your_?[a-z_]*(?:key|token|secret|pass)|x{6,}|\*{4,}|\.{3,}|\u2026|0{12,}", re.IGNORECASE)
# Code that fetches or computes the value, paths, addresses.
_CODE: Final = re.compile(
    r"""
    [A-Za-z_][\w.]*[(\[].*                                               # call(x), list[x]
    | (?:self|this|config|settings|os|process|env|secrets|vault|args|options|params|request|data|ctx|app)[.:/].*
    | [A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+                                    # module.name
    | (?:~|\.{1,2})?/[\w.-].*|[A-Za-z]:\\.*|\\.*                         # paths
    | [a-z][a-z0-9+.-]*://.*|(?:arn|ref|ssm|vault|file|env):.*|!\w.*     # where it is kept
    | [\w./-]+\.(?:pem|key|txt|json|ya?ml|env|crt|p12|pfx|py|js|toml)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Words with digits that are said about secrets.
_TERM: Final = re.compile(
    r"""
    sha-?\d++|md5|base-?(?:32|58|64)|utf-?\d++|oauth-?\d?|bcrypt|argon2(?:id?|d)?|[hrep]s(?:256|384|512)|aes-?\d*+|pbkdf2|scrypt|http2?
    | x509|pkcs-?\d++|rsa-?\d++|ed25519|[a-z]++(?<=v)\d|v\d++(?:\.\d++)*+
    | \d++(?:[-\u2013]\d*+)?(?:-?(?:bits?|bytes?|chars?|characters?|days?|hours?|minutes?|times?|digits?
        |x|k|m|s|h|d|th|st|nd|rd))?\+?
    | gpt-?\d\w*+|\d{4}-\d{2}-\d{2}.*|\d{1,2}:\d{2}.*|\d++\.\d++\S*+
    """,
    re.VERBOSE | re.IGNORECASE,
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


def entropy(value: str) -> float:
    """Shannon entropy of the value's characters, in bits a character."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())


def stands_for_one(value: str, after: str) -> bool:
    """Whether the value is a placeholder or code: something in a secret's place."""
    if after in {"(", "["} or not any(map(str.isalnum, value)) or _PLACEHOLDER.fullmatch(value) or _CODE.fullmatch(value):
        return True
    return bool((len(value) <= _WORD_LENGTH and _SAYS_SO.search(value)) or _STANDS_FOR.search(value))


def looks_secret(value: str, kind: Named, *, stated: bool, after: str) -> bool:
    """Whether `value` is likely to be a real secret.

    Args:
        value: what stands where the secret would, without quotes.
        kind: what its name promises.
        stated: whether the form says that it is a value (quotes, or a leaf of its own), so that a plain word counts too.
        after: the character behind it, or nothing at the end.
    """
    if len(value) < _SHORTEST or stands_for_one(value, after):
        return False
    letters, digits = bool(_LETTER.search(value)), bool(_DIGIT.search(value))
    if kind is Named.BEARER:
        return len(value) >= _LONG and letters and digits and entropy(value) >= _BITS
    if kind is Named.PASSWORD:
        return _password(value, letters=letters, digits=digits, stated=stated)
    if len(value) < _SHORTEST_SECRET or _TERM.fullmatch(value):
        return False
    if letters and digits:
        return len(value) < _LONG or entropy(value) >= _BITS or stated
    # Without digits: words joined by signs are names, mixed letters without order are not.
    return stated and letters and len(value) >= _LONG and "_" not in value and entropy(value) >= _BITS_OF_LETTERS


def _password(value: str, *, letters: bool, digits: bool, stated: bool) -> bool:
    if stated:
        return letters or len(value) >= _SHORTEST
    if _TERM.fullmatch(value) and not (value.isdigit() and len(value) >= _SHORTEST_PIN):
        return False
    if letters and digits:
        return True
    if letters:
        return bool(_SYMBOL.search(value)) and not _EMAIL.fullmatch(value)
    return digits and len(value) >= _SHORTEST_PIN
