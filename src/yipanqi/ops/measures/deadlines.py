"""The clocks of stops and freezes: signatures not given, orders not answered, warnings, and the end of each.

Each fires by itself.
"""

from datetime import datetime

from yipanqi.ops.measures.ending import expire_stops
from yipanqi.ops.measures.freezing.ending import expire_freezes
from yipanqi.ops.measures.freezing.warning import mark_late_freezes, warn_freezes
from yipanqi.ops.measures.ordering import follow_orders
from yipanqi.ops.measures.signing import lapse_signatures


def fire_due(*, now: datetime, limit: int = 500) -> int:
    """Do everything about stops and freezes that is due by `now`; returns how much that was. Safe to repeat."""
    fired = expire_stops(now=now, limit=limit) + expire_freezes(now=now, limit=limit)
    fired += lapse_signatures(now=now, limit=limit)
    fired += warn_freezes(now=now, limit=limit) + mark_late_freezes(now=now, limit=limit)
    return fired + follow_orders(now=now, limit=limit)
