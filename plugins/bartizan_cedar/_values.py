"""Turns what a request holds into Cedar's values, by the types that the schema declares.

None stands for what is not there or not of the declared type: policies see both as missing, and `has` tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

_LONGEST: Final = 2**63
_PLACES: Final = Decimal("0.0001")
_MOST: Final = 900_000_000_000


def converted(value: object, declared: Mapping[str, Any]) -> object:  # noqa: PLR0911 (one for each type)
    """The value as Cedar's JSON has it."""
    kind = declared.get("type")
    if kind == "Record":
        return record(value, declared)
    if kind == "String":
        return str.__str__(value) if isinstance(value, str) else None
    if kind in {"Boolean", "Bool"}:
        return value if isinstance(value, bool) else None
    if kind == "Long":
        return _long(value)
    if kind == "Extension" and declared.get("name") == "decimal":
        return _decimal(value)
    if kind == "Set" and isinstance(value, list | tuple | set | frozenset):
        items = [converted(item, declared.get("element", {})) for item in value]
        return None if any(item is None for item in items) else items
    return None


def record(value: object, declared: Mapping[str, Any]) -> dict[str, object] | None:
    """A record with those of its attributes that are declared and there; None where a required one is not."""
    if not isinstance(value, Mapping):
        return None
    out: dict[str, object] = {}
    for name, attribute in declared.get("attributes", {}).items():
        found = converted(value[name], attribute) if name in value else None
        if found is not None:
            out[name] = found
        elif attribute.get("required", True):
            return None
    return out


def _long(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    return int(value) if -_LONGEST <= value < _LONGEST else None


def _decimal(value: object) -> object:
    """A decimal of at most four places; a float is taken for the digits that it is written with."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        return None
    try:
        exact = Decimal(repr(float.__add__(value, 0.0))) if isinstance(value, float) else Decimal(0)
        if isinstance(value, int):
            exact = Decimal(int.__add__(value, 0))
        elif isinstance(value, Decimal):
            exact = value
        elif isinstance(value, Fraction):
            exact = Decimal(value.numerator) / value.denominator
            if Fraction(exact) != value:
                return None
        if not exact.is_finite() or abs(exact) > _MOST or exact != exact.quantize(_PLACES):
            return None
    except InvalidOperation:  # a signalling NaN, or more digits than a decimal holds
        return None
    return {"__extn": {"fn": "decimal", "arg": f"{exact:.4f}"}}
