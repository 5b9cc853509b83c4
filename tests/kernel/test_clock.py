"""The real clock is in UTC; the virtual one stands still until moved and never runs back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from yipanqi.kernel.clock import Clock, ClockError, RealClock, VirtualClock, as_utc
from yipanqi.kernel.errors import YipanqiError

START = datetime(2023, 9, 1, 8, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))


def test_the_real_clock_moves_on_in_utc() -> None:
    clock: Clock = RealClock()
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - first) < timedelta(seconds=5)
    assert second >= first


def test_the_virtual_clock_is_moved_by_hand() -> None:
    clock = VirtualClock(START.astimezone(BEIJING))
    reading: Clock = clock
    assert reading.now() == reading.now() == START
    assert reading.now().tzinfo is UTC
    assert clock.advance(timedelta(hours=48)) == clock.now() == START + timedelta(hours=48)
    assert clock.set(datetime(2023, 9, 10, 8, tzinfo=BEIJING)) == clock.now()
    assert clock.now() == datetime(2023, 9, 10, 0, tzinfo=UTC)
    assert clock.set(clock.now()) == clock.advance(timedelta(0))


def test_the_virtual_clock_never_runs_back() -> None:
    clock = VirtualClock(START)
    for move in (lambda: clock.advance(timedelta(seconds=-1)), lambda: clock.set(START - timedelta(days=1))):
        with pytest.raises(ClockError) as caught:
            move()
        assert caught.value.code == "clock_backwards"
        assert clock.now() == START


def test_an_instant_without_zone_is_refused() -> None:
    naive = datetime(2023, 9, 1)
    for call in (lambda: as_utc(naive), lambda: VirtualClock(naive), lambda: VirtualClock(START).set(naive)):
        with pytest.raises(ClockError) as caught:
            call()
        assert caught.value.code == "datetime_naive"
        assert caught.value.facts == {"value": "2023-09-01T00:00:00"}


def test_errors_keep_code_and_facts() -> None:
    class Refused(YipanqiError):
        code = "refused"

    assert (Refused("No.").code, str(Refused("No.")), Refused("No.").facts) == ("refused", "No.", {})
    finer = Refused("No, not 5.", code="refused_five", value=5)
    assert (finer.code, finer.facts, Refused.code) == ("refused_five", {"value": 5}, "refused")
    assert YipanqiError("No.").code == "yipanqi_error"
