"""Reversals in a bank's file on a case whose original an earlier file told. Reads only.

The engine's importer knows the file alone and names what it finds there; this looks where it found nothing that fits.
A partner's reversal names its original itself.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Set

import polars as pl
from django.db.models import QuerySet

from yipanqi.analytics.models import LedgerRow
from yipanqi.engine.ledger.importing.assembling import REVERSAL_WITHIN
from yipanqi.engine.ledger.table import instant

_SAME = ["currency", "amount_minor"]


def earlier_originals(
    frame: pl.DataFrame, accounts: Mapping[str, uuid.UUID], *, sender: str
) -> dict[str, str]:
    """By a reversal's id in a canonical frame: under which id of `sender` its original is kept.

    It is the only transfer of earlier files of the same money the other way, at most a week before, that no other
    reversal takes back. `accounts` by number.
    """
    found: dict[str, str] = {}
    for row in _without_original(frame).iter_rows(named=True):
        at, payer, payee = instant(row["booked_at"]), accounts[row["payer"]], accounts[row["payee"]]
        rows = LedgerRow.objects.filter(sender=sender, **{name: row[name] for name in _SAME})
        taken = rows.filter(payer=payer, payee=payee).exclude(reverses="")
        first = rows.filter(payer=payee, payee=payer, booked_at__range=(at - REVERSAL_WITHIN, at))
        fitting = _standing(first.exclude(kind="reversal"), set(taken.values_list("reverses", flat=True)))
        if len(fitting) == 1:
            found[row["id"]] = fitting.pop()
    claims = Counter(found.values())
    return {own: original for own, original in found.items() if claims[original] == 1}


def _standing(rows: QuerySet[LedgerRow], taken: Set[str]) -> set[str]:
    """An id for each transfer that these rows tell, of those that none of `taken` tells."""
    told = {row.external_id: row.merged_into_id or row.seq for row in rows}
    gone = {standing for own, standing in told.items() if own in taken}
    return set({standing: own for own, standing in told.items() if standing not in gone}.values())


def _without_original(frame: pl.DataFrame) -> pl.DataFrame:
    """The reversals of a frame that no transfer in it could be the original of."""
    reversal = pl.col("kind") == "reversal"
    first = frame.filter(~reversal).select(*_SAME, "booked_at", payer="payee", payee="payer")
    within = int(REVERSAL_WITHIN.total_seconds() * 1_000_000)
    fits = (pl.col("booked_at") - pl.col("booked_at_right")).is_between(0, within)
    inside = frame.filter(reversal).join(first, on=[*_SAME, "payer", "payee"], suffix="_right").filter(fits)
    return frame.filter(reversal & ~pl.col("id").is_in(inside["id"].implode()))
