"""Sums of the money ledger: what stands on a key, in a case, in each city. Nothing here is stored."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Sum

from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.models import MoneyLeg
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

_KEY = ("book", "kind", "part", "case_id", "victim_id", "account_id")


@dataclass(frozen=True)
class Key:
    """What a balance is kept by."""

    book: Book
    kind: Kind
    part: Part
    case_id: uuid.UUID
    victim_id: uuid.UUID | None
    account_id: uuid.UUID | None


@dataclass(frozen=True)
class Standing:
    """A key's balance in fen, and the place its legs stand at."""

    minor: int
    place_code: str


@dataclass(frozen=True)
class Balance:
    """A key with its balance in fen; contra kinds run below zero."""

    key: Key
    minor: int


@dataclass(frozen=True)
class CityBalance:
    """What stands in one city under a book, kind and part, in fen; "" is money of the province itself."""

    city_code: str
    book: Book
    kind: Kind
    part: Part
    minor: int


def standing(**which: Any) -> dict[Key, Standing]:
    """The balances of all keys whose legs match the filter; keys at zero are there too. For the books' own services."""
    rows = MoneyLeg.objects.for_system("sums under the caller's locks").filter(**which).order_by()
    sums = rows.values_list(*_KEY).annotate(minor=Sum("amount_minor"), place=Max("place_code"))
    return {
        Key(Book(book), Kind(kind), Part(part), case_id, victim_id, account_id): Standing(int(minor), place)
        for book, kind, part, case_id, victim_id, account_id, minor, place in sums
    }


def balances_of_case(case_id: uuid.UUID) -> list[Balance]:
    """What does not stand at zero in a case, in the order of the books; the caller has passed the case's gate."""
    order = list(Kind)
    found = [Balance(key, each.minor) for key, each in standing(case_id=case_id).items() if each.minor]
    return sorted(
        found,
        key=lambda one: (one.key.book, order.index(one.key.kind), str(one.key.account_id), one.key.part),
    )


def balance(
    book: Book,
    kind: Kind,
    *,
    case_id: uuid.UUID | None = None,
    victim_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
    part: Part = Part.PRINCIPAL,
) -> int:
    """The sum of a book's kind in fen, over all cases, victims and accounts that are not named."""
    named = {"case_id": case_id, "victim_id": victim_id, "account_id": account_id}
    rows = MoneyLeg.objects.for_system("a sum asked by an act").filter(book=book, kind=kind, part=part)
    rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
    return int(rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


def list_city_balances(officer: "Officer") -> list[CityBalance]:
    """The books by city within the officer's scope."""
    require(officer, "money.read")
    rows = MoneyLeg.objects.in_scope(officer.scope_code).order_by("city_code", "book", "kind", "part")
    sums = rows.values_list("city_code", "book", "kind", "part").annotate(minor=Sum("amount_minor"))
    return [
        CityBalance(city, Book(book), Kind(kind), Part(part), int(minor))
        for city, book, kind, part, minor in sums
    ]
