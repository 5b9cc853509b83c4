"""Asking for the second signature of a repayment or a hand-over: of another officer of the county or above."""

from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import Tier
from yipanqi.ops.cases.queries import pack_of
from yipanqi.ops.returns.models import HandOver, Repayment, ReturnSignature

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


def ask(subject: Repayment | HandOver, *, officer: "Officer", now: datetime) -> ReturnSignature:
    """Ask for it, in the caller's transaction; how long it may take is what an order's is."""
    is_repayment = isinstance(subject, Repayment)
    made = ReturnSignature(
        id=new_id(now),
        purpose="repayment" if is_repayment else "hand_over",
        tier=str(Tier.COUNTY),
        ground=subject.kind if is_repayment else subject.to,
        repayment=subject if is_repayment else None,
        hand_over=None if is_repayment else subject,
        asked_by=officer,
        asked_at=now,
        due_at=now + pack_of(subject.case).duration("stop.order_valid"),
    )
    made.put_at(subject.place_code)
    made.save(force_insert=True)
    return made
