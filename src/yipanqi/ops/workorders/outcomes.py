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
from yipanqi.ops.cases.services import withdraw_case_of_alert
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.workorders.concluding import conclude
from yipanqi.ops.workorders.enums import Purpose, WorkKind
from yipanqi.ops.workorders.models import Attempt, WorkOrder
from yipanqi.ops.workorders.moving import move_orders
from yipanqi.ops.workorders.opening import open_orders, open_visit
from yipanqi.ops.workorders.queries import find_taken, find_undoable
from yipanqi.ops.workorders.ranking import order_savable_minor
from yipanqi.ops.workorders.services import lock_own_order, seconds_to_call

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
    order = lock_own_order(work_order_id, version, acting_officer, act="seat.record", kind=WorkKind.CALL)
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
    follow_up = conclude(order, alert, effect=effect, outcome=outcome, acting=acting, now=now)
    attempt.follow_up_id = follow_up and follow_up.id
    attempt.save(force_insert=True)
    return attempt


def _attempt(order: WorkOrder, item: CallOutcome, note: str, officer: "Officer", now: datetime) -> Attempt:
    if len(note) > NOTE_MAX:
        raise YipanqiError(
            f"the note is longer than {NOTE_MAX} characters", code="field_too_long", limit=NOTE_MAX
        )
    saves = item.counts_as == "dissuaded" and order.purpose == Purpose.DISSUADE  # what held was saved before
    attempt = Attempt(
        id=new_id(now),
        work_order=order,
        purpose=order.purpose,
        officer=officer,
        outcome=item.code,
        counts_as=item.counts_as,
        fraud_type=order.fraud_type,
        note=Sealed.of("text", note),
        saved_minor=order_savable_minor(order, now) if saves else 0,
        seconds_to_call=seconds_to_call(order, order.taken_at or now),
        made_at=now,
        order_due_at=order.due_at,
    )
    attempt.put_at(order.place_code)
    return attempt


@transaction.atomic
def undo_outcome(*, acting_officer: "Officer", now: datetime) -> WorkOrder:
    """Take back the officer's latest outcome within the undo window; the call is theirs again.

    A call taken meanwhile goes back into the line. Raises `UndoExpired` when the time is over or the
    work has gone on (another officer holds the call, the station has taken the visit, the case has a payment).
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
    calls = [each for each in open_orders([alert]) if each.kind == WorkKind.CALL]
    if order.status == "done" and any(each.id != attempt.follow_up_id for each in calls):
        raise UndoExpired("a new warning has opened another call meanwhile")
    acting = as_actor(acting_officer)
    if not withdraw_case_of_alert(alert, reported_at=attempt.made_at, acting=acting, now=now):
        raise UndoExpired("the case has gone on")
    _release_current(acting_officer, acting, now)
    _cancel_follow_up(attempt, acting, now)
    _restore_visit(attempt, alert, acting, now)
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


def _cancel_follow_up(attempt: Attempt, acting: Actor, now: datetime) -> None:
    if attempt.follow_up_id is None:
        return
    rows = WorkOrder.objects.for_system("the work this attempt opened").select_for_update(no_key=True)
    opened: WorkOrder | None = rows.filter(id=attempt.follow_up_id).first()
    if opened is None or opened.status == "cancelled":
        return
    if opened.status != "waiting":
        raise UndoExpired("what followed has been taken already")
    move_orders([opened], "cancel", acting, now, reason="undo")


def _restore_visit(attempt: Attempt, alert: Alert, acting: Actor, now: datetime) -> None:
    """The visit that ended with this attempt is asked for again, due when it was."""
    rows = WorkOrder.objects.for_system("the visit this attempt ended").filter(
        alert=alert, kind=WorkKind.VISIT
    )
    ended: WorkOrder | None = (
        rows.exclude(id=attempt.follow_up_id).filter(status="cancelled", done_at=attempt.made_at).first()
    )
    if ended:
        open_visit(alert, acting=acting, now=now, due_at=ended.due_at)
