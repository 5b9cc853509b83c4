"""What the list pages share: filters from the query string, counts that stop counting, page links, files for Excel."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from yipanqi.kernel.days import ZONE

COUNT_CAP = 10_000


def chosen(query: QueryDict, names: tuple[str, ...]) -> dict[str, str]:
    """The named filters as typed, trimmed and cut to a sane length; absent ones are empty."""
    return {name: query.get(name, "").strip()[:64] for name in names}


def query_string(filters: Mapping[str, str]) -> str:
    """The set filters as a query string, for page links and exports."""
    return urlencode({name: value for name, value in filters.items() if value})


def day_bounds(first: str, last: str) -> tuple[datetime | None, datetime | None]:
    """From the start of one day to the end of another in the centre's zone; None where a date is absent or not one."""
    return _day(first), (end + timedelta(days=1) if (end := _day(last)) else None)


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZONE)
    except ValueError:
        return None


def count_text(rows: Any, cap: int = COUNT_CAP) -> str:
    """How many rows, counted no further than the cap: 1,204 or 10,000+."""
    found = rows.order_by().values("pk")[: cap + 1].count()
    return f"{cap:,}+" if found > cap else f"{found:,}"


def options(vocabulary: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """A vocabulary as the choices of a select."""
    return [{"code": code, "name": item.name.get(language)} for code, item in vocabulary.items()]


class _Echo:
    """A file that gives back what is written, so that rows stream out as they are made."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The rows as CSV with a head line (UTF-8 with BOM, for Excel); of a cell with a name the name."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        cells = [value["name"] if isinstance(value := row[name], dict) else value for name in columns]
        yield writer.writerow([_inert(cell) for cell in cells])


def _inert(cell: object) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    text = cell.isoformat(timespec="seconds") if hasattr(cell, "isoformat") else str(cell)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
