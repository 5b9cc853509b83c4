"""Instants in every shape banks write, in the caller's zone or their own; what has two readings or none is not
read.
"""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.ledger.importing.instants import ZoneError, check_zone, instant_cells, read_instants

CHINA = timezone(timedelta(hours=8))


def one(cell: str, zone: str = "Asia/Shanghai", *, excel: bool = False) -> str | None:
    micros = read_instants(pl.Series([cell]), zone, excel=excel)[0]
    if micros is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(CHINA).isoformat()


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("2026-03-02 10:20:30", "2026-03-02T10:20:30+08:00"),
        ("2026/3/2", "2026-03-02T00:00:00+08:00"),
        ("2026/3/2 9:05", "2026-03-02T09:05:00+08:00"),
        ("20260302", "2026-03-02T00:00:00+08:00"),
        ("20260302102030", "2026-03-02T10:20:30+08:00"),
        ("20260302 102030", "2026-03-02T10:20:30+08:00"),
        ("2026-03-02-10.20.30.123456", "2026-03-02T10:20:30.123456+08:00"),
        ("2026年3月2日 10:20:30", "2026-03-02T10:20:30+08:00"),
        ("2026-03-02T10:20:30+08:00", "2026-03-02T10:20:30+08:00"),
        ("2026-03-02T02:20:30Z", "2026-03-02T10:20:30+08:00"),
        ("2026-03-02T02:20:30.5Z", "2026-03-02T10:20:30.500000+08:00"),
        ("2026-03-02T02:20:30.000001Z", "2026-03-02T10:20:30.000001+08:00"),
        ("2026-03-02T00:20:30-0200", "2026-03-02T10:20:30+08:00"),
    ],
)
def test_read(cell: str, read: str) -> None:
    assert one(cell) == read


@pytest.mark.parametrize(
    "cell",
    ["2026-02-30 10:00:00", "2026-13-01", "2026111", "2026-111", "20260302 12345", "24:00:00", "45292.5", "0001-01-01",
     "昨天", "2026-03-02 25:00:00", "2026-03/02", "2026-03-02T10:20:30+99:00", "02/03/2026", "202603021020"],
)  # fmt: skip
def test_not_read(cell: str) -> None:
    assert one(cell) is None


def test_serial_days_only_in_workbooks() -> None:
    assert one("46083.5", excel=True) == "2026-03-02T12:00:00+08:00"
    assert one("46083.5") is None


def test_a_local_time_that_is_skipped_or_repeated_is_not_read() -> None:
    for cell in ("2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026/3/29 2:30", "2026/10/25 2:30"):
        assert one(cell, "Europe/Berlin") is None
    assert one("2026-03-29 03:30:00", "Europe/Berlin") == "2026-03-29T09:30:00+08:00"


def test_days_and_times_of_day_are_put_together() -> None:
    cells = pl.DataFrame(
        {
            "date": ["20260302", "2026-03-02", "2026/3/2 00:00:00", "20260302", "20260302"],
            "booked_at": ["10:20:30", "102030", "9:05", "2026-03-04 01:02:03", None],
        }
    )
    read = read_instants(instant_cells(cells), "Asia/Shanghai", excel=False)
    days = [datetime(2026, 3, 2, 10, 20, 30), datetime(2026, 3, 2, 10, 20, 30), datetime(2026, 3, 2, 9, 5),
            datetime(2026, 3, 4, 1, 2, 3), datetime(2026, 3, 2)]  # fmt: skip
    assert read.to_list() == [int(day.replace(tzinfo=CHINA).timestamp()) * 1_000_000 for day in days]
    assert instant_cells(pl.DataFrame({"date": ["20260302"], "time": ["later"]})).to_list() == ["20260302 ?"]


@given(st.datetimes(datetime(1992, 1, 1), datetime(2099, 1, 1)))
def test_every_shape_gives_the_same_instant(at: datetime) -> None:
    at = at.replace(microsecond=0)
    forms = (
        "%Y-%m-%d %H:%M:%S",
        "%Y%m%d%H%M%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y-%m-%d-%H.%M.%S.000000",
        "%Y-%m-%dT%H:%M:%S+08:00",
    )
    read = {read_instants(pl.Series([at.strftime(form)]), "Asia/Shanghai", excel=False)[0] for form in forms}
    assert read == {int(at.replace(tzinfo=CHINA).timestamp()) * 1_000_000}


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneError, match="Mars"):
        check_zone("Mars/Base")
