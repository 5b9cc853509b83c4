"""The life of an objection to an announced return: lodged while the notice runs, and decided once by an
officer who had no hand in that return.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

OBJECTION = Lifecycle(
    name="objection",
    initial="open",
    statuses=("open", "upheld", "rejected"),
    resting=("upheld", "rejected"),
    transitions=(
        Transition("uphold", ("open",), "upheld", "objection.upheld"),
        Transition("reject", ("open",), "rejected", "objection.rejected"),
    ),
)
