"""The life of an alert, from the warning's arrival to what became of it.

Joining a further warning to an alert is no transition: it adds a signal and leaves the status. A warning after the
window opens a new alert. What was decided (dissuaded, mismatch ...) is the outcome and is kept beside the status.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

ALERT = Lifecycle(
    name="alert",
    initial="received",
    statuses=("received", "triaged", "contacting", "paid", "closed"),
    resting=("closed",),
    transitions=(
        Transition("triage", ("received",), "triaged", "alert.triaged"),
        Transition("begin_contact", ("triaged",), "contacting", "alert.contact_begun"),
        Transition("dismiss", ("triaged", "contacting"), "closed", "alert.dismissed"),
        Transition("call_later", ("contacting",), "contacting", "alert.deferred"),
        Transition("hand_to_station", ("contacting",), "contacting", "alert.handed_to_station"),
        Transition("hand_to_seat", ("contacting",), "contacting", "alert.handed_to_seat"),
        Transition("close", ("contacting",), "closed", "alert.closed"),
        Transition("confirm_paid", ("triaged", "contacting"), "paid", "alert.paid"),
        Transition("settle_paid", ("paid",), "closed", "alert.settled"),
        Transition("signal_again", ("closed",), "triaged", "alert.reopened"),
        Transition("call_back", ("closed",), "contacting", "alert.reopened"),
        Transition("undo_outcome", ("paid", "closed"), "contacting", "alert.reopened"),
    ),
)
