"""Rows of the ledger as the engine's canonical frames: tokens for accounts, ids with their sender. Reads only."""

from collections.abc import Iterable, Sequence

import polars as pl
from django.db.models import Q

from yipanqi.analytics.models import LedgerRow
from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.table import micros
from yipanqi.ops.subjects.models import Account

REPORT = "report"  # the sender of rows that say what a victim reported
VOIDS = Q(sender=REPORT, kind="reversal")  # rows that take such a row back out
STANDING = Q(merged_into__isnull=True)
COLUMNS = (
    "sender", "external_id", "booked_at", "serial", "payer__number_index", "payee__number_index", "currency",
    "amount_minor", "kind", "payer_bank", "payee_bank", "channel", "reverses",
)  # fmt: skip


def frame_between(number: int, until: int) -> pl.DataFrame:
    """What entered the ledger with the numbers above `number` up to `until`, reversals of reports too."""
    rows = LedgerRow.objects.filter(STANDING | VOIDS, ledger_no__gt=number, ledger_no__lte=until)
    return canonical_frame(rows.values_list(*COLUMNS))


def frame_of_accounts(indexes: Sequence[str]) -> pl.DataFrame:
    """Every standing row in the ledger that one of these accounts (by blind index) has a part in."""
    ids = list(Account.objects.filter(number_index__in=indexes).values_list("id", flat=True))
    rows = LedgerRow.objects.filter(STANDING, ledger_no__isnull=False)
    return canonical_frame(rows.filter(Q(payer_id__in=ids) | Q(payee_id__in=ids)).values_list(*COLUMNS))


def canonical_frame(found: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    """Rows of `COLUMNS` as a canonical frame; what a row reverses is named by the row that stands for it."""
    told = list(found)
    standing = _standing_ids({(str(row[0]), str(row[12])) for row in told if row[12] and row[0] != REPORT})
    rows = []
    for sender, external_id, at, serial, payer, payee, currency, minor, kind, *texts, reverses in told:
        back = standing.get((sender, reverses), f"{sender}:{reverses}") if reverses else None
        own = (f"{sender}:{external_id}", micros(at), serial, payer, payee, currency, minor, kind)
        rows.append((*own, *(text or None for text in texts), back))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _standing_ids(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By (sender, id): the ledger's id of the row that stands for it, where that is another one."""
    rows = LedgerRow.objects.filter(external_id__in={each for _, each in wanted}, merged_into__isnull=False)
    found = rows.values_list("sender", "external_id", "merged_into__sender", "merged_into__external_id")
    return {(sender, own): f"{into}:{other}" for sender, own, into, other in found if (sender, own) in wanted}
