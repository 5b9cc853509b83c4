"""Durations of fixed length and periods of one unit are read exactly; all other texts are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.kernel.durations import DurationError, Period, Unit, parse_duration, parse_period

COUNT = st.none() | st.integers(0, 999_999)


@given(COUNT, COUNT, COUNT, COUNT)
def test_what_is_written_is_what_is_read(
    days: int | None, hours: int | None, minutes: int | None, seconds: int | None
) -> None:
    clock = "".join(
        f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n is not None
    )
    date = "" if days is None else f"{days}D"
    text = "P" + date + (f"T{clock}" if clock else "")
    if text == "P":
        with pytest.raises(DurationError):
            parse_duration(text)
        return
    expected = timedelta(days=days or 0, hours=hours or 0, minutes=minutes or 0, seconds=seconds or 0)
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT10M", timedelta(minutes=10)),
        ("P7D", timedelta(days=7)),
        ("PT48H", timedelta(hours=48)),
        ("P1DT12H", timedelta(hours=36)),
        ("PT0S", timedelta(0)),
    ],
)
def test_known_durations(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["P1Y", "P6M", "P1Y2M3D", "P2W", "P1M1D", "P1MT1H"])
def test_calendar_terms_are_not_fixed(text: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert (caught.value.code, caught.value.facts) == ("duration_not_fixed", {"value": text})


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "10M", "pt10m", "PT1.5H", "-PT10M", "PT-1M", "PT10M ", "PT10M\n", "P7", "PT1S1M"]
    + ["P9999999D", "PT１０M", "1 day", "PT1M1H"],
)
def test_other_texts_are_unreadable(text: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert (text, caught.value.code) == (text, "duration_unreadable")


@given(st.integers(1, 9999), st.sampled_from(Unit))
def test_a_period_is_read_as_it_is_written(count: int, unit: Unit) -> None:
    assert parse_period(str(Period(count, unit))) == Period(count, unit)


@pytest.mark.parametrize(
    ("text", "unit"), [("P6D", "DAYS"), ("P6WD", "WORKING_DAYS"), ("P6M", "MONTHS"), ("P6Y", "YEARS")]
)
def test_known_periods(text: str, unit: str) -> None:
    assert parse_period(text) == Period(6, Unit[unit])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "P0D",
        "P06M",
        "6M",
        "P6",
        "PT6M",
        "P6W",
        "P1Y6M",
        "P-6M",
        "p6m",
        "P6M ",
        "P6M\n",
        "P10000D",
        "P６M",
    ],
)
def test_other_texts_are_no_periods(text: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_period(text)
    assert (text, caught.value.code) == (text, "period_unreadable")
