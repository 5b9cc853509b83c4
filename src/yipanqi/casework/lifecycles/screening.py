"""The life of a screening (甄别) of a frozen account: open until an officer finds, and open again when the
approver sends a release back or new evidence comes.

What was found is the finding and is kept beside the status; an older finding is superseded, never changed.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

SCREENING = Lifecycle(
    name="screening",
    initial="open",
    statuses=("open", "found"),
    resting=("found",),
    transitions=(
        Transition("find", ("open",), "found", "screening.found"),
        Transition("reopen", ("found",), "open", "screening.reopened"),
    ),
)
