"""The life of a case (案件): from the report to the end of the trial.

Filing opens the way to a freeze; a stop needs none (rules.md §2.2). `withdraw` takes back a report that was entered by
mistake, before anybody has accepted it; the journal keeps it.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

CASE = Lifecycle(
    name="case",
    initial="reported",
    statuses=(
        "reported",
        "accepted",
        "filed",
        "refused",
        "solved",
        "prosecuted",
        "tried",
        "closed",
        "withdrawn",
    ),
    resting=("refused", "closed", "withdrawn"),
    transitions=(
        Transition("accept", ("reported",), "accepted", "case.accepted"),
        Transition("withdraw", ("reported",), "withdrawn", "case.withdrawn"),
        Transition("file", ("accepted",), "filed", "case.filed"),
        Transition("refuse", ("reported", "accepted"), "refused", "case.refused"),
        Transition("solve", ("filed",), "solved", "case.solved"),
        Transition("prosecute", ("solved",), "prosecuted", "case.prosecuted"),
        Transition("try", ("prosecuted",), "tried", "case.tried"),
        Transition("close", ("filed", "solved", "prosecuted", "tried"), "closed", "case.closed"),
    ),
)
