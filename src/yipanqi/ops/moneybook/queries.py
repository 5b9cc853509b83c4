"""Sums of the money ledger: what stands on a key, in a case, in each place; and its postings. No sum is stored."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Q, Sum

from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.moneybook.enums import UNDER_FREEZE, Book, Kind, Part
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


Sums = dict[tuple[Book, Kind, Part], int]


@dataclass(frozen=True)
class Shift:
    """One shift of a posting: how much went from which kind to which, of which account."""

    book: Book
    part: Part
    source: Kind
    target: Kind
    minor: int
    account_id: uuid.UUID | None


@dataclass(frozen=True)
class Posting:
    """What one act posted in a case."""

    act: str
    recorded_at: datetime
    shifts: list[Shift]


@dataclass(frozen=True)
class Balance:
    """A key with its balance in fen; contra kinds run below zero."""

    key: Key
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


def sums_by(column: str, rows: Any) -> dict[Any, Sums]:
    """Legs that the caller has narrowed to a scope, summed by one of their columns; keys at zero are left out."""
    found: dict[Any, Sums] = {}
    grouped = rows.order_by().values_list(column, "book", "kind", "part")
    for key, book, kind, part, minor in grouped.annotate(minor=Sum("amount_minor")):
        if minor:
            found.setdefault(key, {})[Book(book), Kind(kind), Part(part)] = int(minor)
    return found


def legs_in_scope(officer: "Officer") -> Any:
    """The legs of the officer's scope as a lazy set."""
    require(officer, "money.read")
    return MoneyLeg.objects.in_scope(officer.scope_code)


def flow_between(scope_code: str, start: datetime, end: datetime) -> tuple[int, int]:
    """Principal newly frozen, and returned, by the entries of a scope in a span of time; for the wall.

    What an entry brings under a freeze in all: what only gets or loses an owner's name there counts nothing.
    """
    legs = MoneyLeg.objects.for_system("entries of a scope, whose legs may stand elsewhere").filter(
        **scope_filter(scope_code, "entry__"),
        entry__recorded_at__gte=start,
        entry__recorded_at__lt=end,
        book=Book.HOLDINGS,
        part=Part.PRINCIPAL,
    )
    under_freeze = Q(kind__in=UNDER_FREEZE, account__isnull=False)
    entries = legs.order_by().values_list("entry_id")
    sums = list(
        entries.annotate(
            held=Sum("amount_minor", filter=under_freeze, default=0),
            returned=Sum("amount_minor", filter=Q(kind=Kind.RETURNED), default=0),
        )
    )
    return sum(max(0, int(held)) for _, held, _ in sums), sum(int(returned) for _, _, returned in sums)


def list_postings(
    case_id: uuid.UUID, *, account_id: uuid.UUID | None = None, limit: int = 50
) -> list[Posting]:
    """The latest postings in a case, or about one account in it, newest first; the caller has passed the gate.

    Legs were written in pairs, shift by shift; a shift is told once, with what its sides are kept by.
    """
    legs = MoneyLeg.objects.for_system("the postings of a case whose gate was passed").filter(case_id=case_id)
    if account_id:
        legs = legs.filter(account_id=account_id)
    entries = legs.order_by("-entry_id").values_list("entry_id", flat=True).distinct()[:limit]
    rows = MoneyLeg.objects.for_system("the legs of these postings").filter(
        entry_id__in=list(entries), case_id=case_id
    )
    found: dict[uuid.UUID, Posting] = {}
    pairs = iter(rows.select_related("entry").order_by("-entry__recorded_at", "-entry_id", "id"))
    for source, target in zip(pairs, pairs, strict=True):
        entry = source.entry
        posting = found.setdefault(entry.id, Posting(entry.act, entry.recorded_at, []))
        posting.shifts.append(
            Shift(
                Book(source.book),
                Part(source.part),
                Kind(source.kind),
                Kind(target.kind),
                target.amount_minor,
                source.account_id or target.account_id,
            )
        )
    return list(found.values())
