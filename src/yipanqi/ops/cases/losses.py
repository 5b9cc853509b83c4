"""A case's loss in the book of claims: what payments, corrections and the end of a case post with the act itself.

Leaves alone: what is attributed, returned and repaid of the loss (the apps above). Callers hold the case's lock.
"""

from datetime import datetime

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import Leg, post, shift

# Statuses of cases whose loss nobody goes on to settle.
WITHOUT_LOSS = ("withdrawn", "refused")


class MoneyAttributed(YipanqiError):
    """The loss would fall below what is attributed, returned or repaid of it already."""

    code = "money_attributed"


def post_payment(
    case: Case, payment: Payment, *, instead_of: Payment | None, acting: Actor, now: datetime
) -> None:
    """Post what a payment adds to the loss and, in the same entry, take off what it was misheard for.

    Raises MoneyAttributed when the loss would be less than what is settled of it.
    """
    legs = _shift(case, Kind.LOSS, Kind.OUTSTANDING, payment.amount_minor)
    if instead_of is not None:
        if _outstanding(case) + payment.amount_minor < instead_of.amount_minor:
            raise MoneyAttributed("more of the loss is settled than the payment would leave")
        legs += _shift(case, Kind.OUTSTANDING, Kind.LOSS, instead_of.amount_minor)
    _post(case, "payment_replaced" if instead_of else "payment", legs, payment, acting, now)


def post_end(case: Case, act: str, *, acting: Actor, now: datetime) -> None:
    """Take the whole loss of a case off the books that is withdrawn or refused (`act`).

    Raises MoneyAttributed when some of it is settled: that has to be taken back first.
    """
    if _outstanding(case) != case.loss_minor:
        raise MoneyAttributed("some of the case's loss is settled")
    _post(case, f"case_{act}", _shift(case, Kind.OUTSTANDING, Kind.LOSS, case.loss_minor), case, acting, now)


def _outstanding(case: Case) -> int:
    return balance(Book.CLAIMS, Kind.OUTSTANDING, case_id=case.id)


def _shift(case: Case, source: Kind, target: Kind, minor: int) -> tuple[Leg, ...]:
    return shift(
        Book.CLAIMS,
        source,
        target,
        minor,
        case_id=case.id,
        place_code=case.place_code,
        victim_id=case.victim_id,
    )


def _post(
    case: Case, act: str, legs: tuple[Leg, ...], about: Case | Payment, acting: Actor, now: datetime
) -> None:
    kind = "payment" if isinstance(about, Payment) else "case"
    post(
        act,
        legs,
        once=f"{act}:{about.id}",
        case_id=case.id,
        place_code=case.place_code,
        ref=(kind, about.id),
        acting=acting,
        now=now,
    )
