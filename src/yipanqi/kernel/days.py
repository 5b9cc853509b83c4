"""The centre's day: which day an instant falls on and when that day began, in the zone the province lives by.

The zone is China's one zone until a policy pack names another. Deadlines in hours do not come through here.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def day_of(instant: datetime) -> date:
    """Return the centre's day an aware instant falls on."""
    return instant.astimezone(ZONE).date()


def day_start(instant: datetime) -> datetime:
    """Return the midnight, in the centre's zone, that began the day of an aware instant."""
    return instant.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
