"""Check digits that a policy may ask of its own entities, by python-stdnum; a module is loaded when its first candidate comes."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

ChecksumName = Literal["luhn", "verhoeff", "damm", "mod97", "mod11-2", "mod11-10", "mod37-2", "mod37-36"]

_MODULES: Final[dict[str, str]] = {
    "luhn": "luhn",  # ISO/IEC 7812-1, annex B
    "verhoeff": "verhoeff",  # Verhoeff, "Error detecting decimal codes", 1969
    "damm": "damm",  # Damm, "Total anti-symmetrische Quasigruppen", 2004
    "mod97": "iso7064.mod_97_10",  # ISO/IEC 7064, the pure systems
    "mod11-2": "iso7064.mod_11_2",
    "mod37-2": "iso7064.mod_37_2",
    "mod11-10": "iso7064.mod_11_10",  # ISO/IEC 7064, the hybrid systems
    "mod37-36": "iso7064.mod_37_36",
}


@cache
def _module_check(module: str) -> Callable[[str], bool]:
    check: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return check


_WITH_LETTERS: Final = frozenset({"mod97", "mod37-2", "mod37-36"})


def checksum(name: ChecksumName) -> Callable[[str], bool]:
    """A test of a value's digits (`mod11-2`: and an X at the end; those modulo 97 and 37: and its letters); nothing else counts."""
    module = _MODULES[name]

    def check(value: str) -> bool:
        compact = "".join(character for character in value.upper() if character.isascii() and character.isalnum())
        if name not in _WITH_LETTERS:
            last = "X" if name == "mod11-2" and compact.endswith("X") else ""
            compact = "".join(filter(str.isdigit, compact)) + last
        return len(compact) > 1 and _module_check(module)(compact)

    return check
