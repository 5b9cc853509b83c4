"""What waits, what an officer holds, what was done today; always within the officer's scope."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, Sum

from yipanqi.kernel.days import day_start
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.staff.gates import may, require
from yipanqi.ops.workorders.enums import Purpose, WorkKind
from yipanqi.ops.workorders.models import OPEN_STATUSES, Attempt, VisitReport, WorkOrder

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


class NotFound(YipanqiError):
    """No such work order within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


@dataclass(frozen=True)
class Tally:
    """The seat's line of figures: what waits in the scope, and the officer's own day."""

    waiting: int
    waiting_capped: bool
    my_calls: int
    my_dissuaded: int
    my_saved_minor: int


def access_work_order(
    officer: "Officer",
    work_order_id: uuid.UUID,
    *,
    act: str = "work_order.read",
    kind: WorkKind | None = None,
) -> WorkOrder:
    """The work order (of a kind), if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = WorkOrder.objects.in_scope(officer.scope_code).select_related(
        "alert", "person", "alert__suspect_account"
    )
    order: WorkOrder | None = rows.filter(id=work_order_id).first()
    if order is None or (kind and order.kind != kind):
        raise NotFound(f"work order {work_order_id} is not in your scope")
    return order


def waiting_calls(officer: "Officer", now: datetime) -> Any:
    """Calls of the officer's scope that may be taken now."""
    rows = WorkOrder.objects.in_scope(officer.scope_code)
    return rows.filter(status="waiting", kind="call", not_before_at__lte=now)


def find_taken(officer: "Officer") -> WorkOrder | None:
    """The call the officer holds, or None."""
    rows = WorkOrder.objects.in_scope(officer.scope_code).select_related(
        "alert", "person", "alert__suspect_account"
    )
    held: WorkOrder | None = rows.filter(taken_by=officer, status="taken", kind=WorkKind.CALL).first()
    return held


def count_attempts_since(officer: "Officer", since: datetime) -> int:
    """Calls the officer made since an instant, undone ones left out."""
    mine = Attempt.objects.in_scope(officer.scope_code).filter(officer=officer, made_at__gte=since)
    return mine.filter(undone_at__isnull=True).count()


def tally(officer: "Officer", now: datetime) -> Tally:
    """The seat's figures; waiting is counted up to a thousand, beyond that it says so."""
    require(officer, "seat.take")
    cap = 1000
    waiting = waiting_calls(officer, now).values("id")[: cap + 1].count()
    mine = Attempt.objects.in_scope(officer.scope_code).filter(
        officer=officer, made_at__gte=day_start(now), undone_at__isnull=True
    )
    by = {
        (row["counts_as"], row["purpose"]): row
        for row in mine.values("counts_as", "purpose").annotate(n=Count("id"), saved=Sum("saved_minor"))
    }
    dissuaded = by.get(("dissuaded", Purpose.DISSUADE), {"n": 0, "saved": 0})
    calls = sum(row["n"] for row in by.values())
    return Tally(min(waiting, cap), waiting > cap, calls, dissuaded["n"], dissuaded["saved"] or 0)


def find_undoable(officer: "Officer", *, now: datetime, within: timedelta) -> Attempt | None:
    """The officer's latest attempt if it can still be undone."""
    rows = Attempt.objects.in_scope(officer.scope_code).filter(officer=officer, made_at__gte=now - within)
    latest: Attempt | None = rows.order_by("-made_at", "-id").first()
    return latest if latest and latest.undone_at is None else None


def list_orders_of_alert(officer: "Officer", alert_id: uuid.UUID) -> list[WorkOrder]:
    """All work about one alert, oldest first, for the alert's page."""
    rows = WorkOrder.objects.in_scope(officer.scope_code).select_related("taken_by")
    return list(rows.filter(alert_id=alert_id).order_by("opened_at"))


def list_attempts_of_alert(officer: "Officer", alert_id: uuid.UUID) -> list[Attempt]:
    """All calls made about one alert, oldest first, undone ones left out."""
    rows = Attempt.objects.in_scope(officer.scope_code).select_related("officer")
    rows = rows.filter(work_order__alert_id=alert_id, undone_at__isnull=True)
    return list(rows.order_by("made_at", "id"))


def open_visits(officer: "Officer") -> Any:
    """The visits of the officer's scope that wait or that the officer holds; a duty officer sees those of all."""
    require(officer, "visit.read")
    rows = WorkOrder.objects.in_scope(officer.scope_code).select_related("alert", "person", "taken_by")
    rows = rows.filter(kind="visit", status__in=OPEN_STATUSES)
    everybody = may(officer, "work_order.cancel")
    return rows if everybody else rows.filter(Q(status="waiting") | Q(taken_by=officer))


def list_visits(officer: "Officer", *, limit: int) -> list[WorkOrder]:
    """The first `limit` open visits, the most pressing first."""
    return list(open_visits(officer).order_by("due_at", "id")[:limit])


def list_reports_of_alert(officer: "Officer", alert_id: uuid.UUID) -> list[VisitReport]:
    """All reports of visits about one alert, oldest first, those included that did not move the work."""
    rows = VisitReport.objects.in_scope(officer.scope_code).select_related("officer")
    return list(rows.filter(work_order__alert_id=alert_id).order_by("made_at", "id"))


def list_told_of_alert(officer: "Officer", alert_id: uuid.UUID) -> list[Attempt | VisitReport]:
    """What was recorded about one alert, on the phone and at the door, oldest first."""
    told = [*list_attempts_of_alert(officer, alert_id), *list_reports_of_alert(officer, alert_id)]
    return sorted(told, key=lambda each: each.made_at)


def access_report(officer: "Officer", report_id: uuid.UUID) -> VisitReport:
    """One report of a visit, if the officer may read visits and it lies in the officer's scope."""
    require(officer, "visit.read")
    rows = VisitReport.objects.in_scope(officer.scope_code).select_related("work_order")
    report: VisitReport | None = rows.filter(id=report_id).first()
    if report is None:
        raise NotFound(f"report {report_id} is not in your scope")
    return report
