"""Working calendars: which days of which years are holidays, and which weekend days are worked instead.

For: reading the calendar files and telling a working day from another. A calendar knows some years and refuses all
others, since a guessed holiday is a wrong deadline. Leaves alone: counting days (`casework.terms`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from yipanqi.catalog.items import CatalogError, Text
from yipanqi.catalog.reading import Reader, compose, read_text

SATURDAY = 5


class CalendarError(CatalogError):
    """A calendar does not know the year of a day."""

    code = "calendar_year_unknown"


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Monday to Friday are worked, apart from `holidays`; of Saturdays and Sundays only `working_weekends`."""

    code: str
    name: Text
    verified: bool
    source: str
    years: tuple[int, ...]
    holidays: tuple[date, ...]
    working_weekends: tuple[date, ...] = ()

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is worked. Raises CalendarError for a year the calendar does not know."""
        if day.year not in self.years:
            known = ", ".join(str(year) for year in self.years)
            message = f"the calendar {self.code} does not know the year {day.year}, only {known}"
            raise CalendarError(message, calendar=self.code, year=day.year)
        if day.weekday() >= SATURDAY:
            return day in self.working_weekends
        return day not in self.holidays


@cache
def calendars() -> Mapping[str, WorkCalendar]:
    """The working calendars by the name of their file. Raises CatalogError for one that does not fit."""
    folder = files("yipanqi.catalog").joinpath("calendars")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    found = (parse_calendar(name, read_text(f"calendars/{name}")) for name in names)
    return MappingProxyType({each.code: each for each in found})


def parse_calendar(name: str, text: str) -> WorkCalendar:
    """The calendar in `text`; `name` is its file's. Raises CatalogError naming file, line, field and reason."""
    reader = Reader(f"calendars/{name}")
    root = compose(reader.name, text)
    code = name.removesuffix(".yaml")
    calendar = reader.item(root, WorkCalendar, code, code=code)
    days = calendar.holidays + calendar.working_weekends
    for day in days:
        if day.year not in calendar.years:
            reader.refuse(root, f"{code}.years", f"does not hold the year of {day}")
        if days.count(day) > 1:
            reader.refuse(root, f"{code}.holidays", f"{day} is given twice")
    for day in calendar.working_weekends:
        if day.weekday() < SATURDAY:
            reader.refuse(root, f"{code}.working_weekends", f"{day} is no Saturday or Sunday")
    return calendar
