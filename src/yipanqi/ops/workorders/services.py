"""Taking the next call, giving it back, and letting forgotten holds lapse.

What an operator records about a call is in `outcomes`, visits are in `visits`. Lock order everywhere: alerts by id,
then work orders by id.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from yipanqi import catalog
from yipanqi.casework.routing import Choice, Head, Pace, Reason, choose_next
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.services import lock_alerts, move_alert, save_alerts
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.workorders.enums import Purpose, WorkKind
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.moving import move_orders
from yipanqi.ops.workorders.queries import (
    access_work_order,
    count_attempts_since,
    day_start,
    find_taken,
    waiting_calls,
)

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

TAKE_TRIES = 60
_BEGIN = {"triaged": "begin_contact", "closed": "call_back"}


class VersionConflict(YipanqiError):
    """The order changed since the officer saw it."""

    code = "version_conflict"


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
    row = waiting.order_by("due_at").values("id", "key_steady", "due_at", "opened_at").first()
    oldest = Head(row["key_steady"] or 0.0, row["due_at"], row["opened_at"], row["id"]) if row else None
    made = count_attempts_since(officer, day_start(now))
    choice = choose_next(heads, now, taken_count=made, most_overdue=oldest)
    if choice is None and oldest:  # only call-backs wait, which have no rank
        return Choice(oldest, None)
    return choice


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
    seconds = seconds_to_call(order, now)
    move_orders([order], "take", acting, now, officer_id=str(officer.id), seconds_to_call=seconds)
    alert.handler_id = officer.id
    act = _BEGIN.get(alert.status)
    because = {"reason": "callback"} if act == "call_back" else {}
    save_alerts([alert], [move_alert(alert, act, acting=acting, now=now, **because)] if act else [])
    return order


def seconds_to_call(order: WorkOrder, at: datetime) -> int:
    """How long the person waited for this call: a call-back from the time it might be made."""
    since = order.not_before_at if order.purpose == Purpose.CALLBACK else order.opened_at
    return max(0, int((at - since).total_seconds()))


@transaction.atomic
def give_back(*, work_order_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime) -> None:
    """Put a taken call back into the line."""
    order = lock_own_order(
        work_order_id, version, acting_officer, act="work_order.give_back", kind=WorkKind.CALL
    )
    move_orders([order], "give_back", as_actor(acting_officer), now)


@transaction.atomic
def lapse_holds(*, now: datetime, limit: int = 200) -> int:
    """Return calls and visits whose holder did nothing until the hold ran out; run by the clock (`deadlines`)."""
    rows = WorkOrder.objects.for_system("the clock looks at every place").select_for_update(
        skip_locked=True, no_key=True
    )
    orders = list(rows.filter(status="taken", hold_until_at__lte=now).order_by("id")[:limit])
    move_orders(orders, "lapse", SYSTEM, now)
    return len(orders)


def lock_own_order(
    work_order_id: uuid.UUID, version: int, officer: "Officer", *, act: str, kind: WorkKind
) -> WorkOrder:
    """The officer's own taken order of a kind, locked with its alert first, at the version the officer saw."""
    seen = access_work_order(officer, work_order_id, act=act, kind=kind)
    lock_alerts([seen.alert_id])
    order: WorkOrder = (
        WorkOrder.objects.in_scope(officer.scope_code).select_for_update(no_key=True).get(id=work_order_id)
    )
    if order.version != version or (order.status == "taken" and order.taken_by_id != officer.id):
        raise VersionConflict(f"work order {work_order_id} was changed meanwhile", version=order.version)
    return order
