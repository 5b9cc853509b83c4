"""The clocks of returns: receipts and objections overdue, lines and returns whose freeze has ended.

They call out, and take up again what has lost its ground; nothing is decided or paid by a clock.
"""

import uuid
from datetime import datetime

from django.db import transaction

from yipanqi.ops.journal.services import SYSTEM, write_entries
from yipanqi.ops.returns import objecting
from yipanqi.ops.returns.deciding import take_up_again
from yipanqi.ops.returns.models import ReturnFund
from yipanqi.ops.returns.moving import lock_with_freezes
from yipanqi.ops.returns.receiving import GONE, fail_ended, mark_late

LEANING = ("noticed", "deciding", "decided")


def fire_due(*, now: datetime, limit: int = 500) -> int:
    """Do everything about returns that is due by `now`; returns how much that was. Safe to repeat."""
    fired = fail_ended(now=now, limit=limit)
    fired += mark_late(now=now, limit=limit)
    fired += objecting.mark_late(now=now, limit=limit)
    return fired + take_up_ended(now=now, limit=limit)


def take_up_ended(*, now: datetime, limit: int = 200) -> int:
    """Take up again every announced or decided return that leans on a freeze that has ended; returns how many."""
    rows = ReturnFund.objects.filter(is_open=True, freeze__status__in=GONE, fund_return__status__in=LEANING)
    ids = rows.values_list("fund_return_id", flat=True).distinct()[:limit]
    return sum(_take_up(return_id, now) for return_id in list(ids))


@transaction.atomic
def _take_up(return_id: uuid.UUID, now: datetime) -> int:
    found, freezes = lock_with_freezes(return_id)
    ended = [freeze for freeze in freezes if freeze.status in GONE]
    if found.status not in LEANING or not ended:
        return 0
    told = {"reason": "freeze_ended", "freeze_id": str(ended[0].id)}
    write_entries(take_up_again(found, acting=SYSTEM, now=now, **told))
    ReturnFund.objects.filter(fund_return=found, freeze__in=ended).update(is_open=False)
    return 1
