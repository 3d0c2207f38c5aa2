"""The allow-list: values that are never findings. A finding's own text decides, so that streams stay exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Pattern, encode, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REGEX: Final = "regex:"
"""How an entry begins that is a pattern in RE2's syntax."""


def allowed_pattern(entry: str) -> Pattern:
    """The pattern of an entry that begins with `regex:`.

    Raises:
        PatternError: RE2 can't compile it.
    """
    return Pattern(entry.removeprefix(REGEX))


def allow_list(entries: Iterable[str]) -> Callable[[str], bool] | None:
    """A test of whether a value is allowed; None where none is.

    An entry is a value, whatever its case, in which `*` stands for any characters; or, after `regex:`, a pattern that the whole value
    must match. RE2 keeps hostile values linear.
    """
    listed = list(entries)
    if not listed:
        return None
    patterns = [allowed_pattern(entry) for entry in listed if entry.startswith(REGEX)]
    plain = [entry for entry in listed if not entry.startswith(REGEX)]
    exact = frozenset(entry.casefold() for entry in plain if "*" not in entry)
    globs = [entry for entry in plain if "*" in entry]
    if globs:
        # `*` alone is the only sign: everything else stands for itself.
        patterns.append(Pattern("(?is)" + "|".join(".*".join(quote(part) for part in entry.split("*")) for entry in globs)))

    def allowed(value: str) -> bool:
        if value.casefold() in exact:
            return True
        raw = encode(value) if patterns else b""
        return any(pattern.matches_whole(raw) for pattern in patterns)

    return allowed
