"""Moving locked work orders along their lifecycle, inside the caller's transaction; each move is journaled."""

from collections.abc import Sequence
from datetime import datetime

from yipanqi.casework.lifecycles.work_order import WORK_ORDER
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.workorders.enums import Purpose
from yipanqi.ops.workorders.models import WorkOrder


def move_orders(
    orders: Sequence[WorkOrder],
    act: str,
    acting: Actor,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
    **payload: object,
) -> None:
    """Apply one act of the lifecycle to locked orders, save and journal them."""
    drafts = []
    for order in orders:
        transition = WORK_ORDER.next(order.status, act)
        before, order.status = order.status, transition.target
        order.version += 1
        order.done_at = now if transition.target in {"done", "cancelled"} else None
        if transition.target == "waiting":
            order.taken_by_id, order.taken_at, order.hold_until_at = None, None, None
        drafts.append(
            work_draft(
                order, transition.event, acting, now, before=before, occurred_at=occurred_at, **payload
            )
        )
    WorkOrder.objects.write_back(
        orders,
        ["status", "outcome", "version", "attempts", "done_at", "taken_by", "taken_at", "hold_until_at",
         "not_before_at", "due_at", "cancel_reason"],
    )  # fmt: skip
    write_entries(drafts)


def work_draft(
    order: WorkOrder,
    event: str,
    acting: Actor,
    now: datetime,
    *,
    before: str = "",
    occurred_at: datetime | None = None,
    **payload: object,
) -> Draft:
    """The journal draft of one work-order event. It says `purpose` of a call-back and `late` of an overdue order.

    With `late` goes `first`: whether nobody was called yet.
    """
    body: dict[str, object] = {
        "work_order_id": str(order.id),
        "alert_id": str(order.alert_id),
        "kind": str(order.kind),
        "fraud_type": order.fraud_type,
        "level": order.level,
        **payload,
    }
    if order.late_at:
        body |= {"late": True, "first": order.attempts == 0}
    if order.purpose == Purpose.CALLBACK:
        body["purpose"] = str(order.purpose)
    return Draft(
        event,
        acting,
        "work_order",
        str(order.id),
        now,
        order.place_code,
        body,
        occurred_at=occurred_at,
        before=before,
        after=order.status,
    )
