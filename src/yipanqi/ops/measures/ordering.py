"""Orders to banks: given with the act that needs them, in one transaction with their job, and followed until answered.

The sending itself is the gateways' task, called by name. It claims what waits for one bank, sends it and reports back;
killed anywhere between, it does so again, and the bank tells a repeat by the order's id.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from procrastinate.contrib.django import app as queue

from yipanqi.casework.lifecycles.partner_order import PARTNER_ORDER
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.services import note_stop_sent
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.effects import EFFECTS
from yipanqi.ops.measures.enums import OrderKind, Target
from yipanqi.ops.measures.models import Freeze, Order, PaymentStop
from yipanqi.ops.measures.moving import lock_accounts, move_order, naming, pack_of, term_end

SEND_TASK = "gateways.send_orders"
TOGETHER = 50
LOST_JOB = timedelta(seconds=20)  # after so long an order that still waits is given a job once more
MOST_ASKS = 5
_BACKOFF = (2, 4, 8, 16, 32, 60)
OPEN = ("waiting", "sent", "unanswered")
_TOLD = ("account", "case", "proposed_by", "signed_by")  # what a message says of its stop or freeze
Measure = PaymentStop | Freeze


@dataclass(frozen=True)
class Sent:
    """What became of one transmission: acknowledged, or the code of what went wrong."""

    order_id: uuid.UUID
    error: str = ""


def leave(stop: PaymentStop, *, acting: Actor, now: datetime) -> None:
    """Give the order to stop for a locked stop: from now on it has an expiry and counts on its account. Saves it."""
    stop.ordered_at, stop.counts = now, 1
    stop.expires_at = term_end(stop, now)
    stop.save()
    write_entries([give_order(stop, OrderKind.STOP, acting=acting, now=now)])


def give_order(measure: Measure, kind: OrderKind, *, acting: Actor, now: datetime) -> Draft:
    """Create an order about a locked stop or freeze with its job, in the caller's transaction; its journal draft."""
    return place_order(measure, kind, acting=acting, now=now)[1]


def place_order(measure: Measure, kind: OrderKind, *, acting: Actor, now: datetime) -> tuple[Order, Draft]:
    """The same, where the order itself is wanted."""
    order = Order(
        id=new_id(now),
        partner=measure.partner,
        kind=kind,
        status=PARTNER_ORDER.initial,
        created_at=now,
        valid_until_at=now + pack_of(measure).duration("stop.order_valid"),
        due_at=now + LOST_JOB,
    )
    _attach(order, measure)
    order.save(force_insert=True)
    _enqueue([order])
    body = {"order_id": str(order.id), "kind": str(kind), "bank": measure.partner.code, **naming(measure)}
    key, place = str(order.id), measure.place_code
    return order, Draft("order.given", acting, "order", key, now, place, body, after=order.status)


@transaction.atomic
def claim_orders(order_ids: Sequence[uuid.UUID], *, now: datetime) -> list[Order]:
    """The orders to send now: those named that are still open, and others that wait for the same bank, at most 50.

    Orders come in the order they were given; a try is counted on each.
    """
    named = Order.objects.filter(id__in=list(order_ids), status__in=OPEN)
    first = named.values("partner_id").first()
    if first is None:
        return []
    waiting = Order.objects.filter(partner_id=first["partner_id"], status="waiting")
    ids = set(waiting.order_by("created_at").values_list("id", flat=True)[:TOGETHER])
    ids |= set(named.filter(partner_id=first["partner_id"]).values_list("id", flat=True))
    rows = Order.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    rows = rows.select_related("partner", "stop__payment__payer", "stop__alert", "change__asked_by")
    rows = rows.select_related(*(f"stop__{name}" for name in _TOLD), *(f"freeze__{name}" for name in _TOLD))
    claimed = list(rows.filter(id__in=ids, status__in=OPEN).order_by("created_at", "id"))
    for order in claimed:
        order.tries += 1
        order.last_tried_at = now
    Order.objects.bulk_update(claimed, ["tries", "last_tried_at"])
    return claimed


@transaction.atomic
def note_sent(results: Sequence[Sent], *, now: datetime) -> int:
    """Write down what became of transmissions; returns how many were acknowledged. Safe to repeat.

    An order that was answered before this note keeps its answer. The first acknowledgement is a measure's `sent_at`.
    """
    by_id = {result.order_id: result for result in results}
    orders = lock_orders(by_id)
    drafts: list[Draft] = []
    acknowledged = 0
    for order in orders:
        result = by_id[order.id]
        if order.status not in OPEN:
            continue
        if result.error:
            order.last_error = result.error[:64]
            order.due_at = now + timedelta(seconds=_BACKOFF[min(order.tries, len(_BACKOFF)) - 1])
            continue
        acknowledged += 1
        order.last_error = ""
        if order.sent_at is not None:
            continue
        note_reached(order, now=now)
        order.due_at = now + pack_of(order.measure).duration("stop.answer_within")
        drafts.append(move_order(order, "send", acting=SYSTEM, now=now))
        drafts += EFFECTS[order.kind].sent(order, now)
    Order.objects.bulk_update(orders, ["status", "sent_at", "due_at", "last_error"])
    write_entries(drafts)
    return acknowledged


