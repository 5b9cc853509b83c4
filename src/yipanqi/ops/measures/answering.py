"""What a bank answers, and what follows from it. Each answer is kept whole; a repeat changes nothing.

The bank's books decide what is in effect. An answer that agrees with no order of ours, comes from the wrong bank or
names another account changes nothing and waits on the funds desk; one that contradicts what was known becomes a
difference, and a stop that is held without reason is ordered to be lifted.
"""

import hashlib
import hmac
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import PAYMENT_STOP
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.measures.differences import note_difference
from yipanqi.ops.measures.ending import drop_signatures
from yipanqi.ops.measures.enums import Coverage, DifferenceKind, OrderKind
from yipanqi.ops.measures.models import Answer, Order, PaymentStop
from yipanqi.ops.measures.moving import move_order, move_stop, term_end
from yipanqi.ops.measures.ordering import cancel_orders, give_order, lock_with_stops, note_reached
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.vault.fields import Sealed, blind_index

NOTHING_HELD = frozenset({"unknown_stop", "not_in_effect"})


@dataclass(frozen=True)
class BankAnswer:
    """An answer in canonical form: money in minor units, aware instants of the bank's clock, a catalogued failure."""

    order_id: uuid.UUID
    kind: str
    ok: bool
    account: str
    balance_minor: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    failure: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of an answer: applied, noted, repeated, or the problem that keeps it from being used."""

    effect: str
    problem: str = ""


@transaction.atomic
def take_answer(*, answer: BankAnswer, raw: str, partner: Partner, now: datetime) -> Taken:
    """Take a bank's answer to one of our orders, keep it, and do what follows; journaled. Safe to repeat."""
    digest = _digest(json.dumps(asdict(answer), sort_keys=True, default=str))
    known = _known(partner, digest)
    if known:
        return known
    order = Order.objects.select_related("stop").filter(id=answer.order_id, partner=partner).first()
    if order is None:
        return _keep(partner, None, digest, raw, now, problem="order_unknown")
    (order,) = lock_with_stops([order.id])
    if known := _known(partner, digest):  # it came twice at once
        return known
    problem = _problem(answer, order, now)
    if problem:
        return _keep(partner, order, digest, raw, now, problem=problem)
    acting = Actor(ActorKind.PARTNER, partner.code)
    note_reached(order, now=now)  # who answers has received it, whatever became of the acknowledgement
    effect = _APPLY[OrderKind(order.kind)](answer, order, order.stop, acting, now)
    return _keep(partner, order, digest, raw, now, effect=effect)


@transaction.atomic
def keep_unreadable(*, raw: str, field: str, partner: Partner, now: datetime) -> Taken:
    """Keep an answer that could not be read, for the funds desk; the order it may belong to stays open."""
    digest = _digest(raw)
    return _known(partner, digest) or _keep(
        partner, None, digest, raw, now, problem="answer_unreadable", field=field
    )


def _problem(answer: BankAnswer, order: Order, now: datetime) -> str:
    if answer.kind != order.kind:
        return "answer_of_other_kind"
    if order.status in {"fulfilled", "refused"}:
        return "answer_after_answer"
    if blind_index("account", answer.account) != order.stop.account.number_index:
        return "answer_account_differs"
    if not answer.ok or order.kind == OrderKind.LIFT:
        return ""
    if order.kind == OrderKind.STOP and answer.starts_at is None:
        return "answer_without_start"
    ahead = catalog.windows()["occurred_ahead"].duration
    starts_at = answer.starts_at or now
    if not order.stop.proposed_at - ahead <= starts_at <= now + ahead:
        return "answer_start_impossible"
    return ""


def _stop_answered(answer: BankAnswer, order: Order, stop: PaymentStop, acting: Actor, now: datetime) -> str:
    if not answer.ok:
        return _stop_refused(answer, order, stop, acting, now)
    assert answer.starts_at is not None
    ends_at = term_end(stop, answer.starts_at)
    drafts = [_settle(order, "fulfil", acting, now)]
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
        asked = stop.asked_minor
        stop.stopped_minor = answer.balance_minor if asked is None else min(answer.balance_minor, asked)
        short = asked is not None and answer.balance_minor < asked
        stop.coverage = Coverage.SHORT if short else Coverage.COVERED
    if answer.ends_at and abs((answer.ends_at - ends_at).total_seconds()) >= 1:
        ours, theirs = ends_at.isoformat(), answer.ends_at.isoformat()
        _differ(stop, DifferenceKind.END_DIFFERS, str(stop.id), ours, theirs, stop.confirmed_at or ends_at)


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
    drafts = [_settle(order, "refuse", acting, now, reason=answer.failure)]
    order.failure = answer.failure
    order.save()
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


def _extension_answered(
    answer: BankAnswer, order: Order, stop: PaymentStop, acting: Actor, now: datetime
) -> str:
    act = "fulfil" if answer.ok else "refuse"
    drafts = [_settle(order, act, acting, now, **({} if answer.ok else {"reason": answer.failure}))]
    if not answer.ok:
        order.failure = answer.failure
        order.save()
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


def _lift_answered(answer: BankAnswer, order: Order, stop: PaymentStop, acting: Actor, now: datetime) -> str:
    act = "fulfil" if answer.ok else "refuse"
    drafts = [_settle(order, act, acting, now, **({} if answer.ok else {"reason": answer.failure}))]
    nothing_held = answer.failure in NOTHING_HELD
    if not answer.ok:
        order.failure = answer.failure
        order.save()
    if stop.status == "lifting" and (answer.ok or nothing_held):
        drafts.append(
            move_stop(stop, "confirm_lift", acting=acting, now=now, reason=stop.end_reason or "safe")
        )
    elif stop.status == "lifting":
        _differ(stop, DifferenceKind.ANSWER, str(order.id), "lifting", answer.failure, now)
    stop.save()
    write_entries(drafts)
    return "applied" if len(drafts) > 1 else "noted"


_APPLY = {
    OrderKind.STOP: _stop_answered,
    OrderKind.EXTEND: _extension_answered,
    OrderKind.LIFT: _lift_answered,
}


def _settle(order: Order, act: str, acting: Actor, now: datetime, **payload: object) -> Draft:
    order.answered_at = now
    draft = move_order(order, act, acting=acting, now=now, **payload)
    order.save()
    return draft


def _differ(
    stop: PaymentStop, kind: DifferenceKind, reference: str, ours: str, theirs: str, now: datetime
) -> None:
    note_difference(
        kind, partner=stop.partner, reference=reference, stop=stop, ours=ours, theirs=theirs, now=now
    )


def as_order_id(text: str) -> uuid.UUID:
    """The id of an order as a bank gives it back; the nil id, which no order has, for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _digest(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def _known(partner: Partner, digest: str) -> Taken | None:
    rows = Answer.objects.select_for_update(no_key=True).filter(partner=partner, digest=digest)
    known = rows.first()
    if known is None:
        return None
    known.repeats += 1
    known.save(update_fields=["repeats"])
    return Taken("repeated", known.problem)


def _keep(
    partner: Partner,
    order: Order | None,
    digest: str,
    raw: str,
    now: datetime,
    *,
    effect: str = "kept",
    problem: str = "",
    field: str = "",
) -> Taken:
    Answer.objects.create(
        id=new_id(now),
        partner=partner,
        order=order,
        digest=digest,
        body=Sealed.of("text", raw[:20_000]),
        received_at=now,
        effect=effect,
        problem=problem,
        field=field[:64],
    )
    return Taken(effect, problem)
