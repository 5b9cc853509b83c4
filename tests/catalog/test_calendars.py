"""Calendars: the days they know, the years they do not, and files that do not fit."""

from datetime import date, timedelta

import pytest

from yipanqi import catalog
from yipanqi.catalog.calendars import parse_calendar
from yipanqi.catalog.items import CatalogError

GOOD = """\
name: {zh: 样本, en: Sample}
verified: false
source: "from memory"
years: [2025]
holidays: [2025-01-01, 2025-12-25]
working_weekends: [2025-01-26]
"""


def test_a_calendar_tells_working_days_from_others() -> None:
    sample = parse_calendar("XX.yaml", GOOD)
    worked = [sample.is_working_day(date(2025, 1, day)) for day in (1, 2, 4, 26, 27)]
    assert worked == [False, True, False, True, True]


@pytest.mark.parametrize(("code", "days"), [("CN", (248, 248)), ("SG", (252, 251)), ("UK", (253, 253))])
def test_the_years_have_as_many_working_days_as_they_should(code: str, days: tuple[int, int]) -> None:
    calendar = catalog.calendars()[code]
    counts = [
        sum(calendar.is_working_day(date(year, 1, 1) + timedelta(days=n)) for n in range(365))
        for year in calendar.years
    ]
    assert (calendar.years, tuple(counts)) == ((2025, 2026), days)


def test_only_a_calendar_that_was_read_claims_so() -> None:
    assert {code for code, each in catalog.calendars().items() if each.verified} == {"CN"}


@pytest.mark.parametrize("year", [2024, 2027])
def test_a_year_it_does_not_know_is_refused_weekends_too(year: int) -> None:
    for day in range(1, 8):
        with pytest.raises(catalog.CalendarError, match=f"the calendar UK does not know the year {year}"):
            catalog.calendars()["UK"].is_working_day(date(year, 6, day))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("years: [2025]", "years: [2026]", "line 1: XX.years: does not hold the year of 2025-01-01"),
        ("[2025-01-26]", "[2025-01-27]", "line 1: XX.working_weekends: 2025-01-27 is no Saturday or Sunday"),
        ("2025-12-25", "2025-01-01", "line 1: XX.holidays: 2025-01-01 is given twice"),
        ("2025-12-25", "2025-02-30", "line 5: XX.holidays[1]: day is out of range for month"),
        ("holidays:", "holiday:", "line 5: XX.holiday: unknown field"),
    ],
)
def test_each_fault_is_named(old: str, new: str, reason: str) -> None:
    with pytest.raises(CatalogError) as caught:
        parse_calendar("XX.yaml", GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(f"calendars/XX.yaml {reason}")
