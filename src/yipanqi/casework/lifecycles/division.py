"""The life of a division of frozen money by all methods: asked, computed by a job, and ended with its
answer or a reason why there is none.

A job that was killed begins again; what was computed is written once and never changed.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

DIVISION = Lifecycle(
    name="division",
    initial="queued",
    statuses=("queued", "running", "done", "failed"),
    resting=("done", "failed"),
    transitions=(
        Transition("start", ("queued", "running"), "running", "division.started"),
        Transition("finish", ("running",), "done", "division.finished"),
        Transition("fail", ("queued", "running"), "failed", "division.failed"),
    ),
)
