"""What follows for a freeze from its orders: sent, out of time, and what a bank answers to each kind of them.

The bank's books decide what is held; they never move the end, which the signed notice fixed. What contradicts that
becomes a difference, and what is held without a ground of ours is ordered to be let go.
"""

from collections.abc import Callable
from datetime import datetime

from yipanqi import catalog
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.answering import BankAnswer, settle_order
from yipanqi.ops.measures.booking import book_held, book_let_go
from yipanqi.ops.measures.effects import Effects
from yipanqi.ops.measures.enums import DifferenceKind, OrderKind
from yipanqi.ops.measures.freezing.ending import lapse
from yipanqi.ops.measures.freezing.facts import owner_notice
from yipanqi.ops.measures.freezing.moving import (
    attributed_minor,
    drop_what_waits,
    freeze_draft,
    move_freeze,
    no_longer_unattended,
    set_end,
)
from yipanqi.ops.measures.freezing.queries import find_live_freeze
from yipanqi.ops.measures.freezing.taking import differ, end_of, note_end, note_former, take_effect
from yipanqi.ops.measures.freezing.warning import mark_unattended, set_warnings
from yipanqi.ops.measures.models import Freeze, FreezeChange, Order
from yipanqi.ops.measures.ordering import cancel_orders, give_order
from yipanqi.ops.moneybook.enums import Kind

NOTHING_HELD = frozenset({"unknown_freeze", "freeze_ended"})


def _moved(act: str) -> Callable[[Order, datetime], list[Draft]]:
    def move(order: Order, now: datetime) -> list[Draft]:
        freeze = order.freeze
        if act not in FREEZE.allowed(freeze.status):
            return []
        draft = move_freeze(freeze, act, acting=SYSTEM, now=now, order_id=str(order.id))
        freeze.save()
        return [draft]

    return move


def _problem(answer: BankAnswer, order: Order, now: datetime) -> str:
    if answer.frozen_minor is None:
        return "answer_without_frozen"
    ahead = catalog.windows()["occurred_ahead"].duration
    starts_at = answer.starts_at or now
    return "" if order.freeze.proposed_at - ahead <= starts_at <= now + ahead else "answer_start_impossible"


def _goes_on(answer: BankAnswer, order: Order) -> bool:
    """Whether a bank tells of more money than in its answers before, under a freeze that nothing was let go of."""
    freeze = order.freeze
    if not answer.ok or order.status != "fulfilled" or freeze.status not in {"queued", "frozen"}:
        return False
    touched = freeze.orders.filter(kind__in=["cut", "return_money"], status="fulfilled").exists()
    return not touched and (answer.frozen_minor or 0) > freeze.frozen_minor


def _freeze_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    freeze = order.freeze
    if order.status == "fulfilled":
        act = "move_up" if freeze.status == "queued" else "top_up"
        drafts = take_effect(freeze, act, answer, order, acting=acting, now=now)
        return _kept(freeze, drafts)
    if not answer.ok:
        return _freeze_refused(answer, order, freeze, acting, now)
    drafts = [settle_order(order, "fulfil", acting=acting, now=now)]
    queued = answer.frozen_minor == 0 and answer.former is not None
    if queued and "queue" in FREEZE.allowed(freeze.status):
        note_former(freeze, answer, now)
        told = {"order_id": str(order.id), "until_at": end_of(freeze)}
        drafts.append(move_freeze(freeze, "queue", acting=acting, now=now, **told))
    elif not queued and "confirm" in FREEZE.allowed(freeze.status):
        drafts += take_effect(freeze, "confirm", answer, order, acting=acting, now=now)
    elif _is_held_wrongly(freeze, answer, now):
        drafts += _correct(freeze, answer, order, acting, now)
    return _kept(freeze, drafts, least=1)


def _freeze_refused(answer: BankAnswer, order: Order, freeze: Freeze, acting: Actor, now: datetime) -> str:
    drafts = [settle_order(order, "refuse", acting=acting, now=now, failure=answer.failure)]
    told = {"order_id": str(order.id), "reason": answer.failure}
    if "refuse" in FREEZE.allowed(freeze.status):
        drop_what_waits(freeze, now)
        drafts.append(move_freeze(freeze, "refuse", acting=acting, now=now, **told))
    elif freeze.status == "releasing" and freeze.confirmed_at is None:
        cancel_orders(freeze, acting=acting, now=now)
        drafts += _released(freeze, order, answer, None, acting, now)
    return _kept(freeze, drafts, least=1)


