"""Codes of places: what tier a code stands on and what lies above it, read from the digits alone.

Six digits are divisions of GB/T 2260 (350000 a province, 350100 a city, 350104 a county); nine are a police station,
its county's code and three digits more. Whether a code exists, and its name, is known to the jurisdictions app.
"""

from __future__ import annotations

import re
from enum import StrEnum

from yipanqi.kernel.errors import YipanqiError


class Tier(StrEnum):
    """The four tiers below the national centre, from above."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    STATION = "station"


_TWO = "(?:0[1-9]|[1-9][0-9])"
_SHAPES = (
    (Tier.PROVINCE, re.compile("[1-9][0-9]0000")),
    (Tier.CITY, re.compile(f"[1-9][0-9]{_TWO}00")),
    (Tier.COUNTY, re.compile(f"[1-9][0-9]{_TWO}{_TWO}")),
    (Tier.STATION, re.compile(f"[1-9][0-9]{_TWO}{_TWO}(?!000)[0-9]{{3}}")),
)


class PlaceError(YipanqiError):
    """A text is not the code of a place."""

    code = "place_code_invalid"


def tier_of(code: str) -> Tier:
    """Return the tier of `code`; raise PlaceError `place_code_invalid` for any other shape."""
    for tier, shape in _SHAPES:
        if shape.fullmatch(code):
            return tier
    message = f"{code[:32]!r} is not a place code of 6 digits (GB/T 2260) or 9 digits (station)."
    raise PlaceError(message, value=code[:32])


def parent_code(code: str) -> str | None:
    """Return the code one tier above, None for a province; raise PlaceError for a malformed code."""
    match tier_of(code):
        case Tier.PROVINCE:
            return None
        case Tier.CITY:
            return code[:2] + "0000"
        case Tier.COUNTY:
            return code[:4] + "00"
        case Tier.STATION:
            return code[:6]


def lies_below(code: str, above: str) -> bool:
    """Return whether `code` lies truly below the place `above`; raise PlaceError for a malformed `code`."""
    return code != above and above in ancestor_codes(code)


def shared_digits(code: str) -> str:
    """Return the digits with which every code in the place begins, its own too; raise PlaceError if malformed."""
    return code[: {Tier.PROVINCE: 2, Tier.CITY: 4, Tier.COUNTY: 6, Tier.STATION: 9}[tier_of(code)]]


def ancestor_codes(code: str) -> list[str]:
    """Return the codes from the province down to `code` itself; raise PlaceError for a malformed code."""
    parent = parent_code(code)
    return [code] if parent is None else [*ancestor_codes(parent), code]
