"""Receipts: what a bank says of the lines it was ordered to pay, by message or entered from its paper.

The bank's books decide. A receipt counts whenever it comes, after the freeze's end and after the return's closing too;
what it paid is posted from where the money stands by then. A line that failed stays to be ordered again, unless its
freeze has ended.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from yipanqi import catalog
from yipanqi.casework.lifecycles.fund_return import FUND_RETURN
from yipanqi.casework.lifecycles.payout import PAYOUT
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.freezing.ending import take_out
from yipanqi.ops.moneybook.enums import Kind
from yipanqi.ops.returns.booking import paid_legs, post_return
from yipanqi.ops.returns.looking import access_payout
from yipanqi.ops.returns.models import FundReturn, Payout, PayoutLine
from yipanqi.ops.returns.moving import ReturnRefused, lock_with_freezes, move_return
from yipanqi.ops.returns.paying import is_held, payout_draft
from yipanqi.ops.returns.standing import unpaid_allocations
from yipanqi.ops.screening.sniffing import sniff
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.files import keep_file

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAID = "paid"
FILE_KIND = "receipt"
NUMBER_MAX = 64
GONE = ("lapsed", "released", "handed_over")


@transaction.atomic
def enter_receipt(
    *,
    payout_id: uuid.UUID,
    version: int,
    number: str,
    lines: Mapping[uuid.UUID, str],
    file: bytes | None = None,
    acting_officer: "Officer",
    now: datetime,
) -> Payout:
    """Enter a bank's receipt from its paper: for each line told `paid`, or the catalogued reason why not.

    Raises ReturnRefused: version_conflict, field_missing (no number, no line), reason_unknown, line_paid; FileUnknown
    for a file that is not taken.
    """
    access_payout(acting_officer, payout_id, act="return.pay")
    fund_return, payout = lock_payout(payout_id)
    if payout.version != version:
        raise ReturnRefused(
            "the payout was changed meanwhile", code="version_conflict", version=payout.version
        )
    number = number.strip()
    known = {line.id for line in payout.lines.all()}
    if not number or len(number) > NUMBER_MAX or not lines or not set(lines) <= known:
        raise ReturnRefused("a receipt has a number and lines", code="field_missing", field="number")
    if odd := set(lines.values()) - {PAID, *catalog.bank_failures()}:
        raise ReturnRefused("no such reason", code="reason_unknown", reason=min(odd)[:24])
    if file:
        sniff(file)
        payout.receipt_file = keep_file(FILE_KIND, payout.id, file)
    take(fund_return, payout, lines, number=number, acting=as_actor(acting_officer), now=now)
    return payout


def take(
    fund_return: FundReturn,
    payout: Payout,
    told: Mapping[uuid.UUID, str],
    *,
    number: str,
    acting: Actor,
    now: datetime,
) -> None:
    """Take what was told of the lines of a locked payout; lines known to be paid stay so. Saves and journals.

    Raises ReturnRefused `line_paid` when a share would be paid twice or a paid line fail, MoneyUnbalanced when the
    money stands nowhere any more.
    """
    lines = list(
        payout.lines.select_related("allocation", "allocation__claim").filter(id__in=told).order_by("id")
    )
    paid = [line for line in lines if told[line.id] == PAID and line.status != PAID]
    failed = [line for line in lines if told[line.id] != PAID and line.status == "given"]
    if any(line.status == PAID and told[line.id] != PAID for line in lines) or _elsewhere(paid):
        raise ReturnRefused("a share is paid once, and stays so", code="line_paid")
    if not paid and not failed:
        return
    for line in paid:
        line.status, line.failure, line.paid_at = PAID, "", now
    for line in failed:
        line.status, line.failure = "failed", told[line.id]
    PayoutLine.objects.bulk_update([*paid, *failed], ["status", "failure", "paid_at"], batch_size=500)
    drafts = [_failed_draft(payout, line, acting, now) for line in failed]
    if paid:
        payout.receipt_number = number
        drafts += _pay(fund_return, payout, paid, acting, now)
    drafts += settle(fund_return, payout, acting=acting, now=now)
    payout.version += 1
    payout.save()
    fund_return.save()
    write_entries(drafts)


def _pay(
    fund_return: FundReturn, payout: Payout, paid: list[PayoutLine], acting: Actor, now: datetime
) -> list[Draft]:
    """Post what the bank paid, take it out of the freeze, and move payout and return."""
    fund = payout.fund
    stands = stands_at(fund_return, payout)
    legs = [leg for line in paid for leg in paid_legs(fund, line.allocation, stands=stands)]
    once = f"paid:{payout.id}:{payout.version}"
    post_return("payout", legs, fund_return, once=once, acting=acting, now=now)
    principal = sum(line.principal_minor for line in paid)
    interest = sum(line.interest_minor for line in paid)
    seen = {"returned_minor": principal, "interest_minor": interest}
    if fund.freeze is not None:
        take_out(
            fund.freeze,
            principal_minor=principal,
            interest_minor=interest,
            acting=acting,
            now=now,
            payout_id=payout.id,
        )
    payout.received_at = now
    late = payout.due_at is not None and now >= payout.due_at
    act = "pay" if "pay" in FUND_RETURN.allowed(fund_return.status) else "pay_late"
    return [
        move_payout(payout, "receive", acting, now, late=late, **seen),
        move_return(fund_return, act, acting=acting, now=now, payout_id=str(payout.id), **seen),
    ]


def lock_payout(payout_id: uuid.UUID) -> tuple[FundReturn, Payout]:
    """The payout with its return, both locked after the freezes of the return."""
    rows = Payout.objects.for_system("acts lock by id; gates stand before")
    fund_return, _ = lock_with_freezes(rows.values_list("fund_return_id", flat=True).get(id=payout_id))
    rows = rows.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("order", "fund", "fund__freeze", "fund__freeze__partner", "fund__escrow_case")
    return fund_return, rows.get(id=payout_id)


def move_payout(payout: Payout, act: str, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked payout (not saved) and return its journal draft."""
    transition = PAYOUT.next(payout.status, act)
    before, payout.status = payout.status, transition.target
    return payout_draft(payout, transition.event, acting, now, before=before, **payload)


