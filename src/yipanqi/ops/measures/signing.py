"""The second signature: signing, declining, and what happens when nobody signs in time; of stops and of freezes.

A stop that left before its signature comes back as soon as somebody declines or the time is over. What follows for a
freeze is in `freezing.deciding`.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.ops.journal.services import SYSTEM, Actor, write_entries
from yipanqi.ops.measures.approving import check_reason, check_signer, check_waiting, decide
from yipanqi.ops.measures.ending import take_back
from yipanqi.ops.measures.enums import OrderKind, Purpose
from yipanqi.ops.measures.freezing import deciding
from yipanqi.ops.measures.freezing.moving import lock_freeze
from yipanqi.ops.measures.models import Freeze, PaymentStop, Signature
from yipanqi.ops.measures.moving import lock_stop, move_stop, pack_of, stop_draft
from yipanqi.ops.measures.ordering import cancel_orders, give_order, leave
from yipanqi.ops.measures.queries import access_any_signature
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


@transaction.atomic
def sign(*, signature_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> PaymentStop | Freeze:
    """Sign second. What waited for it leaves now; what left before it is covered by it.

    Raises SignatureRefused: second_person_needed (the proposer may not), tier_too_low, signature_decided; for a freeze
    FreezeRefused when it cannot be done any more.
    """
    signature, measure = _locked(signature_id, acting_officer)
    _check_signer(signature, measure, acting_officer)
    decide(signature, "signed", acting_officer, now)
    if isinstance(measure, Freeze):
        return deciding.signed(signature, measure, acting_officer=acting_officer, now=now)
    return _stop_signed(signature, measure, acting_officer, now)


def _stop_signed(
    signature: Signature, stop: PaymentStop, acting_officer: "Officer", now: datetime
) -> PaymentStop:
    acting = as_actor(acting_officer)
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
def decline(
    *, signature_id: uuid.UUID, reason: str, acting_officer: "Officer", now: datetime
) -> PaymentStop | Freeze:
    """Refuse the second signature, with a reason: what has left is taken back at once. Raises SignatureRefused."""
    signature, measure = _locked(signature_id, acting_officer)
    check_reason(reason)
    _check_signer(signature, measure, acting_officer)
    signature.reason = Sealed.of("text", reason)
    decide(signature, "declined", acting_officer, now)
    _undo(signature, measure, "declined", as_actor(acting_officer), now)
    return measure


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
    measure = _lock_measure(rows.get(id=signature_id))
    signature: Signature = rows.select_for_update(no_key=True).get(id=signature_id)
    if signature.status != "waiting" or signature.due_at > now:
        return 0
    decide(signature, "lapsed", None, now)
    _undo(signature, measure, "unsigned", SYSTEM, now)
    return 1


def _undo(
    signature: Signature, measure: PaymentStop | Freeze, reason: str, acting: Actor, now: datetime
) -> None:
    if isinstance(measure, Freeze):
        deciding.unsigned(signature, measure, reason=reason, acting=acting, now=now)
    elif signature.purpose == Purpose.STOP:
        take_back(measure, reason=reason, acting=acting, now=now)
    else:
        _drop_extension(signature, measure, reason, acting, now)


def _drop_extension(
    signature: Signature, stop: PaymentStop, reason: str, acting: Actor, now: datetime
) -> None:
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


def _locked(signature_id: uuid.UUID, officer: "Officer") -> tuple[Signature, PaymentStop | Freeze]:
    measure = _lock_measure(access_any_signature(officer, signature_id))
    rows = Signature.objects.in_scope(officer.scope_code).select_for_update(no_key=True, of=("self",))
    signature: Signature = rows.select_related("change").get(id=signature_id)
    check_waiting(signature)
    return signature, measure


def _lock_measure(signature: Signature) -> PaymentStop | Freeze:
    return lock_stop(signature.stop_id) if signature.stop_id else lock_freeze(signature.freeze_id)


def _check_signer(signature: Signature, measure: PaymentStop | Freeze, officer: "Officer") -> None:
    least = signature.tier or pack_of(measure).choice("stop.approver_min")
    check_signer(officer, least=least, not_by={signature.asked_by_id, measure.proposed_by_id})
