"""Where following a case's money begins: each payment of its victim gets the row by which it stands in the ledger.

The row is a bank's when one tells the same payer, payee and amount at most `transfer_match` from the payment (the
nearest, one for each payment of a case). Until a bank's row has come the report's own row stands in for it. A payment
that was replaced by a correction loses its row. Two tellings of one transfer by banks are `settling`'s matter.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from yipanqi import catalog
from yipanqi.analytics.frames import REPORT
from yipanqi.analytics.models import LedgerRow, Seed
from yipanqi.analytics.settling import lock_ledger, void_report
from yipanqi.ops.cases.models import Payment
from yipanqi.ops.subjects.services import resolve_accounts

_NO_SEED = ("reversal", "fee")


@transaction.atomic
def seed_case(case_id: uuid.UUID, *, now: datetime) -> int:
    """Give every standing payment of a case its row; returns how many got a new one. Safe to repeat."""
    lock_ledger()
    seeds = {
        seed.payment_id: seed
        for seed in Seed.objects.filter(case_id=case_id).select_related("row", "payment")
    }
    gone = [seed for seed in seeds.values() if seed.payment.replaced_at is not None]
    _drop(gone, now)
    rows = Payment.objects.filter(case_id=case_id, replaced_at__isnull=True).exclude(id__in=seeds)
    payments = list(rows.select_related("payer", "payee").order_by("paid_at", "id"))
    used = {seed.row_id for seed in seeds.values() if seed not in gone}
    for payment in payments:
        row = _told_row(payment, used) or _own_row(payment, now)
        used.add(row.seq)
        Seed.objects.create(payment=payment, case_id=case_id, row=row)
    return len(payments)


def _told_row(payment: Payment, used: Iterable[int]) -> LedgerRow | None:
    """The standing row that tells this payment, the nearest in time; also what another case reported of it."""
    apart = catalog.windows()["transfer_match"].duration
    rows = LedgerRow.objects.filter(
        payee=payment.payee,
        amount_minor=payment.amount_minor,
        booked_at__range=(payment.paid_at - apart, payment.paid_at + apart),
        merged_into__isnull=True,
    )
    if payment.payer_id:
        rows = rows.filter(payer_id=payment.payer_id)
    found = rows.exclude(seq__in=list(used)).exclude(kind__in=_NO_SEED)
    return min(found, key=lambda row: (abs(row.booked_at - payment.paid_at), row.seq), default=None)


def _own_row(payment: Payment, now: datetime) -> LedgerRow:
    """The row that says what was reported, waiting to be settled."""
    payer = payment.payer
    if payer is None:
        unknown = f"?{payment.id}"
        payer = resolve_accounts([(unknown, "")], now=now)[unknown]
    row, _ = LedgerRow.objects.get_or_create(
        sender=REPORT,
        external_id=str(payment.id),
        defaults={
            "delivery": f"{REPORT}:{payment.case_id}",
            "booked_at": payment.paid_at,
            "payer": payer,
            "payer_known": payment.payer_id is not None,
            "payee": payment.payee,
            "payee_name": payment.payee_name,
            "amount_minor": payment.amount_minor,
            "payer_bank": payment.payer_bank,
            "payee_bank": payment.payee_bank,
            "received_at": now,
        },
    )
    return row


def _drop(gone: Iterable[Seed], now: datetime) -> None:
    """End the seeds of replaced payments; what only a report told of one leaves the ledger with it."""
    for seed in gone:
        seed.delete()
        row = seed.row
        if row.sender != REPORT or row.seeds.exists():
            continue
        if row.ledger_no is None:
            row.delete()
        else:
            row.merged_into = void_report(row, now=now)
            row.save(update_fields=["merged_into"])
