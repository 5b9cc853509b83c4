"""The life of one victim's claim in a return: told, applied for, verified by a second officer, or excluded
with a reason.

`redirect` names another account to pay to, where the first took no money: a second officer verifies it
anew. Who was told and never applies keeps a share in reserve until the return is closed; that is an allocation,
no status.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

CLAIM = Lifecycle(
    name="claim",
    initial="candidate",
    statuses=("candidate", "notified", "applied", "verified", "excluded"),
    resting=("notified", "verified", "excluded"),
    transitions=(
        Transition("notify", ("candidate",), "notified", "claim.notified"),
        Transition("apply", ("candidate", "notified"), "applied", "claim.applied"),
        Transition("verify", ("applied",), "verified", "claim.verified"),
        Transition("redirect", ("verified",), "applied", "claim.applied"),
        Transition("exclude", ("candidate", "notified", "applied", "verified"), "excluded", "claim.excluded"),
        Transition("restore", ("excluded",), "candidate", "claim.restored"),
    ),
)
