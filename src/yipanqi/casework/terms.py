"""When a measure lifts, on which day a term ends, and from which instant it is over.

A duration runs from instant to instant, to the second. A period counts days of a calendar: the day it starts on is not
counted, months and years end on the corresponding day or, where the month has none, on its last (rules.md §2.2; 民法典
202). Holidays extend nothing by themselves: whoever counts a legal period asks for `next_working_day`, a freeze does
not. How long something lasts stands in the policy pack, not here.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from yipanqi.kernel.clock import as_utc
from yipanqi.kernel.durations import Period, Unit
from yipanqi.kernel.errors import YipanqiError

_DAY = timedelta(days=1)


class TermError(YipanqiError):
    """A term ends after the last day there is."""

    code = "term_too_long"


class Calendar(Protocol):
    """Anything that knows which days are worked."""

    def is_working_day(self, day: date) -> bool:
        """Return whether `day` is worked; raise for a year the calendar does not know."""


def lifts_at(start_at: datetime, duration: timedelta) -> datetime:
    """Return the instant, in UTC, at which what began at the aware instant `start_at` is over.

    Raises ClockError for an instant without a zone, TermError beyond the year 9999.
    """
    try:
        return as_utc(start_at) + duration
    except OverflowError:
        raise TermError(f"{duration} from {start_at.isoformat()} ends after the last day there is.") from None


def last_day(start: date, period: Period, calendar: Calendar) -> date:
    """Return the last day of a period that starts on `start`, which is not counted itself.

    `calendar` is asked only where working days are counted. Raises TermError beyond the year 9999, and what the
    calendar raises for a year it does not know.
    """
    try:
        match period.unit:
            case Unit.DAYS:
                return start + timedelta(days=period.count)
            case Unit.WORKING_DAYS:
                return _working_days_on(start, period.count, calendar)
            case Unit.MONTHS:
                return _months_on(start, period.count)
            case Unit.YEARS:
                return _months_on(start, 12 * period.count)
    except OverflowError:
        message = f"{period} from {start.isoformat()} ends after the last day there is."
        raise TermError(message, period=str(period), start=start.isoformat()) from None


def ends_at(last: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a term whose last day is `last` is over: midnight after it in `zone`."""
    return as_utc(datetime.combine(last + _DAY, time(), tzinfo=zone))


def next_working_day(day: date, calendar: Calendar) -> date:
    """Return `day` when it is worked, else the next day that is; raises what the calendar raises."""
    while not calendar.is_working_day(day):
        day += _DAY
    return day


def _working_days_on(day: date, count: int, calendar: Calendar) -> date:
    for _ in range(count):
        day = next_working_day(day + _DAY, calendar)
    return day


def _months_on(start: date, count: int) -> date:
    year, month_before = divmod(start.year * 12 + start.month - 1 + count, 12)
    if year > MAXYEAR:
        raise OverflowError
    month = month_before + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
