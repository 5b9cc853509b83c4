"""How a freeze takes effect: what it holds now, whose turn it waited for, and the stop that it takes the place of."""

from datetime import datetime

from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.ops.journal.services import Actor, Draft
from yipanqi.ops.measures.answering import BankAnswer
from yipanqi.ops.measures.booking import HOLDING, book_held, book_stop, frozen_from_stop
from yipanqi.ops.measures.differences import note_difference
from yipanqi.ops.measures.ending import supersede_stop, take_back
from yipanqi.ops.measures.enums import Coverage, DifferenceKind, OrderKind, Target
from yipanqi.ops.measures.freezing.moving import first_day_end, move_freeze, set_end
from yipanqi.ops.measures.freezing.warning import set_warnings
from yipanqi.ops.measures.models import Freeze, Order, PaymentStop
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.ordering import give_order
from yipanqi.ops.vault.fields import Sealed


def take_effect(
    freeze: Freeze, act: str, answer: BankAnswer, order: Order, *, acting: Actor, now: datetime
) -> list[Draft]:
    """Let a locked freeze (not saved) hold what the bank says, by `confirm`, `move_up` or `top_up`; the drafts.

    In the same transaction the stop of its own case gives way, and that of another case holds so much less.
    """
    held = answer.frozen_minor or 0
    more = held - freeze.frozen_minor
    freeze.balance_minor = answer.balance_minor
    freeze.coverage = Coverage.COVERED if held >= freeze.asked_minor else Coverage.SHORT
    drafts: list[Draft] = []
    if act != "top_up":
        freeze.confirmed_at, freeze.frozen_at = now, answer.starts_at or now
        freeze.ends_by_bank_at = answer.ends_at
    if act == "move_up":
        freeze.moved_up_at, freeze.queue_due_at = now, None
        drafts += _count_anew(freeze, freeze.frozen_at, acting, now)
    told: dict[str, object] = {
        "order_id": str(order.id),
        "frozen_minor": held,
        "coverage": str(freeze.coverage),
    }
    if act != "top_up":
        told |= {"stop_id": str(freeze.stop_id) if freeze.stop_id else None, "until_at": end_of(freeze)}
    drafts.insert(0, move_freeze(freeze, act, acting=acting, now=now, **told))
    from_stop = frozen_from_stop(freeze, more)
    book_held(freeze, act, held, acting=acting, now=now)
    _make_way(freeze, more, from_stop, acting, now)
    if act == "confirm":
        note_end(freeze, answer, now)
    return drafts


def note_former(freeze: Freeze, answer: BankAnswer, now: datetime) -> None:
    """Note on a locked freeze (not saved) that it waits its turn, and behind whom."""
    assert answer.former is not None
    freeze.former_department = Sealed.of("text", answer.former.department)
    freeze.former_minor, freeze.former_ends_at = answer.former.frozen_minor, answer.former.ends_at
    freeze.queued_at, freeze.queue_due_at = now, answer.former.ends_at
    freeze.balance_minor, freeze.ends_by_bank_at = answer.balance_minor, answer.ends_at
    freeze.coverage = Coverage.SHORT
    note_end(freeze, answer, now)


def note_end(freeze: Freeze, answer: BankAnswer, now: datetime) -> None:
    """Another end at the bank than ours is a difference; it moves nothing."""
    ours, theirs = freeze.expires_at, answer.ends_at
    if ours and theirs and abs((theirs - ours).total_seconds()) >= 1:
        kind, key = DifferenceKind.END_DIFFERS, str(freeze.id)
        differ(freeze, kind, key, ours.isoformat(), theirs.isoformat(), now)


def differ(
    freeze: Freeze, kind: DifferenceKind, reference: str, ours: str, theirs: str, now: datetime
) -> None:
    """Note that the freeze's bank and we disagree about it."""
    note_difference(
        kind, partner=freeze.partner, reference=reference, measure=freeze, ours=ours, theirs=theirs, now=now
    )


def end_of(freeze: Freeze) -> str | None:
    """The end of a freeze as the journal has it."""
    return freeze.expires_at.isoformat() if freeze.expires_at else None


def _count_anew(freeze: Freeze, since: datetime, acting: Actor, now: datetime) -> list[Draft]:
    """A freeze whose turn has come counts its term from then where the pack says so; the bank is told its end."""
    pack = pack_of(freeze)
    if pack.choice("freeze.queue_term") != "from_effect":
        return []
    start = since.astimezone(pack.zone).date()
    until = first_day_end(freeze, start)
    assert freeze.until_date is not None
    if until <= freeze.until_date:
        return []
    freeze.from_date = start
    set_end(freeze, until)
    set_warnings(freeze, now)
    return [give_order(freeze, OrderKind.RENEW, acting=acting, now=now)]


def _make_way(freeze: Freeze, more: int, from_stop: int, acting: Actor, now: datetime) -> None:
    rows = PaymentStop.objects.for_system("one live stop per account; locked with the order")
    stop: PaymentStop | None = (
        rows.select_related("partner", "account", "case", "alert")
        .filter(account=freeze.account_id, status__in=LIVE)
        .first()
    )
    if stop is None or stop.target != Target.SUSPECT:
        return
    if stop.case_id != freeze.case_id:
        _hold_less(stop, min(more, stop.stopped_minor or 0), acting, now)
    elif stop.status == "stopped":
        supersede_stop(stop, acting=acting, now=now)
    elif stop.status == "lifting":
        if from_stop:
            stop.stopped_minor -= from_stop  # booked as frozen already
            stop.save()
    else:
        take_back(stop, reason="frozen", acting=acting, now=now)


def _hold_less(stop: PaymentStop, minor: int, acting: Actor, now: datetime) -> None:
    """What another case froze, a stop holds no more; no fen is counted twice."""
    if minor <= 0 or stop.status not in HOLDING:
        return
    stop.stopped_minor -= minor
    stop.coverage = Coverage.SHORT
    stop.version += 1
    book_stop(stop, "frozen_elsewhere", before=stop.status, acting=acting, now=now)
    stop.save()
