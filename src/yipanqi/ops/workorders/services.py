"""Opening calls and visits, taking the next call, giving it back, and letting forgotten holds lapse.

What an operator records about a call is in `outcomes`. Lock order everywhere: alerts by id, then work orders by id.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.work_order import WORK_ORDER
from yipanqi.casework.routing import Choice, Head, Pace, Reason, choose_next
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.services import lock_alerts, move_alert, save_alerts
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.workorders.enums import WorkKind
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.queries import (
    access_work_order,
    count_attempts_since,
    day_start,
    find_taken,
    waiting_calls,
)
from yipanqi.ops.workorders.ranking import call_facts, put_rank

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

TAKE_TRIES = 60


class VersionConflict(YipanqiError):
    """The order changed since the officer saw it."""

    code = "version_conflict"


def open_calls(alerts: Sequence[Alert], *, acting: Actor, now: datetime) -> list[WorkOrder]:
    """Open one waiting call per locked alert, ranked and due by its level; journaled."""
    orders = []
    for alert in alerts:
        due_at = now + catalog.levels()[alert.level].call_within
        order = _new_order(alert, WorkKind.CALL, due_at=due_at, now=now)
        put_rank(order, call_facts(alert))
        orders.append(order)
    WorkOrder.objects.bulk_create(orders)
    write_entries([work_draft(order, "work_order.opened", acting, now) for order in orders])
    return orders


def open_visit(alert: Alert, *, acting: Actor, now: datetime) -> WorkOrder:
    """Open a waiting visit for a locked alert at its place, unless one is open already; journaled."""
    known = WorkOrder.objects.for_system("one visit per alert").filter(
        alert=alert, kind=WorkKind.VISIT, status__in=["waiting", "taken"]
    )
    existing: WorkOrder | None = known.first()
    if existing:
        return existing
    level = catalog.levels()[alert.level]
    due_at = now + (level.visit_within or catalog.levels()["mid"].visit_within or level.call_within)
    order = _new_order(alert, WorkKind.VISIT, due_at=due_at, now=now)
    put_rank(order, call_facts(alert))
    order.save(force_insert=True)
    write_entries([work_draft(order, "work_order.opened", acting, now)])
    return order


def rerank_calls(alerts: Sequence[Alert], *, now: datetime) -> int:
    """Rank the calls of these locked alerts anew (more signals, a better type); returns how many.

    A call put off until later may be made at once: a further warning says the person is being led on now.
    """
    by_alert = {alert.id: alert for alert in alerts}
    orders = list(
        WorkOrder.objects.for_system("calls of locked alerts")
        .select_for_update(no_key=True)
        .filter(alert__in=by_alert, kind=WorkKind.CALL, status__in=["waiting", "taken"])
        .order_by("id")
    )
    for order in orders:
        alert = by_alert[order.alert_id]
        put_rank(order, call_facts(alert))
        order.level, order.fraud_type = alert.level, alert.fraud_type
        order.due_at = min(order.due_at, now + catalog.levels()[alert.level].call_within)
        order.not_before_at = min(order.not_before_at, now)
    fields = [
        "key_draining",
        "key_pressing",
        "key_steady",
        "facts",
        "level",
        "fraud_type",
        "due_at",
        "not_before_at",
    ]
    WorkOrder.objects.write_back(orders, fields)
    return len(orders)


def take_next(*, acting_officer: "Officer", now: datetime) -> tuple[WorkOrder, tuple[Reason, ...]] | None:
    """Give the officer the next call of their scope, or the one already taken; None when nothing waits.

    Two officers never get the same: alert and call are locked with SKIP LOCKED and, when another was faster,
    the choice is made again without that call. Extra reasons say when it was chosen because it waited longest.
    """
    require(acting_officer, "seat.take")
    missed: list[object] = []
    for _ in range(TAKE_TRIES):
        held = find_taken(acting_officer)
        if held:
            return held, ()
        choice = _choose(acting_officer, now, missed)
        if choice is None and not missed:
            return None
        if choice is None:  # others had them all in hand; one of them may have let go
            missed.clear()
            continue
        try:
            taken = _take(choice, acting_officer, now)
        except IntegrityError:  # the same officer took a call in another window
            continue
        if taken:
            return taken, choice.reasons
        missed.append(choice.head.ref)
    return None


def _choose(officer: "Officer", now: datetime, missed: Sequence[object]) -> Choice | None:
    waiting = waiting_calls(officer, now).exclude(id__in=missed) if missed else waiting_calls(officer, now)
    heads: dict[Pace, Head] = {}
    for pace in Pace:
        key = f"key_{pace}"
        best = (
            waiting.filter(**{f"{key}__isnull": False})
            .order_by(f"-{key}")
            .values("id", key, "due_at", "opened_at")
            .first()
        )
        if best:
            heads[pace] = Head(best[key], best["due_at"], best["opened_at"], best["id"])
    oldest = waiting.order_by("due_at").values("id", "key_steady", "due_at", "opened_at").first()
    overdue = (
        Head(oldest["key_steady"], oldest["due_at"], oldest["opened_at"], oldest["id"]) if oldest else None
    )
    made = count_attempts_since(officer, day_start(now))
    return choose_next(heads, now, taken_count=made, most_overdue=overdue)


@transaction.atomic
def _take(choice: Choice, officer: "Officer", now: datetime) -> WorkOrder | None:
    waiting = waiting_calls(officer, now).filter(id=choice.head.ref)
    alerts = lock_alerts(waiting.values_list("alert_id", flat=True), skip_locked=True)
    order: WorkOrder | None = (
        waiting.select_for_update(skip_locked=True, no_key=True).first() if alerts else None
    )
    if order is None:
        return None
    order.taken_by_id, order.taken_at = officer.id, now
    order.hold_until_at = now + catalog.windows()["take_hold"].duration
    alert, acting = alerts[0], as_actor(officer)
    seconds = max(0, int((now - order.opened_at).total_seconds()))
    move_orders([order], "take", acting, now, officer_id=str(officer.id), seconds_to_call=seconds)
    alert.handler_id = officer.id
    begun = [move_alert(alert, "begin_contact", acting=acting, now=now)] if alert.status == "triaged" else []
    save_alerts([alert], begun)
    return order


@transaction.atomic
def give_back(*, work_order_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime) -> None:
    """Put a taken call back into the line."""
    order = lock_own_order(work_order_id, version, acting_officer, act="work_order.give_back")
    move_orders([order], "give_back", as_actor(acting_officer), now)


@transaction.atomic
def lapse_holds(*, now: datetime, limit: int = 200) -> int:
    """Return calls whose holder did nothing until the hold ran out; run by the worker's clock."""
    rows = WorkOrder.objects.for_system("the clock looks at every place").select_for_update(
        skip_locked=True, no_key=True
    )
    orders = list(rows.filter(status="taken", hold_until_at__lte=now).order_by("id")[:limit])
    move_orders(orders, "lapse", SYSTEM, now)
    return len(orders)


