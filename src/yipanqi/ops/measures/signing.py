"""The second signature: signing, declining, and what happens when nobody signs in time.

A measure that left before its signature comes back as soon as somebody declines or the time is over.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.journal.services import SYSTEM, Actor, write_entries
from yipanqi.ops.measures.ending import take_back
from yipanqi.ops.measures.enums import OrderKind, Purpose
from yipanqi.ops.measures.models import PaymentStop, Signature
from yipanqi.ops.measures.moving import StopRefused, lock_stop, move_stop, pack_of, stop_draft
from yipanqi.ops.measures.ordering import cancel_orders, give_order, leave
from yipanqi.ops.measures.queries import access_signature
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REASON_MAX = 500
_RANKS = {Tier.STATION: 0, Tier.COUNTY: 1, Tier.CITY: 2, Tier.PROVINCE: 3}


@transaction.atomic
def sign(*, signature_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> PaymentStop:
    """Sign second. What waited for it leaves now; what left before it is covered by it.

    Raises StopRefused: second_person_needed (the proposer may not), tier_too_low, signature_decided.
    """
    signature, stop = _locked(signature_id, acting_officer)
    _check_signer(signature, stop, acting_officer)
    acting = as_actor(acting_officer)
    _decide(signature, "signed", acting_officer, now)
    seen = {"seconds_to_sign": signature.seconds_to_sign, "purpose": signature.purpose}
    if signature.purpose == Purpose.EXTENSION:
        drafts = [stop_draft(stop, "stop.signed", acting, now, before=stop.status, **seen)]
        stop.version += 1
        if not stop.orders.filter(kind=OrderKind.EXTEND, created_at__gte=signature.asked_at).exists():
            stop.counts += 1
            drafts.append(give_order(stop, OrderKind.EXTEND, acting=acting, now=now))
        stop.save()
        write_entries(drafts)
        return stop
    stop.signed_by, stop.signed_at = acting_officer, now
    act = "sign" if stop.status == "proposed" else "sign_after"
    draft = move_stop(stop, act, acting=acting, now=now, **seen)
    if stop.ordered_at is None:
        leave(stop, acting=acting, now=now)
    stop.save()
    write_entries([draft])
    return stop


@transaction.atomic
def decline(*, signature_id: uuid.UUID, reason: str, acting_officer: "Officer", now: datetime) -> PaymentStop:
    """Refuse the second signature, with a reason: what has left is taken back at once. Raises StopRefused."""
    signature, stop = _locked(signature_id, acting_officer)
    if not reason.strip():
        raise StopRefused("a reason is needed", code="reason_missing")
    if len(reason) > REASON_MAX:
        raise StopRefused("the reason is too long", code="field_too_long", limit=REASON_MAX)
    _check_signer(signature, stop, acting_officer)
    signature.reason = Sealed.of("text", reason)
    _decide(signature, "declined", acting_officer, now)
    _undo(signature, stop, "declined", as_actor(acting_officer), now)
    return stop


def lapse_signatures(*, now: datetime, limit: int = 200) -> int:
    """Let every signature that nobody gave in time lapse, and take back what had left; returns how many."""
    due = Signature.objects.for_system("the clock looks at every place")
    ids = list(
        due.filter(status="waiting", due_at__lte=now).order_by("due_at").values_list("id", flat=True)[:limit]
    )
    return sum(_lapse(signature_id, now) for signature_id in ids)


@transaction.atomic
def _lapse(signature_id: uuid.UUID, now: datetime) -> int:
    rows = Signature.objects.for_system("the clock looks at every place")
    stop = lock_stop(rows.values_list("stop_id", flat=True).get(id=signature_id))
    signature: Signature = rows.select_for_update(no_key=True).get(id=signature_id)
    if signature.status != "waiting" or signature.due_at > now:
        return 0
    _decide(signature, "lapsed", None, now)
    _undo(signature, stop, "unsigned", SYSTEM, now)
    return 1


def _undo(signature: Signature, stop: PaymentStop, reason: str, acting: Actor, now: datetime) -> None:
    if signature.purpose == Purpose.STOP:
        take_back(stop, reason=reason, acting=acting, now=now)
        return
    asked = list(stop.orders.filter(kind=OrderKind.EXTEND, created_at__gte=signature.asked_at))
    cancel_orders(stop, acting=acting, now=now, kinds=[OrderKind.EXTEND])
    if any(order.tries and order.status != "refused" for order in asked):
        take_back(stop, reason=reason, acting=acting, now=now)  # it may run longer than anybody signed for
        return
    stop.counts -= sum(order.status != "refused" for order in asked)
    stop.version += 1
    stop.save()
    write_entries(
        [stop_draft(stop, "stop.extension_dropped", acting, now, before=stop.status, reason=reason)]
    )


def _locked(signature_id: uuid.UUID, officer: "Officer") -> tuple[Signature, PaymentStop]:
    stop = lock_stop(access_signature(officer, signature_id).stop_id)
    rows = Signature.objects.in_scope(officer.scope_code).select_for_update(no_key=True)
    signature: Signature = rows.get(id=signature_id)
    if signature.status != "waiting":
        raise StopRefused("the signature was decided", code="signature_decided", status=signature.status)
    return signature, stop


def _check_signer(signature: Signature, stop: PaymentStop, officer: "Officer") -> None:
    if officer.id in {signature.asked_by_id, stop.proposed_by_id}:
        raise StopRefused("another officer has to sign", code="second_person_needed")
    least = Tier(pack_of(stop).choice("stop.approver_min"))
    if _RANKS[tier_of(officer.scope_code)] < _RANKS[least]:
        raise StopRefused("a higher tier has to sign", code="tier_too_low", tier=str(least))


def _decide(signature: Signature, status: str, officer: "Officer | None", now: datetime) -> None:
    signature.status, signature.decided_by, signature.decided_at = status, officer, now
    signature.seconds_to_sign = max(0, int((now - signature.asked_at).total_seconds()))
    signature.save()
