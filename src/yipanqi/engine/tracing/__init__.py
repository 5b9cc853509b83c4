"""Following the money: the whole way of some transfers' money through a ledger, by method, to the cent; also live.

The rules are those of the architecture's "Tracing rules". Leaves whose money it is in law to `restitution`.
"""

from yipanqi.engine.tracing.arriving import Movement
from yipanqi.engine.tracing.following import METHODS, Method
from yipanqi.engine.tracing.live import History, LiveTrace
from yipanqi.engine.tracing.planning import DwellCurves, StopRank, left_out, plan_stops, rests_of
from yipanqi.engine.tracing.reached import Moved
from yipanqi.engine.tracing.result import (
    Owned,
    StoppedAt,
    Totals,
    Trace,
    TracedAccount,
    TracedTransfer,
    trace_json,
)
from yipanqi.engine.tracing.tracing import TraceError, trace

__all__ = [
    "METHODS",
    "DwellCurves",
    "History",
    "LiveTrace",
    "Method",
    "Moved",
    "Movement",
    "Owned",
    "StopRank",
    "StoppedAt",
    "Totals",
    "Trace",
    "TraceError",
    "TracedAccount",
    "TracedTransfer",
    "left_out",
    "plan_stops",
    "rests_of",
    "trace",
    "trace_json",
]
