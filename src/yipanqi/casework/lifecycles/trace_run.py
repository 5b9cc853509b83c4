"""The life of a trace of a case's money: asked, followed by a job, and ended with its answer or a reason why there is
none.

A job that was killed begins again; what was found is written once.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

TRACE_RUN = Lifecycle(
    name="trace_run",
    initial="queued",
    statuses=("queued", "running", "done", "failed"),
    resting=("done", "failed"),
    transitions=(
        Transition("start", ("queued", "running"), "running", "trace.started"),
        Transition("finish", ("running",), "done", "trace.finished"),
        Transition("fail", ("queued", "running"), "failed", "trace.failed"),
    ),
)
