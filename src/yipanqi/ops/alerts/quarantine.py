"""Settling quarantined rows: correct and replay, or discard with a reason. Each ends once."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import Channel, IntakeResult, take_in
from yipanqi.ops.alerts.models import QuarantinedRow
from yipanqi.ops.alerts.queries import access_quarantined
from yipanqi.ops.alerts.reading import RowRefused, printable, read_row
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


REASON_CHARS = 200


class AlreadySettled(YipanqiError):
    """The row was replayed or discarded before."""

    code = "already_replayed"


def read_quarantined(officer: "Officer", row_id: uuid.UUID) -> tuple[QuarantinedRow, dict[str, object]]:
    """The row with its content as it came, for the officer who corrects it."""
    item = access_quarantined(officer, row_id, act="quarantine.correct")
    content = json.loads(item.row.reveal() or "{}")
    return item, content if isinstance(content, dict) else {"": content}


@transaction.atomic
def replay_row(
    *, row_id: uuid.UUID, corrected: Mapping[str, object], acting_officer: "Officer", now: datetime
) -> IntakeResult:
    """Take the corrected row in under its first sender. Raises `RowRefused` when it is still not right."""
    item = _lock_held(acting_officer, row_id)
    actor = as_actor(acting_officer)
    read_row(corrected, scope_code=item.place_code, now=now)
    channel = Channel(item.sender, item.source, item.place_code, actor, item.file)
    result = take_in([dict(corrected)], channel=channel, now=now, row_nos=[item.row_no])
    fate = result.fates[0]
    if fate.fate == "quarantined":
        raise RowRefused(fate.flaws)
    item.status, item.settled_at, item.signal_id, item.alert_id = (
        "replayed",
        now,
        fate.signal_id,
        fate.alert_id,
    )
    item.version += 1
    item.save(update_fields=["status", "settled_at", "signal_id", "alert_id", "version"])
    payload = {
        "signal_id": str(item.id),
        "source": item.source,
        "alert_id": str(fate.alert_id),
        "outcome": fate.fate,
    }
    _journal("signal.replayed", item, actor, now, payload)
    return result


@transaction.atomic
def discard_row(*, row_id: uuid.UUID, reason: str, acting_officer: "Officer", now: datetime) -> None:
    """Settle a row that will never be right; the sealed row stays on file with the reason, sealed too.

    Raises YipanqiError `reason_required` or `field_too_long` (limit).
    """
    if not reason:
        raise YipanqiError("say why the row is discarded", code="reason_required")
    if len(reason) > REASON_CHARS:
        raise YipanqiError("the reason is too long", code="field_too_long", limit=REASON_CHARS)
    item = _lock_held(acting_officer, row_id)
    item.status, item.settled_at = "discarded", now
    item.discard_reason = Sealed.of("text", printable(reason, REASON_CHARS))
    item.version += 1
    item.save(update_fields=["status", "settled_at", "discard_reason", "version"])
    actor = as_actor(acting_officer)
    payload = {"signal_id": str(item.id), "source": item.source, "outcome": "discarded"}
    _journal("signal.replayed", item, actor, now, payload)


def _lock_held(officer: "Officer", row_id: uuid.UUID) -> QuarantinedRow:
    access_quarantined(officer, row_id, act="quarantine.correct")
    rows = QuarantinedRow.objects.in_scope(officer.scope_code).select_for_update(no_key=True)
    item: QuarantinedRow = rows.get(id=row_id)
    if item.status != "held":
        raise AlreadySettled(f"row {row_id} is {item.status} already")
    return item


def _journal(
    event: str, item: QuarantinedRow, actor: Actor, now: datetime, payload: dict[str, object]
) -> None:
    write_entry(
        Draft(
            event,
            actor,
            "quarantined_row",
            str(item.id),
            now,
            item.place_code,
            payload,
            before="held",
            after=item.status,
        )
    )
