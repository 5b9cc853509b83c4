"""Setting the centre's clock: rehearsal and drills move it, production leaves it real."""

from datetime import datetime

from django.db import transaction

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import ClockRow
from yipanqi.ops.journal.queries import now as centre_now
from yipanqi.ops.journal.services import Actor, Draft, write_entry


class ClockMovedBack(YipanqiError):
    """A virtual clock only goes forward, so that no deadline fires twice."""

    code = "clock_moved_back"


@transaction.atomic
def set_clock(*, virtual_at: datetime | None, acting: Actor) -> None:
    """Put the clock to `virtual_at`, or back to the real one with None. Journaled when the mode changes."""
    row, _ = ClockRow.objects.select_for_update().get_or_create(id=1)
    mode = "real" if virtual_at is None else "virtual"
    if virtual_at and row.mode == "virtual" and row.virtual_at and virtual_at < row.virtual_at:
        raise ClockMovedBack(f"the clock stands at {row.virtual_at.isoformat()} and does not go back")
    before, row.mode, row.virtual_at = row.mode, mode, virtual_at
    row.save()
    if before != mode:
        at = virtual_at or centre_now()
        write_entry(
            Draft(
                "clock.set",
                acting,
                "clock",
                "1",
                at,
                payload={"mode": mode, "set_at": at.isoformat()},
                before=before,
                after=mode,
            )
        )
