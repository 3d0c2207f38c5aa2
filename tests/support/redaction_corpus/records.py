# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Several values in one text: records in JSON and CSV, tables, notes, values side by side, values far into a long text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support.redaction_corpus import carriers
from support.redaction_corpus.hard_prose import SENTENCES
from support.redaction_corpus.model import Kind, Sample

if TYPE_CHECKING:
    import random

MULTILINE = frozenset({"PRIVATE_KEY"})
FILLER = (
    "The river rose in the night, and by the morning the lower fields were under water. ",
    "Am Abend saßen wir noch lange im Garten und redeten über nichts Besonderes. ",
    "🙂 Ce n'était pas prévu, mais tout le monde était content du résultat. ",
    "会议开了很久，大家都累了。",
    "Nobody knows why the second group did better than the first. ",
)


def _sample(kind: Kind, text: str, begin: int, value: str, core: tuple[int, int], carrier: str, form: str) -> Sample:
    return Sample(kind, text, (begin + core[0], begin + core[1]), (begin, begin + len(value)), carrier, form)


def _bare(rng: random.Random, count: int) -> list[tuple[Kind, str, tuple[int, int], str]]:
    """That many values that need no context, of different kinds, without quotes, commas and line breaks."""
    out: list[tuple[Kind, str, tuple[int, int], str]] = []
    kinds = [kind for kind in carriers.KINDS if kind.name not in MULTILINE]
    rng.shuffle(kinds)
    for kind in kinds:
        for _ in range(6):
            value = kind.make(rng)
            if value.bare and not set(value.text) & set("\",;|\n\\'<>&") and value.text[-1].isalnum():
                out.append((kind, value.text, value.core or (0, len(value.text)), value.form))
                break
        if len(out) == count:
            break
    return out


def record(rng: random.Random) -> list[Sample]:
    """A JSON object of five keyed values, indented or not; numbers are strings."""
    chosen = []
    for kind in rng.sample([k for k in carriers.KINDS if k.keys and k.name not in MULTILINE], 5):
        value = kind.make(rng)
        while set(value.text) & set('"\\\n') or not value.text.isascii():
            value = kind.make(rng)
        chosen.append((kind, rng.choice(kind.keys), value))
    text = json.dumps({"id": rng.randint(1, 99), **{key: value.text for _, key, value in chosen}}, indent=rng.choice([None, 2]))
    out = []
    for kind, key, value in chosen:
        begin = text.find(f'"{key}": "{value.text}"') + len(key) + 5
        if begin > len(key) + 4:  # two kinds may share a key, and only the last is kept
            out.append(_sample(kind, text, begin, value.text, value.core or (0, len(value.text)), "JSON record", value.form))
    return out


def side_by_side(rng: random.Random) -> list[Sample]:
    """Four values that need no context, in a row."""
    joint = rng.choice([", ", "; ", " / ", "\n", "\t", " | ", " and ", ",", " "])
    chosen = _bare(rng, 4)
    text = joint.join(value for _, value, _, _ in chosen)
    out, at = [], 0
    for kind, value, core, form in chosen:
        out.append(_sample(kind, text, at, value, core, f"side by side with {joint!r}", form))
        at += len(value) + len(joint)
    return out


def rows(rng: random.Random) -> list[Sample]:
    """A CSV file or a Markdown table of a few rows whose values need no context."""
    markdown = rng.random() < 0.5
    text, places = ("| id | a | b |\n|---|---|---|\n" if markdown else "id,a,b\n"), []
    for number in range(1, 5):
        chosen = _bare(rng, 2)
        text += f"| {number} " if markdown else f"{number}"
        for kind, value, core, form in chosen:
            text += "| " if markdown else ","
            places.append((kind, len(text), value, core, form))
            text += f"{value} " if markdown else value
        text += "|\n" if markdown else "\n"
    return [_sample(kind, text, at, value, core, "table", form) for kind, at, value, core, form in places]


def far_in(rng: random.Random) -> list[Sample]:
    """A value after some thousands of characters of prose in several scripts (ASCII alone half of the time), and one right after it."""
    filler = (FILLER[0], FILLER[4], *SENTENCES["English"]) if rng.random() < 0.5 else FILLER
    text, length = "", rng.randint(0, 9000)
    while len(text) < length:
        text += rng.choice(filler)
    text = text[:length].rstrip() + " "
    (kind, value, core, form), (other, second, second_core, second_form) = _bare(rng, 2)
    whole = f"{text}{value} and {second} are the ones."
    return [
        _sample(kind, whole, len(text), value, core, "far in", form),
        _sample(other, whole, len(text) + len(value) + 5, second, second_core, "far in", second_form),
    ]


SHAPES = {"JSON record": record, "side by side": side_by_side, "table": rows, "far in": far_in}
