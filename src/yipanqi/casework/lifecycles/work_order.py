"""The life of a work order: a call to make or a visit to pay, taken by one officer at a time.

Again later (`call_later`, for calls and visits alike) and a holder who vanished both put the order back into the queue,
under names of their own so that the journal tells them apart. What follows from what is settled by the catalogued
outcomes. That an order is overdue is no status: its clock (`late_at`) stands beside it.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

WORK_ORDER = Lifecycle(
    name="work_order",
    initial="waiting",
    statuses=("waiting", "taken", "done", "cancelled"),
    resting=("done", "cancelled"),
    transitions=(
        Transition("take", ("waiting",), "taken", "work_order.taken"),
        Transition("give_back", ("taken",), "waiting", "work_order.given_back"),
        Transition("call_later", ("taken",), "waiting", "work_order.deferred"),
        Transition("lapse", ("taken",), "waiting", "work_order.lapsed"),
        Transition("complete", ("taken",), "done", "work_order.completed"),
        Transition("undo", ("done", "waiting"), "taken", "work_order.reopened"),
        Transition("cancel", ("waiting", "taken"), "cancelled", "work_order.cancelled"),
    ),
)
