"""Submitting: the flow table and the report with what was not chosen, and the signatures a return needs.

Leaves alone: what a signature sets going (`deciding`).
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.days import ZONE
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.queries import list_payments
from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.keeping import methods_of
from yipanqi.ops.returns.models import Claim, FundReturn, Objection, ReturnFund, ReturnSignature
from yipanqi.ops.returns.moving import ReturnRefused, lock_return_of, move_return, pack_of
from yipanqi.ops.returns.queries import allocations_of, claims_of
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REVIEWED = (
    "被害人合法财产，权属明确无争议",
    "涉案事实已经查证属实",
    "返还不损害其他利害关系人的利益，不影响刑事诉讼正常进行",
    "已登记、拍照（复印）、估价，原件照片或者清单存卷",
)


@transaction.atomic
def submit(
    *,
    return_id: uuid.UUID,
    version: int,
    reserve: bool = False,
    acting_officer: "Officer",
    now: datetime,
) -> FundReturn:
    """Submit the report of a divided return; with `reserve` shares of victims who have not applied stay reserved.

    Raises ReturnRefused `claim_not_ready` while somebody was not told, or has not applied and nothing is reserved.
    """
    found = lock_return_of(acting_officer, return_id, version=version)
    statuses = {claim.status for claim in claims_of(found)}
    if "candidate" in statuses or (statuses & {"notified", "applied"} and not reserve):
        raise ReturnRefused("victims are not told or have not applied", code="claim_not_ready")
    allocations = allocations_of(found)
    told = {
        "basis": found.basis,
        "claims": len({each.claim_id for each in allocations}),
        "amount_minor": sum(each.principal_minor for each in allocations),
    }
    draft = move_return(found, "submit", acting=as_actor(acting_officer), now=now, **told)
    found.submitted_by, found.submitted_at = acting_officer, now
    found.save()
    _flow_table(found, acting_officer, now)
    _report(found, acting_officer, now)
    ask(found, "report", acting_officer, now)
    write_entries([draft])
    return found


@transaction.atomic
def submit_decision(
    *, return_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> FundReturn:
    """Ask for the decision once the public notice is over and no objection is open.

    Raises ReturnRefused: notice_running (until), objection_open.
    """
    found = lock_return_of(acting_officer, return_id, version=version)
    draft = move_return(found, "submit_decision", acting=as_actor(acting_officer), now=now)
    if found.notice_ends_at is None or now < found.notice_ends_at:
        raise ReturnRefused("the notice still runs", code="notice_running", until=str(found.notice_last))
    if Objection.objects.for_system("of a locked return").filter(fund_return=found, status="open").exists():
        raise ReturnRefused("an objection is open", code="objection_open")
    found.submitted_by, found.submitted_at = acting_officer, now
    found.save()
    ask(found, "decision", acting_officer, now)
    write_entries([draft])
    return found


def ask(found: FundReturn, purpose: str, officer: "Officer", now: datetime) -> ReturnSignature:
    """Ask for a signature of the tier that the pack names; late is shown, nothing lapses."""
    pack = pack_of(found)
    signature = ReturnSignature(
        id=new_id(now),
        fund_return=found,
        purpose=purpose,
        tier=pack.choice("return.approver_min"),
        ground=found.method_ground,
        note=found.method_note,
        reason=Sealed.of("text", ""),
        asked_by=officer,
        asked_at=now,
        due_at=now + pack.duration("stop.order_valid"),
    )
    signature.put_at(found.place_code)
    signature.save(force_insert=True)
    return signature


def method_name(code: str) -> str:
    """A method or basis as papers name it."""
    item = catalog.split_words().get(f"name.{code}")
    return item.name.zh if item else code


def _report(found: FundReturn, officer: "Officer", now: datetime) -> None:
    allocations, claims = allocations_of(found), claims_of(found)
    results = methods_of(found.division) if found.division else []
    funds = ReturnFund.objects.filter(fund_return=found)
    whole = sum(fund.principal_minor + fund.interest_minor for fund in funds)
    total = sum(each.principal_minor + each.interest_minor for each in allocations)
    make_paper(
        "return_report",
        fields={
            "case": found.case.number,
            "held": format_amount(whole),
            "total": format_amount(total),
            "method": method_name(found.method),
            "ground": catalog.method_grounds()[found.method_ground].name.zh,
            "officers": officer.name,
            "approver": "",
        },
        tables={
            "shares": [_share(claim, allocations) for claim in claims if claim.status != "excluded"],
            "methods": [_compared(each, whole) for each in results],
            "review": [[item, "经审查，符合"] for item in REVIEWED],
        },
        subject=("fund_return", found.id),
        case_id=found.case_id,
        place_code=found.place_code,
        acting=as_actor(officer),
        now=now,
    )


def _share(claim: Claim, allocations: Sequence[object]) -> list[str]:
    mine = [each for each in allocations if each.claim_id == claim.id]  # type: ignore[attr-defined]
    return [
        claim.victim.name.reveal(),
        format_amount(claim.loss_minor),
        format_amount(claim.recovered_minor),
        format_amount(sum(each.principal_minor for each in mine)),  # type: ignore[attr-defined]
        format_amount(sum(each.interest_minor for each in mine)),  # type: ignore[attr-defined]
        "" if claim.status == "verified" else "未申请或者未核实，预留",
    ]


def _compared(result: object, whole: int) -> list[str]:
    paid = sum(s.principal_minor + s.interest_minor for s in result.shares)  # type: ignore[attr-defined]
    return [method_name(result.method), format_amount(paid), format_amount(whole - paid)]  # type: ignore[attr-defined]


def _flow_table(found: FundReturn, officer: "Officer", now: datetime) -> None:
    """The victims' payments as far as the cases name them; the whole way is the trace's paper."""
    rows = []
    for claim in claims_of(found):
        if claim.status == "excluded":
            continue
        for payment in list_payments(claim.case):
            payer = payment.payer.number.reveal() if payment.payer else "未知"
            at = payment.paid_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
            amount = format_amount(payment.amount_minor)
            rows.append(["一级", at, payer, payment.payee.number.reveal(), amount, amount])
    make_paper(
        "flow_table",
        fields={
            "case": found.case.number,
            "method": method_name(found.method),
            "as_of": now.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"),
            "officers": officer.name,
        },
        tables={"transfers": rows},
        subject=("fund_return", found.id),
        case_id=found.case_id,
        place_code=found.place_code,
        acting=as_actor(officer),
        now=now,
    )
