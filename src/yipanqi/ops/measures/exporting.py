"""Taking stops or freezes out of the house as a file: scope and filters as in the list, and an entry in the journal."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.measures.freezing.queries import FreezeFilter, matching_freezes
from yipanqi.ops.measures.models import Freeze, PaymentStop
from yipanqi.ops.measures.queries import StopFilter, matching_stops
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

EXPORT_MAX = 50_000


@transaction.atomic
def export_stops(*, acting_officer: "Officer", wanted: StopFilter, now: datetime) -> Iterator[PaymentStop]:
    """The filtered stops, newest first, at most `EXPORT_MAX`; journaled with how many before the first is given."""
    rows = matching_stops(acting_officer, wanted, now=now)
    return _exported("stops.exported", rows, acting_officer, now)


@transaction.atomic
def export_freezes(*, acting_officer: "Officer", wanted: FreezeFilter, now: datetime) -> Iterator[Freeze]:
    """The filtered freezes, in the same way."""
    rows = matching_freezes(acting_officer, wanted, now=now)
    return _exported("freezes.exported", rows, acting_officer, now)


def _exported(event: str, rows: Any, acting_officer: "Officer", now: datetime) -> Iterator[Any]:
    rows = rows.order_by("-proposed_at", "-id")[:EXPORT_MAX]
    officer_id = str(acting_officer.id)
    payload: dict[str, object] = {"officer_id": officer_id, "rows": rows.count()}
    acting, place = as_actor(acting_officer), acting_officer.unit_id
    write_entry(Draft(event, acting, "officer", officer_id, now, place, payload=payload))
    found: Iterator[Any] = rows.iterator(chunk_size=500)
    return found
