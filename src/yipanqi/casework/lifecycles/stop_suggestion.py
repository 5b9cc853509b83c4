"""The life of a stop that the chase suggests: open until an officer takes or dismisses it, or there is nothing left
to stop.

Taking it is proposing the stop; from then on the stop has a life of its own.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

STOP_SUGGESTION = Lifecycle(
    name="stop_suggestion",
    initial="open",
    statuses=("open", "taken", "dismissed", "passed"),
    resting=("taken", "dismissed", "passed"),
    transitions=(
        Transition("change", ("open",), "open", "suggestion.changed"),
        Transition("take", ("open",), "taken", "suggestion.taken"),
        Transition("dismiss", ("open",), "dismissed", "suggestion.dismissed"),
        Transition("pass", ("open",), "passed", "suggestion.passed"),
    ),
)