def stands_at(fund_return: FundReturn, payout: Payout) -> Kind:
    """Where the money of a payout's unpaid lines stands by now."""
    freeze = payout.fund.freeze
    if freeze is not None and freeze.status in GONE:
        return Kind.LAPSED
    if fund_return.status != "closed":
        return Kind.ATTRIBUTED
    return Kind.FROZEN if freeze is not None else Kind.ESCROW


def settle(fund_return: FundReturn, payout: Payout, *, acting: Actor, now: datetime) -> list[Draft]:
    """Fail a payout of which nothing was paid, and complete a return with nothing left to pay (neither saved)."""
    drafts = []
    if payout.status == "given" and not payout.lines.exclude(status="failed").exists():
        reasons = sorted(set(payout.lines.values_list("failure", flat=True)))
        drafts.append(move_payout(payout, "fail", acting, now, reason=reasons[0]))
    if fund_return.status == "ordered" and is_complete(fund_return):
        returned = paid_minor(fund_return)
        drafts.append(move_return(fund_return, "complete", acting=acting, now=now, returned_minor=returned))
    return drafts


def is_complete(fund_return: FundReturn) -> bool:
    """Whether every share of who applied is paid, or can never be since its freeze has ended."""
    if PayoutLine.objects.filter(payout__fund_return=fund_return, status="given").exists():
        return False
    rows = unpaid_allocations([fund_return.id]).filter(claim__status__in=("applied", "verified"))
    return not any(is_held(each.fund) for each in rows.select_related("fund", "fund__freeze"))


def paid_minor(fund_return: FundReturn) -> int:
    """The principal that was paid in a return."""
    rows = PayoutLine.objects.filter(payout__fund_return=fund_return, status=PAID)
    return int(rows.aggregate(minor=Sum("principal_minor"))["minor"] or 0)


def fail_ended(*, now: datetime, limit: int = 200) -> int:
    """Fail the lines under way whose freeze has ended, so that nobody waits for them; returns how many payouts.

    The bank's receipt may still come and counts then.
    """
    due = Payout.objects.for_system("the clock looks at every place")
    due = due.filter(lines__status="given", fund__freeze__status__in=GONE).distinct()
    return sum(_fail_ended(payout_id, now) for payout_id in list(due.values_list("id", flat=True)[:limit]))


@transaction.atomic
def _fail_ended(payout_id: uuid.UUID, now: datetime) -> int:
    fund_return, payout = lock_payout(payout_id)
    given = list(payout.lines.filter(status="given").values_list("id", flat=True))
    if payout.fund.freeze is None or payout.fund.freeze.status not in GONE or not given:
        return 0
    told = dict.fromkeys(given, "freeze_ended")
    take(fund_return, payout, told, number="", acting=SYSTEM, now=now)
    return 1


def mark_late(*, now: datetime, limit: int = 200) -> int:
    """Mark the payouts whose receipt is overdue, once each; returns how many."""
    due = Payout.objects.for_system("the clock looks at every place")
    due = due.filter(status="given", due_at__lte=now, late_at__isnull=True).order_by("due_at")
    return sum(_mark_late(payout_id, now) for payout_id in list(due.values_list("id", flat=True)[:limit]))


@transaction.atomic
def _mark_late(payout_id: uuid.UUID, now: datetime) -> int:
    _, payout = lock_payout(payout_id)
    if payout.status != "given" or payout.late_at is not None or payout.due_at is None:
        return 0
    payout.late_at = now
    payout.save(update_fields=["late_at"])
    seen = {"due_at": payout.due_at.isoformat()}
    write_entries([payout_draft(payout, "payout.late", SYSTEM, now, **seen)])
    return 1


def _elsewhere(lines: list[PayoutLine]) -> bool:
    """Whether the share of one of these lines is paid, or under way, by another line."""
    shares = {line.allocation_id for line in lines}
    others = PayoutLine.objects.filter(allocation__in=shares).exclude(status="failed")
    return others.exclude(id__in=[line.id for line in lines]).exists()


def _failed_draft(payout: Payout, line: PayoutLine, acting: Actor, now: datetime) -> Draft:
    seen = {
        "claim_id": str(line.allocation.claim_id),
        "reason": line.failure,
        "amount_minor": line.principal_minor + line.interest_minor,
    }
    return payout_draft(payout, "payout.line_failed", acting, now, before=payout.status, **seen)
