"""Ways of hiding a value: each is a function from a value to the same value as a reader, a browser or a decoder would still read it."""

from __future__ import annotations

import base64
import html
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Disguise = Callable[[str], str]

CYRILLIC = str.maketrans(
    "aceopxyijsABCEHKMOPTX",
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458\u0455\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425",
)
NAMED = {
    "@": "&commat;",
    ".": "&period;",
    "-": "&hyphen;",
    "_": "&lowbar;",
    ":": "&colon;",
    " ": "&nbsp;",
    "+": "&plus;",
    "=": "&equals;",
}


def between(sign: str) -> Disguise:
    """The sign between all characters."""
    return sign.join


def wide(value: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in value)


def digits_of(zero: int) -> Disguise:
    def disguise(value: str) -> str:
        return "".join(chr(zero + int(character)) if "0" <= character <= "9" else character for character in value)

    return disguise


def mathematical(value: str) -> str:
    def one(character: str) -> str:
        if "A" <= character <= "Z":
            return chr(0x1D400 + ord(character) - ord("A"))
        if "a" <= character <= "z":
            return chr(0x1D41A + ord(character) - ord("a"))
        return chr(0x1D7CE + int(character)) if "0" <= character <= "9" else character

    return "".join(map(one, value))


def looking_alike(value: str) -> str:
    """Every second letter that has a twin."""
    out, turn = [], False
    for character in value:
        twin = character.translate(CYRILLIC)
        turn = not turn if twin != character else turn
        out.append(twin if turn and twin != character else character)
    return "".join(out)


def escaped(form: str) -> Disguise:
    def disguise(value: str) -> str:
        return "".join(form.format(ord(character)) for character in value)

    return disguise


def twice(form: str) -> Disguise:
    """Percent escapes whose signs are escaped again."""

    def disguise(value: str) -> str:
        return escaped(form)(value).replace("%", "%25")

    return disguise


def quoted(value: str) -> str:
    """As `quote` of a URL would, and the signs that it leaves."""
    return "".join(character if character.isalnum() else f"%{ord(character):02X}" for character in value)


def in_base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def wrapped(value: str) -> str:
    """In base64 as mail has it, within other text."""
    whole = base64.b64encode(f"Dear colleague, here is what you asked for: {value} - please keep it safe.".encode()).decode()
    return "\n".join(whole[at : at + 76] for at in range(0, len(whole), 76))


def within(value: str) -> str:
    return base64.urlsafe_b64encode(f'{{"id": 7, "value": "{value}"}}'.encode()).decode().rstrip("=")


def cut(sign: str) -> Disguise:
    """One sign in the middle, at a letter or digit between letters or digits."""

    def disguise(value: str) -> str:
        middle = len(value) // 2
        places = [at for at in range(2, len(value) - 1) if value[at - 1].isalnum() and value[at].isalnum()]
        at = min(places, key=lambda place: abs(place - middle), default=middle)
        return f"{value[:at]}{sign}{value[at:]}"

    return disguise


def spaced(value: str) -> str:
    return " ".join(value.replace(" ", ""))


def marked(value: str) -> str:
    """A mark on each letter and digit."""
    return unicodedata.normalize("NFD", "".join(f"{c}\u0336" if c.isalnum() else c for c in value))


DISGUISES: dict[str, Disguise] = {
    "zero-width spaces": between("\u200b"),
    "word joiners": between("\u2060"),
    "zero-width joiners": between("\u200d"),
    "soft hyphens": between("\u00ad"),
    "bidi controls": between("\u202e"),
    "variation selectors": between("\ufe0f"),
    "tags between": between("\U000e0041"),
    "in tags": lambda value: "".join(chr(0xE0000 + ord(character)) for character in value),
    "combining marks": marked,
    "fullwidth": wide,
    "mathematical": mathematical,
    "Arabic digits": digits_of(0x660),
    "Persian digits": digits_of(0x6F0),
    "Devanagari digits": digits_of(0x966),
    "look-alike letters": looking_alike,
    "no-break spaces": lambda value: value.replace(" ", "\u00a0"),
    "thin spaces": lambda value: value.replace(" ", "\u2009"),
    "figure spaces": lambda value: value.replace(" ", "\u2007"),
    "ideographic spaces": lambda value: value.replace(" ", "\u3000"),
    "en dashes": lambda value: value.replace("-", "\u2013"),
    "minus signs": lambda value: value.replace("-", "\u2212"),
    "non-breaking hyphens": lambda value: value.replace("-", "\u2011"),
    "base64": in_base64,
    "base64 without padding": lambda value: in_base64(value).rstrip("="),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    "base64 within JSON": within,
    "base64 in lines": wrapped,
    "base64 twice": lambda value: in_base64(in_base64(value)),
    "hexadecimal": lambda value: value.encode().hex(),
    "hexadecimal, capitals": lambda value: value.encode().hex().upper(),
    "hexadecimal, spaces": lambda value: value.encode().hex(" "),
    "hexadecimal, colons": lambda value: value.encode().hex(":"),
    "percent escapes": quoted,
    "percent escapes of all": escaped("%{:02x}"),
    "percent escapes twice": twice("%{:02X}"),
    "HTML, decimal": escaped("&#{};"),
    "HTML, hexadecimal": escaped("&#x{:x};"),
    "HTML, names": lambda value: "".join(NAMED.get(character, character) for character in value),
    "HTML, twice": lambda value: html.escape(escaped("&#{};")(value)),
    "JSON escapes": escaped("\\u{:04x}"),
    "JSON escapes twice": escaped("\\\\u{:04x}"),
    "long escapes": escaped("\\U{:08x}"),
    "byte escapes": escaped("\\x{:02x}"),
    "quoted-printable": escaped("={:02X}"),
    "soft line break": cut("=\n"),
    "continued line": cut("\\\n"),
    "line break": cut("\n"),
    "quoted line break": cut("\n> "),
    "JSON line break": cut("\\n"),
    "spaces": spaced,
}


def mixed(value: str, rng: random.Random) -> str:
    """Some characters one way, some another."""
    ways = [
        lambda character: f"%{ord(character):02X}",
        lambda character: f"&#{ord(character)};",
        lambda character: f"\\u{ord(character):04x}",
        lambda character: f"{character}\u200b",
        wide,
    ]
    return "".join(
        rng.choice(ways)(character) if rng.random() < 0.4 and character.isascii() else character for character in value
    )
