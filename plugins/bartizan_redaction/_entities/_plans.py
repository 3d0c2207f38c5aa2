"""Numbering plans: whether a number exists, by the patterns that libphonenumber collects, as one linear-time search.

`phonenumbers` parses and validates a number in some 20 microseconds, for each region anew. Its patterns are the same for RE2, so
the question asked here (is it valid in one of these plans?) is one match of their union. Loaded when the first candidate comes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from bartizan_redaction._re2 import Union

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata

_KINDS: Final = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)
_LONGEST_CODE: Final = 3


def _pattern(plan: PhoneMetadata) -> str:
    """The plan's numbers, with or without the prefix for calls within the country."""
    kinds = [getattr(plan, kind) for kind in _KINDS]
    numbers = "|".join(
        f"(?:{kind.national_number_pattern})" for kind in kinds if kind is not None and kind.national_number_pattern
    )
    # A rule that rewrites numbers (carrier codes, local numbers) has no place in one pattern: there, the plain prefix counts.
    prefix = plan.national_prefix if plan.national_prefix_transform_rule else plan.national_prefix_for_parsing
    return f"(?:{prefix})?(?:{numbers})" if prefix else f"(?:{numbers})"


@cache
def _plans_by_code(beginning: bytes) -> tuple[Union, int] | None:
    """The plans of the country code that `beginning` (three digits) holds, and the code's length."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    for length in range(1, _LONGEST_CODE + 1):
        code = int(beginning[:length])
        regions = COUNTRY_CODE_TO_REGION_CODE.get(code)
        if regions:
            plans = [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]
            return Union(_pattern(plan) for plan in plans if plan is not None), length
    return None


@cache
def _plans_of(regions: tuple[str, ...]) -> Union:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    own = [plan for plan in map(PhoneMetadata.metadata_for_region, regions) if plan is not None]
    codes = dict.fromkeys(plan.country_code for plan in own if plan.country_code is not None)
    # Countries that share a code (North America, Britain and its islands) can be called as if they were one.
    plans = [PhoneMetadata.metadata_for_region(region) for code in codes for region in COUNTRY_CODE_TO_REGION_CODE[code]]
    return Union(f"(?:{plan.country_code})?{_pattern(plan)}" for plan in plans if plan is not None)


def international(digits: bytes) -> bool:
    """Whether a number with its country code, without `+` or `00`, is valid in a plan of that code."""
    plans = _plans_by_code(digits[:_LONGEST_CODE])
    return plans is not None and plans[0].matches_whole(digits[plans[1] :])


def in_plans(digits: bytes, regions: tuple[str, ...]) -> bool:
    """Whether a number as dialled within a country is valid in the plan of one of `regions`."""
    return _plans_of(regions).matches_whole(digits) or (digits.startswith(b"011") and international(digits[3:]))
