"""The life of a repayment by the accused (退赃退赔): entered, and counted only once a second officer confirms
it.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

REPAYMENT = Lifecycle(
    name="repayment",
    initial="entered",
    statuses=("entered", "confirmed", "declined"),
    resting=("confirmed", "declined"),
    transitions=(
        Transition("confirm", ("entered",), "confirmed", "repayment.confirmed"),
        Transition("decline", ("entered",), "declined", "repayment.declined"),
    ),
)
