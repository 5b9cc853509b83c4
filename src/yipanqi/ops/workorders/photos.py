"""Photos of visits: checked by their first bytes, sealed outside of the web root, shown through a gate with an entry.

A photo is kept as the phone made it, with the time and place the camera may have written into it: it is evidence, and
nothing is taken out of it silently.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.files import keep_file, read_file
from yipanqi.ops.workorders.models import VisitReport
from yipanqi.ops.workorders.queries import access_report

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

KIND = "photo"
_FIRST_BYTES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_MEGABYTE = 1024 * 1024


def check_photo(data: bytes) -> str:
    """The media type of a photo by its first bytes. Raises YipanqiError `photo_too_large` or `photo_kind_unknown`."""
    limit = catalog.windows()["photo_max_bytes"].count
    if len(data) > limit:
        raise YipanqiError("the photo is too large", code="photo_too_large", limit=f"{limit // _MEGABYTE} MB")
    for mark, media_type in _FIRST_BYTES.items():
        if data.startswith(mark):
            return media_type
    raise YipanqiError("neither JPEG nor PNG", code="photo_kind_unknown")


def attach_photo(report: VisitReport, data: bytes, media_type: str) -> None:
    """Keep a checked photo under the report's id and note it on the report (not saved)."""
    report.photo_type, report.photo_bytes = media_type, len(data)
    report.photo_sha256 = keep_file(KIND, report.id, data)


@transaction.atomic
def view_photo(*, report_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> tuple[bytes, str]:
    """The photo of a report and its media type; the look is journaled. A report without one is not found."""
    report = access_report(acting_officer, report_id)
    if not report.photo_type:
        raise YipanqiError("the report has no photo", code="not_found")
    payload: dict[str, object] = {
        "work_order_id": str(report.work_order_id),
        "alert_id": str(report.work_order.alert_id),
        "report_id": str(report.id),
        "officer_id": str(acting_officer.id),
    }
    actor, alert_id = as_actor(acting_officer), str(report.work_order.alert_id)
    write_entry(Draft("visit.photo_viewed", actor, "alert", alert_id, now, report.place_code, payload))
    return read_file(KIND, report.id), report.photo_type
