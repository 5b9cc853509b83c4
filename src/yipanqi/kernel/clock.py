"""Where time comes from: the real clock, and a virtual one that a rehearsal or a test moves by hand.

Business code takes `now` as a keyword; only the composition root holds a clock and reads it. All instants are aware
and in UTC. Durations, deadlines and time zones for display are not settled here.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

from yipanqi.kernel.errors import YipanqiError


class ClockError(YipanqiError):
    """An instant could not be used: it has no zone, or would turn a clock back."""

    code = "clock_error"


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


def as_utc(at: datetime) -> datetime:
    """Return `at` in UTC; raise ClockError `datetime_naive` when it carries no zone."""
    if at.utcoffset() is None:
        raise ClockError(
            f"The instant {at.isoformat()} has no zone.", code="datetime_naive", value=at.isoformat()
        )
    return at.astimezone(UTC)


class RealClock:
    """The machine's clock: the only place where the system reads it."""

    def now(self) -> datetime:
        """Return the machine's present instant in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved, and never runs backwards. Safe to share between threads."""

    def __init__(self, start_at: datetime) -> None:
        self._lock = threading.Lock()
        self._at = as_utc(start_at)

    def now(self) -> datetime:
        """Return the instant the clock stands at, in UTC."""
        with self._lock:
            return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move forward by `by` (zero or more) and return the new instant; else ClockError `clock_backwards`."""
        with self._lock:
            return self._move(self._at + by)

    def set(self, at: datetime) -> datetime:
        """Move forward to `at` and return it in UTC; an earlier instant raises ClockError `clock_backwards`."""
        with self._lock:
            return self._move(as_utc(at))

    def _move(self, to: datetime) -> datetime:
        if to < self._at:
            message = f"The clock stands at {self._at.isoformat()} and cannot go back to {to.isoformat()}."
            raise ClockError(message, code="clock_backwards", at=self._at.isoformat(), to=to.isoformat())
        self._at = to
        return to
