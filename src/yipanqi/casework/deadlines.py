"""How much time is left until something is due, and which of the three stages of urgency that is.

The screens colour by the stage alone: calm, soon from one third left, late once the instant has passed. When work is
due comes from the policy pack or the catalog, not from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yipanqi.kernel.clock import as_utc
from yipanqi.kernel.errors import YipanqiError

_SECOND = timedelta(seconds=1)


class DeadlineError(YipanqiError):
    """A deadline does not lie after the instant from which it runs."""

    code = "deadline_before_opening"


class Stage(StrEnum):
    """How pressing a deadline is."""

    CALM = "calm"
    SOON = "soon"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Whole seconds left (rounded down, negative when late), the share left (at most 1, negative when late), stage."""

    seconds: int
    ratio: float
    stage: Stage


def time_left(due_at: datetime, opened_at: datetime, now: datetime) -> TimeLeft:
    """Return what is left at `now` of the span from `opened_at` to `due_at`; all aware.

    Soon begins at exactly one third left, late strictly after `due_at`. Raises DeadlineError when the span is empty.
    """
    span = as_utc(due_at) - as_utc(opened_at)
    left = due_at - as_utc(now)
    if span <= timedelta(0):
        message = f"The deadline {due_at.isoformat()} does not lie after its opening {opened_at.isoformat()}."
        raise DeadlineError(message, due_at=due_at.isoformat(), opened_at=opened_at.isoformat())
    if left < timedelta(0):
        stage = Stage.LATE
    else:
        stage = Stage.SOON if 3 * left <= span else Stage.CALM
    return TimeLeft(seconds=left // _SECOND, ratio=min(1.0, left / span), stage=stage)
