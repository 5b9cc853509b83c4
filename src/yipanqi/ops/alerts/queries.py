"""Lists and details of alerts and quarantined rows, always within the officer's scope, paged by key."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert, Batch, QuarantinedRow, Signal
from yipanqi.ops.jurisdictions.paging import Page, page_by_key
from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.queries import phone_index
from yipanqi.ops.subjects.rules import normal_phone

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAGE = 20


class NotFound(YipanqiError):
    """No such object within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


@dataclass(frozen=True)
class AlertFilter:
    """What an alert list is narrowed by; empty means all. `phone` is matched exactly, by blind index."""

    status: str = ""
    level: str = ""
    fraud_type: str = ""
    source: str = ""
    outcome: str = ""
    handler: str = ""
    district: str = ""
    phone: str = ""
    opened_from: datetime | None = None
    opened_to: datetime | None = None


def access_alert(officer: "Officer", alert_id: uuid.UUID, *, act: str = "alert.read") -> Alert:
    """The alert, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    found = Alert.objects.in_scope(officer.scope_code).select_related("person", "suspect_account")
    alert: Alert | None = found.filter(id=alert_id).first()
    if alert is None:
        raise NotFound(f"alert {alert_id} is not in your scope")
    return alert


def list_alerts(officer: "Officer", wanted: AlertFilter, *, after: str = "", limit: int = PAGE) -> Page:
    """Alerts of the officer's scope, newest first."""
    require(officer, "alert.read")
    return page_by_key(_filtered(officer, wanted), "opened_at", after, limit)


def list_untriaged(alert_ids: Sequence[uuid.UUID], *, limit: int) -> list[uuid.UUID]:
    """Alerts that wait for triage, oldest first, if any of `alert_ids` still does; else none.

    A job for one alert so takes along what came in meanwhile, and the jobs of those find nothing left to do.
    """
    waiting = Alert.objects.for_system("triage looks at every place").filter(status="received")
    if not waiting.filter(id__in=alert_ids).exists():
        return []
    others = waiting.order_by("id").values_list("id", flat=True)[:limit]
    return list(dict.fromkeys([*others, *alert_ids]))


def matching_alerts(officer: "Officer", wanted: AlertFilter) -> Any:
    """The filtered alerts as a lazy set, for counting no further than needed."""
    require(officer, "alert.read")
    return _filtered(officer, wanted)


def list_signals(alert: Alert) -> list[Signal]:
    """All signals of an alert that passed its gate, oldest first."""
    return list(alert.signals.select_related("suspect_account").order_by("received_at", "id"))


def list_quarantined(
    officer: "Officer", *, status: str = "", source: str = "", after: str = "", limit: int = PAGE
) -> Page:
    """Quarantined rows of the officer's scope, newest first."""
    return page_by_key(
        matching_quarantined(officer, status=status, source=source), "received_at", after, limit
    )


def matching_quarantined(officer: "Officer", *, status: str = "", source: str = "") -> Any:
    """The filtered quarantined rows as a lazy set, for counting no further than needed."""
    require(officer, "quarantine.read")
    exact = {name: value for name, value in (("status", status), ("source", source)) if value}
    return QuarantinedRow.objects.in_scope(officer.scope_code).filter(**exact)


def access_quarantined(
    officer: "Officer", row_id: uuid.UUID, *, act: str = "quarantine.read"
) -> QuarantinedRow:
    """The quarantined row, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    row: QuarantinedRow | None = QuarantinedRow.objects.in_scope(officer.scope_code).filter(id=row_id).first()
    if row is None:
        raise NotFound(f"quarantined row {row_id} is not in your scope")
    return row


def list_batches(officer: "Officer", *, limit: int = 10) -> list[Batch]:
    """The latest deliveries of the officer's scope that came as files."""
    require(officer, "alert.intake")
    return list(Batch.objects.in_scope(officer.scope_code).exclude(label="").order_by("-received_at")[:limit])


def _filtered(officer: "Officer", wanted: AlertFilter) -> Any:
    rows = Alert.objects.in_scope(officer.scope_code).select_related("person", "suspect_account", "handler")
    exact = {
        name: value
        for name in ("status", "level", "fraud_type", "source", "outcome")
        if (value := getattr(wanted, name))
    }
    rows = rows.filter(**exact)
    if wanted.handler:
        rows = rows.filter(handler__username=wanted.handler)
    if wanted.district:
        rows = rows.filter(**scope_filter(wanted.district))
    if wanted.phone:
        rows = rows.filter(person__phone_index=phone_index(normal_phone(wanted.phone)))
    if wanted.opened_from:
        rows = rows.filter(opened_at__gte=wanted.opened_from)
    if wanted.opened_to:
        rows = rows.filter(opened_at__lt=wanted.opened_to)
    return rows
