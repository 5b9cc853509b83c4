"""What a bank does with an order about a freeze, as a pure function of its books, its clock and the order.

A freeze needs account and name only, takes what those before it left, and waits in line (轮候) when that is nothing; it
ends when its notice says, by itself, and then the next gets the money. It ends the stop it names once it takes effect.
Ours: one case freezes an account once; a renewal must end later; after a cut or a return the freeze holds just what is
left, and ends when that is nothing; interest is paid out of what lies free on the account, then out of the frozen
money; a payee of this bank must be in its books by number and name, other banks are believed.
"""

from collections.abc import Collection
from datetime import datetime

from yipanqi.gateways.messages import (
    FailureCode,
    Former,
    FreezeKind,
    LineAnswer,
    OrderKind,
    OrderMessage,
    PayLine,
    Result,
)
from yipanqi.gateways.simulators.books import Act, Books, HeldFreeze, Place
from yipanqi.gateways.simulators.decisions import Decision, same_name, unlike


def decide_freeze(order: OrderMessage, *, books: Books, now: datetime) -> Decision:
    """What becomes of an order to freeze that was not seen before. Changes nothing."""
    terms, number = order.freeze, order.account.number
    wrong = unlike(order, books.accounts.get(number))
    if wrong:
        return Decision(failure_code=FailureCode.MISMATCH, failure_cause=wrong)
    assert terms is not None  # no message of this kind is read without
    if terms.until_at <= now:
        return Decision(failure_code=FailureCode.EXPIRED)
    line = books.line(number, now)
    if any(each.freeze.order_id and each.freeze.case_number == order.case_number for each in line):
        return Decision(failure_code=FailureCode.ALREADY_FROZEN)
    available, is_full = books.available_minor(number, now), terms.kind is FreezeKind.FULL
    taken = available if is_full else min(available, terms.asked_minor)
    place = Place(
        HeldFreeze(
            order_id=order.order_id,
            number=number,
            case_number=order.case_number,
            department=order.organisation.name.strip() or order.organisation.id,
            asked_minor=terms.asked_minor,
            is_full=is_full,
            told_minor=taken,
            starts_at=now,
            ends_at=terms.until_at,
            stop_id=order.original_order_id or "",
        ),
        taken,
        min((each for each in line if each.frozen_minor), key=lambda each: each.freeze.ends_at, default=None),
    )
    act = {"freeze": freeze_act(place.freeze)} | superseding(place, books, now)
    told = standing(place, books, now) | {
        "applied_minor": terms.asked_minor,
        "available_minor": available - taken,
    }
    return Decision(act, now, terms.until_at, told=told)


def decide_change(
    order: OrderMessage, *, books: Books, now: datetime, closed: Collection[str] = ()
) -> Decision:
    """What becomes of an order about a freeze that stands. `closed` are Refs of payees whose account is closed."""
    freeze = books.freezes.get(order.original_order_id or "")
    if freeze is None or freeze.number != order.account.number:
        return Decision(failure_code=FailureCode.UNKNOWN_FREEZE)
    if freeze.ended_at(now) is not None:
        return Decision(failure_code=FailureCode.FREEZE_ENDED, failure_cause=status_of(freeze, books, now))
    frozen = place_of(freeze, books, now).frozen_minor
    if order.kind is OrderKind.RENEW:
        return _renew(order, freeze, frozen)
    if order.kind is OrderKind.RETURN_MONEY:
        return _return(order, freeze, frozen, books, now, closed)
    return _let_go(freeze, frozen if order.release_minor is None else order.release_minor, frozen, now)


def place_of(freeze: HeldFreeze, books: Books, now: datetime) -> Place:
    """Where a live freeze stands in its account's line."""
    return next(each for each in books.line(freeze.number, now) if each.freeze is freeze)


def status_of(freeze: HeldFreeze, books: Books, now: datetime) -> str:
    """queued, in_effect, released or expired."""
    if freeze.released_at is not None:
        return "released"
    if freeze.ended_at(now) is not None:
        return "expired"
    return "queued" if place_of(freeze, books, now).is_queued else "in_effect"


def standing(place: Place, books: Books, now: datetime) -> dict[str, object]:
    """What an answer says of where a freeze stands: what it and the account hold, and who is before it."""
    number, former = place.freeze.number, place.former
    before = former and Former(former.freeze.department, former.frozen_minor, former.freeze.ends_at)
    return {
        "frozen_minor": place.frozen_minor,
        "balance_minor": books.accounts[number].balance_minor,
        "available_minor": books.available_minor(number, now),
        "former": before,
    }


