"""Findings made quickly: in texts full of values their construction would be a quarter of all work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bartizan import Action, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    Setter = Callable[[object, object], None]

_SLOTS: Final = ("label", "action", "start", "end", "segment", "score", "replacement", "detail", "plugin")


def maker(label: str, why: str) -> Callable[[int, int], Finding]:
    """A function from a span to the finding of it, equal to what `Finding` makes.

    A frozen value sets its fields by name, which costs more than all else; the setters of its slots do the same. A class without
    these slots, or with others, is made the ordinary way.
    """

    def ordinary(begin: int, end: int) -> Finding:
        return Finding(label, Action.REDACT, start=begin, end=end, detail=why)

    if tuple(getattr(Finding, "__slots__", ())) != _SLOTS:
        return ordinary
    model = ordinary(0, 1)
    set_start, set_end = (cast("Setter", vars(Finding)[name].__set__) for name in ("start", "end"))
    others = [
        (cast("Setter", vars(Finding)[name].__set__), getattr(model, name)) for name in _SLOTS if name not in {"start", "end"}
    ]

    def quick(begin: int, end: int) -> Finding:
        out = Finding.__new__(Finding)
        set_start(out, begin)
        set_end(out, end)
        for set_field, value in others:
            set_field(out, value)
        return out

    return quick
