"""Paying: for each fund one order to its bank, carried there by two officers as a paper, and sent by message too.

What is paid is what was allotted to verified claims and is neither paid nor under way: a further order takes along
who applied later and what failed before. Leaves alone: the banks' receipts (`receiving`).
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.payout import PAYOUT
from yipanqi.casework.terms import ends_at, last_day
from yipanqi.catalog import CalendarError
from yipanqi.kernel.days import day_of
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.measures.freezing.ending import give_return_order
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.papers.numbering import unit_name
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.models import Allocation, FundReturn, Payout, PayoutLine, ReturnFund
from yipanqi.ops.returns.moving import ReturnRefused, lock_with_freezes, move_return, pack_of
from yipanqi.ops.returns.queries import access_return
from yipanqi.ops.returns.standing import unpaid_allocations
from yipanqi.ops.staff.queries import OfficerNotFound, as_actor, get_officer

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

ESCROW = "escrow"  # stands for a bank where the unit pays out of its own account


@transaction.atomic
def order_payouts(
    *, return_id: uuid.UUID, version: int, officer_b: uuid.UUID, acting_officer: "Officer", now: datetime
) -> list[Payout]:
    """Give one order for each fund that has something to pay, carried by two officers.

    Raises ReturnRefused: version_conflict, officers_missing, claim_not_ready (nothing can be paid); TransitionRefused
    before the decision.
    """
    access_return(acting_officer, return_id, act="return.pay")
    fund_return, _ = lock_with_freezes(return_id, version=version)
    officers = (acting_officer, _second(fund_return, acting_officer, officer_b))
    due_at = due_of(fund_return, now=now)
    wanted = payable(fund_return)
    if not wanted:
        raise ReturnRefused("nothing can be paid now", code="claim_not_ready")
    total = sum(each.principal_minor + each.interest_minor for some in wanted.values() for each in some)
    seen = {
        "rows": len(wanted),
        "amount_minor": total,
        "due_at": due_at.isoformat() if due_at else None,
    }
    drafts = [move_return(fund_return, "order", acting=as_actor(acting_officer), now=now, **seen)]
    fund_return.save()
    payouts = []
    for fund, allocations in wanted.items():
        payout = _give(fund_return, fund, allocations, officers, due_at, now)
        payouts.append(payout)
        seen = {"officer_id": str(officer_b), **_sums(allocations)}
        drafts.append(payout_draft(payout, "payout.given", as_actor(acting_officer), now, **seen))
    write_entries(drafts)
    return payouts


def due_of(fund_return: FundReturn, *, now: datetime) -> datetime | None:
    """When the banks have to have paid what is ordered now; None where the working calendar ends before that."""
    pack = pack_of(fund_return)
    calendar = catalog.calendars()[pack.calendar]
    try:
        return ends_at(last_day(day_of(now), pack.period("return.bank_within"), calendar), pack.zone)
    except CalendarError:
        return None


def payable(fund_return: FundReturn) -> dict[ReturnFund, list[Allocation]]:
    """What can be paid now by fund: shares of verified claims, neither paid nor under way, of money still held."""
    rows = unpaid_allocations([fund_return.id]).filter(
        claim__status="verified", claim__destination__isnull=False
    )
    rows = rows.select_related(
        "fund", "fund__freeze", "fund__account", "fund__escrow_case", "claim", "claim__destination"
    )
    found: dict[ReturnFund, list[Allocation]] = {}
    for each in rows.order_by("fund__level", "fund_id", "id"):
        if is_held(each.fund):
            found.setdefault(each.fund, []).append(each)
    return found


def payout_draft(
    payout: Payout, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a payout."""
    freeze = payout.fund.freeze
    body: dict[str, object] = {
        "payout_id": str(payout.id),
        "return_id": str(payout.fund_return_id),
        "bank": freeze.partner.code if freeze else ESCROW,
        "freeze_id": str(freeze.id) if freeze else None,
        "order_id": str(payout.order_id) if payout.order_id else None,
        **payload,
    }
    return Draft(
        event,
        acting,
        "payout",
        str(payout.id),
        now,
        payout.place_code,
        body,
        before=before,
        after=payout.status,
    )


def is_held(fund: ReturnFund) -> bool:
    """Whether the fund's money is still there to be paid: under a freeze that holds, or in the unit's own escrow."""
    return fund.freeze is None or fund.freeze.status == "frozen"


def _sums(allocations: Sequence[Allocation]) -> dict[str, int]:
    return {
        "amount_minor": sum(each.principal_minor for each in allocations),
        "interest_minor": sum(each.interest_minor for each in allocations),
    }


def _second(fund_return: FundReturn, first: "Officer", officer_id: uuid.UUID) -> "Officer":
    """The second officer: another active one of the unit or below."""
    try:
        second = get_officer(first, officer_id)
    except OfficerNotFound:
        second = first
    if second.id == first.id or not second.is_active:
        least = pack_of(fund_return).count("return.officers_min")
        raise ReturnRefused("another officer has to come along", code="officers_missing", limit=least)
    return second


def _give(
    fund_return: FundReturn,
    fund: ReturnFund,
    allocations: Sequence[Allocation],
    officers: Sequence["Officer"],
    due_at: datetime | None,
    now: datetime,
) -> Payout:
    """The order of one fund with its lines, its paper, and its message where there is a bank."""
    acting = as_actor(officers[0])
    payout = Payout(
        id=new_id(now),
        fund_return=fund_return,
        fund=fund,
        order=give_return_order(fund.freeze, acting=acting, now=now) if fund.freeze else None,
        officer_a=officers[0],
        officer_b=officers[1],
        status=PAYOUT.initial,
        given_at=now,
        due_at=due_at,
    )
    payout.put_at(fund_return.place_code)
    lines = [
        PayoutLine(
            id=new_id(now),
            payout=payout,
            allocation=each,
            account=each.claim.destination,
            bank=each.claim.destination_bank,
            name=each.claim.destination_name,
            principal_minor=each.principal_minor,
            interest_minor=each.interest_minor,
            status="given",
        )
        for each in allocations
    ]
    paper = _make_paper(fund_return, payout, lines, officers, now)
    payout.document, payout.paper_id = paper.number, paper.id
    payout.save(force_insert=True)
    PayoutLine.objects.bulk_create(lines, batch_size=1000)
    return payout


def _make_paper(
    fund_return: FundReturn,
    payout: Payout,
    lines: Sequence[PayoutLine],
    officers: Sequence["Officer"],
    now: datetime,
) -> Paper:
    fund = payout.fund
    banks = catalog.banks()
    fields = {
        "bank": fund.freeze.partner.name_zh if fund.freeze else unit_name(fund_return.place_code),
        "decision": fund_return.decision_number,
        "case": fund_return.case.number,
        "account": fund.account.number.reveal() if fund.account else "涉案款专户",
        "holder": fund.freeze.holder_name.reveal() if fund.freeze else unit_name(fund_return.place_code),
        "total": format_amount(sum(each.principal_minor + each.interest_minor for each in lines)),
        "officers": "、".join(each.name for each in officers),
    }
    rows = [
        [
            each.name.reveal(),
            each.account.number.reveal(),
            banks[each.bank].name.zh if each.bank in banks else each.bank,
            format_amount(each.principal_minor),
            format_amount(each.interest_minor),
        ]
        for each in lines
    ]
    return make_paper(
        "assist_return",
        fields=fields,
        tables={"lines": rows},
        subject=("payout", payout.id),
        case_id=fund_return.case_id,
        place_code=fund_return.place_code,
        acting=as_actor(officers[0]),
        now=now,
    )
