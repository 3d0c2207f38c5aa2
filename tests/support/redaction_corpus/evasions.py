# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Ways to write a value so that a plain pattern misses it while a reader, a browser or a model still reads it.

Names of characters are Unicode's; encodings are RFC 4648 (base64, hex), RFC 3986 (percent), HTML's character references, RFC 8259 (JSON).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from support.redaction_corpus import carriers
from support.redaction_corpus.model import DIGITS, LOWER, UPPER, Sample

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

HOMOGLYPHS = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def between(text: str, mark: str, every: int = 1) -> str:
    """The mark after each `every` characters but the last."""
    return "".join(c + (mark if at % every == 0 and at < len(text) else "") for at, c in enumerate(text, 1))


def shifted(text: str, digit: int, upper: int = 0, lower: int = 0) -> str:
    """Digits (and letters) from another block of Unicode."""
    table = {ord(c): chr(digit + n) for n, c in enumerate(DIGITS)}
    table |= {ord(c): chr(upper + n) for n, c in enumerate(UPPER)} if upper else {}
    table |= {ord(c): chr(lower + n) for n, c in enumerate(LOWER)} if lower else {}
    return text.translate(table)


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


TRANSFORMS: Mapping[str, Callable[[str], str]] = {
    "zero-width space": lambda t: between(t, "\u200b", 2),
    "zero-width joiner": lambda t: between(t, "\u200d"),
    "word joiner": lambda t: between(t, "\u2060", 3),
    "soft hyphen": lambda t: between(t, "\xad", 3),
    "tag characters": lambda t: between(t, "\U000e0061", 2),
    "fullwidth": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "homoglyphs": lambda t: t.translate(HOMOGLYPHS),
    "Arabic-Indic digits": lambda t: shifted(t, 0x660),
    "mathematical letters": lambda t: shifted(t, 0x1D7CE, 0x1D400, 0x1D41A),
    "no-break spaces": lambda t: t.replace(" ", "\u202f"),
    "dashes": lambda t: t.replace("-", "\u2011") if "-" in t else t.replace(" ", "\u2013"),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "hex": lambda t: t.encode().hex(),
    "URL": lambda t: quote(t, safe="") if quote(t, safe="") != t else percent(t),
    "double URL": lambda t: quote(percent(t), safe=""),
    "HTML": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "HTML hexadecimal": lambda t: "".join(f"&#x{ord(c):x};" if not c.isalnum() else c for c in t),
    "JSON escapes": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "newline inside": lambda t: t[: len(t) // 2] + "\n" + t[len(t) // 2 :],
    "spaced out": lambda t: between(t.replace(" ", ""), " "),
    "reversed": lambda t: t[::-1],
    "combining marks": lambda t: between(t, "\u0301", 2),
}
"""By name. One that leaves a value as it is does not apply to it."""

PLAIN = (
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "IBAN_CODE",
    "US_SSN",
    "IP_ADDRESS v4",
    "MAC_ADDRESS",
    "BR_CPF",
    "CRYPTO",
    "UK_NINO",
    "AWS_ACCESS_KEY",
    "GITHUB_TOKEN",
    "ANTHROPIC_API_KEY",
)
SENTENCE = ("Please check ", " and get back to me.")


def plain(name: str, rng: random.Random) -> str:
    """A value of the kind, ASCII, recognisable by itself."""
    kind = carriers.BY_NAME[name]
    while True:
        value = kind.make(rng)
        if (
            value.bare
            and value.core in {None, (0, len(value.text))}
            and value.text.isascii()
            and value.text.islower() <= (name != "IBAN_CODE")
        ):
            return value.text


def disguised(name: str, transform: str, rng: random.Random) -> tuple[str, Sample] | None:
    """The plain sentence and the disguised sample; None where the transform changes nothing."""
    value = plain(name, rng)
    other = TRANSFORMS[transform](value)
    if other == value:
        return None
    head, tail = SENTENCE
    span = (len(head), len(head) + len(other))
    return head + value + tail, Sample(carriers.BY_NAME[name], head + other + tail, span, span, "chat", transform)
