"""Spans of time as policy packs write them, in ISO 8601: durations of fixed length and calendar periods.

A duration counts days, hours, minutes and seconds (`PT10M`, `P7D`, `P1DT12H`); months and years have no fixed length
and weeks are not used, so they are refused. A period counts one unit of a calendar (`P6M`, `P1Y`, `P30D`), and
`P3WD`, which ISO 8601 does not know, is three working days. What day a period ends on is settled by `casework.terms`,
which knows the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from yipanqi.kernel.errors import YipanqiError

_SHAPE = re.compile(
    r"P(?=.)(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,6})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?"
)
_CALENDAR = re.compile(r"P(?:[0-9]+Y|[0-9]+M|[0-9]+W)")
_PERIOD = re.compile(r"P([1-9][0-9]{0,3})(D|WD|M|Y)")


class DurationError(YipanqiError):
    """A text is neither a duration of fixed length nor a period, as asked."""

    code = "duration_unreadable"


class Unit(StrEnum):
    """What a period counts, as it is written."""

    DAYS = "D"
    WORKING_DAYS = "WD"
    MONTHS = "M"
    YEARS = "Y"


@dataclass(frozen=True, slots=True)
class Period:
    """A whole number, one or more, of one unit of the calendar."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"P{self.count}{self.unit.value}"


def parse_duration(text: str) -> timedelta:
    """Return the length of `text`, zero or more.

    Raises DurationError `duration_not_fixed` for years, months and weeks, `duration_unreadable` for all else.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        if _CALENDAR.match(text):
            message = f"The duration {text!r} counts years, months or weeks; only days and smaller are fixed."
            raise DurationError(message, code="duration_not_fixed", value=text)
        raise DurationError(f"{text!r} is not a duration such as PT10M, PT48H or P7D.", value=text[:64])
    return timedelta(**{unit: int(count) for unit, count in match.groupdict().items() if count is not None})


def parse_period(text: str) -> Period:
    """Return the period `text` names, at most 9999 of its unit; else raise DurationError `period_unreadable`."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        message = f"{text[:64]!r} is not a period such as P6M, P1Y, P30D or P3WD (working days)."
        raise DurationError(message, code="period_unreadable", value=text[:64])
    return Period(count=int(match[1]), unit=Unit(match[2]))
