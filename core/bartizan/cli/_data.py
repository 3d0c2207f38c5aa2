"""Tells data files from text: redacting them as one text breaks numbers and misses what keys and columns tell."""

from __future__ import annotations

import csv
import json
import re
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES: Final = frozenset(
    {
        ".arrow",
        ".avro",
        ".csv",
        ".feather",
        ".json",
        ".jsonl",
        ".ndjson",
        ".ods",
        ".orc",
        ".parquet",
        ".tab",
        ".tsv",
        ".xls",
        ".xlsx",
    }
)
"""What is a data file by its name alone."""

_LOOKED_AT: Final = 50
_LINES: Final = 3
_FIELDS: Final = 3
_LONGEST: Final = 100_000
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}(?: [A-Za-z0-9_.-]{1,39}){0,3}")


def kind_of_data(name: str, text: str) -> str:
    """What kind of data it is, empty if it is text: by the name's ending, else by what it holds.

    JSON and JSON Lines are certain: the whole, or each of the first lines, is an object or an array. A table in CSV, TSV or with
    semicolons is taken for one if its first lines have one number of fields, at least three, under a head of distinct names.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES:
        return f"a data file ({suffix})"
    body = text.lstrip()
    if body[:1] in {"{", "["}:
        if _holds_json(body):
            return "JSON"
        lines = list(islice(_lines(body), _LOOKED_AT))
        if len(lines) > 1 and all(_holds_json(line) for line in lines):
            return "JSON Lines"
    return "a table" if any(_is_table(body, delimiter) for delimiter in ",\t;|") else ""


def _holds_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text, parse_int=str), dict | list)  # str: Python refuses very long integers
    except (ValueError, RecursionError):
        return False


def _lines(text: str) -> Iterator[str]:
    """Lines that hold something, without splitting all of a long text."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if not text[at:end].isspace() and end > at:
            yield text[at:end]
        at = end + 1


def _is_table(body: str, delimiter: str) -> bool:
    lines = [line.removesuffix("\r") for line in islice(_lines(body), _LOOKED_AT)]
    if len(lines) < _LINES or any(len(line) > _LONGEST for line in lines) or delimiter not in lines[0]:
        return False
    try:
        table = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    if len(lines) == _LOOKED_AT:
        table = table[:-1]  # its last record may go on
    head = table[0] if table else []
    return (
        len(table) >= _LINES
        and len(head) >= _FIELDS
        and len(set(head)) == len(head)
        and all(_NAME.fullmatch(field) for field in head)
        and all(len(row) == len(head) for row in table)
    )
