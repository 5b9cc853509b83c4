"""The books of the approver's desk: whatever asks for a second signature, in one queue, soonest due first.

A book knows how its signatures are listed, found, signed, declined and told; a new kind of measure adds its own to
`BOOKS`. Leaves alone: who may sign what, and what follows (the apps' services).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.measures.freezing.queries import (
    access_freeze_signature,
    list_freeze_signatures,
    waiting_freeze_signatures,
)
from yipanqi.ops.measures.queries import access_signature, list_signatures, waiting_signatures
from yipanqi.ops.measures.signing import decline, sign
from yipanqi.ops.measures.waiting import SigningDay, mark_of, signing_day
from yipanqi.ops.returns import queries as returns
from yipanqi.ops.returns import signing as returning
from yipanqi.ops.returns.looking import signing_day as signing_day_of_returns
from yipanqi.ops.staff.gates import may
from yipanqi.web import freeze_sheets, return_sheets, sheets


class Sheets(Protocol):
    """How the signatures of a book are told, each of a signature that passed its gate."""

    def does(self, signature: Any) -> str:
        """What is signed and to whom."""

    def short(self, signature: Any, at: datetime) -> dict[str, object]:
        """As the queue shows it: {id, account, kind, fraud_type, asked, clock}."""

    def sheet(self, signature: Any, at: datetime) -> dict[str, object]:
        """Everything the second person has to know; `template` names the part that shows it."""

    def decided(self, signature: Any, at: datetime) -> str:
        """Who decided meanwhile and how; "" while it waits."""


@dataclass(frozen=True)
class Book:
    """Signatures of one kind: `act` opens the book, `waiting` is the lazy set of `list`, `find` raises `not_found`."""

    act: str
    list: Callable[[Any], list[Any]]
    waiting: Callable[[Any], Any]
    find: Callable[[Any, uuid.UUID], Any]
    sign: Callable[..., object]
    decline: Callable[..., object]
    day: Callable[..., SigningDay]
    sheets: Sheets

    def mark(self, officer: Any) -> str:
        """What changes whenever a signature comes to wait for the officer, or waits no more."""
        return mark_of(self.waiting(officer))


BOOKS: tuple[Book, ...] = (
    Book(
        "stop.sign",
        list_signatures,
        waiting_signatures,
        access_signature,
        sign,
        decline,
        signing_day,
        sheets,
    ),
    Book(
        "freeze.sign",
        list_freeze_signatures,
        waiting_freeze_signatures,
        access_freeze_signature,
        sign,
        decline,
        lambda officer, *, now: signing_day(officer, of="freeze", now=now),
        freeze_sheets,
    ),
    Book(
        "return.sign",
        returns.list_signatures,
        returns.waiting_signatures,
        returns.access_signature,
        returning.sign,
        returning.decline,
        signing_day_of_returns,
        return_sheets,
    ),
)


@dataclass(frozen=True)
class Asked:
    """A signature with the book it stands in."""

    book: Book
    signature: Any

    @property
    def id(self) -> uuid.UUID:
        """The signature's id."""
        found: uuid.UUID = self.signature.id
        return found

    def does(self) -> str:
        """See `Sheets.does`."""
        return self.book.sheets.does(self.signature)

    def short(self, at: datetime) -> dict[str, object]:
        """See `Sheets.short`."""
        return self.book.sheets.short(self.signature, at)

    def sheet(self, at: datetime) -> dict[str, object]:
        """See `Sheets.sheet`."""
        return self.book.sheets.sheet(self.signature, at)

    def decided(self, at: datetime) -> str:
        """See `Sheets.decided`."""
        return self.book.sheets.decided(self.signature, at)


def open_books(officer: Any) -> list[Book]:
    """The books that an officer may sign in."""
    return [book for book in BOOKS if may(officer, book.act)]


def waiting(officer: Any) -> list[Asked]:
    """Everything that waits for this officer, soonest due first."""
    found = [Asked(book, each) for book in open_books(officer) for each in book.list(officer)]
    return sorted(found, key=lambda each: each.signature.due_at)


def find(officer: Any, signature_id: uuid.UUID) -> Asked:
    """A signature in whichever book it stands. Raises YipanqiError `not_found`."""
    for book in open_books(officer):
        try:
            return Asked(book, book.find(officer, signature_id))
        except YipanqiError as error:
            if error.code != "not_found":
                raise
    raise YipanqiError("no such signature in your scope", code="not_found")


def mark(officer: Any) -> str:
    """What changes whenever anything comes to wait for this officer, or waits no more."""
    return ".".join(book.mark(officer) for book in open_books(officer))


def count(officer: Any, cap: int) -> str:
    """How much waits for this officer, counted no further than the cap."""
    books = open_books(officer)
    found = sum(book.waiting(officer).order_by().values("pk")[: cap + 1].count() for book in books)
    return f"{cap:,}+" if found > cap else f"{found:,}"


def day(officer: Any, *, now: datetime) -> SigningDay:
    """Signatures given today in all books, and the median of those of stops, where minutes count."""
    days = [book.day(officer, now=now) for book in open_books(officer)]
    return SigningDay(sum(each.signed for each in days), days[0].median_seconds if days else None)