def _renewal_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    freeze, change = order.freeze, _change(order)
    drafts = [_settled(answer, order, acting, now)]
    if freeze.status in {"queued", "frozen"} and freeze.expires_at and freeze.expires_at <= now:
        drafts += lapse(freeze, now=now)  # the bank's word came too late, whatever it says
    if not answer.ok:
        drafts += _failed(freeze, change, answer, acting, now)
    elif freeze.status in {"queued", "frozen"}:
        drafts += _renewed(freeze, change, answer, order, acting, now)
    elif _is_held_wrongly(freeze, answer, now):
        drafts += _correct(freeze, answer, order, acting, now)
    return _kept(freeze, drafts, least=1)


def _renewed(
    freeze: Freeze,
    change: FreezeChange | None,
    answer: BankAnswer,
    order: Order,
    acting: Actor,
    now: datetime,
) -> list[Draft]:
    drafts: list[Draft] = []
    freeze.ends_by_bank_at = answer.ends_at
    if change is not None:  # without one it told the bank of an end that was counted anew at moving up
        assert change.until_date is not None
        set_end(freeze, change.until_date)
        freeze.periods += 1
        freeze.let_lapse_by = freeze.let_lapse_at = None
        late = no_longer_unattended(freeze)
        set_warnings(freeze, now)
        _done(change, now)
        told = {"change_id": str(change.id), "order_id": str(order.id), "periods": freeze.periods}
        told |= {"until_at": end_of(freeze), "late": late}
        drafts.append(move_freeze(freeze, "renew", acting=acting, now=now, **told))
    note_end(freeze, answer, now)
    return drafts


def _release_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    freeze, change = order.freeze, _change(order)
    drafts = [_settled(answer, order, acting, now)]
    if freeze.status == "releasing" and (answer.ok or answer.failure in NOTHING_HELD):
        drafts += _released(freeze, order, answer, change, acting, now)
    elif not answer.ok:
        drafts += _failed(freeze, change, answer, acting, now)
    return _kept(freeze, drafts, least=1)


def _released(
    freeze: Freeze,
    order: Order,
    answer: BankAnswer,
    change: FreezeChange | None,
    acting: Actor,
    now: datetime,
) -> list[Draft]:
    reason = freeze.end_reason or (change.ground if change else "not_needed")
    told: dict[str, object] = {
        "order_id": str(order.id),
        "reason": reason,
        "late": no_longer_unattended(freeze),
    }
    released = answer.released_minor if answer.ok and answer.released_minor else freeze.frozen_minor
    drop_what_waits(freeze, now)
    if change is not None:
        _done(change, now)
    draft = move_freeze(freeze, "confirm_release", acting=acting, now=now, released_minor=released, **told)
    book_let_go(freeze, "released", Kind.RELEASED, minor=released, left_minor=0, acting=acting, now=now)
    if released and change is not None:
        _tell_owner(freeze, released, change, acting, now)
    return [draft]


