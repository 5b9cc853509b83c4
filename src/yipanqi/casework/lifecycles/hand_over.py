"""The life of a hand-over of held money with the file (随案移送): proposed, signed, and received by
procuratorate or court.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

HAND_OVER = Lifecycle(
    name="hand_over",
    initial="proposed",
    statuses=("proposed", "approved", "received", "declined"),
    resting=("received", "declined"),
    transitions=(
        Transition("sign", ("proposed",), "approved", "hand_over.approved"),
        Transition("decline", ("proposed",), "declined", "hand_over.declined"),
        Transition("receive", ("approved",), "received", "hand_over.received"),
    ),
)
