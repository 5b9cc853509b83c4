"""How freezes end: by the clock, by paying all of it back, by going with the file; and what returns do with them.

A release ends one too: it is asked in `changing` and confirmed in `answering`. Leaves alone: who is paid what, and its
posting (the returns).
"""

import uuid
from datetime import datetime

from django.db import transaction

from yipanqi.casework.lifecycles.freeze import UNDER_WAY
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.booking import book_let_go
from yipanqi.ops.measures.enums import OrderKind
from yipanqi.ops.measures.freezing.moving import (
    FreezeRefused,
    attributed_minor,
    drop_what_waits,
    free_minor,
    lock_freeze,
    lock_freezes,
    move_freeze,
    no_longer_unattended,
)
from yipanqi.ops.measures.freezing.warning import write_warnings
from yipanqi.ops.measures.models import Freeze, Order
from yipanqi.ops.measures.ordering import cancel_orders, place_order
from yipanqi.ops.moneybook.enums import Kind
from yipanqi.ops.moneybook.services import take_back

__all__ = [
    "expire_freezes",
    "free_minor",
    "give_return_order",
    "hand_over",
    "lapse",
    "lock_freezes",
    "take_out",
]


def expire_freezes(*, now: datetime, limit: int = 200) -> int:
    """Let every freeze lapse whose end has come; returns how many. Nothing is sent: the bank has its own clock."""
    rows = Freeze.objects.for_system("the clock looks at every place")
    due = rows.filter(status__in=UNDER_WAY, expires_at__lte=now).order_by("expires_at")
    return sum(_expire(freeze_id, now) for freeze_id in list(due.values_list("id", flat=True)[:limit]))


@transaction.atomic
def _expire(freeze_id: uuid.UUID, now: datetime) -> int:
    freeze = lock_freeze(freeze_id)
    if freeze.status not in UNDER_WAY or freeze.expires_at is None or freeze.expires_at > now:
        return 0
    drafts = lapse(freeze, now=now)
    freeze.save()
    write_entries(drafts)
    return 1


def lapse(freeze: Freeze, *, now: datetime) -> list[Draft]:
    """Let a locked freeze (not saved) end by its term; warnings still due are written first, orders out are cancelled.

    What was attributed of it and not paid goes back to the victims' outstanding losses.
    """
    drafts = write_warnings(freeze, now)
    ref = ("freeze", freeze.id)
    taken = take_back(case_id=freeze.case_id, account_id=freeze.account_id, ref=ref, acting=SYSTEM, now=now)
    drop_what_waits(freeze, now)
    cancel_orders(freeze, acting=SYSTEM, now=now)
    told: dict[str, object] = {
        "attended": freeze.unattended_at is None,
        "attributed_minor": taken,
        "frozen_minor": freeze.frozen_minor,
        "reason": "term_over",
        "late": no_longer_unattended(freeze),
    }
    draft = move_freeze(freeze, "lapse", acting=SYSTEM, now=now, **told)
    book_let_go(freeze, "lapsed", Kind.LAPSED, acting=SYSTEM, now=now)
    return [*drafts, draft]


def give_return_order(freeze: Freeze, *, acting: Actor, now: datetime) -> Order:
    """Order the bank to pay out of a locked freeze; what it pays to whom, the payout that names the order says."""
    order, draft = place_order(freeze, OrderKind.RETURN_MONEY, acting=acting, now=now)
    write_entries([draft])
    return order


def take_out(
    freeze: Freeze,
    *,
    principal_minor: int,
    interest_minor: int,
    acting: Actor,
    now: datetime,
    payout_id: uuid.UUID | None = None,
) -> None:
    """Note on a locked freeze what the bank has paid out of it; with the last fen it has ended. Saves it.

    The postings are the payout's. A freeze that ended before has nothing left to take from.
    """
    if freeze.status != "frozen" or not (principal_minor or interest_minor):
        return
    freeze.frozen_minor -= principal_minor
    freeze.interest_minor -= interest_minor
    told: dict[str, object] = {
        "payout_id": str(payout_id) if payout_id else None,
        "returned_minor": principal_minor,
        "interest_minor": interest_minor,
        "frozen_minor": freeze.frozen_minor,
        "late": False,
    }
    act = "return_part"
    if freeze.frozen_minor == freeze.interest_minor == 0:
        act = "return_rest"
        told |= {"late": no_longer_unattended(freeze)}
        freeze.end_reason = "money_returned"
        drop_what_waits(freeze, now)
        cancel_orders(freeze, acting=acting, now=now)
    draft = move_freeze(freeze, act, acting=acting, now=now, **told)
    freeze.save()
    write_entries([draft])


def hand_over(freeze: Freeze, *, acting: Actor, now: datetime, hand_over_id: uuid.UUID | None = None) -> None:
    """Give a locked freeze to whoever takes the file over: from now on it is theirs to end. Saves it, posts it.

    Raises FreezeRefused `money_attributed`.
    """
    if attributed_minor(freeze):
        raise FreezeRefused("money is attributed to victims", code="money_attributed")
    told: dict[str, object] = {
        "hand_over_id": str(hand_over_id) if hand_over_id else None,
        "frozen_minor": freeze.frozen_minor,
        "interest_minor": freeze.interest_minor,
        "late": no_longer_unattended(freeze),
    }
    freeze.end_reason = "handed_over"
    drop_what_waits(freeze, now)
    cancel_orders(freeze, acting=acting, now=now)
    draft = move_freeze(freeze, "hand_over", acting=acting, now=now, **told)
    book_let_go(freeze, "handed_over", Kind.HANDED_OVER, acting=acting, now=now)
    freeze.save()
    write_entries([draft])
