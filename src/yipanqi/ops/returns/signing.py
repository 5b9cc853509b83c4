"""The second signature of returns, repayments and hand-overs: one way to give it or to decline it.

What follows for a return is in `deciding`; for the others in `repaying` and `handing`.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.measures.approving import check_reason, check_signer, check_waiting, decide
from yipanqi.ops.returns import deciding, handing, repaying
from yipanqi.ops.returns.models import FundReturn, HandOver, Repayment, ReturnSignature
from yipanqi.ops.returns.queries import access_signature
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


@transaction.atomic
def sign(
    *, signature_id: uuid.UUID, acting_officer: "Officer", now: datetime
) -> FundReturn | Repayment | HandOver:
    """Sign second.

    Raises SignatureRefused: second_person_needed, tier_too_low, signature_decided; ReturnRefused for what cannot be
    done any more (division_outdated, repayment_above_loss).
    """
    seen = access_signature(acting_officer, signature_id)
    if seen.fund_return_id:
        return deciding.signed(seen, acting_officer=acting_officer, now=now)
    return _settle(seen, acting_officer, now, signed=True)


@transaction.atomic
def decline(
    *, signature_id: uuid.UUID, reason: str, acting_officer: "Officer", now: datetime
) -> FundReturn | Repayment | HandOver:
    """Refuse the second signature, with a reason. Raises SignatureRefused."""
    check_reason(reason)
    seen = access_signature(acting_officer, signature_id)
    if seen.fund_return_id:
        given = {"reason": reason, "acting_officer": acting_officer, "now": now}
        return deciding.declined(seen, **given)
    return _settle(seen, acting_officer, now, signed=False, reason=reason)


def _settle(
    seen: ReturnSignature, officer: "Officer", now: datetime, *, signed: bool, reason: str = ""
) -> Repayment | HandOver:
    subject = seen.repayment or seen.hand_over
    repaying.lock_case(subject.case_id)
    rows = type(subject).objects.for_system("its signature was seen").select_related("case")
    subject = rows.select_for_update(no_key=True, of=("self",)).get(id=subject.id)
    signatures = ReturnSignature.objects.for_system("seen").select_for_update(no_key=True)
    signature: ReturnSignature = signatures.get(id=seen.id)
    check_waiting(signature)
    check_signer(officer, least=signature.tier, not_by={signature.asked_by_id})
    signature.reason = Sealed.of("text", reason)
    decide(signature, "signed" if signed else "declined", officer, now)
    subject.reason = Sealed.of("text", reason)
    settle = repaying.settle if isinstance(subject, Repayment) else handing.settle
    write_entries([settle(subject, signed=signed, officer=officer, now=now)])
    return subject
