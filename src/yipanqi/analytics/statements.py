"""What an account took in and paid out, by all transfers that the ledger knows: sums, and the latest of either side.

For who weighs whose money an account holds. Whoever asks has passed the gate of what is about the account.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet, Sum

from yipanqi.analytics.models import LedgerRow

LATEST = 8


@dataclass(frozen=True)
class Side:
    """The transfers to an account, or from it."""

    minor: int
    count: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class Line:
    """One transfer as the account's statement tells it; `other` is the other account, masked."""

    booked_at: datetime
    is_in: bool
    minor: int
    other: str
    other_bank: str


@dataclass(frozen=True)
class Statement:
    """Both sides of an account in yuan, and its latest transfers, the newest first."""

    came: Side
    went: Side
    lines: tuple[Line, ...]


def statement_of(account_id: uuid.UUID) -> Statement:
    """The statement of an account."""
    rows = LedgerRow.objects.filter(merged_into__isnull=True, currency="CNY")
    came, went = rows.filter(payee_id=account_id), rows.filter(payer_id=account_id)
    latest = [*_latest(came), *_latest(went)]
    latest.sort(key=lambda row: (row.booked_at, row.seq), reverse=True)
    return Statement(_side(came), _side(went), tuple(_line(row, account_id) for row in latest[:LATEST]))


def _latest(rows: QuerySet[LedgerRow]) -> list[LedgerRow]:
    return list(rows.select_related("payer", "payee").order_by("-booked_at", "-seq")[:LATEST])


def _side(rows: QuerySet[LedgerRow]) -> Side:
    found = rows.aggregate(
        minor=Sum("amount_minor"), n=Count("seq"), first=Min("booked_at"), last=Max("booked_at")
    )
    return Side(int(found["minor"] or 0), found["n"], found["first"], found["last"])


def _line(row: LedgerRow, account_id: uuid.UUID) -> Line:
    is_in = row.payee_id == account_id
    other = row.payer if is_in else row.payee
    known = row.payer_known or not is_in
    return Line(row.booked_at, is_in, row.amount_minor, other.number.masked if known else "", other.bank_code)
