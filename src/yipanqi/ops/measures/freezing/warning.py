"""Warnings before a freeze ends, each once; and the mark on a freeze that nobody attends to by the last of them.

A late clock shouts: it never renews, releases or pays.
"""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from yipanqi.casework.lifecycles.freeze import LIVE, UNDER_WAY
from yipanqi.kernel.durations import Period, Unit
from yipanqi.ops.journal.services import SYSTEM, Draft, write_entries
from yipanqi.ops.measures.freezing.moving import changes_under_way, freeze_draft, lock_freeze
from yipanqi.ops.measures.models import Freeze, FreezeChange
from yipanqi.ops.measures.moving import pack_of


def set_warnings(freeze: Freeze, now: datetime) -> None:
    """Begin the warnings of a locked freeze (not saved) anew, for the end it has now."""
    freeze.warned_days, freeze.warn_at = None, _next(freeze, now)


def write_warnings(freeze: Freeze, now: datetime) -> list[Draft]:
    """Every warning of a locked freeze (not saved) that is due by `now`, and the mark that nobody attends to it."""
    drafts = []
    while freeze.warn_at is not None and freeze.warn_at <= now:
        assert freeze.expires_at is not None
        at = freeze.warn_at
        freeze.warned_days = (freeze.expires_at - at).days
        told = {"days": freeze.warned_days, "until_at": freeze.expires_at.isoformat()}
        drafts.append(freeze_draft(freeze, "freeze.expiring", SYSTEM, now, **told))
        freeze.warn_at = _next(freeze, at)
    return drafts + mark_unattended(freeze, now)


def mark_unattended(freeze: Freeze, now: datetime) -> list[Draft]:
    """Mark a locked freeze (not saved) past its last warning that nobody renews, releases or means to let end."""
    if freeze.status not in UNDER_WAY or freeze.status == "releasing" or freeze.expires_at is None:
        return []
    if freeze.unattended_at is not None or freeze.let_lapse_at is not None or _last(freeze) > now:
        return []
    if changes_under_way(freeze).filter(kind__in=["renew", "release"]).exists():
        return []
    freeze.unattended_at = now
    days = max(0, (freeze.expires_at - now).days)
    told = {"days": days, "until_at": freeze.expires_at.isoformat()}
    return [freeze_draft(freeze, "freeze.unattended", SYSTEM, now, **told)]


def warn_freezes(*, now: datetime, limit: int = 200) -> int:
    """Write the warnings that are due; returns for how many freezes."""
    rows = Freeze.objects.for_system("the clock looks at every place")
    due = rows.filter(warn_at__lte=now).order_by("warn_at").values_list("id", flat=True)
    return sum(_warn(freeze_id, now) for freeze_id in list(due[:limit]))


def mark_late_freezes(*, now: datetime, limit: int = 200) -> int:
    """Say of every release past its time, and of every queued freeze whose forerunner ended, that it is; how many."""
    rows = Freeze.objects.for_system("the clock looks at every place").filter(status__in=LIVE)
    late = rows.filter(release_due_at__lte=now, release_late_at__isnull=True).order_by("release_due_at")
    over = rows.filter(queue_due_at__lte=now).order_by("queue_due_at")
    ids = list(late.values_list("id", flat=True)[:limit]) + list(over.values_list("id", flat=True)[:limit])
    return sum(_mark_late(freeze_id, now) for freeze_id in ids)


@transaction.atomic
def _warn(freeze_id: uuid.UUID, now: datetime) -> int:
    freeze = lock_freeze(freeze_id)
    if freeze.warn_at is None or freeze.warn_at > now:
        return 0
    drafts = write_warnings(freeze, now)
    freeze.save()
    write_entries(drafts)
    return 1


@transaction.atomic
def _mark_late(freeze_id: uuid.UUID, now: datetime) -> int:
    freeze = lock_freeze(freeze_id)
    drafts = []
    due_at = freeze.release_due_at
    if due_at is not None and due_at <= now and freeze.release_late_at is None and freeze.status in LIVE:
        freeze.release_late_at = now
        change = _latest_letting_go(freeze)
        told = {"change_id": str(change.id) if change else None, "due_at": due_at.isoformat()}
        drafts.append(freeze_draft(freeze, "freeze.release_late", SYSTEM, now, **told))
    if freeze.status == "queued" and freeze.queue_due_at is not None and freeze.queue_due_at <= now:
        told = {"due_at": freeze.queue_due_at.isoformat()}
        drafts.append(freeze_draft(freeze, "freeze.queue_due", SYSTEM, now, **told))
        freeze.queue_due_at = None
    freeze.save()
    write_entries(drafts)
    return len(drafts)


def _latest_letting_go(freeze: Freeze) -> FreezeChange | None:
    rows = FreezeChange.objects.for_system("of a locked freeze").filter(freeze=freeze, due_at__isnull=False)
    change: FreezeChange | None = rows.order_by("-asked_at").first()
    return change


def _next(freeze: Freeze, after: datetime) -> datetime | None:
    return min((at for at in _instants(freeze) if at > after), default=None)


def _last(freeze: Freeze) -> datetime:
    return max(_instants(freeze))


def _instants(freeze: Freeze) -> list[datetime]:
    assert freeze.expires_at is not None
    periods = pack_of(freeze).periods("freeze.warn")
    return [freeze.expires_at - timedelta(days=_days(period)) for period in periods]


def _days(period: Period) -> int:
    if period.unit is not Unit.DAYS:
        raise ValueError(f"warnings are counted in days, not by {period}")
    return period.count
