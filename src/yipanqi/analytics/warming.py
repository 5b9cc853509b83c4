"""Making a worker ready: what the engine compiles or loads on first use is used once, so that no real transfer
waits for it.

Touches no table and no folder.
"""

from datetime import UTC, datetime, timedelta

import polars as pl

from yipanqi.analytics.chase import METHOD
from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.table import Ledger, ledger_from_frame, micros
from yipanqi.engine.tracing import LiveTrace, trace
from yipanqi.engine.tracing.planning import plan_stops

_AT = datetime(2020, 1, 1, tzinfo=UTC)
_WAYS = (("seed", "v", "a"), ("one", "a", "b"), ("two", "b", "c"))


class _Few:
    """A ledger of the first few transfers."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def ledger(self) -> Ledger:
        """The transfers so far."""
        return ledger_from_frame(_frame(0, self.rows))


def warm_up() -> None:
    """Follow three made-up transfers, at once and live, and plan their stop."""
    few = _Few(1)
    live = LiveTrace(few, method=METHOD)
    live.open(["seed"])
    few.rows = len(_WAYS)
    live.push_frame(_frame(1, len(_WAYS)))
    trace(few.ledger(), ["seed"], method=METHOD)
    plan_stops(live.accounts(), now=_AT + timedelta(hours=1))


def _frame(start: int, end: int) -> pl.DataFrame:
    rows = [
        (own, micros(_AT) + place, None, payer, payee, "CNY", 100, "transfer", None, None, None, None)
        for place, (own, payer, payee) in enumerate(_WAYS)
    ]
    return pl.DataFrame(rows[start:end], schema=SCHEMA, orient="row")
