"""The clock of work orders: forgotten holds lapse, and what was due and is not done is marked overdue, once."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from yipanqi.ops.journal.services import SYSTEM, write_entries
from yipanqi.ops.workorders.enums import WorkKind
from yipanqi.ops.workorders.models import OPEN_STATUSES, WorkOrder
from yipanqi.ops.workorders.moving import work_draft
from yipanqi.ops.workorders.services import lapse_holds

LIMIT = 500


def fire_due(*, now: datetime, limit: int = LIMIT) -> int:
    """See to what the clock asks for, at most `limit` of each; returns how many orders were touched.

    A call is overdue while it waits, a visit until it is paid, whoever holds it: nobody stands at the door yet.
    """
    return lapse_holds(now=now, limit=limit) + _mark_late(now=now, limit=limit)


@transaction.atomic
def _mark_late(*, now: datetime, limit: int) -> int:
    rows = WorkOrder.objects.for_system("the clock looks at every place").select_for_update(
        skip_locked=True, no_key=True
    )
    waits = Q(kind=WorkKind.CALL, status="waiting") | Q(kind=WorkKind.VISIT)
    due = rows.filter(waits, status__in=OPEN_STATUSES, late_at__isnull=True, due_at__lt=now)
    orders = list(due.order_by("due_at")[:limit])
    for order in orders:
        order.late_at = now
    WorkOrder.objects.write_back(orders, ["late_at"])
    write_entries(
        [
            work_draft(
                order, "work_order.late", SYSTEM, now, before=order.status, due_at=order.due_at.isoformat()
            )
            for order in orders
        ]
    )
    return len(orders)
