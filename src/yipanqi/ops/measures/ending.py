"""How stops end: lifted by an officer, taken back unsigned, expired by the clock, or turned into a freeze."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.enums import OrderKind
from yipanqi.ops.measures.models import PaymentStop, Signature
from yipanqi.ops.measures.moving import StopRefused, lock_stop, lock_stop_of, move_stop
from yipanqi.ops.measures.ordering import cancel_orders, give_order
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


@transaction.atomic
def lift_stop(
    *, stop_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> PaymentStop:
    """Lift a stop for a catalogued reason: the order to lift leaves at once and needs no second person.

    A proposal that has not left is only dropped. Raises StopRefused `reason_unknown`, TransitionRefused.
    """
    if reason not in catalog.lift_reasons():
        raise StopRefused("no such reason", code="reason_unknown", reason=reason[:24])
    stop = lock_stop_of(acting_officer, stop_id, act="stop.lift", version=version)
    take_back(stop, reason=reason, acting=as_actor(acting_officer), now=now)
    return stop


def take_back(stop: PaymentStop, *, reason: str, acting: Actor, now: datetime) -> None:
    """End a locked stop wherever it stands: drop it when no order can have reached the bank, else order its lift."""
    drop_signatures(stop, now)
    if stop.ordered_at is None:
        draft = move_stop(stop, "decline", acting=acting, now=now, reason=reason)
        _finish(stop, [draft])
        return
    draft = move_stop(stop, "lift", acting=acting, now=now, reason=reason)
    stop.end_reason = reason
    untouched = cancel_orders(stop, acting=acting, now=now)
    if untouched and stop.sent_at is None and stop.stopped_at is None:
        stop.counts = 0
        _finish(stop, [draft, move_stop(stop, "confirm_lift", acting=acting, now=now, reason=reason)])
        return
    _finish(stop, [draft, give_order(stop, OrderKind.LIFT, acting=acting, now=now)])


def expire_stops(*, now: datetime, limit: int = 200) -> int:
    """Expire every stop whose end has come; returns how many. Nothing is sent: the bank lifts by its own clock."""
    rows = PaymentStop.objects.for_system("the clock looks at every place")
    due = rows.filter(status__in=LIVE, expires_at__lte=now).order_by("expires_at")
    return sum(_expire(stop_id, now) for stop_id in list(due.values_list("id", flat=True)[:limit]))


@transaction.atomic
def _expire(stop_id: uuid.UUID, now: datetime) -> int:
    stop = lock_stop(stop_id)
    if stop.status not in LIVE or stop.expires_at is None or stop.expires_at > now:
        return 0
    drop_signatures(stop, now)
    cancel_orders(stop, acting=SYSTEM, now=now)
    reason = stop.end_reason or "term_over"
    _finish(stop, [move_stop(stop, "expire", acting=SYSTEM, now=now, reason=reason)])
    return 1


def supersede_stop(stop: PaymentStop, *, acting: Actor, now: datetime) -> None:
    """End a locked stop because a freeze has taken its place; the bank keeps holding under the freeze."""
    drop_signatures(stop, now)
    cancel_orders(stop, acting=acting, now=now)
    _finish(stop, [move_stop(stop, "supersede", acting=acting, now=now, reason="frozen")])


def drop_signatures(stop: PaymentStop, now: datetime) -> None:
    """Signatures that still wait on an ended stop are wanted no more."""
    waiting = Signature.objects.for_system("of a locked stop").filter(stop=stop, status="waiting")
    waiting.update(status="dropped", decided_at=now)


def _finish(stop: PaymentStop, drafts: list[Draft]) -> None:
    stop.save()
    write_entries(drafts)
