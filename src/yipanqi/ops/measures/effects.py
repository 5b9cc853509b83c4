"""What follows when an order was sent, ran out of time or was answered: one entry of a table for each kind of order.

Sending, retrying, cancelling and taking answers are one machine for all kinds (`ordering`, `answering`). An app enters
its kinds when it is ready: stops and freezes from here, what an app above orders from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi.ops.journal.services import Actor, Draft

if TYPE_CHECKING:
    from yipanqi.ops.measures.answering import BankAnswer
    from yipanqi.ops.measures.models import Order


def nothing(order: "Order", now: datetime) -> list[Draft]:
    """For kinds whose measure does not move by it."""
    return []


def no_problem(answer: "BankAnswer", order: "Order", now: datetime) -> str:
    """For kinds whose answers need nothing of their own."""
    return ""


def once(answer: "BankAnswer", order: "Order") -> bool:
    """For kinds that are answered once."""
    return False


@dataclass(frozen=True)
class Effects:
    """The effects of one kind, on a locked order with its locked measure.

    `sent` and `timed_out` move and save the measure and return the entries to write. `answered` settles the order,
    saves what it changes and returns the answer's effect. `problem` looks at an answer that says it was done;
    `goes_on` says whether one that comes after the answer is a further one.
    """

    answered: Callable[["BankAnswer", "Order", Actor, datetime], str]
    sent: Callable[["Order", datetime], list[Draft]] = nothing
    timed_out: Callable[["Order", datetime], list[Draft]] = nothing
    problem: Callable[["BankAnswer", "Order", datetime], str] = no_problem
    goes_on: Callable[["BankAnswer", "Order"], bool] = once


EFFECTS: dict[str, Effects] = {}