def superseding(place: Place, books: Books, now: datetime) -> Act:
    """The act that ends the stop a freeze names, when the freeze takes effect and that stop still runs."""
    stop = books.stops.get(place.freeze.stop_id)
    live = books.live_stop(place.freeze.number, now)
    if place.is_queued or stop is None or stop is not live:
        return {}
    return {"lift": {"order_id": stop.order_id, "at": now.isoformat()}}


def freeze_act(freeze: HeldFreeze) -> Act:
    """A freeze as the books enter it."""
    return {
        "order_id": freeze.order_id,
        "number": freeze.number,
        "case_number": freeze.case_number,
        "department": freeze.department,
        "asked_minor": freeze.asked_minor,
        "is_full": freeze.is_full,
        "told_minor": freeze.told_minor,
        "starts_at": freeze.starts_at.isoformat(),
        "ends_at": freeze.ends_at.isoformat(),
        "stop_id": freeze.stop_id,
    }


def _renew(order: OrderMessage, freeze: HeldFreeze, frozen: int) -> Decision:
    assert order.freeze is not None  # no message of this kind is read without
    until = order.freeze.until_at
    if until <= freeze.ends_at:
        return Decision(failure_code=FailureCode.MISMATCH, failure_cause="time")
    act: Act = {"renew": {"order_id": freeze.order_id, "ends_at": until.isoformat()}}
    return Decision(act, freeze.starts_at, until, told={"frozen_minor": frozen})


def _let_go(freeze: HeldFreeze, minor: int, frozen: int, now: datetime) -> Decision:
    if minor > frozen:
        return Decision(failure_code=FailureCode.TOO_LITTLE_FROZEN)
    left = frozen - minor
    told = {"released_minor": minor, "released_at": now, "frozen_minor": left}
    ends_at = freeze.ends_at if left else now
    return Decision({"hold": _held(freeze, left, now)}, freeze.starts_at, ends_at, told=told)


def _return(
    order: OrderMessage,
    freeze: HeldFreeze,
    frozen: int,
    books: Books,
    now: datetime,
    closed: Collection[str],
) -> Decision:
    available = books.available_minor(freeze.number, now)
    if _taken(order.lines, available) > frozen:
        return Decision(failure_code=FailureCode.TOO_LITTLE_FROZEN)
    own = {order.institution, order.account.bank_code}
    causes = [_fault_of(line, own, books, closed) for line in order.lines]
    paid = [line for line, cause in zip(order.lines, causes, strict=True) if cause is None]
    left = frozen - _taken(paid, available)
    told = {
        "frozen_minor": left,
        "balance_minor": books.accounts[freeze.number].balance_minor
        - sum(line.principal_minor + line.interest_minor for line in paid),
        "lines": tuple(map(_line_answer, order.lines, causes)),
        "receipt_number": f"SIM-{order.order_id[:8]}",
    }
    ends_at = freeze.ends_at if left or not paid else now
    act: Act = {}
    if paid:
        entered = [
            [line.account if line.bank in own else "", line.principal_minor + line.interest_minor]
            for line in paid
        ]
        act["pay"] = {"number": freeze.number, "lines": entered, "at": now.isoformat()}
        act["hold"] = _held(freeze, left, now)
    return Decision(act, freeze.starts_at, ends_at, told=told)


def _taken(lines: Collection[PayLine], available: int) -> int:
    """What lines take from the frozen money: the principal, and the interest that does not lie free."""
    interest = sum(line.interest_minor for line in lines)
    return sum(line.principal_minor for line in lines) + max(0, interest - available)


def _fault_of(line: PayLine, own: set[str], books: Books, closed: Collection[str]) -> str | None:
    """Why a payee cannot be paid: name, closed, or empty when it is not in the books; None when it can."""
    if line.ref in closed:
        return "closed"
    if line.bank not in own:
        return None
    account = books.accounts.get(line.account)
    if account is None:
        return ""
    return None if same_name(line.name, account.name) else "name"


def _line_answer(line: PayLine, cause: str | None) -> LineAnswer:
    if cause is None:
        return LineAnswer(line.ref, Result.OK)
    return LineAnswer(line.ref, Result.FAILED, FailureCode.PAYEE_UNKNOWN, cause)


def _held(freeze: HeldFreeze, left: int, now: datetime) -> Act:
    return {"order_id": freeze.order_id, "minor": left, "at": now.isoformat()}
