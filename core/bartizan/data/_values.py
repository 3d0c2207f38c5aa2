"""Judges values of any shape: texts as they are, structured values leaf by leaf, each leaf under its own key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bartizan._errors import BartizanError
from bartizan._structured.values import bounded, flatten
from bartizan.data._columns import Columns
from bartizan.data._errors import DataError, RowError

if TYPE_CHECKING:
    from bartizan._engine.sanitizer import Sanitizer
    from bartizan._engine.tally import Tally
    from bartizan._structured.values import Flat

HIDDEN: Final = "(a name that is redacted)"
_REMEMBERED: Final = 4_096
_NESTED: Final = (Mapping, list, tuple)


class Names:
    """Names of columns as they may be shown: one in which something was found is not."""

    def __init__(self, sanitizer: Sanitizer) -> None:
        self._sanitizer = sanitizer
        self._shown: dict[str, str] = {}

    def shown(self, name: str) -> str:
        """The name, or what stands for it."""
        found = self._shown.get(name)
        if found is None:
            found = HIDDEN if self._sanitizer.finds(name) else name
            if len(self._shown) >= _REMEMBERED:
                self._shown.clear()
            self._shown[name] = found
        return found


class Batch(NamedTuple):
    """Values as they may be learned, and the label that withheld something in a value, by its index."""

    values: list[Any]
    withheld: dict[int, str]


def judge_flats(
    flats: Sequence[Flat], columns: Columns, sanitizer: Sanitizer, names: Names, tally: Tally
) -> list[tuple[list[Any], str]]:
    """For each structured value its segments as they may be learned, and the label that withheld one of them."""
    texts: list[str] = []
    keys: list[str] = []
    owners: list[str] = []
    where: list[tuple[int, int]] = []
    for number, flat in enumerate(flats):
        for index, segment in enumerate(flat.segments):
            column, selected, _ = columns.place(segment.path)
            if not selected:
                continue
            texts.append(segment.text)
            keys.append(segment.key)
            owners.append(names.shown(column))
            where.append((number, index))
    judged = sanitizer.judge(texts, keys, owners, tally)
    out: list[tuple[list[Any], str]] = [(list(flat.segments), "") for flat in flats]
    for at, new in enumerate(judged.texts):
        if new is not texts[at]:
            number, index = where[at]
            out[number][0][index] = out[number][0][index].with_text(new)
    for at, label in judged.withheld.items():
        number = where[at][0]
        out[number] = (out[number][0], max(out[number][1], label))
    return out


def judge_column(
    name: str, values: Sequence[Any], paths: tuple[str, ...], sanitizer: Sanitizer, tally: Tally, *, first_row: int = 1
) -> Batch:
    """One text column of some rows: texts, None, and nested values, of which `paths` (all if empty) are judged.

    Raises:
        RowError: a value is something else, or can't be put together again.
    """
    out, withheld = list(values), {}
    texts = [(i, value) for i, value in enumerate(values) if isinstance(value, str)]
    shown = Names(sanitizer)
    if paths and texts:
        message = f"row {first_row + texts[0][0]}: column {name!r} holds text where {paths[0]!r} asks for nested values"
        raise RowError(message, first_row + texts[0][0])
    plain = [str.__str__(text) for _, text in texts]
    judged = sanitizer.judge(plain, bounded(name), shown.shown(name), tally)
    for at, ((index, _), new) in enumerate(zip(texts, judged.texts, strict=True)):
        if new is not plain[at]:
            out[index] = new
        if at in judged.withheld:
            withheld[index] = judged.withheld[at]
    nested = [(i, value) for i, value in enumerate(values) if isinstance(value, _NESTED)]
    if len(texts) + len(nested) < len(values):
        _refuse_others(name, values, first_row)
    if nested:
        flats = [_flat(name, value, first_row + i) for i, value in nested]
        columns = Columns(paths or (name,))
        for (index, _), flat, (segments, label) in zip(
            nested, flats, judge_flats(flats, columns, sanitizer, shown, tally), strict=True
        ):
            out[index] = rebuilt(flat, segments, first_row + index)[name]
            if label:
                withheld[index] = label
    return Batch(out, withheld)


def rebuilt(flat: Flat, segments: Sequence[Any], row: int) -> Any:
    """The structured value with its judged segments.

    Raises:
        RowError: two keys would be the same once redacted.
    """
    if all(new is old for new, old in zip(segments, flat.segments, strict=True)):
        return flat.rebuild(flat.segments)
    problem = ""
    try:
        return flat.rebuild(segments)
    except BartizanError as error:
        problem = str(error)
    message = f"row {row}: {problem}"
    raise RowError(message, row)


def _flat(name: str, value: object, row: int) -> Flat:
    """The leaves of a nested value under its column's name, which is where their keys begin."""
    flat, problem = None, ""
    try:
        flat = flatten({name: value})
    except BartizanError as error:
        problem = str(error)
    if flat is None:
        message = f"row {row} of column {name!r}: {problem}"
        raise RowError(message, row)
    for segment in flat.segments:
        if segment.part == "unreadable":
            message = f"row {row}: column {name!r} holds a {segment.metadata.get('kind')} among its nested values, not text"
            raise RowError(message, row)
    return flat


def _refuse_others(name: str, values: Sequence[Any], first_row: int) -> None:
    for index, value in enumerate(values):
        if value is not None and not isinstance(value, str | Mapping | list | tuple):
            message = (
                f"row {first_row + index}: text column {name!r} holds {type(value).__name__}, not text: on_train and sanitize "
                f"take raw text, before it is tokenised; leave out a column that holds none"
            )
            raise RowError(message, first_row + index)


def grouped(text_columns: Sequence[str], known: Sequence[str], where: str, *, listed: bool = True) -> dict[str, tuple[str, ...]]:
    """The columns to judge, each with the paths in it (none: all of it). A column's own name goes before a path.

    `listed`: whether the known names are a schema, which an error may show; the keys of one row may be anything.

    Raises:
        DataError: there is no such column.
    """
    from bartizan.data._errors import no_column

    out: dict[str, tuple[str, ...]] = {}
    for name in text_columns:
        if not isinstance(name, str):
            message = f"{where}: text columns are named by str, not {type(name).__name__}"
            raise DataError(message)
        if name in known:
            out[name] = ()
            continue
        steps = name.split(".")
        top = next((t for n in range(len(steps) - 1, 0, -1) if (t := ".".join(steps[:n])) in known), None)
        if top is None:
            raise no_column(name, known if listed else None, where)
        if out.get(top) != ():
            out[top] = (*out.get(top, ()), name)
    return out
