"""Ending a return: closed once it is paid, withdrawn before it is submitted, revoked before a bank is told.

At the closing, shares kept for who never applied lose their name: the money stays frozen with the rest, and a later
application opens a further round.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.kernel.days import day_of
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.booking import given_back_legs, post_return
from yipanqi.ops.returns.models import Allocation, FundReturn, PayoutLine
from yipanqi.ops.returns.moving import (
    ReturnRefused,
    check_text,
    lock_return_of,
    lock_with_freezes,
    move_return,
)
from yipanqi.ops.returns.paying import is_held
from yipanqi.ops.returns.queries import access_return
from yipanqi.ops.returns.receiving import PAID, is_complete, paid_minor
from yipanqi.ops.returns.standing import unpaid_allocations
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


@transaction.atomic
def close(*, return_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime) -> FundReturn:
    """Close a paid return, with its list of what was returned.

    Raises ReturnRefused version_conflict, claim_not_ready (somebody applied and was not paid).
    """
    access_return(acting_officer, return_id, act="return.manage")
    fund_return, _ = lock_with_freezes(return_id, version=version)
    acting = as_actor(acting_officer)
    seen = {"returned_minor": paid_minor(fund_return), "round": fund_return.round}
    draft = move_return(fund_return, "close", acting=acting, now=now, **seen)
    if not is_complete(fund_return):
        raise ReturnRefused("somebody has applied who was not paid", code="claim_not_ready")
    legs = [leg for share in unpaid(fund_return) for leg in given_back_legs(share.fund, share)]
    post_return("close", legs, fund_return, once=f"close:{fund_return.id}", acting=acting, now=now)
    fund_return.funds.update(is_open=False)
    fund_return.save()
    _write_list(fund_return, acting_officer, now)
    write_entries([draft])
    return fund_return


def unpaid(fund_return: FundReturn) -> list[Allocation]:
    """Shares that were attributed, never paid, and whose money is still held."""
    rows = unpaid_allocations([fund_return.id])
    rows = rows.select_related("claim", "fund", "fund__freeze", "fund__escrow_case")
    return [each for each in rows if is_held(each.fund)]


@transaction.atomic
def withdraw(
    *, return_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> FundReturn:
    """Withdraw a return that was not submitted, with a reason; its freezes are free for another one."""
    fund_return = lock_return_of(acting_officer, return_id, act="return.manage", version=version)
    fund_return.reason = Sealed.of("text", check_text(reason))
    draft = move_return(fund_return, "withdraw", acting=as_actor(acting_officer), now=now)
    fund_return.funds.update(is_open=False)
    fund_return.save()
    write_entries([draft])
    return fund_return


def _write_list(fund_return: FundReturn, officer: "Officer", now: datetime) -> None:
    lines = PayoutLine.objects.filter(payout__fund_return=fund_return, status=PAID)
    lines = lines.select_related("account", "payout").order_by("paid_at", "id")
    left = [fund.freeze.frozen_minor for fund in fund_return.funds.select_related("freeze") if fund.freeze]
    rows = [
        [
            line.name.reveal(),
            line.account.number.reveal(),
            format_amount(line.principal_minor),
            format_amount(line.interest_minor),
            day_of(line.paid_at).isoformat(),
            line.payout.receipt_number,
        ]
        for line in lines
    ]
    total = sum(line.principal_minor + line.interest_minor for line in lines)
    make_paper(
        "return_list",
        fields={
            "case": fund_return.case.number,
            "decision": fund_return.decision_number,
            "total": format_amount(total),
            "left": format_amount(sum(left)),
            "officers": officer.name,
        },
        tables={"lines": rows},
        subject=("fund_return", fund_return.id),
        case_id=fund_return.case_id,
        place_code=fund_return.place_code,
        acting=as_actor(officer),
        now=now,
    )
