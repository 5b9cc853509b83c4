"""What the approver does with a return: report signed, division announced or decided, sent back, taken up again.

With the decision the money gets its owners' names in both books. Leaves alone: asking (`submitting`) and paying.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.terms import ends_at, last_day
from yipanqi.kernel.days import day_of
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.measures.approving import check_signer, check_waiting, decide
from yipanqi.ops.measures.freezing.moving import free_minor
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import Leg, shift
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.booking import given_back_legs, post_return, where_of
from yipanqi.ops.returns.models import Allocation, FundReturn, ReturnFund, ReturnSignature
from yipanqi.ops.returns.moving import ReturnRefused, check_text, lock_with_freezes, move_return, pack_of
from yipanqi.ops.returns.queries import access_return, allocations_of
from yipanqi.ops.returns.submitting import method_name
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

DIRECT = "direct"


def signed(seen: ReturnSignature, *, acting_officer: "Officer", now: datetime) -> FundReturn:
    """Sign a return's report or decision. A direct return is decided by its report's signature; another is announced.

    Raises SignatureRefused; ReturnRefused `division_outdated` when what was divided is not there any more.
    """
    signature, found, freezes = _locked(seen, acting_officer)
    decide(signature, "signed", acting_officer, now)
    if signature.purpose == "report":
        found.approved_by, found.approved_at = acting_officer, now
    if signature.purpose == "report" and found.basis != DIRECT:
        drafts = [_publish(found, freezes, acting_officer, now)]
    else:
        drafts = [_decide(found, freezes, acting_officer, now)]
    found.save()
    write_entries(drafts)
    return found


def declined(seen: ReturnSignature, *, reason: str, acting_officer: "Officer", now: datetime) -> FundReturn:
    """Send a report or decision back with a reason; the choice of method stands until it is changed."""
    signature, found, _ = _locked(seen, acting_officer)
    signature.reason = Sealed.of("text", reason)
    decide(signature, "declined", acting_officer, now)
    draft = move_return(found, "send_back", acting=as_actor(acting_officer), now=now, reason="declined")
    found.reason = Sealed.of("text", reason)
    found.approved_by = found.approved_at = None
    found.save()
    write_entries([draft])
    return found


@transaction.atomic
def revoke(
    *, return_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> FundReturn:
    """Take a return up again that was announced or decided, before any bank was told to pay; with a reason."""
    access_return(acting_officer, return_id, act="return.manage")
    found, _ = lock_with_freezes(return_id, version=version)
    found.reason = Sealed.of("text", check_text(reason))
    drafts = take_up_again(found, acting=as_actor(acting_officer), now=now, reason="revoked")
    write_entries(drafts)
    return found


def take_up_again(found: FundReturn, *, acting: Actor, now: datetime, **payload: object) -> list[Draft]:
    """Lead a locked return back to its beginning: what was attributed loses its names, signatures are wanted no more.

    Saves it.
    """
    decided = found.status == "decided"
    back = _attributed_again(found) if decided else []
    given = sum(each.principal_minor for each in back)
    draft = move_return(found, "reconsider", acting=acting, now=now, attributed_minor=given, **payload)
    legs = [leg for each in back for leg in given_back_legs(each.fund, each)]
    once = f"reconsider:{found.id}:{found.version}"
    post_return("reconsider", legs, found, once=once, acting=acting, now=now)
    waiting = ReturnSignature.objects.for_system("of a locked return").filter(fund_return=found)
    waiting.filter(status="waiting").update(status="dropped", decided_at=now)
    found.division = found.decision_number = None
    found.method = found.basis = found.method_ground = found.notice_number = ""
    found.chosen_by = found.submitted_by = found.approved_by = found.decided_by = None
    found.chosen_at = found.submitted_at = found.approved_at = found.decided_at = None
    found.notice_from = found.notice_last = found.notice_ends_at = None
    found.save()
    return [draft]


def _attributed_again(found: FundReturn) -> list[Allocation]:
    """Shares that still stand attributed; a freeze that has lapsed gave its own back already."""
    rows = allocations_of(found)
    for each in rows:
        each.fund = ReturnFund.objects.select_related("freeze", "escrow_case").get(id=each.fund_id)
    return [each for each in rows if each.fund.freeze is None or each.fund.freeze.status == "frozen"]


def _locked(seen: ReturnSignature, officer: "Officer") -> tuple[ReturnSignature, FundReturn, list[Freeze]]:
    found, freezes = lock_with_freezes(seen.fund_return_id)
    rows = ReturnSignature.objects.for_system("seen").select_for_update(no_key=True, of=("self",))
    signature: ReturnSignature = rows.get(id=seen.id)
    check_waiting(signature)
    own = {signature.asked_by_id, found.opened_by_id, found.chosen_by_id, found.submitted_by_id}
    check_signer(officer, least=signature.tier, not_by=own - {None})
    return signature, found, freezes


def _publish(found: FundReturn, freezes: list[Freeze], officer: "Officer", now: datetime) -> Draft:
    """Announce the division: the notice and its days are fixed."""
    allocations = allocations_of(found)
    _check_there(found, freezes, allocations)
    pack = pack_of(found)
    found.notice_from = day_of(now)
    calendar = catalog.calendars()[pack.calendar]
    found.notice_last = last_day(found.notice_from, pack.period("return.notice"), calendar)
    found.notice_ends_at = ends_at(found.notice_last, pack.zone)
    funds = ReturnFund.objects.filter(fund_return=found).select_related("account", "freeze__partner")
    held = sum(fund.principal_minor + fund.interest_minor for fund in funds)
    accounts = "、".join(fund.account.number.masked if fund.account else "退赃专户" for fund in funds)
    total = sum(each.principal_minor + each.interest_minor for each in allocations)
    paper = make_paper(
        "public_notice",
        fields={
            "case": found.case.number,
            "account": accounts,
            "held": format_amount(held),
            "base": f"{method_name(found.method)}，拟返还{format_amount(total)}元",
            "start": found.notice_from.isoformat(),
            "until": found.notice_last.isoformat(),
            "address": "办案单位",
            "phone": "96110",
        },
        subject=("fund_return", found.id),
        case_id=found.case_id,
        place_code=found.place_code,
        acting=as_actor(officer),
        now=now,
    )
    found.notice_number = paper.number
    told = {"until_at": found.notice_ends_at.isoformat(), "amount_minor": total}
    return move_return(found, "publish", acting=as_actor(officer), now=now, **told)


def _decide(found: FundReturn, freezes: list[Freeze], officer: "Officer", now: datetime) -> Draft:
    """Give the money its owners: the decision with its number, and the postings."""
    allocations = allocations_of(found)
    _check_there(found, freezes, allocations)
    found.decided_by, found.decided_at = officer, now
    found.decision_number = _decision_paper(found, allocations, officer, now)
    acting = as_actor(officer)
    legs = [leg for each in allocations for leg in _attributed(each)]
    once = f"decide:{found.id}:{found.version}"
    post_return("decide", legs, found, once=once, acting=acting, now=now)
    told = {
        "basis": found.basis,
        "claims": len({each.claim_id for each in allocations}),
        "attributed_minor": sum(each.principal_minor for each in allocations),
        "interest_minor": sum(each.interest_minor for each in allocations),
    }
    return move_return(found, "decide", acting=acting, now=now, **told)


def _check_there(found: FundReturn, freezes: list[Freeze], allocations: list[Allocation]) -> None:
    """What was divided has to be there still, and still to be lost."""
    free = {freeze.id: free_minor(freeze) for freeze in freezes}
    for fund in ReturnFund.objects.filter(fund_return=found):
        mine = [each for each in allocations if each.fund_id == fund.id]
        principal = sum(each.principal_minor for each in mine)
        interest = sum(each.interest_minor for each in mine)
        if fund.freeze_id:
            there, more = free[fund.freeze_id]
        else:
            there, more = balance(Book.HOLDINGS, Kind.ESCROW, case_id=fund.escrow_case_id), 0
        if principal > there or interest > more:
            raise ReturnRefused("less is free than was divided", code="division_outdated")
    for claim in {each.claim for each in allocations}:
        given = sum(each.principal_minor for each in allocations if each.claim_id == claim.id)
        if given > balance(Book.CLAIMS, Kind.OUTSTANDING, case_id=claim.case_id):
            raise ReturnRefused("less is lost than was divided", code="division_outdated")


def _attributed(allocation: Allocation) -> list[Leg]:
    fund = ReturnFund.objects.select_related("freeze", "escrow_case").get(id=allocation.fund_id)
    where, claim = where_of(fund), allocation.claim
    source = Kind.FROZEN if fund.freeze_id else Kind.ESCROW
    legs: list[Leg] = []
    parts = ((Part.PRINCIPAL, allocation.principal_minor), (Part.INTEREST, allocation.interest_minor))
    for part, minor in parts:
        legs += shift(
            Book.HOLDINGS,
            source,
            Kind.ATTRIBUTED,
            minor,
            case_id=where.case_id,
            place_code=where.place_code,
            victim_id=claim.victim_id,
            account_id=where.account_id,
            part=part,
        )
    legs += shift(
        Book.CLAIMS,
        Kind.OUTSTANDING,
        Kind.ATTRIBUTED,
        allocation.principal_minor,
        case_id=claim.case_id,
        place_code=claim.place_code,
        victim_id=claim.victim_id,
        account_id=where.account_id,
    )
    return legs


def _decision_paper(
    found: FundReturn, allocations: list[Allocation], officer: "Officer", now: datetime
) -> str:
    total = sum(each.principal_minor + each.interest_minor for each in allocations)
    paper = make_paper(
        "return_decision",
        fields={
            "case": found.case.number,
            "total": format_amount(total),
            "method": method_name(found.method),
            "basis": catalog.method_grounds()[found.method_ground].name.zh,
            "officers": found.submitted_by.name if found.submitted_by else "",
            "approver": officer.name,
        },
        tables={
            "shares": [
                [
                    each.fund.account.number.reveal() if each.fund.account else "退赃专户",
                    each.claim.victim.name.reveal(),
                    format_amount(each.principal_minor),
                    format_amount(each.interest_minor),
                    "" if each.claim.status == "verified" else "预留",
                ]
                for each in allocations
            ]
        },
        subject=("fund_return", found.id),
        case_id=found.case_id,
        place_code=found.place_code,
        acting=as_actor(officer),
        now=now,
    )
    number: str = paper.number
    return number
