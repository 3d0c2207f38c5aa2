"""JSON from a model, read strictly: what two readers could understand in two ways is refused.

RFC 8259: no NaN or Infinity, no name twice in an object; a depth and a size within which every reader keeps its feet.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_DEPTH: Final = 64
MAX_CHARS: Final = 1_000_000

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class InvalidJsonError(Exception):
    """The text is no JSON to be trusted; the message says why, and holds none of it."""


def read(text: str) -> Json:
    """The value that the text holds.

    Raises:
        InvalidJsonError: it is no JSON, ambiguous, too long or nested too deeply.
    """
    if len(text) > MAX_CHARS:
        message = f"{len(text):,} characters, at most {MAX_CHARS:,}"
        raise InvalidJsonError(message)
    _check_depth(text)
    problem = ""
    value: Json = None
    try:
        value = json.loads(text, parse_constant=_constant, object_pairs_hook=_object)
    except InvalidJsonError as error:
        problem = str(error)
    except json.JSONDecodeError as error:
        problem = f"not JSON: line {error.lineno}, column {error.colno}"
    except ValueError:
        problem = "a number has too many digits"
    except RecursionError:
        problem = "nested too deeply for the calling program's stack"
    if problem:
        raise InvalidJsonError(problem)
    return value


def json_path(path: Sequence[str | int], names: frozenset[str]) -> str:
    """The way to a value, as `$.items[3].price`. Names that are not the schema's come from the answer: they show as `*`."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part if part in names else '*'}" for part in path)


def property_names(schema: object) -> frozenset[str]:
    """Every property name that a JSON Schema spells out."""
    names: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                names.update(properties)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return frozenset(names)


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                message = f"nested more than {MAX_DEPTH} levels deep"
                raise InvalidJsonError(message)
        elif mark in "]}":
            depth -= 1


def _constant(_: str) -> NoReturn:
    message = "NaN and Infinity are no JSON numbers"
    raise InvalidJsonError(message)


def _object(pairs: Sequence[tuple[str, Json]]) -> Mapping[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        message = "an object has a name twice"
        raise InvalidJsonError(message)
    return value
