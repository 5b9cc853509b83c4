"""Taking alerts out of the house as a file: the same scope and filters as the list, and an entry in the journal."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.queries import AlertFilter, matching_alerts
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

EXPORT_MAX = 50_000


@transaction.atomic
def export_alerts(*, acting_officer: "Officer", wanted: AlertFilter, now: datetime) -> Iterator[Alert]:
    """The filtered alerts, newest first, at most `EXPORT_MAX`; journaled with how many before the first is given."""
    rows = matching_alerts(acting_officer, wanted).order_by("-opened_at", "-id")[:EXPORT_MAX]
    officer_id = str(acting_officer.id)
    payload: dict[str, object] = {"officer_id": officer_id, "rows": rows.count()}
    write_entry(
        Draft(
            "alerts.exported",
            as_actor(acting_officer),
            "officer",
            officer_id,
            now,
            acting_officer.unit_id,
            payload=payload,
        )
    )
    found: Iterator[Alert] = rows.iterator(chunk_size=500)
    return found
