"""Settling waiting rows: two tellings of one transfer become one, and each gets its number in the feed of the ledger.

One transaction at a time, under a lock, so numbers are dense and their order is the order in which they were
committed. The folder on disk (`folder`) and the chase follow the numbers.

The rule of one transfer: rows of different deliveries with the same payer, payee, currency, amount and kind, at most
`transfer_match` apart, are one; the nearest in time pair first, and a row is told once by each delivery. A bank's row
takes the place of one that a victim reported, because the bank knows the instant; else the row that came first
stands. What a report told is taken out of the ledger by a reversal beside it, for nothing in a ledger is ever
changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from yipanqi import catalog
from yipanqi.analytics.frames import REPORT
from yipanqi.analytics.models import LedgerRow, Seed

TOGETHER = 5_000  # the chase waits for as many at most
LOCK_KEY = 0x6C656467  # "ledg"
VOID = ":void"
# A waiting row `p` beside every standing row `k` told earlier that may be the same transfer. A reported payment may
# name no payer; then the payee, the amount and the time have to do.
_ALIKE = """
SELECT p.seq, k.seq, k.sender = 'report' FROM analytics_ledgerrow p JOIN analytics_ledgerrow k
  ON k.payee_id = p.payee_id AND k.amount_minor = p.amount_minor AND k.currency = p.currency
 AND (k.payer_id = p.payer_id OR NOT k.payer_known) AND k.delivery <> p.delivery
 AND k.booked_at BETWEEN p.booked_at - %(apart)s AND p.booked_at + %(apart)s
 AND (k.kind = p.kind OR k.sender = 'report' AND p.kind NOT IN ('fee', 'reversal'))
 AND (k.ledger_no IS NOT NULL OR k.seq < p.seq OR k.sender = 'report') AND k.merged_into_id IS NULL
 AND NOT EXISTS (SELECT 1 FROM analytics_ledgerrow a WHERE a.merged_into_id = k.seq AND a.delivery = p.delivery)
WHERE p.seq = ANY(%(waiting)s) AND p.sender <> 'report'
ORDER BY p.seq, abs(extract(epoch FROM p.booked_at - k.booked_at)), k.seq
"""
_NUMBER = """
UPDATE analytics_ledgerrow AS r SET ledger_no = n.no, recorded_at = %s
FROM unnest(%s::bigint[], %s::bigint[]) AS n(seq, no) WHERE r.seq = n.seq
"""
_MERGE = """
UPDATE analytics_ledgerrow AS r SET merged_into_id = n.target
FROM unnest(%s::bigint[], %s::bigint[]) AS n(seq, target) WHERE r.seq = n.seq
"""


@dataclass(frozen=True)
class Settled:
    """How many rows were settled, and how many of them are tellings of a transfer that another row stands for."""

    rows: int
    merged: int


def settle_all(*, now: datetime) -> Settled:
    """Settle everything that waits. Safe to repeat and to run twice at once."""
    rows = merged = 0
    while (part := _settle(now)).rows:
        rows, merged = rows + part.rows, merged + part.merged
    return Settled(rows, merged)


def lock_ledger() -> None:
    """Hold the ledger until the transaction ends: nothing else numbers rows or looks for the row of a payment."""
    _execute("SELECT pg_advisory_xact_lock(%s)", LOCK_KEY)


def void_report(row: LedgerRow, *, now: datetime) -> LedgerRow:
    """The waiting row that takes a reported row back out of the ledger, at the same instant; neither stands."""
    return LedgerRow.objects.create(
        sender=REPORT,
        external_id=f"{row.external_id}{VOID}",
        delivery=row.delivery,
        booked_at=row.booked_at,
        payer_id=row.payee_id,
        payee_id=row.payer_id,
        currency=row.currency,
        amount_minor=row.amount_minor,
        kind="reversal",
        payer_bank=row.payee_bank,
        payee_bank=row.payer_bank,
        reverses=row.external_id,
        received_at=now,
        merged_into=row,
    )


def last_number() -> int:
    """The number of the newest row in the ledger; 0 when there is none."""
    return LedgerRow.objects.aggregate(last=Max("ledger_no"))["last"] or 0


@transaction.atomic
def _settle(now: datetime) -> Settled:
    lock_ledger()
    rows = LedgerRow.objects.filter(ledger_no=None).order_by("seq")
    waiting = list(rows.values_list("seq", flat=True)[:TOGETHER])
    if not waiting:
        return Settled(0, 0)
    merges = _merges(waiting)
    _execute(_MERGE, list(merges), list(merges.values()))
    waiting += _replace_reports(merges, now)
    first = last_number() + 1
    _execute(_NUMBER, now, waiting, list(range(first, first + len(waiting))))
    return Settled(len(waiting), len(merges))


def _merges(waiting: Sequence[int]) -> dict[int, int]:
    """By row: the row that stands for it. A report's row is the one that gives way, whichever came first."""
    apart = catalog.windows()["transfer_match"].duration
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, {"apart": apart, "waiting": list(waiting)})
        alike: list[tuple[int, int, bool]] = cursor.fetchall()
    rows = LedgerRow.objects.filter(seq__in={pair[0] for pair in alike})
    deliveries = dict(rows.values_list("seq", "delivery"))
    merges: dict[int, int] = {}
    told: set[tuple[int, str]] = set()
    paired: set[int] = set()
    for seq, other, is_report in alike:
        if seq in paired or other in merges or (other, deliveries[seq]) in told:
            continue
        paired.add(seq)
        told.add((other, deliveries[seq]))
        if is_report:
            merges[other] = seq
        else:
            merges[seq] = other
    return merges


def _replace_reports(merges: Mapping[int, int], now: datetime) -> list[int]:
    """Let payments be seeded by the bank's row that took the place of what was reported; returns the rows that void
    the latter."""
    reports = list(LedgerRow.objects.filter(seq__in=merges, sender=REPORT))
    for row in reports:
        Seed.objects.filter(row=row).update(row=merges[row.seq])
    return [void_report(row, now=now).seq for row in reports if row.ledger_no is not None]


def _execute(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
