"""The clocks of cases: the first stop, and the entry of a level-1 account. A clock that has passed is noted once."""

from datetime import datetime

from django.db import transaction

from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import case_draft
from yipanqi.ops.cases.queries import OPEN
from yipanqi.ops.journal.services import SYSTEM, write_entries

# clock: the column of its deadline, of its end, of having been late
CLOCKS = {
    "first_stop": ("stop_due_at", "stop_sent_at", "late_stop_at"),
    "level1_entry": ("entry_due_at", "entered_at", "late_entry_at"),
}


@transaction.atomic
def fire_due(*, now: datetime, limit: int = 500) -> int:
    """Note every open case whose clock has passed by `now`; returns how many clocks. Safe to repeat."""
    return sum(_fire(clock, now, limit) for clock in CLOCKS)


def _fire(clock: str, now: datetime, limit: int) -> int:
    due, done, late = CLOCKS[clock]
    rows = Case.objects.for_system("the clock looks at every place").select_for_update(
        skip_locked=True, no_key=True
    )
    passed = rows.filter(**{f"{due}__lt": now, f"{done}__isnull": True, f"{late}__isnull": True})
    cases = list(passed.filter(status__in=OPEN).order_by("id")[:limit])
    for case in cases:
        setattr(case, late, now)
    Case.objects.write_back(cases, [late])
    write_entries([case_draft(case, "case.late", SYSTEM, now, clock=clock) for case in cases])
    return len(cases)