def lock_orders(order_ids: Iterable[uuid.UUID]) -> list[Order]:
    """Orders locked after their cases, accounts, stops and freezes, with the locked stop or freeze on each.

    Of a freeze's account the live stop is locked too: what the freeze takes, it takes from that.
    """
    found = Order.objects.filter(id__in=list(order_ids))
    keys = (
        "stop_id",
        "stop__case_id",
        "stop__account_id",
        "freeze_id",
        "freeze__case_id",
        "freeze__account_id",
    )
    named = list(found.values(*keys))
    cases = Case.objects.for_system("orders tell their cases").select_for_update(no_key=True)
    wanted = _all_of(named, "stop__case_id", "freeze__case_id")
    list(cases.filter(id__in=wanted).order_by("id").values_list("id"))
    lock_accounts(_all_of(named, "stop__account_id", "freeze__account_id"))
    beside = Q(account__in=_all_of(named, "freeze__account_id"), status__in=LIVE)
    measures: dict[uuid.UUID, Measure] = {}
    for rows in (
        PaymentStop.objects.for_system("orders move their stops").filter(
            Q(id__in=_all_of(named, "stop_id")) | beside
        ),
        Freeze.objects.for_system("orders move their freezes").filter(id__in=_all_of(named, "freeze_id")),
    ):
        locked = rows.select_for_update(no_key=True, of=("self",)).select_related(
            "partner", "account", "case"
        )
        measures |= {measure.id: measure for measure in locked.order_by("id")}
    orders = list(found.select_related("partner").select_for_update(no_key=True, of=("self",)).order_by("id"))
    for order in orders:
        _attach(order, measures[order.stop_id or order.freeze_id])
    return orders


def _all_of(rows: Iterable[dict[str, uuid.UUID | None]], *keys: str) -> set[uuid.UUID]:
    return {found for row in rows for key in keys if (found := row[key])}


def _attach(order: Order, measure: Measure) -> None:
    if isinstance(measure, PaymentStop):
        order.stop = measure
    else:
        order.freeze = measure


def note_reached(order: Order, *, now: datetime) -> None:
    """Note on a locked order, its measure and its case (not saved, but for the case) that it has reached the bank."""
    if order.sent_at is not None:
        return
    order.sent_at, measure = now, order.measure
    if order.kind in {OrderKind.STOP, OrderKind.FREEZE}:
        measure.sent_at = now
    if order.kind == OrderKind.STOP and measure.case and measure.target == Target.SUSPECT:
        note_stop_sent(measure.case, acting=SYSTEM, now=now)


@transaction.atomic
def follow_orders(*, now: datetime, limit: int = 500) -> int:
    """Look after orders whose time has come: send again what waits, call unanswered what was not answered in time.

    An unanswered order is asked again, five times at most, each time after twice as long. Returns how many were due.
    """
    due = Order.objects.filter(due_at__lte=now, status__in=OPEN).order_by("due_at")
    orders = lock_orders(due.values_list("id", flat=True)[:limit])
    drafts: list[Draft] = []
    again = []
    for order in orders:
        if order.status not in OPEN or order.due_at > now:
            continue
        answer_within = pack_of(order.measure).duration("stop.answer_within")
        if order.status != "unanswered" and now >= order.created_at + answer_within:
            drafts.append(move_order(order, "time_out", acting=SYSTEM, now=now))
            drafts += EFFECTS[order.kind].timed_out(order, now)
        if order.status == "waiting":
            order.due_at = now + LOST_JOB
        else:
            order.asks += 1
            order.due_at = now + answer_within * 2 ** min(order.asks, MOST_ASKS)
        if order.asks <= MOST_ASKS:
            again.append(order)
    Order.objects.bulk_update(orders, ["status", "due_at", "asks"])
    write_entries(drafts)
    _enqueue(again)
    return len(orders)


def cancel_orders(measure: Measure, *, acting: Actor, now: datetime, kinds: Sequence[str] = ()) -> bool:
    """Cancel a locked measure's open orders (of these kinds); True when none of them may have reached the bank."""
    rows = measure.orders.select_for_update(no_key=True).select_related("partner").filter(status__in=OPEN)
    orders = list(rows.filter(kind__in=kinds) if kinds else rows)
    untouched = all(order.tries == 0 for order in orders)
    drafts = []
    for order in orders:
        _attach(order, measure)
        drafts.append(move_order(order, "cancel", acting=acting, now=now))
        order.save()
    write_entries(drafts)
    return untouched


def _enqueue(orders: Iterable[Order]) -> None:
    """One job per bank for these orders. Jobs of one bank run one after the other, each taking along what waits."""
    by_bank: dict[str, list[str]] = {}
    for order in orders:
        by_bank.setdefault(order.partner.code, []).append(str(order.id))
    for code, ids in by_bank.items():
        queue.configure_task(SEND_TASK, queue="partners", lock=f"orders:{code}").defer(order_ids=ids)
