"""The forms in which a planted value can hide in a text: as it is, in other spacing or case, and encoded."""

from __future__ import annotations

import base64
import html
import re
from typing import Final
from urllib.parse import unquote_plus

from bartizan.testing._planted import PLANTED

_ROUNDS: Final = 3
"""JSON in JSON in JSON: how often a text is decoded."""

_SPACING: Final = str.maketrans("", "", " \u00a0\t\r\n.()-")
_DIGITS: Final = 9
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([nrt\"\\/']))")
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t"}
_WRAPPED: Final = re.compile(r"\s+")


def _spaced_digits(value: str) -> str:
    """A number without its separators; empty for what is no long number."""
    bare = value.translate(_SPACING).lstrip("+")
    return bare if bare.isdecimal() and len(bare) >= _DIGITS and value.count(".") == 0 else ""


def _base64_cores(value: str) -> list[str]:
    """What every base64 text that holds the value holds, for each of the three ways its bytes can fall into groups of three."""
    data = value.encode()
    cores = []
    for before in range(3):
        # Digits that also depend on the neighbours are cut off at both ends.
        first = (before * 8 + 5) // 6
        last = (before + len(data)) * 8 // 6
        cores.append(base64.b64encode(b"\0" * before + data).decode()[first:last])
    return [form for core in cores for form in dict.fromkeys([core, core.translate(str.maketrans("+/", "-_"))])]


_VALUES: Final = [(label, value.casefold()) for label, value in PLANTED.items()]
_NUMBERS: Final = [(label, bare) for label, value in PLANTED.items() if (bare := _spaced_digits(value))]
_BASE64: Final = [(label, core) for label, value in PLANTED.items() for core in _base64_cores(value)]


def planted_in(text: str) -> tuple[str, str] | None:
    """The label of a planted value that the text holds and in which form, None if it holds none."""
    for depth, decoded in enumerate(_decodings(text)):
        encoded = "encoded" if depth else ""
        folded = decoded.casefold()
        for label, value in _VALUES:
            if value in folded:
                return label, encoded or "as it is"
        bare = decoded.translate(_SPACING)
        for label, digits in _NUMBERS:
            if digits in bare:
                return label, encoded or "in other spacing"
        joined = _WRAPPED.sub("", decoded)
        for label, core in _BASE64:
            if core in joined:
                return label, "in base64"
    return None


def _decodings(text: str) -> list[str]:
    """The text, and what it reads as once percent-encoding and the escapes of JSON, Python and HTML are undone, repeatedly."""
    seen = [text]
    level = {text}
    for _ in range(_ROUNDS):
        level = {decode(one) for one in level for decode in (unquote_plus, _unescaped, html.unescape)} - set(seen)
        if not level:
            break
        seen += sorted(level)
    return seen


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def plain(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _PLAIN.get(found[3], found[3])

    return _ESCAPE.sub(plain, text)
