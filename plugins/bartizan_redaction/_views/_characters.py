"""Characters that stand for others, or for nothing: what a reader, or a model, takes them for.

Sources: Unicode Standard (Default_Ignorable_Code_Point, General_Category Nd, Zs, Pd), UAX 15 (NFKC), UTS 39 (confusables).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

Ranges = tuple[tuple[int, int], ...]

IGNORED: Final[Ranges] = (
    *((0x00, 0x00), (0x80, 0x84), (0x86, 0x9F)),  # NUL, as of UTF-16 taken for ASCII; control characters beyond ASCII
    *((0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
    # Marks that combine with whatever stands before.
    *((0x0300, 0x034E), (0x0350, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF)),
    (0xFE20, 0xFE2F),
)
_SPACES: Final[Ranges] = ((0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))
_DASHES: Final[Ranges] = (
    *((0x02D7, 0x02D7), (0x058A, 0x058A), (0x2010, 0x2015), (0x2043, 0x2043), (0x207B, 0x207B), (0x208B, 0x208B)),
    *((0x2212, 0x2212), (0x2E3A, 0x2E3B), (0x301C, 0x301C), (0xFE58, 0xFE58), (0xFE63, 0xFE63), (0xFF0D, 0xFF0D)),
)
_SIGNS: Final = {
    "\ufe6b": "@", "\u3002": ".", "\uff61": ".", "\u2024": ".", "\ufe52": ".",
    "\u2236": ":", "\ua789": ":", "\ufe55": ":", "\ufe13": ":", "\ufe4d": "_", "\u2044": "/",
    "\u2215": "/", "\ufe62": "+", "\u207a": "+", "\ufe66": "=",
    "\ufe59": "(", "\ufe5a": ")", "\u207d": "(", "\u207e": ")",
    **{chr(point + 0xFEE0): chr(point) for point in (*range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F))},
}  # fmt: skip
# The digit zero of every script that has decimal digits: nine more follow each.
_ZEROS: Final = (
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0,
    0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1E140,
    0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
)  # fmt: skip
_DIGITS: Final[Ranges] = tuple((zero, zero + 9) for zero in _ZEROS)
# Letters and digits in another dress: wide, raised, circled, mathematical.
_DRESSED: Final[Ranges] = (
    *((0xAA, 0xAA), (0xB2, 0xB3), (0xB9, 0xBA), (0x017F, 0x017F), (0x02B0, 0x02B8), (0x02E1, 0x02E3), (0x1D2C, 0x1D6A)),
    *((0x2070, 0x2079), (0x207F, 0x2089), (0x2090, 0x209C), (0x2102, 0x2138), (0x2145, 0x2149), (0x2160, 0x217F)),
    *(
        (0x2460, 0x24EA),
        (0x24F5, 0x24FE),
        (0x2776, 0x2793),
        (0xFB00, 0xFB06),
        (0xFF10, 0xFF19),
        (0xFF1D, 0xFF1D),
        (0xFF20, 0xFF3A),
    ),
    *((0xFF41, 0xFF5A), (0x1D400, 0x1D7FF), (0x1F100, 0x1F10C), (0x1F110, 0x1F189), (0x1F1E6, 0x1F1FF)),
)
_SQUARED: Final = (
    (0x1F130, "A"),
    (0x1F150, "A"),
    (0x1F170, "A"),
    (0x1F1E6, "A"),
    (0x24F5, "1"),
    (0x2776, "1"),
    (0x2780, "1"),
    (0x278A, "1"),
)

# Letters of other alphabets that are drawn like Latin ones.
_ROWS: Final = (
    ("\u0131\u0237\u0251\u0261\u0262\u0269\u026a\u0274\u0280\u028f\u0299\u029c\u029f\u037f\u0391\u0392", "ijaggiinrybhlJAB"),
    ("\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03b3\u03b5\u03b7", "EZHIKMNOPTYXayen"),
    ("\u03b9\u03ba\u03bd\u03bf\u03c1\u03c3\u03c4\u03c5\u03c7\u03c9\u03f2\u03f3\u03f9\u0405\u0406\u0407", "ikvopotuxwcjCSII"),
    ("\u0408\u0410\u0412\u0415\u0417\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0430\u0431", "JABE3KMHOPCTYXa6"),
    ("\u0432\u0433\u0435\u043a\u043c\u043e\u043f\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0457\u0458", "brekmonpctyxsiij"),
    ("\u0474\u0475\u04ae\u04af\u04bb\u04c0\u04cf\u0500\u0501\u051a\u051b\u051c\u051d\u053c\u054d\u054f", "VvYyhIlDdQqWwLUS"),
    ("\u0555\u0566\u0570\u0575\u0578\u057d\u0581\u0585\u1d00\u1d04\u1d05\u1d07\u1d0a\u1d0b\u1d0d\u1d0f", "Oqhjnugoacdejkmo"),
    ("\u1d18\u1d1b\u1d1c\u1d20\u1d21\u1d22\ua730\ua731", "ptuvwzfs"),
)
_TWINS: Final = {odd: plain for row in _ROWS for odd, plain in zip(*row, strict=True)}

VALUE: Final = "!-~"
"""What values are made of: beside these, an odd character matters."""


def _class(ranges: Ranges) -> str:
    return "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in ranges)


def _points(text: str) -> Ranges:
    return tuple((ord(character), ord(character)) for character in text)


_WEAK: Final = _class((*IGNORED, *_SPACES, *_DASHES, *_points("".join(_SIGNS))))
_STRONG: Final = _class((*_DIGITS, *_DRESSED))
_LOOK: Final = _class(_points("".join(_TWINS)))

MOST_WEAK: Final = 8
"""Invisible and odd characters in a row that count as none or as what they stand for; more are left as they are."""
MOST_TWINS: Final = 16

GATE: Final = (
    f"[{_WEAK}][{VALUE}{_STRONG}]|[{_STRONG}][{_WEAK}]?|[{VALUE}][{_WEAK}]|[0-9A-Za-z@_][{_LOOK}]|[{_LOOK}][0-9A-Za-z@_]"
)
"""RE2, over UTF-8: where a character stands for another, or for none, in a way that matters."""


DRESSED: Final = re.compile("[{}]+".format("".join(f"{chr(first)}-{chr(last)}" for first, last in (*_DIGITS, *_DRESSED))))


@cache
def ignored() -> frozenset[str]:
    """Characters that are not seen, or only as a mark on others."""
    return frozenset(chr(point) for first, last in IGNORED for point in range(first, last + 1))


@cache
def weak() -> dict[str, str]:
    """Characters that count as another, or as none, where they touch a value."""
    out = dict.fromkeys(ignored(), "")
    out |= {chr(point): " " for first, last in _SPACES for point in range(first, last + 1)}
    out |= {chr(point): "-" for first, last in _DASHES for point in range(first, last + 1)}
    return out | _SIGNS


@cache
def strong() -> dict[str, str]:
    """Letters and digits in another dress or script -> the ASCII ones that they are."""
    out = {chr(zero + value): str(value) for zero in _ZEROS for value in range(10)} | {"\uff1d": "=", "\uff20": "@"}
    for first, last in _DRESSED:
        for point in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(point)).strip("().")
            if plain.isascii() and plain.isalnum():
                out[chr(point)] = plain
    for first, letter in _SQUARED:
        size = 26 if letter == "A" else 9
        out |= {chr(first + place): chr(ord(letter) + place) for place in range(size)}
    return out


def twins() -> dict[str, str]:
    """Letters of other alphabets -> the Latin ones they look like."""
    return _TWINS
