"""What a text hides: the ways of reading it one after the other, and what the entities find there.

Pointwise and local like all else: each way reads a place by a bounded stretch around it (`HIDDEN_REACH`), whatever the length of
what is around. A reading within a reading (escapes in base64) is measured in the original.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan_redaction._entities import REACH, TOKEN_SPAN
from bartizan_redaction._re2 import Union, encode_latin_1
from bartizan_redaction._views._characters import ignored
from bartizan_redaction._views._codes import BASE64_GATE, CODED_SPAN, HEX_GATE, KEY_IN_CODE, Decoded, in_base64, in_hex, in_tags
from bartizan_redaction._views._escapes import ESCAPES_GATE
from bartizan_redaction._views._lines import LINES_GATE, SIDE, joins
from bartizan_redaction._views._normal import normal
from bartizan_redaction._views._spelled import SPELLED_GATE, spelled, with_spaces
from bartizan_redaction._views._spoken import COMMON_END, SPOKEN_GATE, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bartizan_redaction._views._view import Mapped, View

    Span = tuple[int, int]
    Plain = tuple[int, int, int]
    Look = Callable[[str, Sequence[Span]], list[tuple[int, int, int]]]

HIDDEN_SPAN: Final = 4608
"""The longest hidden finding, in characters of the text: a private key in base64 fits."""

HIDDEN_REACH: Final = 2900
"""How far around a hidden finding its decision may look, in characters."""

INNER_REACH: Final = 1500
"""The same for what is hidden in code or spelled out: a reading within a reading gets less room for each character."""

GATES: Final = (BASE64_GATE, HEX_GATE, SPELLED_GATE, LINES_GATE, SPOKEN_GATE, ESCAPES_GATE, r"\x00")
"""RE2, over Latin-1: a text in ASCII where none of these matches hides nothing."""

_ANY: Final = Union(GATES).find
_ESCAPE: Final = Union((ESCAPES_GATE, r"\x00")).find
_SPELLED: Final = Union((SPELLED_GATE,)).find
_CODES: Final = Union((BASE64_GATE, HEX_GATE)).find
_CONTEXT: Final = REACH + 8
_NEAR: Final = TOKEN_SPAN + 2 * REACH
_NEAR_LONG: Final = HIDDEN_SPAN + 2 * REACH
_LONG_ONES: Final = ("-----BEGIN", "eyJ")
_LINES_IN_VIEW: Final = 60
_LAYERS: Final = 2
_ESCAPED: Final = re.compile(r"[%&\\=]")

Hit = tuple[int, int, int, str, str]
"""Where it begins and ends, which entity, how it was hidden, and what it says."""


def escaped(raw: bytes, first: int, last: int) -> bool:
    """Whether there are escapes in [first, last): five quick looks, and a closer one."""
    return (
        raw.find(b"=", first, last) >= 0
        or raw.find(b"%", first, last) >= 0
        or raw.find(b"&", first, last) >= 0
        or raw.find(b"\\", first, last) >= 0
        or raw.find(b"\0", first, last) >= 0
    ) and _ESCAPE(raw, first, last) >= 0


class Known(NamedTuple):
    """What must be known of the entities.

    Attributes:
        built_in: how many are built in; a span is given to one of them only.
        email: the number of the email address, if it is among them.
        dialled: the numbers of telephone numbers.
        whole: the numbers of those that two lines are not put together for.
        short: the numbers of those of the policy that are looked for in what is hidden.
    """

    built_in: int
    email: int | None
    dialled: frozenset[int]
    whole: frozenset[int]
    short: frozenset[int]


class Hidden:
    """The hidden findings of one choice of entities. Safe to share between threads."""

    __slots__ = ("_built_in", "_dialled", "_email", "_look", "_short", "_whole")

    def __init__(self, look: Look, known: Known) -> None:
        """`look` gives the entities' findings in a text, of pivots within the given ranges."""
        self._look = look
        self._built_in, self._email, self._dialled, self._whole, self._short = known

    def find(self, text: str, raw: bytes, start: int, plain: Sequence[Plain]) -> list[Hit]:
        """What is hidden from `start` on; `plain` is what is not: where it begins and ends, and which entity it is."""
        if text.isascii() and _ANY(raw, max(0, start - HIDDEN_REACH), len(raw)) < 0:
            return []
        seen = {(begin, end, self._once(index)) for begin, end, index in plain}
        out: dict[Plain, Hit] = {}
        for hit in self._hits(text, raw, start, plain):
            begin, end, index = hit[:3]
            key = begin, end, self._once(index)
            if begin >= start and end - begin <= HIDDEN_SPAN and key not in seen and (key not in out or hit < out[key]):
                out[key] = hit
        return list(out.values())

    def _once(self, index: int) -> int:
        """-1 for all that may have a span but once: a span is given to one of the built-in entities only."""
        return index if index >= self._built_in else -1

    def _hits(self, text: str, raw: bytes, start: int, plain: Sequence[Plain]) -> Iterator[Hit]:
        size = len(text)
        if _CODES(raw, start, size) >= 0:
            yield from self._coded(text, raw, max(0, start - INNER_REACH), size, _LAYERS)
        spaced = with_spaces(text, raw)
        if _SPELLED(spaced, start, size) >= 0:
            for view in spelled(text, spaced, max(0, start - INNER_REACH), size):
                yield from (hit for hit in self._spelled(view) if _SPELLED(spaced, hit[0], hit[1]) >= 0)
        yield from self._joined(text, raw, start, size, plain, known_from=start)
        yield from self._spoken(text, raw, start, size)
        first = max(0, start - HIDDEN_REACH)
        if raw.find(b"??????", first) >= 0:
            for decoded in in_tags(text, first):
                yield from self._decoded(decoded, "in characters that are not shown", _LAYERS)
        if not text.isascii() or escaped(raw, first, size):
            undone = normal(text[first:], first)
            if undone is not None:
                yield from self._read(text, undone, start)

    def _read(self, text: str, view: View, start: int) -> Iterator[Hit]:
        """What a text says with odd characters and escapes undone."""
        new, floor = view.text, view.seen_from(start) - 2 * _CONTEXT
        near = _NEAR_LONG if any(sign in new for sign in _LONG_ONES) else _NEAR
        around = [place for place in view.changed if place + near >= floor]
        ranges = _united([(max(place - near, floor, 0), min(place + near, len(new))) for place in around])
        found = self._look(new, ranges)
        for begin, end, index in found:
            span = view.begin(begin), view.end(end)
            yield span[0], span[1], index, _how(text[slice(*span)]), new[begin:end]
        raw = encode_latin_1(new)
        for first, last in ranges:
            for hits in (
                self._coded(new, raw, first, last, 1),
                self._joined(new, raw, first, last, found, known_from=first + REACH, side=_LINES_IN_VIEW),
                self._spoken(new, raw, first, last),
            ):
                for begin, end, index, how, value in hits:
                    yield view.begin(begin), view.end(end), index, how, value

    def _coded(self, text: str, raw: bytes, first: int, last: int, layers: int) -> Iterator[Hit]:
        for way, how in ((in_base64, "written in base64"), (in_hex, "written in hexadecimal digits")):
            for decoded in way(text, raw, first, last):
                for hit in self._decoded(decoded, how, layers):
                    # What shows that there is code must lie within, so that it does not matter what was seen before.
                    if (hit[1] - hit[0] <= CODED_SPAN or KEY_IN_CODE.match(text, hit[0])) and _CODES(raw, hit[0], hit[1]) >= 0:
                        yield hit

    def _decoded(self, view: Decoded, how: str, layers: int) -> Iterator[Hit]:
        new = view.text
        for begin, end, index in self._look(new, ((0, len(new)),)):
            yield view.begin(begin), view.end(end), index, how, new[begin:end]
        if layers < _LAYERS:
            return
        raw = encode_latin_1(new)
        if _CODES(raw, 0, len(raw)) >= 0:
            for begin, end, index, _, value in self._coded(new, raw, 0, len(new), layers - 1):
                yield view.begin(begin), view.end(end), index, how, value
        if escaped(raw, 0, len(raw)):
            yield from self._unescaped(view, new, view.ratio, how)

    def _unescaped(self, view: Mapped, new: str, ratio: float, how: str) -> Iterator[Hit]:
        plain = normal(new, most=max(int(INNER_REACH / (_CONTEXT * ratio)) - 1, 1), most_weak=1)
        if plain is not None:
            for begin, end, index in self._look(plain.text, ((0, len(plain.text)),)):
                yield view.begin(plain.begin(begin)), view.end(plain.end(end)), index, how, plain.text[begin:end]

    def _spelled(self, view: View) -> Iterator[Hit]:
        how, new = "its characters set apart", view.text
        for begin, end, index in self._look(new, ((0, len(new)),)):
            yield view.begin(begin), view.end(end), index, how, new[begin:end]
        if not new.isascii():
            yield from self._unescaped(view, new, 4, how)

    def _joined(
        self, text: str, raw: bytes, first: int, last: int, plain: Sequence[Plain], *, known_from: int, side: int = SIDE
    ) -> Iterator[Hit]:
        """Values broken over two lines; `plain` is what stands in the text, all of it that begins at or after `known_from`."""
        stands: _Standing | None = None
        for join in joins(text, raw, first, last, side):
            if join.begin < known_from:
                near = _Standing(self._look(text, ((max(0, join.begin - REACH), join.after + TOKEN_SPAN),)))
            else:
                if stands is None:
                    stands = _Standing(hit for hit in plain if hit[2] < self._built_in or hit[2] in self._short)
                near = stands
            left = near.ending(join.begin, join.end)
            # A value that stands on the second line by itself, or on the first, needs nothing of the other.
            if join.after in near.begins or (left and not join.goes_on):
                continue
            view, seam = join.view(text), join.end - join.begin
            for begin, end, index in self._look(view.text, ((0, len(view.text)),)):
                if not begin < seam < end or index in self._whole or (left and (view.begin(begin), index) not in left):
                    continue
                value = view.text[begin:end]
                if (index != self._email or COMMON_END.search(value)) and (index not in self._dialled or value[0] in "+("):
                    yield view.begin(begin), view.end(end), index, "broken over two lines", value

    def _spoken(self, text: str, raw: bytes, first: int, last: int) -> Iterator[Hit]:
        if self._email is not None:
            for begin, end, value in spoken(text, raw, first, last):
                yield begin, end, self._email, "its signs in words or set apart", value


class _Standing:
    """What stands in a text undisguised, by where it begins and ends."""

    __slots__ = ("_ends", "begins")

    def __init__(self, found: Iterable[Plain]) -> None:
        self.begins: set[int] = set()
        self._ends: dict[int, list[tuple[int, int]]] = {}
        for begin, end, index in found:
            self.begins.add(begin)
            self._ends.setdefault(end, []).append((begin, index))

    def ending(self, floor: int, end: int) -> set[tuple[int, int]]:
        """Those that end at a place and begin at or after `floor`: their beginnings, and which entities they are."""
        found = self._ends.get(end)
        return set() if found is None else {one for one in found if one[0] >= floor}


def _how(stretch: str) -> str:
    if not stretch.isascii():
        return "with invisible characters" if not ignored().isdisjoint(stretch) else "in other characters"
    if not stretch.isprintable():
        return "with control characters" if not ignored().isdisjoint(stretch) else "in escapes"
    return "in escapes" if _ESCAPED.search(stretch) else "behind a name in other characters"


def _united(ranges: list[Span]) -> list[Span]:
    out: list[Span] = []
    for begin, end in ranges:
        if out and begin <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((begin, end))
    return out
