"""Ids are version 7, sort by time and by the order of making, and never repeat."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.kernel import ids
from yipanqi.kernel.clock import ClockError
from yipanqi.kernel.ids import IdError, new_id

NOW = datetime(2023, 9, 1, 12, 0, 0, 123_456, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


@given(INSTANTS)
def test_an_id_carries_its_millisecond(now: datetime) -> None:
    made = new_id(now)
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def test_the_zone_makes_no_difference() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=8)))
    assert new_id(NOW).int >> 80 == new_id(there).int >> 80


@given(st.lists(INSTANTS, min_size=2, max_size=20))
def test_ids_sort_by_instant(instants: list[datetime]) -> None:
    by_id = sorted(instants, key=new_id)
    milliseconds = [int(at.timestamp() * 1000) for at in by_id]
    assert milliseconds == sorted(milliseconds)


def test_a_clock_that_stands_still_keeps_the_order_of_making() -> None:
    made = []
    for _ in range(10_000):
        made.append(new_id(NOW))
        new_id(NOW + timedelta(milliseconds=1))  # another thread's instant in between
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_id() -> None:
    made: list[list[uuid.UUID]] = [[] for _ in range(4)]

    def make(into: list[uuid.UUID]) -> None:
        into.extend(new_id(NOW) for _ in range(2_000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(into == sorted(into) for into in made)
    assert len({each for into in made for each in into}) == 8_000


def test_memory_is_bounded() -> None:
    for step in range(3_000):
        new_id(NOW + timedelta(milliseconds=step))
    assert len(ids._counters) <= 1024


def test_a_full_millisecond_is_refused_and_not_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = NOW + timedelta(days=1)
    milliseconds = new_id(now).int >> 80
    monkeypatch.setitem(ids._counters, milliseconds, 2**32 - 1)
    with pytest.raises(IdError) as caught:
        new_id(now)
    assert caught.value.code == "id_exhausted"


def test_refused_instants() -> None:
    with pytest.raises(IdError) as caught:
        new_id(datetime(1969, 12, 31, tzinfo=UTC))
    assert caught.value.code == "id_before_epoch"
    with pytest.raises(ClockError):
        new_id(datetime(2023, 9, 1))
