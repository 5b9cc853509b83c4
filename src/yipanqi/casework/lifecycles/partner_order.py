"""The life of an order to a partner: committed with the act that gives it, sent as often as needed, in effect once.

`sent` means that the partner's door has acknowledged it. The order's id is the idempotency key of every repeat.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

PARTNER_ORDER = Lifecycle(
    name="partner_order",
    initial="waiting",
    statuses=("waiting", "sent", "unanswered", "fulfilled", "refused", "cancelled"),
    resting=("fulfilled", "refused", "cancelled"),
    transitions=(
        Transition("send", ("waiting", "unanswered"), "sent", "order.sent"),
        Transition("time_out", ("waiting", "sent"), "unanswered", "order.unanswered"),
        Transition("fulfil", ("waiting", "sent", "unanswered", "cancelled"), "fulfilled", "order.fulfilled"),
        Transition("refuse", ("waiting", "sent", "unanswered", "cancelled"), "refused", "order.refused"),
        Transition("cancel", ("waiting", "sent", "unanswered"), "cancelled", "order.cancelled"),
    ),
)
