"""Banks' answers to orders to pay, in the order machine of measures: this app enters itself there for `return_money`.

What an answer leaves unsaid of a line stays under way: its paper will tell. An answer that does not fit the books, for
the money stands elsewhere by now or a share would be paid twice, changes nothing and becomes a difference.
"""

import uuid
from datetime import datetime

from django.db import transaction

from yipanqi.ops.journal.services import Actor, write_entries
from yipanqi.ops.measures.answering import BankAnswer, as_order_id, settle_order
from yipanqi.ops.measures.differences import note_difference
from yipanqi.ops.measures.effects import Effects
from yipanqi.ops.measures.enums import DifferenceKind
from yipanqi.ops.measures.models import Order
from yipanqi.ops.moneybook.services import MoneyUnbalanced
from yipanqi.ops.returns.models import Payout
from yipanqi.ops.returns.moving import ReturnRefused
from yipanqi.ops.returns.receiving import PAID, lock_payout, take


def pay_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    """Settle the order and take what the bank told of its lines; "noted" when that changes nothing."""
    failure = "" if answer.ok else answer.failure
    write_entries(
        [settle_order(order, "fulfil" if answer.ok else "refuse", acting=acting, now=now, failure=failure)]
    )
    rows = Payout.objects.for_system("of a locked order")
    fund_return, payout = lock_payout(rows.values_list("id", flat=True).get(order=order))
    told = _told(answer, payout)
    version = payout.version
    try:
        with transaction.atomic():
            take(fund_return, payout, told, number=answer.receipt, acting=acting, now=now)
    except (MoneyUnbalanced, ReturnRefused) as error:
        _differ(order, payout.status, error.code, now)
        return "noted"
    held = payout.fund.freeze.frozen_minor if payout.fund.freeze else None
    if answer.ok and answer.frozen_minor is not None and held is not None and answer.frozen_minor != held:
        _differ(order, str(held), str(answer.frozen_minor), now)
    return "applied" if payout.version != version else "noted"


PAY_EFFECTS = Effects(answered=pay_answered)


def _told(answer: BankAnswer, payout: Payout) -> dict[uuid.UUID, str]:
    """What the bank says of each line of the payout; of an order it refused, the same of all under way."""
    lines = dict(payout.lines.values_list("id", "status"))
    if not answer.ok:
        under_way = [line for line, status in lines.items() if status == "given"]
        return dict.fromkeys(under_way, answer.failure or "other")
    told = {as_order_id(line.ref): PAID if line.ok else line.failure or "other" for line in answer.lines}
    return {line: told[line] for line in lines if line in told}


def _differ(order: Order, ours: str, theirs: str, now: datetime) -> None:
    note_difference(
        DifferenceKind.ANSWER,
        partner=order.partner,
        reference=str(order.id),
        measure=order.freeze,
        ours=ours,
        theirs=theirs,
        now=now,
    )
