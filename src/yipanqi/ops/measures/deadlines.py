"""The clocks of stops: signatures not given, orders not answered, and the end of every stop. Each fires by itself."""

from datetime import datetime

from yipanqi.ops.measures.ending import expire_stops
from yipanqi.ops.measures.ordering import follow_orders
from yipanqi.ops.measures.signing import lapse_signatures


def fire_due(*, now: datetime, limit: int = 500) -> int:
    """Do everything about stops that is due by `now`; returns how much that was. Safe to repeat."""
    fired = expire_stops(now=now, limit=limit)
    fired += lapse_signatures(now=now, limit=limit)
    return fired + follow_orders(now=now, limit=limit)
