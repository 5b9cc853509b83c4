"""The acts of screening: opening one for a freeze, finding, and opening it again; evidence is beside (`evidence`).

A finding is one officer's. What it asks of the freeze, a release, a cut or a renewal, another signs (`measures`).
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.casework.lifecycles.screening import SCREENING
from yipanqi.ops.journal.services import write_entry
from yipanqi.ops.jurisdictions.scoping import place_columns
from yipanqi.ops.measures.freezing.moving import attributed_minor
from yipanqi.ops.screening.evidence import add_evidence, view_evidence, withdraw_evidence
from yipanqi.ops.screening.finding import find
from yipanqi.ops.screening.models import Finding, Screening
from yipanqi.ops.screening.moving import (
    ScreeningRefused,
    check_held,
    checked_text,
    lock_screening,
    move_screening,
    screen_within,
    screening_draft,
)
from yipanqi.ops.screening.queries import access_held, access_screening
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

__all__ = [
    "add_evidence",
    "find",
    "open_screening",
    "reopen",
    "view_evidence",
    "withdraw_evidence",
]
REASON_MAX = 500


@transaction.atomic
def open_screening(*, freeze_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> Screening:
    """Begin to screen the account of a freeze; the second time it is the same screening.

    Raises ScreeningRefused `freeze_not_held` while the bank holds nothing.
    """
    freeze = access_held(acting_officer, freeze_id, act="screening.enter")
    rows = Screening.objects.for_system("one screening per freeze")
    known: Screening | None = rows.filter(id=freeze.id).first()
    if known is not None:
        return known
    check_held(freeze)
    given = {
        "freeze": freeze,
        "case": freeze.case,
        "account": freeze.account,
        "holder_name": freeze.holder_name,
        "opened_by": acting_officer,
        "opened_at": now,
        "due_at": now + screen_within(freeze),
        "place_code": freeze.place_code,
        **place_columns(freeze.place_code),
    }
    screening, is_new = rows.get_or_create(id=freeze.id, defaults=given)  # somebody else may just have begun
    if is_new:
        due = {"due_at": screening.due_at.isoformat()}
        write_entry(screening_draft(screening, "screening.opened", as_actor(acting_officer), now, **due))
    opened: Screening = screening
    return opened


@transaction.atomic
def reopen(
    *, screening_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> Screening:
    """Screen again, with a reason: new evidence came, or what was asked for was sent back. The clock starts anew.

    Raises ScreeningRefused: change_under_way while the asked change is signed or carried out, money_attributed once
    victims' shares lean on the finding.
    """
    access_screening(acting_officer, screening_id, act="screening.find")
    reason = checked_text(reason, REASON_MAX)
    if not reason:
        raise ScreeningRefused("a reason is needed", code="reason_missing")
    screening = lock_screening(screening_id, version=version)
    check_held(screening.freeze)
    SCREENING.next(screening.status, "reopen")
    finding = Finding.objects.select_related("change").get(screening=screening, superseded_at__isnull=True)
    if finding.change is not None and finding.change.status in ("asked", "ordered"):
        raise ScreeningRefused("what was asked for is under way", code="change_under_way")
    if attributed_minor(screening.freeze):
        raise ScreeningRefused("victims' shares lean on the finding", code="money_attributed")
    finding.superseded_at, finding.superseded_by = now, acting_officer
    finding.superseded_reason = Sealed.of("text", reason)
    finding.save(update_fields=["superseded_at", "superseded_by", "superseded_reason"])
    screening.due_at, screening.late_at, screening.found_at = (
        now + screen_within(screening.freeze),
        None,
        None,
    )
    told = {"finding_id": str(finding.id), "due_at": screening.due_at.isoformat()}
    draft = move_screening(screening, "reopen", acting=as_actor(acting_officer), now=now, **told)
    screening.save()
    write_entry(draft)
    return screening
