"""What a bank answers, and what follows from it. Each answer is kept whole; a repeat changes nothing.

The bank's books decide what is in effect. An answer that agrees with no order of ours, comes from the wrong bank or
names another account changes nothing and waits on the funds desk. What follows from the others is the business of the
order's kind (`effects`): `stop_answers` and `freezing.answering` here.
"""

import hashlib
import hmac
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor, Draft
from yipanqi.ops.measures.effects import EFFECTS
from yipanqi.ops.measures.enums import OrderKind
from yipanqi.ops.measures.models import Answer, Order
from yipanqi.ops.measures.moving import move_order
from yipanqi.ops.measures.ordering import lock_orders, note_reached
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.vault.fields import Sealed, blind_index

# A bank's answer to a cut does not tell it from a release.
_ANSWERED_AS: dict[str, str] = {OrderKind.CUT: OrderKind.RELEASE}


@dataclass(frozen=True)
class Former:
    """The freeze that stands before a queued one: whose it is, what it holds, when it ends."""

    department: str
    frozen_minor: int | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class LineAnswer:
    """What became of one line of a return; `ref` is our name for it, `failure` catalogued."""

    ref: str
    ok: bool
    failure: str = ""


@dataclass(frozen=True)
class BankAnswer:
    """An answer in canonical form: money in minor units, aware instants of the bank's clock, a catalogued failure.

    `frozen_minor` is what a freeze holds after it, `former` who stands before it, `released_minor` what was let go;
    `lines` and `receipt` answer a return. `serial` is the bank's own name of the answer.
    """

    order_id: uuid.UUID
    kind: str
    ok: bool
    account: str
    balance_minor: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    failure: str = ""
    remark: str = ""
    frozen_minor: int | None = None
    applied_minor: int | None = None
    released_minor: int | None = None
    former: Former | None = None
    lines: tuple[LineAnswer, ...] = ()
    receipt: str = ""
    serial: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of an answer: applied, noted, repeated, or the problem that keeps it from being used."""

    effect: str
    problem: str = ""


@transaction.atomic
def take_answer(*, answer: BankAnswer, raw: str, partner: Partner, now: datetime) -> Taken:
    """Take a bank's answer to one of our orders, keep it, and do what follows; journaled. Safe to repeat."""
    told = asdict(answer)
    told.pop("serial")  # said again under another name it is still the same answer
    digest = _digest(json.dumps(told, sort_keys=True, default=str))
    known = _known(partner, digest)
    if known:
        return known
    if not Order.objects.filter(id=answer.order_id, partner=partner).exists():
        return _keep(partner, None, digest, raw, now, problem="order_unknown")
    (order,) = lock_orders([answer.order_id])
    if known := _known(partner, digest):  # it came twice at once
        return known
    problem = _problem(answer, order, now)
    if problem:
        return _keep(partner, order, digest, raw, now, problem=problem)
    acting = Actor(ActorKind.PARTNER, partner.code)
    note_reached(order, now=now)  # who answers has received it, whatever became of the acknowledgement
    effect = EFFECTS[order.kind].answered(answer, order, acting, now)
    return _keep(partner, order, digest, raw, now, effect=effect)


@transaction.atomic
def keep_unreadable(*, raw: str, field: str, partner: Partner, now: datetime) -> Taken:
    """Keep an answer that could not be read, for the funds desk; the order it may belong to stays open."""
    digest = _digest(raw)
    return _known(partner, digest) or _keep(
        partner, None, digest, raw, now, problem="answer_unreadable", field=field
    )


def _problem(answer: BankAnswer, order: Order, now: datetime) -> str:
    effects = EFFECTS[order.kind]
    if answer.kind not in {order.kind, _ANSWERED_AS.get(order.kind)}:
        return "answer_of_other_kind"
    if order.status in {"fulfilled", "refused"} and not effects.goes_on(answer, order):
        return "answer_after_answer"
    if blind_index("account", answer.account) != order.measure.account.number_index:
        return "answer_account_differs"
    return effects.problem(answer, order, now) if answer.ok else ""


def settle_order(order: Order, act: str, *, acting: Actor, now: datetime, failure: str = "") -> Draft:
    """Close a locked order that was answered by `fulfil` or `refuse`, the latter for a failure; saves it."""
    order.answered_at, order.failure = now, failure
    draft = move_order(order, act, acting=acting, now=now, **({"reason": failure} if failure else {}))
    order.save()
    return draft


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