def _cut_answered(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> str:
    freeze, change = order.freeze, _change(order)
    drafts = [_settled(answer, order, acting, now)]
    assert change is not None and change.minor is not None
    if not answer.ok:
        drafts += _failed(freeze, change, answer, acting, now)
    elif freeze.status == "frozen":
        drafts.append(_cut(freeze, change, answer, order, acting, now))
    return _kept(freeze, drafts, least=1)


def _cut(
    freeze: Freeze, change: FreezeChange, answer: BankAnswer, order: Order, acting: Actor, now: datetime
) -> Draft:
    assert change.minor is not None
    released = change.minor if answer.released_minor is None else answer.released_minor
    left = answer.frozen_minor
    if left is not None and left < attributed_minor(freeze):
        differ(
            freeze, DifferenceKind.AMOUNT_DIFFERS, str(freeze.id), str(freeze.frozen_minor), str(left), now
        )
        left = None
    book_let_go(freeze, "cut", Kind.RELEASED, minor=released, left_minor=left, acting=acting, now=now)
    if change.due_at is not None:
        freeze.release_due_at = freeze.release_minor = None
    _done(change, now)
    told: dict[str, object] = {
        "change_id": str(change.id),
        "order_id": str(order.id),
        "released_minor": released,
        "frozen_minor": freeze.frozen_minor,
        "late": False,
    }
    draft = move_freeze(freeze, "cut", acting=acting, now=now, **told)
    _tell_owner(freeze, released, change, acting, now)
    return draft


def _is_held_wrongly(freeze: Freeze, answer: BankAnswer, now: datetime) -> bool:
    """Whether a bank says it still freezes what had ended here, and goes on to."""
    if "correct" not in FREEZE.allowed(freeze.status) or answer.ends_at is None or answer.ends_at <= now:
        return False
    if freeze.orders.filter(kind="release", status="fulfilled").exists():
        return False  # let go since; this answer is older
    live = find_live_freeze(freeze.case, freeze.account)
    return live is None or live.id == freeze.id  # it may have lapsed just now, not saved yet


def _correct(freeze: Freeze, answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> list[Draft]:
    before, freeze.expires_at = freeze.status, answer.ends_at
    freeze.ends_by_bank_at, freeze.confirmed_at = answer.ends_at, freeze.confirmed_at or now
    draft = move_freeze(freeze, "correct", acting=acting, now=now, reason="held_without_ground")
    freeze.end_reason = "held_without_ground"
    book_held(freeze, "correct", answer.frozen_minor or 0, before=before, acting=acting, now=now)
    differ(freeze, DifferenceKind.ANSWER, str(order.id), before, "frozen", now)
    freeze.save()
    return [draft, give_order(freeze, OrderKind.RELEASE, acting=acting, now=now)]


def _failed(
    freeze: Freeze, change: FreezeChange | None, answer: BankAnswer, acting: Actor, now: datetime
) -> list[Draft]:
    """A change that the bank did not carry out is over; what it says of a freeze that runs here is a difference."""
    drafts = []
    if change is not None and change.status == "ordered":
        change.status, change.done_at = "failed", now
        change.save()
        freeze.version += 1
        told = {"change_id": str(change.id), "kind": change.kind, "reason": answer.failure}
        drafts = [freeze_draft(freeze, "freeze.change_declined", acting, now, **told)]
        drafts += mark_unattended(freeze, now)
    if freeze.status in {"queued", "frozen", "releasing"}:
        differ(freeze, DifferenceKind.ANSWER, str(answer.order_id), freeze.status, answer.failure, now)
    return drafts


def _tell_owner(freeze: Freeze, released: int, change: FreezeChange, acting: Actor, now: datetime) -> None:
    people = [change.asked_by.name]
    owner_notice(
        freeze, released_minor=released, reason=change.ground, officers=people, acting=acting, now=now
    )


def _settled(answer: BankAnswer, order: Order, acting: Actor, now: datetime) -> Draft:
    act = "fulfil" if answer.ok else "refuse"
    return settle_order(order, act, acting=acting, now=now, failure=answer.failure)


def _change(order: Order) -> FreezeChange | None:
    rows = FreezeChange.objects.for_system("of a locked freeze").filter(order=order)
    change: FreezeChange | None = rows.select_related("asked_by").first()
    return change


def _done(change: FreezeChange, now: datetime) -> None:
    change.status, change.done_at = "done", now
    change.save()


def _kept(freeze: Freeze, drafts: list[Draft], *, least: int = 0) -> str:
    """Save, write, and say whether more than the order itself was moved."""
    freeze.save()
    write_entries(drafts)
    return "applied" if len(drafts) > least else "noted"


FREEZE_EFFECTS = {
    str(OrderKind.FREEZE): Effects(_freeze_answered, _moved("send"), _moved("time_out"), _problem, _goes_on),
    str(OrderKind.RENEW): Effects(_renewal_answered),
    str(OrderKind.CUT): Effects(_cut_answered),
    str(OrderKind.RELEASE): Effects(_release_answered),
}
