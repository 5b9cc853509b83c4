"""The stop plan: which account to stop first, by the money that a stop order still saves per minute of work.

Leaves tracing to its parent room and the life of a stop to ops.
"""

from yipanqi.engine.tracing.planning.dwell import DEFAULT, Curve, DwellCurves, DwellError, survival
from yipanqi.engine.tracing.planning.stays import Lot, Rests, Stay, rests_of
from yipanqi.engine.tracing.planning.stop_plan import (
    PLAN_VERSION,
    LeftOut,
    Reason,
    StopRank,
    left_out,
    plan_stops,
)

__all__ = [
    "DEFAULT",
    "PLAN_VERSION",
    "Curve",
    "DwellCurves",
    "DwellError",
    "LeftOut",
    "Lot",
    "Reason",
    "Rests",
    "Stay",
    "StopRank",
    "left_out",
    "plan_stops",
    "rests_of",
    "survival",
]
