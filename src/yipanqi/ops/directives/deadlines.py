"""The clock of directives: one that is not verified when its time has passed is marked late, once."""

from datetime import datetime

from django.db import transaction

from yipanqi.ops.directives.enums import ON_THE_CLOCK
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.services import directive_draft
from yipanqi.ops.journal.services import SYSTEM, write_entries

LIMIT = 500


@transaction.atomic
def fire_due(*, now: datetime, limit: int = LIMIT) -> int:
    """Mark directives whose time passed before `now`, the longest overdue first; journaled. Returns how many.

    The version stays: becoming late does not spoil the form an officer is filling in.
    """
    rows = Directive.objects.for_system("the clock looks at every place")
    due = rows.filter(status__in=ON_THE_CLOCK, late_at__isnull=True, due_at__lt=now)
    late = list(due.select_for_update(skip_locked=True, no_key=True).order_by("due_at")[:limit])
    for directive in late:
        directive.late_at = now
    Directive.objects.write_back(late, ["late_at"])
    write_entries(directive_draft(each, "directive.late", SYSTEM, now, before=each.status) for each in late)
    return len(late)
