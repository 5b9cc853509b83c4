"""Terms: the clocks of rules.md X17 to the day and second, and every count against a slow walk through the days."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.casework.terms import TermError, ends_at, last_day, lifts_at, next_working_day
from yipanqi.kernel.clock import ClockError
from yipanqi.kernel.durations import Period, Unit, parse_duration, parse_period

CN, SG, UK = (catalog.calendars()[code] for code in ("CN", "SG", "UK"))
CN_PACK, SG_PACK = catalog.policy("CN"), catalog.policy("SG")
DAY = timedelta(days=1)

# The cases of X17, as the shared oracle file has them; here too, so that they are checked where that file is not.
CASES: list[dict[str, Any]] = [
    {
        "kind": "stop",
        "start": "2025-03-01T10:15:30+08:00",
        "duration": "PT48H",
        "lifts_at": "2025-03-03T10:15:30+08:00",
        "max_count": 2,
    },
    {
        "kind": "freeze",
        "start_date": "2025-08-31",
        "term": "P6M",
        "last_day": "2026-02-28",
        "lapses_at": "2026-03-01T00:00:00+08:00",
    },
    {"kind": "freeze", "start_date": "2024-02-29", "term": "P1Y", "last_day": "2025-02-28"},
    {
        "kind": "notice",
        "published": "2025-06-01",
        "days": 30,
        "last_day": "2025-07-01",
        "decide_from": "2025-07-02",
    },
    {"kind": "bank_working_days", "received": "2025-05-09", "days": 3, "due": "2025-05-14"},
    {"kind": "bank_working_days", "received": "2025-04-30", "days": 3, "due": "2025-05-08"},
    {"kind": "uk_business_days", "received": "2025-05-02", "days": 5, "due": "2025-05-12"},
    {"kind": "uk_business_days", "received": "2025-05-02", "days": 35, "due": "2025-06-24"},
    {"kind": "restriction_max_days", "first": 30, "extend": 30, "max_extend": 5, "total_days": 180},
]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "clocks.json"


def check(case: dict[str, Any]) -> None:
    """Hold the code, and the pack where it names the same clock, to one case."""
    match case["kind"]:
        case "stop":
            duration = parse_duration(case["duration"])
            lifted = lifts_at(datetime.fromisoformat(case["start"]), duration)
            assert lifted == datetime.fromisoformat(case["lifts_at"])
            assert duration == CN_PACK.duration("stop.suspect.duration")
            assert case["max_count"] == CN_PACK.count("stop.suspect.max_count")
        case "freeze":
            term = parse_period(case["term"])
            last = last_day(date.fromisoformat(case["start_date"]), term, CN)
            assert last == date.fromisoformat(case["last_day"])
            if "lapses_at" in case:
                assert ends_at(last, CN_PACK.zone) == datetime.fromisoformat(case["lapses_at"])
            assert term in (CN_PACK.period("freeze.first"), CN_PACK.period("freeze.complex.first"))
        case "notice":
            term = Period(case["days"], Unit.DAYS)
            last = last_day(date.fromisoformat(case["published"]), term, CN)
            assert last == date.fromisoformat(case["last_day"])
            decide = ends_at(last, CN_PACK.zone).astimezone(CN_PACK.zone).date()
            assert decide == date.fromisoformat(case["decide_from"])
            assert term == CN_PACK.period("return.notice")
        case "bank_working_days":
            term = Period(case["days"], Unit.WORKING_DAYS)
            assert last_day(date.fromisoformat(case["received"]), term, CN) == date.fromisoformat(case["due"])
            assert term == CN_PACK.period("return.bank_within")
        case "uk_business_days":
            term = Period(case["days"], Unit.WORKING_DAYS)
            assert last_day(date.fromisoformat(case["received"]), term, UK) == date.fromisoformat(case["due"])
        case "restriction_max_days":
            each, count = (
                SG_PACK.duration("stop.protective.duration"),
                SG_PACK.count("stop.protective.max_count"),
            )
            assert each == timedelta(days=case["first"]) == timedelta(days=case["extend"])
            assert (count, count * each) == (1 + case["max_extend"], timedelta(days=case["total_days"]))
        case unknown:
            raise AssertionError(f"no check for {unknown}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["kind"])
def test_the_clocks_of_the_rules(case: dict[str, Any]) -> None:
    check(case)


def test_the_shared_oracle_says_the_same() -> None:
    cases = json.loads(SHARED.read_text("utf-8"))["cases"] if SHARED.exists() else CASES
    assert cases == CASES


def walk(start: date, period: Period, calendar: catalog.WorkCalendar) -> date:
    """The last day, found by going through the days one by one."""
    day, months, working, count = start, 0, 0, 0
    corresponding = start
    wanted = period.count * (12 if period.unit is Unit.YEARS else 1)
    while True:
        if period.unit in (Unit.MONTHS, Unit.YEARS) and (day + DAY).day == 1 and months == wanted:
            return corresponding  # the month is over: its last day, unless the corresponding day came before
        day += DAY
        count += 1
        months += day.day == 1
        weekend = day.strftime("%A") in ("Saturday", "Sunday")
        working += day in calendar.working_weekends or not (weekend or day in calendar.holidays)
        if day.day <= start.day:
            corresponding = day
        if period.unit is Unit.DAYS and count == wanted:
            return day
        if period.unit is Unit.WORKING_DAYS and working == wanted:
            return day


DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
KNOWN = st.dates(date(2025, 1, 1), date(2026, 6, 30))


@given(DAYS, st.integers(1, 60))
def test_months_end_as_the_walk_says(start: date, count: int) -> None:
    period = Period(count, Unit.MONTHS)
    assert last_day(start, period, CN) == walk(start, period, CN)


@given(DAYS, st.integers(1, 6))
def test_years_end_as_the_walk_says(start: date, count: int) -> None:
    period = Period(count, Unit.YEARS)
    assert last_day(start, period, CN) == walk(start, period, CN)
    assert last_day(start, period, CN) == last_day(start, Period(12 * count, Unit.MONTHS), CN)


@given(DAYS, st.integers(1, 400))
def test_days_end_as_the_walk_says(start: date, count: int) -> None:
    period = Period(count, Unit.DAYS)
    assert last_day(start, period, CN) == walk(start, period, CN)


@given(KNOWN, st.integers(1, 90), st.sampled_from([CN, SG, UK]))
def test_working_days_end_as_the_walk_says(start: date, count: int, calendar: catalog.WorkCalendar) -> None:
    period = Period(count, Unit.WORKING_DAYS)
    due = last_day(start, period, calendar)
    assert due == walk(start, period, calendar)
    assert calendar.is_working_day(due) and next_working_day(due, calendar) == due


@given(DAYS, DAYS, st.integers(1, 60))
def test_who_starts_later_never_ends_earlier(one: date, other: date, count: int) -> None:
    first, second = sorted((one, other))
    period = Period(count, Unit.MONTHS)
    assert last_day(first, period, CN) <= last_day(second, period, CN)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.integers(0, 10**7),
    st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York"]),
)
def test_a_duration_is_exact_whatever_the_clocks_on_the_wall_do(
    at: datetime, seconds: int, zone: str
) -> None:
    start = at.replace(tzinfo=ZoneInfo(zone))
    end = lifts_at(start, timedelta(seconds=seconds))
    assert end.timestamp() - start.timestamp() == pytest.approx(seconds, abs=1e-5)
    assert end.tzinfo is UTC


def test_48_hours_across_the_change_to_summer_time() -> None:
    start = datetime.fromisoformat("2025-03-29T12:00:00+00:00").astimezone(SG_PACK.zone)
    assert lifts_at(start, timedelta(hours=48)) == datetime(2025, 3, 31, 12, tzinfo=UTC)


def test_worked_weekends_count_and_holidays_do_not() -> None:
    friday = date(
        2025, 9, 26
    )  # Sunday the 28th is worked, 1 to 8 October are free, Saturday the 11th is worked
    ends = [last_day(friday, Period(count, Unit.WORKING_DAYS), CN) for count in (1, 2, 3, 4, 6)]
    assert ends == [
        date(2025, 9, 28),
        date(2025, 9, 29),
        date(2025, 9, 30),
        date(2025, 10, 9),
        date(2025, 10, 11),
    ]


def test_a_freeze_that_ends_on_a_holiday_is_not_extended_but_a_legal_period_is() -> None:
    last = last_day(date(2025, 4, 1), parse_period("P6M"), CN)
    assert last == date(2025, 10, 1)
    assert next_working_day(last, CN) == date(2025, 10, 9)


def test_a_year_the_calendar_does_not_know_is_named() -> None:
    with pytest.raises(
        catalog.CalendarError, match="calendar CN does not know the year 2027, only 2025, 2026"
    ):
        last_day(date(2026, 12, 31), parse_period("P1WD"), CN)
    assert last_day(date(2026, 12, 31), parse_period("P1M"), CN) == date(2027, 1, 31)


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ClockError, match="has no zone"):
        lifts_at(datetime(2025, 3, 1), timedelta(hours=48))
    for period in ("P9999Y", "P9999M", "P9999D"):
        with pytest.raises(TermError, match=f"{period} from 9990-01-01"):
            last_day(date(9990, 1, 1), parse_period(period), CN)
    with pytest.raises(TermError):
        lifts_at(datetime(9999, 12, 31, tzinfo=UTC), timedelta(days=2))
