"""One form of JSON per value, so that bytes can be authenticated: keys sorted, no spaces, ASCII only (RFC 8785 in spirit)."""

from __future__ import annotations

import json
from typing import Final

_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, check_circular=False
)


def canonical(value: object) -> str:
    """The value as canonical JSON; lone surrogates are escapes, so that it is always valid UTF-8."""
    return _ENCODER.encode(value)
