"""Opening work about locked alerts: calls ranked for the seat, visits for the station, calls for another day.

Which outcome asks for which is settled in `concluding`, what a further warning does in `renewing`.
"""

from collections.abc import Sequence
from datetime import datetime

from yipanqi import catalog
from yipanqi.casework.lifecycles.work_order import WORK_ORDER
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.services import Actor, write_entries
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.workorders.enums import Purpose, WorkKind
from yipanqi.ops.workorders.models import OPEN_STATUSES, WorkOrder
from yipanqi.ops.workorders.moving import work_draft
from yipanqi.ops.workorders.ranking import call_facts, put_rank


def open_calls(alerts: Sequence[Alert], *, acting: Actor, now: datetime) -> list[WorkOrder]:
    """Open one waiting call per locked alert, ranked and due by its level; journaled."""
    pack = policy_in_force(now)
    orders = [
        _new_order(alert, WorkKind.CALL, due_at=now + pack.call_within(alert.level), now=now)
        for alert in alerts
    ]
    _save_opened(orders, acting, now)
    return orders


def open_call_later(
    alert: Alert, *, purpose: Purpose = Purpose.DISSUADE, acting: Actor, now: datetime
) -> WorkOrder:
    """Open a call for about this time tomorrow; journaled.

    A call-back has no rank: nobody who was called before goes ahead of somebody who was not.
    """
    order = _new_order(alert, WorkKind.CALL, due_at=now + catalog.windows()["callback_due"].duration, now=now)
    order.not_before_at = now + catalog.windows()["callback_after"].duration
    order.purpose = purpose
    if purpose == Purpose.CALLBACK:
        order.key_draining = order.key_pressing = order.key_steady = None
    _save_opened([order], acting, now)
    return order


def open_visit(
    alert: Alert, *, acting: Actor, now: datetime, due_at: datetime | None = None
) -> tuple[WorkOrder, bool]:
    """The waiting visit of a locked alert at its place, and whether it was opened now; journaled.

    A level without a visit of its own takes the time of a medium one: here a visit has been found needed.
    """
    existing = next((order for order in open_orders([alert]) if order.kind == WorkKind.VISIT), None)
    if existing:
        return existing, False
    pack = policy_in_force(now)
    within = pack.visit_within(alert.level) or pack.duration("dissuade.visit.mid")
    order = _new_order(alert, WorkKind.VISIT, due_at=due_at or now + within, now=now)
    _save_opened([order], acting, now)
    return order, True


def open_orders(alerts: Sequence[Alert]) -> list[WorkOrder]:
    """The open work of locked alerts, locked too: at most one call and one visit each."""
    rows = WorkOrder.objects.for_system("the work of locked alerts").select_for_update(no_key=True)
    return list(
        rows.filter(alert__in=[alert.id for alert in alerts], status__in=OPEN_STATUSES).order_by("id")
    )


def _save_opened(orders: Sequence[WorkOrder], acting: Actor, now: datetime) -> None:
    WorkOrder.objects.bulk_create(orders)
    write_entries([work_draft(order, "work_order.opened", acting, now) for order in orders])


def _new_order(alert: Alert, kind: WorkKind, *, due_at: datetime, now: datetime) -> WorkOrder:
    order = WorkOrder(
        id=new_id(now),
        kind=kind,
        alert=alert,
        person_id=alert.person_id,
        status=WORK_ORDER.initial,
        fraud_type=alert.fraud_type,
        level=alert.level,
        opened_at=now,
        due_at=due_at,
        not_before_at=now,
    )
    order.put_at(alert.place_code)
    put_rank(order, call_facts(alert))
    return order
