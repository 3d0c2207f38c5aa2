"""Looks through objects for planted values: everything that a log line, a debugger or a serialiser could show."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Final

from bartizan._errors import Blocked
from bartizan._verdict import Verdict
from bartizan.testing._forms import planted_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOSED: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, CodeType, FrameType, TracebackType)
"""What holds code, not data: only its repr is read."""
_ATOMS: Final = frozenset({str, int, float, complex, bool, type(None)})
_BYTES: Final = (bytes, bytearray, memoryview)
_MOST_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class _Place:
    """An object and how it was reached."""

    value: Any
    path: str


def assert_no_planted(*objects: object) -> None:
    """Fail if one of the objects holds a planted value, in whatever it holds or shows.

    It looks through texts and bytes, containers, dataclasses, attributes (private ones too), reprs, and exceptions with their
    causes, contexts and notes; for values as they are, in other spacing or case, percent-encoded, in base64, or escaped as in
    JSON and HTML.
    Of a `Verdict` it reads what it lets out (findings, `explain()`, segments unless it refuses), not the text it was given.

    Raises:
        AssertionError: it names the label and the way there, never the value.
    """
    __tracebackhide__ = True
    message = _first(objects)
    if message:
        raise AssertionError(message)


def _first(objects: tuple[object, ...]) -> str:
    """What is wrong with the first place where a planted value stands, empty if there is none."""
    waiting = [_Place(value, f"argument {index}") for index, value in enumerate(objects, start=1)][::-1]
    seen: dict[int, object] = {}  # by identity; holds them, so that no identity is used again
    while waiting:
        place = waiting.pop()
        value = place.value
        if type(value) in _ATOMS:
            found = planted_in(str(value))
            if found is not None:
                return f"a planted {found[0]} stands in {place.path}, {found[1]}"
        elif id(value) not in seen:
            seen[id(value)] = value
            inner, texts, problem = _opened(place)
            if problem:
                return f"{place.path} can't be looked through: {problem}"
            # What it shows comes after what it holds, whose way says more.
            waiting += [*(_Place(text, place.path) for text in texts), *reversed(inner)]
    return ""


def _opened(place: _Place) -> tuple[list[_Place], list[str], str]:
    """What is inside an object, the texts it shows of itself, and why it could not be opened, if so."""
    problem = ""
    try:
        return list(_inside(place)), _shown(place.value), ""
    except Exception as error:  # noqa: BLE001 (a repr or an iterator may raise anything; it must not pass for empty)
        problem = type(error).__name__
    return [], [], problem


def _shown(value: object) -> list[str]:
    if isinstance(value, _BYTES):
        text = bytes(value).decode("utf-8", "backslashreplace")
        return [text, text.replace("\0", "")]  # the second reads UTF-16 and UTF-32 of ASCII
    if type(value) in {list, tuple, dict, set, frozenset}:
        return []  # their items are looked at one by one
    own = [str.__str__(value)] if isinstance(value, str) else []
    return list(dict.fromkeys([repr(value), str(value), *own]))


def _inside(place: _Place) -> Iterator[_Place]:
    value, path = place.value, place.path
    if isinstance(value, (*_CLOSED, *_BYTES, range)):
        return
    if isinstance(value, Verdict):
        yield from _verdict(value, path)
        return
    if not isinstance(value, str):  # the text of a str's own class is among what it shows
        yield from _items(value, path)
    if isinstance(value, BaseException):
        for name in ("args", "__cause__", "__context__"):
            yield _Place(getattr(value, name), f"{path}.{name}")
    for name, held in _attributes(value):
        yield _Place(held, f"{path}.{_name(name)}")


def _items(value: object, path: str) -> Iterator[_Place]:
    if isinstance(value, Mapping):
        for index, (key, item) in enumerate(value.items()):
            yield _Place(key, f"{path}, key {index}")
            yield _Place(item, f"{path}[{_key(key, index)}]")
    elif isinstance(value, Collection):
        for index, item in enumerate(value):
            yield _Place(item, f"{path}[{index}]")


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    """What an object holds in its dict and its slots; properties are not called."""
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            name = f"_{kind.__name__.lstrip('_')}{slot}" if slot.startswith("__") and not slot.endswith("__") else slot
            if name not in {"__dict__", "__weakref__"}:
                with contextlib.suppress(AttributeError):
                    yield name, getattr(value, name)


def _verdict(verdict: Verdict, path: str) -> Iterator[_Place]:
    yield _Place(verdict.findings, f"{path}.findings")
    yield _Place(verdict.explain(), f"{path}.explain()")
    try:
        yield _Place(verdict.segments, f"{path}.segments")
    except Blocked as refused:
        yield _Place(refused, f"{path}.raise_if_blocked()")


def _key(key: object, index: int) -> str:
    """A key as it may be shown: a plain name without a planted value, else its number."""
    return repr(key) if isinstance(key, str) and _name(key) == key else f"<key {index}>"


def _name(name: str) -> str:
    return name if name.isidentifier() and len(name) <= _MOST_SHOWN and planted_in(name) is None else "<name>"
