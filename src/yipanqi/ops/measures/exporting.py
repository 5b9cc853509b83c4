"""Taking stops out of the house as a file: the same scope and filters as the list, and an entry in the journal."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.measures.queries import StopFilter, matching_stops
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

EXPORT_MAX = 50_000


@transaction.atomic
def export_stops(*, acting_officer: "Officer", wanted: StopFilter, now: datetime) -> Iterator[PaymentStop]:
    """The filtered stops, newest first, at most `EXPORT_MAX`; journaled with how many before the first is given."""
    rows = matching_stops(acting_officer, wanted, now=now).order_by("-proposed_at", "-id")[:EXPORT_MAX]
    officer_id = str(acting_officer.id)
    payload: dict[str, object] = {"officer_id": officer_id, "rows": rows.count()}
    acting, place = as_actor(acting_officer), acting_officer.unit_id
    write_entry(Draft("stops.exported", acting, "officer", officer_id, now, place, payload=payload))
    found: Iterator[PaymentStop] = rows.iterator(chunk_size=500)
    return found
