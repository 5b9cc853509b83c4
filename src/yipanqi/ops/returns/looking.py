"""Looking up what is paid, paid back and handed over: through a gate, within the officer's scope.

Leaves alone: returns and claims themselves (`queries`), what the public may see (`following`).
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi.kernel.days import day_start
from yipanqi.ops.measures.waiting import SigningDay
from yipanqi.ops.returns.models import HandOver, Payout, Repayment, ReturnSignature
from yipanqi.ops.returns.queries import ReturnNotFound
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.cases.models import Case
    from yipanqi.ops.staff.models import Officer


def access_payout(officer: "Officer", payout_id: uuid.UUID, *, act: str = "return.read") -> Payout:
    """The payout, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = Payout.objects.in_scope(officer.scope_code).select_related(
        "fund__freeze", "fund__account", "order"
    )
    found: Payout | None = rows.filter(id=payout_id).first()
    if found is None:
        raise ReturnNotFound(f"payout {payout_id} is not in your scope")
    return found


def access_hand_over(officer: "Officer", hand_over_id: uuid.UUID, *, act: str) -> HandOver:
    """The hand-over, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = HandOver.objects.in_scope(officer.scope_code).select_related("case")
    found: HandOver | None = rows.filter(id=hand_over_id).first()
    if found is None:
        raise ReturnNotFound(f"hand-over {hand_over_id} is not in your scope")
    return found


def access_repayment(officer: "Officer", repayment_id: uuid.UUID, *, act: str) -> Repayment:
    """The repayment, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = Repayment.objects.in_scope(officer.scope_code).select_related("case")
    found: Repayment | None = rows.filter(id=repayment_id).first()
    if found is None:
        raise ReturnNotFound(f"repayment {repayment_id} is not in your scope")
    return found


def signing_day(officer: "Officer", *, now: datetime) -> SigningDay:
    """How many signatures were given today in these books; nobody counts their seconds. Raises NotAllowed."""
    require(officer, "return.sign")
    rows = ReturnSignature.objects.in_scope(officer.scope_code).filter(status="signed")
    return SigningDay(rows.filter(decided_at__gte=day_start(now)).count(), None)


def repayments_of(case: "Case") -> list[Repayment]:
    """The repayments of a case that passed its gate, the latest received first."""
    rows = Repayment.objects.for_system("of a case whose gate was passed").filter(case=case)
    rows = rows.select_related("victim", "entered_by", "confirmed_by")
    return list(rows.order_by("-received_at", "-id"))


def hand_overs_of(case: "Case") -> list[HandOver]:
    """The hand-overs of a case that passed its gate with their lines, the latest first."""
    rows = HandOver.objects.for_system("of a case whose gate was passed").filter(case=case)
    rows = rows.select_related("proposed_by", "signed_by").prefetch_related("lines__freeze__account")
    return list(rows.order_by("-proposed_at", "-id"))
