"""Time left: whole seconds, the share left, and the stage that colours it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.casework.deadlines import DeadlineError, Stage, time_left
from yipanqi.kernel.clock import ClockError

OPENED = datetime(2023, 9, 1, 8, tzinfo=UTC)
DUE = OPENED + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("after", "seconds", "ratio", "stage"),
    [
        (timedelta(minutes=-5), 2100, 1.0, Stage.CALM),
        (timedelta(0), 1800, 1.0, Stage.CALM),
        (timedelta(minutes=20) - timedelta(microseconds=1), 600, 1 / 3, Stage.CALM),
        (timedelta(minutes=20), 600, 1 / 3, Stage.SOON),
        (timedelta(minutes=30), 0, 0.0, Stage.SOON),
        (timedelta(minutes=30, microseconds=1), -1, 0.0, Stage.LATE),
        (timedelta(minutes=60), -1800, -1.0, Stage.LATE),
    ],
)
def test_the_stages_of_half_an_hour(after: timedelta, seconds: int, ratio: float, stage: Stage) -> None:
    left = time_left(DUE, OPENED, OPENED + after)
    assert (left.seconds, left.stage) == (seconds, stage)
    assert left.ratio == pytest.approx(ratio, abs=1e-6)


@given(
    span=st.timedeltas(timedelta(microseconds=1), timedelta(days=400)),
    steps=st.lists(st.timedeltas(timedelta(days=-10), timedelta(days=500)), min_size=2, max_size=6),
)
def test_time_only_runs_out(span: timedelta, steps: list[timedelta]) -> None:
    order = list(Stage)
    seen = [time_left(OPENED + span, OPENED, OPENED + step) for step in sorted(steps)]
    for before, after in itertools.pairwise(seen):
        assert after.seconds <= before.seconds
        assert after.ratio <= before.ratio
        assert order.index(after.stage) >= order.index(before.stage)
    assert all((left.seconds < 0) == (left.stage is Stage.LATE) for left in seen)


@pytest.mark.parametrize("due_at", [OPENED, OPENED - timedelta(seconds=1)])
def test_an_empty_span_is_refused(due_at: datetime) -> None:
    with pytest.raises(DeadlineError) as caught:
        time_left(due_at, OPENED, OPENED)
    assert caught.value.code == "deadline_before_opening"


def test_instants_carry_a_zone() -> None:
    with pytest.raises(ClockError):
        time_left(DUE, OPENED, datetime(2023, 9, 1))
