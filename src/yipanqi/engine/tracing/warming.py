"""`python -m yipanqi.engine.tracing.warming`: have every kernel compiled that a trace, a chase or a plan needs.

Done once a machine and source, by `make setup`; a worker does the same as it starts, so that no real transfer waits.
Touches nothing but the folder of compiled kernels.
"""

from datetime import UTC, datetime, timedelta

import polars as pl

from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.table import Ledger, ledger_from_frame, micros
from yipanqi.engine.tracing import METHODS, LiveTrace, trace
from yipanqi.engine.tracing.planning import plan_stops

_AT = datetime(2020, 1, 1, tzinfo=UTC)
_MANY = 3000  # transfers that follow one another: the sweeps take over from the heaps
_SEEDS = ["0", "1"]


class _Few:
    """A ledger of the first transfers."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def ledger(self) -> Ledger:
        """The transfers so far."""
        return ledger_from_frame(_frame(0, self.rows))


def warm_up() -> None:
    """Send money round three accounts, follow it by all methods, at once and live, and plan its stop."""
    whole = _Few(_MANY).ledger()
    for method in METHODS:
        for seeds in (_SEEDS[:1], _SEEDS):
            trace(whole, seeds, method=method)
        if method != "poison":
            few = _Few(len(_SEEDS))
            live = LiveTrace(few, method=method)
            live.open(_SEEDS)
            few.rows = 2 * len(_SEEDS)
            live.push_frame(_frame(len(_SEEDS), few.rows))
            plan_stops(live.accounts(), now=_AT + timedelta(hours=1))


def _frame(start: int, end: int) -> pl.DataFrame:
    ring = "abc"
    rows = [
        (str(at), micros(_AT) + at, at, ring[at % 3], ring[(at + 1) % 3], "CNY", 100, "transfer", *4 * [None])
        for at in range(start, end)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


if __name__ == "__main__":
    warm_up()
