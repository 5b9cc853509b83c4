"""Durations as policy packs write them: ISO 8601 in days, hours, minutes and seconds (`PT10M`, `P7D`, `P1DT12H`).

Months and years have no fixed length and weeks are not used, so they are refused here; calendar terms belong to the
room that knows the calendar.
"""

from __future__ import annotations

import re
from datetime import timedelta

from yipanqi.kernel.errors import YipanqiError

_SHAPE = re.compile(
    r"P(?=.)(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,6})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?"
)
_CALENDAR = re.compile(r"P(?:[0-9]+Y|[0-9]+M|[0-9]+W)")


class DurationError(YipanqiError):
    """A text is not a duration of fixed length."""

    code = "duration_unreadable"


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
