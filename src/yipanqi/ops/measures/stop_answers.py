"""What follows for a stop from its orders: sent, out of time, and what a bank answers to a stop, an extension, a lift.

An answer that contradicts what was known becomes a difference, and a stop that is held without reason is ordered to be
lifted.
"""

from datetime import datetime

from django.db.models import Sum

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import PAYMENT_STOP
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.answering import BankAnswer, settle_order
from yipanqi.ops.measures.differences import note_difference
from yipanqi.ops.measures.effects import Effects
from yipanqi.ops.measures.ending import drop_signatures
from yipanqi.ops.measures.enums import Coverage, DifferenceKind, OrderKind, Target
from yipanqi.ops.measures.models import Freeze, Order, PaymentStop
from yipanqi.ops.measures.moving import move_stop, term_end
from yipanqi.ops.measures.ordering import cancel_orders, give_order

NOTHING_HELD = frozenset({"unknown_stop", "not_in_effect"})


def _sent(order: Order, now: datetime) -> list[Draft]:
    return _moved(order, "send", now)


def _timed_out(order: Order, now: datetime) -> list[Draft]:
    return _moved(order, "time_out", now)


def _moved(order: Order, act: str, now: datetime) -> list[Draft]:
    stop = order.stop
    if act not in PAYMENT_STOP.allowed(stop.status):
        return []
    draft = move_stop(stop, act, acting=SYSTEM, now=now, order_id=str(order.id))
    stop.save()
    return [draft]


def _stop_problem(answer: BankAnswer, order: Order, now: datetime) -> str:
    return "answer_without_start" if answer.starts_at is None else _problem(answer, order, now)


def _problem(answer: BankAnswer, order: Order, now: datetime) -> str:
    ahead = catalog.windows()["occurred_ahead"].duration
    starts_at = answer.starts_at or now
    return "" if order.stop.proposed_at - ahead <= starts_at <= now + ahead else "answer_start_impossible"


def _stop_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    stop = order.stop
    if not answer.ok:
        return _stop_refused(answer, order, stop, acting, now)
    assert answer.starts_at is not None
    ends_at = term_end(stop, answer.starts_at)
    drafts = [settle_order(order, "fulfil", acting=acting, now=now)]
    before = stop.status
    first = stop.confirmed_at is None
    if "confirm" in PAYMENT_STOP.allowed(before):
        _note_held(stop, answer, ends_at)
        if first:
            stop.confirmed_at = now
        drafts.append(move_stop(stop, "confirm", acting=acting, now=now, **_held(stop, order)))
    elif "correct" in PAYMENT_STOP.allowed(before) and not _ended_at_bank(stop, answer, ends_at, now):
        _note_held(stop, answer, ends_at)
        drafts.append(move_stop(stop, "correct", acting=acting, now=now, reason="held_without_reason"))
        drafts.append(give_order(stop, OrderKind.LIFT, acting=acting, now=now))
        _differ(stop, DifferenceKind.ANSWER, f"{order.id}", before, "stopped", now)
    else:
        stop.stopped_at = stop.stopped_at or answer.starts_at
    stop.save()
    write_entries(drafts)
    return "applied" if len(drafts) > 1 else "noted"


def _ended_at_bank(stop: PaymentStop, answer: BankAnswer, ends_at: datetime, now: datetime) -> bool:
    """Whether the stop a late answer speaks of is over: its term is, or a lift was confirmed after it began."""
    if ends_at <= now:
        return True
    lifted = stop.orders.filter(kind=OrderKind.LIFT, status="fulfilled").exists()
    return lifted and stop.status == "lifted"


def _note_held(stop: PaymentStop, answer: BankAnswer, ends_at: datetime) -> None:
    stop.stopped_at, stop.expires_at, stop.ends_by_bank_at = answer.starts_at, ends_at, answer.ends_at
    stop.counts, stop.periods = max(stop.counts, 1), max(stop.periods, 1)
    stop.balance_minor = answer.balance_minor
    if answer.balance_minor is not None:
        asked, there = stop.asked_minor, max(0, answer.balance_minor - _frozen_on(stop))
        stop.stopped_minor = there if asked is None else min(there, asked)
        short = asked is not None and there < asked
        stop.coverage = Coverage.SHORT if short else Coverage.COVERED
    if answer.ends_at and abs((answer.ends_at - ends_at).total_seconds()) >= 1:
        ours, theirs = ends_at.isoformat(), answer.ends_at.isoformat()
        _differ(stop, DifferenceKind.END_DIFFERS, str(stop.id), ours, theirs, stop.confirmed_at or ends_at)


