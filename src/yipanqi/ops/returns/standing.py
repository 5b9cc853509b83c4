"""What returns stand on beside their status, for a whole page of them at once: claims, objections, payouts.

The callers have passed the returns' gates. Leaves alone: what is to be done about it (the desks).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from yipanqi.ops.returns.models import (
    Allocation,
    Claim,
    Division,
    FundReturn,
    Objection,
    Payout,
    PayoutLine,
)

PAYABLE = ("decided", "ordered", "paid")
_WHY = "the returns have passed their gate"
_HELD = Q(fund__freeze__isnull=True) | Q(fund__freeze__status="frozen")
_READY = Q(claim__status="verified", claim__destination__isnull=False) & _HELD


@dataclass
class Standing:
    """One return's claims by status, its newest division, what is open and what could be paid now.

    `payable` counts shares of verified victims that no order carries, `given` payouts without their receipt; `due_at`
    and `given_at` are those of the payout that is due first. `funds` and `total_minor` are of the money in it.
    """

    claims: dict[str, int] = field(default_factory=dict)
    division: str = ""
    open_objections: int = 0
    payable: int = 0
    given: int = 0
    reserved: int = 0
    due_at: datetime | None = None
    given_at: datetime | None = None

    def count(self, *statuses: str) -> int:
        """How many claims stand in one of these."""
        return sum(self.claims.get(each, 0) for each in statuses)

    @property
    def taking_part(self) -> int:
        """How many claims are not left out."""
        return sum(self.claims.values()) - self.claims.get("excluded", 0)


def standing_of(returns: Sequence[FundReturn]) -> dict[uuid.UUID, Standing]:
    """What each of these returns stands on; five queries however many they are."""
    found = {each.id: Standing() for each in returns}
    claims = Claim.objects.for_system(_WHY).filter(fund_return__in=found).order_by()
    for return_id, status, n in claims.values_list("fund_return_id", "status").annotate(n=Count("id")):
        found[return_id].claims[status] = n
    divisions = Division.objects.filter(fund_return__in=found).order_by("fund_return_id", "-asked_at", "-id")
    for return_id, status in divisions.distinct("fund_return_id").values_list("fund_return_id", "status"):
        found[return_id].division = status
    objections = Objection.objects.for_system(_WHY).filter(fund_return__in=found, status="open").order_by()
    for return_id, n in objections.values_list("fund_return_id").annotate(n=Count("id")):
        found[return_id].open_objections = n
    _payouts(found)
    return found


def shares_of(found: FundReturn) -> dict[uuid.UUID, tuple[int, int]]:
    """Principal and interest of each claim by the allocation chosen."""
    rows = chosen_allocations([found.id]).order_by()
    sums = rows.values_list("claim_id").annotate(p=Sum("principal_minor"), i=Sum("interest_minor"))
    return {claim_id: (principal, interest) for claim_id, principal, interest in sums}


def chosen_allocations(return_ids: Iterable[uuid.UUID]) -> Any:
    """The allocations of the methods chosen, as a lazy set."""
    return Allocation.objects.filter(
        fund_return__in=list(return_ids),
        division=F("fund_return__division"),
        method=F("fund_return__method"),
    )


def unpaid_allocations(return_ids: Iterable[uuid.UUID]) -> Any:
    """Shares above zero that no payout carries or has paid, as a lazy set."""
    carried = PayoutLine.objects.filter(allocation=OuterRef("id")).exclude(status="failed")
    rows = chosen_allocations(return_ids).filter(Q(principal_minor__gt=0) | Q(interest_minor__gt=0))
    return rows.filter(~Exists(carried))


def _payouts(found: Mapping[uuid.UUID, Standing]) -> None:
    unpaid = unpaid_allocations(found).filter(fund_return__status__in=PAYABLE).order_by()
    counted = unpaid.values_list("fund_return_id").annotate(
        ready=Count("id", filter=_READY),
        reserved=Count("id", filter=~Q(claim__status="verified")),
    )
    for return_id, ready, reserved in counted:
        found[return_id].payable, found[return_id].reserved = ready, reserved
    given = Payout.objects.for_system(_WHY).filter(fund_return__in=found, status="given")
    for payout in given.order_by(F("due_at").desc(nulls_first=True)):  # the one due first comes last
        each = found[payout.fund_return_id]
        each.given += 1
        each.due_at, each.given_at = payout.due_at, payout.given_at
