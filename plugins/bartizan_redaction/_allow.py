"""The allow-list: values that are never findings. A finding's own text decides, so that streams stay exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan_redaction._re2 import Pattern, encode, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def allow_list(entries: Iterable[str]) -> Callable[[str], bool] | None:
    """A test of whether a value is allowed; None where none is. Case is ignored; `*` stands for any characters."""
    listed = list(entries)
    if not listed:
        return None
    exact = frozenset(entry.casefold() for entry in listed if "*" not in entry)
    globs = [entry for entry in listed if "*" in entry]
    # `*` alone is the only sign: everything else stands for itself. RE2 keeps hostile values linear.
    pattern = (
        Pattern("(?is)" + "|".join(".*".join(quote(part) for part in entry.split("*")) for entry in globs)) if globs else None
    )

    def allowed(value: str) -> bool:
        return value.casefold() in exact or (pattern is not None and pattern.matches_whole(encode(value)))

    return allowed
