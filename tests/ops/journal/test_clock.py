"""The centre's clock: real unless a rehearsal holds it, and never backwards."""

from datetime import UTC, datetime, timedelta

import pytest

from yipanqi.ops.journal.clock import ClockMovedBack, set_clock
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import SYSTEM

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_without_a_row_the_time_is_the_machines() -> None:
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_virtual_clock_stands_where_it_was_put_until_it_is_given_back() -> None:
    set_clock(virtual_at=NOON, acting=SYSTEM)
    assert now() == NOON
    set_clock(virtual_at=NOON + timedelta(hours=48), acting=SYSTEM)
    assert now() == NOON + timedelta(hours=48)
    set_clock(virtual_at=None, acting=SYSTEM)
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_virtual_clock_does_not_go_back() -> None:
    set_clock(virtual_at=NOON, acting=SYSTEM)
    with pytest.raises(ClockMovedBack):
        set_clock(virtual_at=NOON - timedelta(microseconds=1), acting=SYSTEM)
    assert now() == NOON


def test_only_a_change_of_mode_is_journaled() -> None:
    for minutes in range(3):
        set_clock(virtual_at=NOON + timedelta(minutes=minutes), acting=SYSTEM)
    set_clock(virtual_at=None, acting=SYSTEM)
    changes = Entry.objects.filter(event="clock.set").order_by("id").values_list("before", "after")
    assert list(changes) == [("real", "virtual"), ("virtual", "real")]
