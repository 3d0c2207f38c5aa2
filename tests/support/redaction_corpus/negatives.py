"""All families of hard negatives by name: texts in which nothing may be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.redaction_corpus import hard_code, hard_encoded, hard_numbers, hard_places, hard_prose, hard_secrets

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

FAMILIES: Mapping[str, Callable[[random.Random], str]] = {
    **hard_numbers.FAMILIES,
    **hard_code.FAMILIES,
    **hard_secrets.FAMILIES,
    **hard_prose.FAMILIES,
    **hard_places.FAMILIES,
    **hard_encoded.FAMILIES,
}
