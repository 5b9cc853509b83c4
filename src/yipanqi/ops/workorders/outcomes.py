"""Recording what came of a call, by the catalog's outcomes, and undoing it within ten seconds."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.catalog import CallOutcome
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.services import lock_alerts, move_alert, save_alerts
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.workorders.models import Attempt, WorkOrder
from yipanqi.ops.workorders.queries import find_taken, find_undoable, list_open_calls
from yipanqi.ops.workorders.ranking import order_savable_minor
from yipanqi.ops.workorders.services import lock_own_order, move_orders, open_visit

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

NOTE_MAX = 500


class OutcomeUnknown(YipanqiError):
    """The outcome is not in the catalog."""

    code = "outcome_unknown"


class UndoExpired(YipanqiError):
    """There is nothing left to undo: the time is over, or the work went on."""

    code = "undo_expired"


@transaction.atomic
def record_outcome(
    *,
    work_order_id: uuid.UUID,
    version: int,
    outcome: str,
    note: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> Attempt:
    """Record the outcome of the call the officer holds: order, alert, attempt and journal in one transaction.

    Not reached goes back into the line, or to the station after the catalogued number of tries.
    """
    item = catalog.call_outcomes().get(outcome)
    if item is None:
        raise OutcomeUnknown(f"{outcome!r} is not an outcome", outcome=outcome[:32])
    order = lock_own_order(work_order_id, version, acting_officer, act="seat.record")
    alert = lock_alerts([order.alert_id])[0]
    acting = as_actor(acting_officer)
    attempt = _attempt(order, item, note, acting_officer, now)
    order.attempts += 1
    effect = "to_station" if item.effect == "call_later" and order.attempts >= item.retries else item.effect
    seen = {"outcome": outcome, "attempt": order.attempts, "officer_id": str(acting_officer.id)}
    if effect == "call_later":
        assert item.retry_after is not None
        order.not_before_at = now + item.retry_after
        order.due_at = max(order.due_at, order.not_before_at)
        move_orders([order], "call_later", acting, now, **seen, due_at=order.not_before_at.isoformat())
    else:
        order.outcome = outcome
        move_orders([order], "complete", acting, now, **seen, amount_minor=attempt.saved_minor)
    _conclude_alert(alert, effect, outcome, attempt, acting, now)
    attempt.save(force_insert=True)
    return attempt


def _attempt(order: WorkOrder, item: CallOutcome, note: str, officer: "Officer", now: datetime) -> Attempt:
    if len(note) > NOTE_MAX:
        raise YipanqiError(
            f"the note is longer than {NOTE_MAX} characters", code="field_too_long", limit=NOTE_MAX
        )
    attempt = Attempt(
        id=new_id(now),
        work_order=order,
        officer=officer,
        outcome=item.code,
        counts_as=item.counts_as,
        fraud_type=order.fraud_type,
        note=Sealed.of("text", note),
        saved_minor=order_savable_minor(order, now) if item.counts_as == "dissuaded" else 0,
        seconds_to_call=max(0, int(((order.taken_at or now) - order.opened_at).total_seconds())),
        made_at=now,
        order_due_at=order.due_at,
    )
    attempt.put_at(order.place_code)
    return attempt


def _conclude_alert(
    alert: Alert, effect: str, outcome: str, attempt: Attempt, acting: Actor, now: datetime
) -> None:
    if effect == "call_later":
        draft = move_alert(alert, "call_later", acting=acting, now=now)
    elif effect in {"to_station", "refused_to_station"}:
        visit = open_visit(alert, acting=acting, now=now)
        attempt.visit_id = visit.id
        draft = move_alert(alert, "hand_to_station", acting=acting, now=now, work_order_id=str(visit.id))
    elif effect == "paid":
        draft = move_alert(alert, "confirm_paid", acting=acting, now=now, outcome=outcome)
    else:
        draft = move_alert(alert, "close", acting=acting, now=now, outcome=outcome)
    save_alerts([alert], [draft])


@transaction.atomic
def undo_outcome(*, acting_officer: "Officer", now: datetime) -> WorkOrder:
    """Take back the officer's latest outcome within the undo window; the call is theirs again.

    A call taken meanwhile goes back into the line. Raises `UndoExpired` when the time is over or the
    work has gone on (another officer holds the call, the station has taken the visit).
    """
    require(acting_officer, "seat.undo")
    attempt = find_undoable(acting_officer, now=now, within=catalog.windows()["undo"].duration)
    if attempt is None:
        raise UndoExpired("nothing can be undone any more")
    orders = WorkOrder.objects.in_scope(acting_officer.scope_code)
    recorded: WorkOrder = orders.get(id=attempt.work_order_id)
    alert = lock_alerts([recorded.alert_id])[0]
    order: WorkOrder = orders.select_for_update(no_key=True).get(id=recorded.id)
    if order.status not in {"done", "waiting"}:
        raise UndoExpired("the call has been taken by somebody else")
    if order.status == "done" and list_open_calls(alert):
        raise UndoExpired("a new warning has opened another call meanwhile")
    acting = as_actor(acting_officer)
    _release_current(acting_officer, acting, now)
    _cancel_visit(attempt, acting, now)
    order.taken_by_id, order.taken_at, order.outcome = acting_officer.id, now, ""
    order.hold_until_at = now + catalog.windows()["take_hold"].duration
    order.attempts -= 1
    order.not_before_at, order.due_at = now, attempt.order_due_at
    undone = {
        "outcome": attempt.outcome,
        "made_at": attempt.made_at.isoformat(),
        "amount_minor": attempt.saved_minor,
    }
    move_orders([order], "undo", acting, now, officer_id=str(acting_officer.id), **undone)
    if alert.status in {"closed", "paid"}:
        draft = move_alert(
            alert, "undo_outcome", acting=acting, now=now, reason="undo", work_order_id=str(order.id)
        )
        save_alerts([alert], [draft])
    attempt.undone_at = now
    attempt.save(update_fields=["undone_at"])
    return order


def _release_current(officer: "Officer", acting: Actor, now: datetime) -> None:
    current = find_taken(officer)
    if current:
        locked = (
            WorkOrder.objects.in_scope(officer.scope_code).select_for_update(no_key=True).get(id=current.id)
        )
        move_orders([locked], "give_back", acting, now)


def _cancel_visit(attempt: Attempt, acting: Actor, now: datetime) -> None:
    if attempt.visit_id is None:
        return
    visits = WorkOrder.objects.for_system("the visit this attempt opened").select_for_update(no_key=True)
    visit: WorkOrder | None = visits.filter(id=attempt.visit_id).first()
    if visit is None or visit.status == "cancelled":
        return
    if visit.status != "waiting":
        raise UndoExpired("the station has taken the visit already")
    move_orders([visit], "cancel", acting, now, reason="undo")
