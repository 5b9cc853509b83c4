"""The life of a payout: one bank told to pay out of one account, until its receipt is there.

`fail` is for a payout of which no line was paid. A receipt that comes after it, or a further one for the
lines left, still counts: the bank's books decide.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

PAYOUT = Lifecycle(
    name="payout",
    initial="given",
    statuses=("given", "received", "failed"),
    resting=("received", "failed"),
    transitions=(
        Transition("receive", ("given", "failed", "received"), "received", "payout.received"),
        Transition("fail", ("given",), "failed", "payout.failed"),
    ),
)
