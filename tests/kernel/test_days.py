"""The centre's day turns at midnight in its own zone, whatever zone an instant is written in."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yipanqi.kernel.days import ZONE, day_of, day_start


def test_midnight_is_the_provinces() -> None:
    assert day_of(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert day_of(datetime(2026, 3, 1, 16, 0, 0, tzinfo=UTC)) == date(2026, 3, 2)
    assert day_start(datetime(2026, 3, 1, 16, 0, 0, tzinfo=UTC)) == datetime(2026, 3, 2, tzinfo=ZONE)


@given(st.datetimes(min_value=datetime(1992, 1, 1), timezones=st.just(UTC)))
def test_an_instant_lies_in_its_day(instant: datetime) -> None:
    start = day_start(instant)
    assert start <= instant < start + timedelta(days=1)
    assert day_of(start) == day_of(instant)
