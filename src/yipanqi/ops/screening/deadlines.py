"""The clock of screenings: one whose finding is overdue, or whose doubt was not looked at again, is called out once.

It only calls: a finding is always a person's.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from yipanqi.ops.journal.services import SYSTEM, write_entry
from yipanqi.ops.screening.models import Finding, Screening
from yipanqi.ops.screening.moving import lock_screening, screening_draft
from yipanqi.ops.screening.queries import DOUBT


def fire_due(*, now: datetime, limit: int = 500) -> int:
    """Call out every screening whose time is over; returns how many. Safe to repeat."""
    rows = Screening.objects.for_system("the clock looks at every place")
    doubtful = Finding.objects.filter(outcome=DOUBT, superseded_at__isnull=True).values("screening_id")
    waits = Q(status="open") | Q(id__in=doubtful)
    due = rows.filter(waits, due_at__lte=now, late_at__isnull=True, freeze__status="frozen")
    return sum(
        _call_out(each, now) for each in list(due.order_by("due_at").values_list("id", flat=True)[:limit])
    )


@transaction.atomic
def _call_out(screening_id: uuid.UUID, now: datetime) -> int:
    screening = lock_screening(screening_id)
    if screening.late_at is not None or screening.due_at > now:
        return 0
    screening.late_at = now
    screening.save(update_fields=["late_at"])  # not its version: what somebody is writing still fits
    due = {"due_at": screening.due_at.isoformat()}
    write_entry(screening_draft(screening, "screening.late", SYSTEM, now, **due))
    return 1
