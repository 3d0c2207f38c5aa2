"""The one scanner behind all entities: one search for places, then the resolvers that may begin there.

It is pointwise: every finding belongs to a pivot, a place that the text alone decides, so that neither where scanning starts nor
other findings matter. All gates together are one pattern in RE2, searched over Latin-1 (a byte for each character, so that no
offset needs mapping); from each place that it finds on, only the resolvers are asked whose values begin
like that. Time is linear: the search is, and each pivot looks at a bounded stretch.
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import TYPE_CHECKING, Final

from bartizan import Finding
from bartizan_redaction._entities import REACH
from bartizan_redaction._entities._words import FOREIGN_GATE
from bartizan_redaction._made import maker
from bartizan_redaction._pending import Pending
from bartizan_redaction._re2 import Union, encode_latin_1
from bartizan_redaction._views import GATES, HIDDEN_REACH, HIDDEN_SPAN, Hidden, Known, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bartizan import Finding
    from bartizan_redaction._custom import CustomEntity
    from bartizan_redaction._entities import Entity
    from bartizan_redaction._entities._entity import Resolve, Spread

    Asked = tuple[tuple[int, Resolve, Spread | None], ...]

_UNDERSCORE: Final = ord("_")
_ZERO: Final = ord("0")
_NINE: Final = ord("9")
_EMAIL: Final = "EMAIL_ADDRESS"
_PHONE: Final = "PHONE_NUMBER"
_KEY: Final = "PRIVATE_KEY"
_HIDDEN_CUSTOM: Final = 258
_MOST_BEGINNINGS: Final = 10_000
_SHAPES: Final = bytes(
    ord("0")
    if character == "0"
    else ord("1")
    if character.isdecimal()
    else ord("a")
    if character in ascii_letters
    else ord(" ")
    if character == "\u00a0"
    else ord(character)
    if character in " .-:()/+"
    else _UNDERSCORE
    for character in map(chr, range(256))
)


class _ByBeginning(dict[bytes, "Asked"]):
    """How a place begins -> the entities whose gate may match there, worked out when it is first met."""

    def __init__(self, entities: Iterable[tuple[int, Entity]]) -> None:
        super().__init__()
        self._entities = tuple(entities)

    def __missing__(self, key: bytes) -> Asked:
        if len(self) >= _MOST_BEGINNINGS:
            self.clear()
        beginning = key.decode("latin-1")
        word = (key[:2] + key[8:]).decode("latin-1")
        asked = tuple(
            (index, entity.resolve, entity.spread)
            for index, entity in self._entities
            if re.match(entity.begins, beginning if entity.spread is None else word)
        )
        self[key] = asked
        return asked


class RedactionScanner:
    """Finds the values of all the entities it is given. Fixed once made, and safe to share between threads."""

    pointwise = True

    def __init__(
        self,
        entities: Sequence[Entity],
        custom: Sequence[CustomEntity] = (),
        allowed: Callable[[str], bool] | None = None,
    ) -> None:
        self._entities = tuple(entities)
        self._custom = tuple(custom)
        self._allowed = allowed
        gates = dict.fromkeys(entity.gate for entity in self._entities)
        plain, words = _sorted_gates(gate for gate in gates if gate != FOREIGN_GATE)
        alone = [f"(?i:(?:{word}))" for word in words]
        # Apart: words are only looked for where a digit follows them. A search that counted the characters between would have too
        # many states.
        self._finds = tuple(
            (Union(gates).find, gates is alone, _ByBeginning(asked))
            for gates, asked in (
                (plain, [(index, entity) for index, entity in enumerate(entities) if entity.gate in plain]),
                (alone, [(index, entity) for index, entity in enumerate(entities) if _COUNTED.fullmatch(entity.gate)]),
            )
            if gates
        )
        # A `?` may stand for a letter of another script, but not in a text of ASCII alone.
        foreign = [(index, entity) for index, entity in enumerate(entities) if entity.gate == FOREIGN_GATE]
        self._finds_beyond = (*self._finds, *(((Union((FOREIGN_GATE,)).find, False, _ByBeginning(foreign)),) if foreign else ()))
        # One search tells whether there is anything to do at all.
        self._find_any = Union((*plain, *alone, *GATES)).find
        every: tuple[Entity | CustomEntity, ...] = (*self._entities, *self._custom)
        self._every = every
        self._made = tuple(maker(entity.label, entity.why) for entity in every)
        self._made_hidden: dict[tuple[int, str], Callable[[int, int], Finding]] = {}
        labels = [entity.label for entity in self._entities]
        whole = frozenset(place for place, entity in enumerate(self._entities) if not _in_two_lines(entity))
        email = labels.index(_EMAIL) if _EMAIL in labels else None
        dialled = frozenset(place for place, label in enumerate(labels) if label == _PHONE)
        # Those of the policy that look far around would have all others do the same.
        self._short = tuple(
            (place, entity)
            for place, entity in enumerate(self._custom, start=len(self._entities))
            if entity.lookaround <= _HIDDEN_CUSTOM
        )
        short = frozenset(place for place, _ in self._short)
        self._hidden = Hidden(self._look, Known(len(self._entities), email, dialled, whole, short))
        self.max_span: int = max(HIDDEN_SPAN, *(entity.max_span for entity in every), 1)
        widest = max((entity.lookaround for _, entity in self._short), default=0)
        self.lookaround: int = max(
            HIDDEN_REACH * max(widest, REACH) // REACH, *(entity.lookaround for entity in self._custom), REACH
        )
        self.pending: Callable[[str, int], int] = Pending(self._entities, self._custom, email=email is not None).pending

    def __repr__(self) -> str:
        return f"RedactionScanner({len(self._entities)} entities, {len(self._custom)} custom)"

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        """Findings that begin at or after `start`, in order of their beginning; spans in characters."""
        # A pivot may lie before the value it belongs to (the name of a secret).
        first, size, ascii_only = start - REACH if start > REACH else 0, len(text), text.isascii()
        if ascii_only and not self._custom and self._nothing_near(text, first, start):
            return []
        raw = encode_latin_1(text)
        place = self._find_any(raw, first, size)
        found: list[Finding] = []
        spans: dict[tuple[int, int], int] = {}
        if place >= 0 or not ascii_only:
            self._search(text, raw, first, size, start, spans)
        allowed, made = self._allowed, self._made
        hits = [(begin, end, index) for (begin, end), index in spans.items()]
        for index, entity in enumerate(self._custom, start=len(self._entities)):
            hits += [(begin, end, index) for begin, end in entity.spans(text, start)]
        for begin, end, index in hits:
            if allowed is None or not allowed(text[begin:end]):
                found.append(made[index](begin, end))
        for begin, end, index, how, value in self._hidden.find(text, raw, start, hits):
            if allowed is None or not (allowed(value) or allowed(text[begin:end])):
                found.append(self._make_hidden(index, how)(begin, end))
        if len(found) > 1:
            found.sort(key=_place)
        return found

    def _nothing_near(self, text: str, first: int, start: int) -> bool:
        """Whether a text in ASCII plainly holds nothing from `start` on: no gate matches, and no escapes before could reach there."""
        raw = encode_latin_1(text[first:] if first else text)
        if self._find_any(raw, 0, len(raw)) >= 0:
            return False
        before = text[max(0, start - HIDDEN_REACH) : start]
        # Looked for one by one: every token of a stream passes here.
        odd = "=" in before or "%" in before or "&" in before or "\\" in before or "\0" in before
        return not odd or not escaped(encode_latin_1(before), 0, len(before))

    def _make_hidden(self, index: int, how: str) -> Callable[[int, int], Finding]:
        made = self._made_hidden.get((index, how))
        if made is None:
            entity = self._every[index]
            made = self._made_hidden[index, how] = maker(entity.label, f"{entity.why}, {how}")
        return made

    def _look(self, text: str, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """What the entities find from pivots within `ranges`, and those of the policy that look around but little."""
        spans: dict[tuple[int, int], int] = {}
        own: list[tuple[int, int, int]] = []
        raw = encode_latin_1(text)
        for first, last in ranges:
            self._search(text, raw, first, min(len(raw), last + REACH), 0, spans)
            for index, entity in self._short:
                left = max(0, first - entity.lookaround)
                stretch = text[left : last + entity.lookaround]
                own += [(begin + left, end + left, index) for begin, end in entity.spans(stretch, first - left)]
        return own + [(begin, end, index) for (begin, end), index in spans.items()]

    def _search(self, text: str, raw: bytes, first: int, last: int, start: int, spans: dict[tuple[int, int], int]) -> None:
        """Ask the entities at each place in [first, last) that a gate matches from."""
        shapes = b""
        for find, by_digits, by_beginning in self._finds if text.isascii() else self._finds_beyond:
            done: dict[int, int] = {}
            digit = -1
            place = find(raw, first, last)
            while place >= 0:
                if by_digits and digit < place:
                    ahead = _DIGIT(raw, place, last)
                    if ahead is None:
                        break
                    digit = ahead.start()
                    if digit - place > REACH:
                        place = find(raw, digit - REACH, last)
                        continue
                pivot = place + 1 if raw[place] == _UNDERSCORE else place
                shapes = shapes or raw.translate(_SHAPES)
                for index, resolve, spread in by_beginning[_beginning(raw, shapes, pivot)]:
                    pivots: Iterable[int] = (pivot,)
                    if spread is not None:
                        pivots, done[index] = spread(text, pivot, done.get(index, 0))
                    for at in pivots:
                        span = resolve(text, at)
                        if span is not None and span[0] >= start and spans.get(span, index) >= index:
                            spans[span] = index
                place = find(raw, pivot + 1, last)


def _beginning(raw: bytes, shapes: bytes, pivot: int) -> bytes:
    """How the text at a place begins: the key of `_ByBeginning`."""
    key = shapes[pivot : pivot + 8]
    if not _ZERO <= raw[pivot] <= _NINE:
        return raw[pivot : pivot + 2] + key[2:] + raw[pivot + 2 : pivot + 4]
    if not key.isdigit():
        return key
    run = raw[pivot : pivot + _LONGEST_RUN]
    return key + _RUNS[len(run) - len(run.lstrip(b"0123456789"))]


_DIGIT: Final = re.compile(rb"[0-9]").search
_LONGEST_RUN: Final = 21
_RUNS: Final = tuple(b"1" * max(0, size - 8) + b" " for size in range(_LONGEST_RUN + 1))
"""What shows how long a run of eight digits and more is."""


_COUNTED: Final = re.compile(r"\(\?i:\(\?:(?P<words>.*)\)(?P<tail>\(\?s:\[\^0-9\]\{0,[0-9]+\}\)\[0-9\]\))")


def _sorted_gates(gates: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Those that look on from a word to the next digit apart: their words -> how far."""
    plain: list[str] = []
    words: dict[str, str] = {}
    for gate in dict.fromkeys(gates):
        found = _COUNTED.fullmatch(gate)
        if found is None:
            plain.append(gate)
        else:
            words[found["words"]] = found["tail"]
    return plain, words


def _in_two_lines(entity: Entity) -> bool:
    """Whether two lines put together may be such a value: not what a mere name announces, and what holds lines' ends anyway."""
    return "generic" not in entity.groups and entity.label != _KEY


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.start or 0, finding.end or 0, finding.label
