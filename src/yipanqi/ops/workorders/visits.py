"""Door visits: taking one, giving it back, recording what came of it, cancelling one that nobody took.

An officer may hold several. A report comes from a phone that may have been without signal: it is known by the phone's
own `submission_id`, so that a repeat changes nothing, and it is never lost. Where the work has changed meanwhile it is
kept beside it, on the alert's timeline, and the officer is told why.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.catalog import VisitOutcome
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.services import lock_alerts, move_alert, save_alerts
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.workorders.concluding import conclude
from yipanqi.ops.workorders.enums import WorkKind
from yipanqi.ops.workorders.models import VisitReport, WorkOrder
from yipanqi.ops.workorders.moving import move_orders
from yipanqi.ops.workorders.opening import open_orders
from yipanqi.ops.workorders.outcomes import NOTE_MAX, OutcomeUnknown
from yipanqi.ops.workorders.photos import attach_photo, check_photo
from yipanqi.ops.workorders.queries import access_work_order
from yipanqi.ops.workorders.ranking import order_savable_minor
from yipanqi.ops.workorders.services import VersionConflict, lock_own_order

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REASON_MAX = 200


@dataclass(frozen=True)
class Told:
    """What the phone tells: outcome, note, its own id of the report, when the visit was, a photo or none."""

    outcome: str
    submission_id: uuid.UUID
    made_at: datetime
    note: str = ""
    photo: bytes | None = None


@transaction.atomic
def take_visit(
    *, work_order_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> WorkOrder:
    """Take a waiting visit. Raises VersionConflict when somebody was faster."""
    order, alert = _lock_visit(work_order_id, acting_officer, act="visit.take")
    if order.version != version or order.status != "waiting":
        raise VersionConflict(f"visit {work_order_id} was changed meanwhile", version=order.version)
    _take(order, alert, acting_officer, now)
    return order


@transaction.atomic
def give_back_visit(
    *, work_order_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> None:
    """Put a taken visit back for the colleagues."""
    order = lock_own_order(work_order_id, version, acting_officer, act="visit.give_back", kind=WorkKind.VISIT)
    move_orders([order], "give_back", as_actor(acting_officer), now)


@transaction.atomic
def record_visit(
    *, work_order_id: uuid.UUID, version: int, told: Told, acting_officer: "Officer", now: datetime
) -> VisitReport:
    """Record what came of a visit: order, alert, report and journal in one transaction. The same report again
    returns the first one.

    `version` is the order's as the phone saw it. A visit that waits is taken by recording it. Raises YipanqiError when
    what was told cannot be used: the outcome, the note's length, the photo, or the time of the visit.
    """
    order, alert = _lock_visit(work_order_id, acting_officer, act="visit.record")
    first: VisitReport | None = (
        VisitReport.objects.for_system("the phone's own report")
        .filter(submission_id=told.submission_id)
        .first()
    )
    if first:
        if (first.officer_id, first.work_order_id) != (acting_officer.id, order.id):
            raise VersionConflict("this report's id belongs to another report")
        return first
    item = _check(told, order, now)
    media_type = check_photo(told.photo) if told.photo else ""
    report = _report(order, item, told, acting_officer, now)
    report.kept_because = _why_kept(report, order, alert, version)
    if told.photo:
        attach_photo(report, told.photo, media_type)
    if report.kept_because:
        _keep_beside(report, alert, acting_officer, now)
    else:
        _apply(report, order, alert, item, acting_officer, now)
    report.order_version = order.version
    report.save(force_insert=True)
    return report


@transaction.atomic
def cancel_visit(
    *, work_order_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> None:
    """Cancel a visit that nobody took, with a reason; the alert is dismissed where nothing else is open about it.

    Raises YipanqiError `reason_required`, `field_too_long` or `visit_in_hand`.
    """
    if not reason:
        raise YipanqiError("say why the visit is cancelled", code="reason_required")
    if len(reason) > REASON_MAX:
        raise YipanqiError("the reason is too long", code="field_too_long", limit=REASON_MAX)
    order, alert = _lock_visit(work_order_id, acting_officer, act="work_order.cancel")
    if order.status == "taken":
        raise YipanqiError("an officer has taken the visit", code="visit_in_hand")
    if order.version != version:
        raise VersionConflict(f"visit {work_order_id} was changed meanwhile", version=order.version)
    acting = as_actor(acting_officer)
    order.cancel_reason = Sealed.of("text", reason)
    move_orders([order], "cancel", acting, now, officer_id=str(acting_officer.id), reason="needless")
    if alert.status == "contacting" and not open_orders([alert]):
        draft = move_alert(
            alert, "dismiss", acting=acting, now=now, outcome="dismissed", reason="visit_cancelled"
        )
        save_alerts([alert], [draft])


def _lock_visit(work_order_id: uuid.UUID, officer: "Officer", *, act: str) -> tuple[WorkOrder, Alert]:
    seen = access_work_order(officer, work_order_id, act=act, kind=WorkKind.VISIT)
    alert = lock_alerts([seen.alert_id])[0]
    rows = WorkOrder.objects.in_scope(officer.scope_code).select_for_update(no_key=True)
    return rows.get(id=work_order_id), alert


def _take(order: WorkOrder, alert: Alert, officer: "Officer", now: datetime) -> None:
    order.taken_by_id, order.taken_at = officer.id, now
    order.hold_until_at = now + catalog.windows()["visit_hold"].duration
    move_orders([order], "take", as_actor(officer), now, officer_id=str(officer.id))
    alert.handler_id = officer.id
    save_alerts([alert], [])


def _check(told: Told, order: WorkOrder, now: datetime) -> VisitOutcome:
    item = catalog.visit_outcomes().get(told.outcome)
    if item is None:
        raise OutcomeUnknown(f"{told.outcome!r} is not an outcome of a visit", outcome=told.outcome[:32])
    if len(told.note) > NOTE_MAX:
        raise YipanqiError("the note is too long", code="field_too_long", limit=NOTE_MAX)
    if told.made_at > now + catalog.windows()["occurred_ahead"].duration:
        raise YipanqiError("the visit lies in the future", code="occurred_in_future")
    if told.made_at < order.opened_at:
        raise YipanqiError("the visit lies before its order", code="made_before_opening")
    return item


def _report(
    order: WorkOrder, item: VisitOutcome, told: Told, officer: "Officer", now: datetime
) -> VisitReport:
    report = VisitReport(
        id=new_id(now),
        submission_id=told.submission_id,
        work_order=order,
        officer=officer,
        outcome=item.code,
        counts_as=item.counts_as,
        fraud_type=order.fraud_type,
        note=Sealed.of("text", told.note),
        made_at=told.made_at,
        recorded_at=now,
    )
    report.put_at(order.place_code)
    return report


def _why_kept(report: VisitReport, order: WorkOrder, alert: Alert, version: int) -> str:
    """Why the report can no longer move the work; empty when it can.

    Who held the visit meanwhile does not matter, as long as nobody else does now and nothing was reported that the
    phone did not see. What it reported itself, earlier, it has seen whatever version it shows.
    """
    if order.status in {"done", "cancelled"}:
        return order.status
    if order.status == "taken" and order.taken_by_id != report.officer_id:
        return "taken_over"
    applied = VisitReport.objects.for_system("reports of a locked visit").filter(
        work_order=order, kept_because=""
    )
    own = {"officer_id": report.officer_id, "made_at__lt": report.made_at}
    if applied.filter(order_version__gt=version).exclude(**own).exists():
        return "reported"
    return "" if alert.status == "contacting" else "settled"


def _keep_beside(report: VisitReport, alert: Alert, officer: "Officer", now: datetime) -> None:
    payload: dict[str, object] = {
        "work_order_id": str(report.work_order_id),
        "alert_id": str(alert.id),
        "report_id": str(report.id),
        "outcome": report.outcome,
        "reason": report.kept_because,
        "officer_id": str(officer.id),
    }
    write_entry(
        Draft("visit.report_kept", as_actor(officer), "alert", str(alert.id), now, alert.place_code, payload,
              occurred_at=report.made_at)
    )  # fmt: skip


def _apply(
    report: VisitReport, order: WorkOrder, alert: Alert, item: VisitOutcome, officer: "Officer", now: datetime
) -> None:
    if order.status == "waiting":
        _take(order, alert, officer, now)
    order.attempts += 1
    effect = "to_seat" if item.effect == "visit_later" and order.attempts >= item.retries else item.effect
    acting = as_actor(officer)
    seen = {"outcome": item.code, "attempt": order.attempts, "officer_id": str(officer.id)}
    if effect == "visit_later":
        assert item.retry_after is not None
        order.not_before_at = report.made_at + item.retry_after
        order.due_at = max(order.due_at, order.not_before_at)
        due = {"due_at": order.due_at.isoformat()}
        move_orders([order], "call_later", acting, now, occurred_at=report.made_at, **seen, **due)
    else:
        if item.counts_as == "dissuaded":
            report.saved_minor = order_savable_minor(order, report.made_at)
        order.outcome = item.code
        amount = {"amount_minor": report.saved_minor}
        move_orders([order], "complete", acting, now, occurred_at=report.made_at, **seen, **amount)
    conclude(order, alert, effect=effect, outcome=item.code, acting=acting, now=now)
