"""A bank's list of the freezes it holds for us, against ours. The run itself is in `measures.reconciling`.

What an order without an answer may still change is left out: its answer tells.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yipanqi.ops.measures.enums import DifferenceKind
from yipanqi.ops.measures.models import Freeze, Order
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.vault.fields import blind_index

SLACK = timedelta(seconds=60)  # clocks of two houses
HELD = ("queued", "frozen", "releasing")
Found = tuple[DifferenceKind, str, Freeze | None, str, str]


@dataclass(frozen=True)
class BankFreeze:
    """One line of a bank's list: the order it stems from, the account, since and until when, and what it holds."""

    order_id: str
    account: str
    starts_at: datetime
    ends_at: datetime
    frozen_minor: int


def freeze_differences(
    *, partner: Partner, listed: Iterable[BankFreeze], now: datetime
) -> tuple[list[Found], int]:
    """Where a bank's freezes and ours disagree, and how many we know to run there."""
    theirs = {line.order_id: line for line in listed if line.ends_at > now}
    rows = Freeze.objects.for_system("the whole book of one bank").select_related("account", "partner")
    ours = {freeze.id: freeze for freeze in rows.filter(partner=partner, status__in=HELD)}
    known = _known(partner, theirs)
    open_ones = set(
        Order.objects.filter(freeze__in=ours, status__in=["waiting", "sent", "unanswered"]).values_list(
            "freeze_id", flat=True
        )
    )
    found: list[Found] = []
    for order_id, line in theirs.items():
        freeze_id = known.get(order_id)
        freeze = ours.get(freeze_id) or (rows.filter(id=freeze_id).first() if freeze_id else None)
        if freeze_id not in open_ones:
            found += _line_differs(line, freeze, now)
    for freeze in ours.values():
        since = freeze.confirmed_at or freeze.queued_at
        expected = freeze.expires_at and freeze.expires_at > now + SLACK and since and since < now - SLACK
        if freeze.id not in {*known.values(), *open_ones} and expected:
            found.append((DifferenceKind.ONLY_OURS, str(freeze.id), freeze, freeze.status, ""))
    return found, len(ours)


def _known(partner: Partner, theirs: Iterable[str]) -> dict[str, uuid.UUID]:
    ids = []
    for text in theirs:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue
    rows = Order.objects.filter(partner=partner, kind="freeze", id__in=ids).values_list("id", "freeze_id")
    return {str(order_id): freeze_id for order_id, freeze_id in rows}


def _line_differs(line: BankFreeze, freeze: Freeze | None, now: datetime) -> list[Found]:
    if freeze is None:
        reference = f"freeze:{line.order_id or 'none'}"[:64]
        return [(DifferenceKind.ONLY_THEIRS, reference, None, "", line.ends_at.isoformat())]
    key = str(freeze.id)
    if blind_index("account", line.account) != freeze.account.number_index:
        return [(DifferenceKind.ACCOUNT_DIFFERS, key, freeze, "", "")]
    if freeze.status not in HELD:
        fresh = line.starts_at > now - SLACK or (freeze.ended_at and freeze.ended_at > now - SLACK)
        if fresh or freeze.ended_at is None or freeze.status == "handed_over":
            return []  # its answer is on the way, or the bank holds it for whoever has the file now
        return [(DifferenceKind.ONLY_THEIRS, key, freeze, freeze.status, line.ends_at.isoformat())]
    found: list[Found] = []
    if freeze.expires_at and abs(line.ends_at - freeze.expires_at) > SLACK:
        ours, theirs = freeze.expires_at.isoformat(), line.ends_at.isoformat()
        found.append((DifferenceKind.END_DIFFERS, key, freeze, ours, theirs))
    if line.frozen_minor != freeze.frozen_minor:
        ours, theirs = str(freeze.frozen_minor), str(line.frozen_minor)
        found.append((DifferenceKind.AMOUNT_DIFFERS, key, freeze, ours, theirs))
    return found