def lock_own_order(work_order_id: uuid.UUID, version: int, officer: "Officer", *, act: str) -> WorkOrder:
    """The officer's own taken order, locked with its alert first, at the version the officer saw."""
    seen = access_work_order(officer, work_order_id, act=act)
    lock_alerts([seen.alert_id])
    order: WorkOrder = (
        WorkOrder.objects.in_scope(officer.scope_code).select_for_update(no_key=True).get(id=work_order_id)
    )
    if order.version != version or (order.status == "taken" and order.taken_by_id != officer.id):
        raise VersionConflict(f"work order {work_order_id} was changed meanwhile", version=order.version)
    return order


def move_orders(
    orders: Sequence[WorkOrder], act: str, acting: Actor, now: datetime, **payload: object
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
        drafts.append(work_draft(order, transition.event, acting, now, before=before, **payload))
    WorkOrder.objects.write_back(
        orders,
        ["status", "outcome", "version", "attempts", "done_at", "taken_by", "taken_at", "hold_until_at",
         "not_before_at", "due_at"],
    )  # fmt: skip
    write_entries(drafts)


def work_draft(
    order: WorkOrder, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one work-order event."""
    body: dict[str, object] = {
        "work_order_id": str(order.id),
        "alert_id": str(order.alert_id),
        "kind": str(order.kind),
        "fraud_type": order.fraud_type,
        "level": order.level,
        **payload,
    }
    return Draft(
        event,
        acting,
        "work_order",
        str(order.id),
        now,
        order.place_code,
        body,
        before=before,
        after=order.status,
    )


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
    return order
