"""What an institution does with an order, as a pure function of its books, its clock and the order.

Here stand the rules of stops, which are those of 银发〔2016〕86号 (rules.md §2.1); those of freezes stand in `freezing`.
The account's name, number, amount and time of the transfer must all fit the books, else nothing is stopped; a stop
lasts 48 hours from the institution's own instant and then ends by itself; a stopped account takes money in and lets
none out. Ours: an order without a transfer (the protective stop of a resident's own card) is held against number
and name only; ExpireTime is the last instant to act on an order and does not shorten the stop; an extension adds
one further period, once; phones keep the same period.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from yipanqi.gateways.messages import FailureCode, OrderKind, OrderMessage
from yipanqi.gateways.simulators.books import Act, Books, HeldAccount, HeldStop
from yipanqi.gateways.simulators.decisions import Decision, unlike
from yipanqi.gateways.simulators.freezing import decide_change, decide_freeze


@dataclass(frozen=True)
class Terms:
    """How long a stop lasts, and how far apart two clocks may have booked one transfer."""

    period: timedelta = timedelta(hours=48)
    time_tolerance: timedelta = timedelta(minutes=5)


def decide(
    order: OrderMessage, *, books: Books, terms: Terms, now: datetime, closed: Collection[str] = ()
) -> Decision:
    """What the institution does with an order it has not seen before. Changes nothing.

    `closed` are Refs of payees of a return whose account shall turn out to be closed.
    """
    if now > order.expires_at:
        return Decision(failure_code=FailureCode.EXPIRED)
    if order.kind is OrderKind.STOP:
        return _stop(order, books, terms, now)
    if order.kind is OrderKind.FREEZE:
        return decide_freeze(order, books=books, now=now)
    if order.kind not in {OrderKind.LIFT, OrderKind.EXTEND}:
        return decide_change(order, books=books, now=now, closed=closed)
    stop = books.stops.get(order.original_order_id or "")
    if stop is None or stop.number != order.account.number:
        return Decision(failure_code=FailureCode.UNKNOWN_STOP)
    if stop.ended_at(now) is not None:
        return Decision(failure_code=FailureCode.NOT_IN_EFFECT, failure_cause=stop.status(now))
    return _lift(stop, now) if order.kind is OrderKind.LIFT else _extend(stop, terms)


def mismatch(order: OrderMessage, account: HeldAccount | None, tolerance: timedelta) -> str:
    """The first element that does not fit the books: account, name, amount or time; empty when all fit."""
    wrong = unlike(order, account)
    if wrong or account is None or order.amount_minor is None or order.transfer_at is None:
        return wrong
    times = [at for minor, at in account.credits if minor == order.amount_minor]
    if not times:
        return "amount"
    return "" if any(abs(at - order.transfer_at) <= tolerance for at in times) else "time"


def _stop(order: OrderMessage, books: Books, terms: Terms, now: datetime) -> Decision:
    number = order.account.number
    account = books.accounts.get(number)
    wrong = mismatch(order, account, terms.time_tolerance)
    if wrong or account is None:
        return Decision(failure_code=FailureCode.MISMATCH, failure_cause=wrong)
    if books.live_stop(number, now) is not None:
        return Decision(failure_code=FailureCode.ALREADY_STOPPED)
    ends_at = now + terms.period
    entered: Act = {
        "order_id": order.order_id,
        "number": number,
        "asked_minor": order.amount_minor,
        "balance_minor": account.balance_minor,
        "starts_at": now.isoformat(),
        "ends_at": ends_at.isoformat(),
    }
    return Decision({"stop": entered}, now, ends_at)


def _lift(stop: HeldStop, now: datetime) -> Decision:
    return Decision({"lift": {"order_id": stop.order_id, "at": now.isoformat()}}, stop.starts_at, now)


def _extend(stop: HeldStop, terms: Terms) -> Decision:
    if stop.is_extended:
        return Decision(failure_code=FailureCode.EXTENDED_ALREADY)
    ends_at = stop.ends_at + terms.period
    entered: Act = {"order_id": stop.order_id, "ends_at": ends_at.isoformat()}
    return Decision({"extend": entered}, stop.starts_at, ends_at)
