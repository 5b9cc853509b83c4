"""The life of a bank's file handed in on a case: waiting, read by a job, and in the ledger or refused with its
reason."""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

FLOW_IMPORT = Lifecycle(
    name="flow_import",
    initial="waiting",
    statuses=("waiting", "running", "done", "failed"),
    resting=("done", "failed"),
    transitions=(
        Transition("start", ("waiting", "running"), "running", "import.started"),
        Transition("finish", ("running",), "done", "import.finished"),
        Transition("fail", ("waiting", "running"), "failed", "import.failed"),
    ),
)