def _frozen_on(stop: PaymentStop) -> int:
    """What freezes hold on a suspect's account already: no fen is held twice."""
    if stop.target != Target.SUSPECT:
        return 0
    rows = Freeze.objects.for_system("every case's freezes of one account").filter(account=stop.account_id)
    held = rows.filter(status__in=["frozen", "releasing"]).aggregate(minor=Sum("frozen_minor"))
    return int(held["minor"] or 0)


def _held(stop: PaymentStop, order: Order) -> dict[str, object]:
    assert stop.stopped_at and stop.expires_at
    return {
        "order_id": str(order.id),
        "stopped_minor": stop.stopped_minor or 0,
        "coverage": stop.coverage or None,
        "stopped_at": stop.stopped_at.isoformat(),
        "expires_at": stop.expires_at.isoformat(),
    }


def _stop_refused(answer: BankAnswer, order: Order, stop: PaymentStop, acting: Actor, now: datetime) -> str:
    drafts = [settle_order(order, "refuse", acting=acting, now=now, failure=answer.failure)]
    if "refuse" in PAYMENT_STOP.allowed(stop.status):
        stop.counts = 0
        drop_signatures(stop, now)
        drafts.append(
            move_stop(stop, "refuse", acting=acting, now=now, reason=answer.failure, order_id=str(order.id))
        )
        stop.expires_at = None
    elif stop.status == "lifting" and stop.stopped_at is None:
        stop.counts = 0
        cancel_orders(stop, acting=acting, now=now)
        drafts.append(
            move_stop(stop, "confirm_lift", acting=acting, now=now, reason=stop.end_reason or "safe")
        )
    elif stop.status == "stopped":
        _differ(stop, DifferenceKind.ANSWER, str(order.id), "stopped", answer.failure, now)
    stop.save()
    write_entries(drafts)
    return "applied" if len(drafts) > 1 else "noted"


def _extension_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    stop = order.stop
    act = "fulfil" if answer.ok else "refuse"
    drafts = [settle_order(order, act, acting=acting, now=now, failure=answer.failure)]
    if not answer.ok:
        stop.counts -= 1
    elif stop.status == "stopped" and stop.expires_at:
        stop.periods += 1
        stop.expires_at = term_end(stop, stop.expires_at)
        stop.ends_by_bank_at = answer.ends_at
        drafts.append(
            move_stop(
                stop,
                "extend",
                acting=acting,
                now=now,
                order_id=str(order.id),
                periods=stop.periods,
                expires_at=stop.expires_at.isoformat(),
            )
        )
    elif stop.status == "expired" and (answer.ends_at is None or answer.ends_at > now):
        stop.expires_at = answer.ends_at or term_end(stop, now)
        drafts.append(move_stop(stop, "correct", acting=acting, now=now, reason="held_without_reason"))
        drafts.append(give_order(stop, OrderKind.LIFT, acting=acting, now=now))
        _differ(stop, DifferenceKind.ANSWER, str(order.id), "expired", "extended", now)
    stop.save()
    write_entries(drafts)
    return "applied" if len(drafts) > 1 or not answer.ok else "noted"


def _lift_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    stop = order.stop
    act = "fulfil" if answer.ok else "refuse"
    drafts = [settle_order(order, act, acting=acting, now=now, failure=answer.failure)]
    nothing_held = answer.failure in NOTHING_HELD
    if stop.status == "lifting" and (answer.ok or nothing_held):
        drafts.append(
            move_stop(stop, "confirm_lift", acting=acting, now=now, reason=stop.end_reason or "safe")
        )
    elif stop.status == "lifting":
        _differ(stop, DifferenceKind.ANSWER, str(order.id), "lifting", answer.failure, now)
    stop.save()
    write_entries(drafts)
    return "applied" if len(drafts) > 1 else "noted"


def _differ(
    stop: PaymentStop, kind: DifferenceKind, reference: str, ours: str, theirs: str, now: datetime
) -> None:
    note_difference(
        kind, partner=stop.partner, reference=reference, measure=stop, ours=ours, theirs=theirs, now=now
    )


STOP_EFFECTS = {
    str(OrderKind.STOP): Effects(_stop_answered, _sent, _timed_out, _stop_problem),
    str(OrderKind.EXTEND): Effects(_extension_answered, problem=_problem),
    str(OrderKind.LIFT): Effects(_lift_answered),
}
