"""Noting where a bank and we disagree: found in an answer or in its books, once while it is open; journaled."""

from datetime import datetime

from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entry
from yipanqi.ops.measures.enums import DifferenceKind
from yipanqi.ops.measures.models import Difference, Freeze, PaymentStop
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.vault.fields import Sealed


def note_difference(
    kind: DifferenceKind,
    *,
    partner: Partner,
    reference: str,
    measure: PaymentStop | Freeze | None,
    ours: str,
    theirs: str,
    now: datetime,
) -> Difference:
    """Note a difference with a bank about a stop, a freeze or none of ours, or that one is still there."""
    difference, new = Difference.objects.get_or_create(
        partner=partner,
        kind=kind,
        reference=reference,
        status="open",
        defaults={
            "id": new_id(now),
            "stop": measure if isinstance(measure, PaymentStop) else None,
            "freeze": measure if isinstance(measure, Freeze) else None,
            "ours": ours,
            "theirs": theirs,
            "found_at": now,
            "seen_at": now,
            "note": Sealed.of("text", ""),
        },
    )
    if new:
        write_difference("difference.found", difference, SYSTEM, now)
    else:
        Difference.objects.filter(id=difference.id).update(seen_at=now)
    return difference


def write_difference(event: str, difference: Difference, acting: Actor, now: datetime) -> None:
    """Write one journal entry about a difference."""
    measure = difference.stop or difference.freeze
    place = measure.place_code if measure else difference.partner.scope_id
    payload: dict[str, object] = {
        "difference_id": str(difference.id),
        "bank": difference.partner.code,
        "kind": difference.kind,
        "stop_id": str(difference.stop_id) if difference.stop_id else None,
        "freeze_id": str(difference.freeze_id) if difference.freeze_id else None,
    }
    write_entry(Draft(event, acting, "difference", str(difference.id), now, place, payload))
