"""Cuts an expression into tokens."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bartizan_rbac._expressions._nodes import ExpressionError

MAX_LENGTH: Final = 4_096
WORDS: Final = frozenset({"and", "or", "not", "in", "contains", "startswith", "endswith", "true", "false"})
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>-?[0-9][0-9_]*(?:\.[0-9_]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"""|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"|(?P<sign>==|!=|<=|>=|[<>.,()\[\]])",
    re.DOTALL,
)
_WELL_FORMED: Final = re.compile(r"-?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?")
_MAX_DIGITS: Final = 40
_HINTS: Final = {
    "=": "write == for equality",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or != for inequality",
    '"': "this string has no end",
    "'": "this string has no end",
    "+": "there is no arithmetic",
    "-": "there is no arithmetic",
    "*": "there is no arithmetic",
    "/": "there is no arithmetic",
    "%": "there is no arithmetic",
}


class Token(NamedTuple):
    """`kind` is number, name, string, word (a name with a meaning of its own), sign or end; `column` counts from 1."""

    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, the last of which is the end.

    Raises:
        ExpressionError: it is too long, or holds what no token can be.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(MAX_LENGTH, f"an expression has at most {MAX_LENGTH:,} characters")
    out: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(at + 1, _HINTS.get(text[at], f"{text[at]!a} means nothing here"))
        kind, piece = str(found.lastgroup), found.group()
        if kind == "number":
            _check_number(text, at, piece)
        if kind == "name" and piece in WORDS:
            kind = "word"
        if kind != "space":
            out.append(Token(kind, piece, at + 1))
        at = found.end()
    out.append(Token("end", "", len(text) + 1))
    return out


def unquoted(token: Token) -> str:
    r"""The string that a token writes: \\, \" and \' stand for the second character.

    Raises:
        ExpressionError: another escape, which would mean something else elsewhere.
    """
    out: list[str] = []
    body = iter(enumerate(token.text[1:-1], token.column + 1))
    for column, character in body:
        if character != "\\":
            out.append(character)
            continue
        _, escaped = next(body)
        if escaped not in "\\\"'":
            raise ExpressionError(column, "in a string, a backslash goes before another, or before a quote")
        out.append(escaped)
    return "".join(out)


def _check_number(text: str, at: int, piece: str) -> None:
    after = text[at + len(piece) : at + len(piece) + 1]
    if not _WELL_FORMED.fullmatch(piece) or after in {"_", "."} or after.isalnum():
        raise ExpressionError(at + 1, "numbers are written 100, -5, 20_000 or 0.25")
    if len(piece) > _MAX_DIGITS:
        raise ExpressionError(at + 1, f"a number has at most {_MAX_DIGITS} digits")
