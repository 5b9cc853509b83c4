"""Taking cases out of the house as a file: the same scope and filters as the list, and an entry in the journal."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import CaseFilter, matching_cases
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

EXPORT_MAX = 50_000


@transaction.atomic
def export_cases(*, acting_officer: "Officer", wanted: CaseFilter, now: datetime) -> Iterator[Case]:
    """The filtered cases, newest first, at most `EXPORT_MAX`; journaled with how many before the first is given."""
    rows = matching_cases(acting_officer, wanted).order_by("-reported_at", "-id")[:EXPORT_MAX]
    officer_id = str(acting_officer.id)
    payload: dict[str, object] = {"officer_id": officer_id, "rows": rows.count()}
    acting, unit = as_actor(acting_officer), acting_officer.unit_id
    write_entry(Draft("cases.exported", acting, "officer", officer_id, now, unit, payload=payload))
    found: Iterator[Case] = rows.iterator(chunk_size=500)
    return found
