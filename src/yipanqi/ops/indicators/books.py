"""The money ledger as it is looked at: by place, by case, and in one case by account and victim.

A row's sums agree when each book adds up to nothing in principal and interest, nothing is below zero but what money
comes from, and the loss is that of the cases. Leaves alone: whole proofs (`proving`) and the words of the page (web).
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.cases.losses import WITHOUT_LOSS
from yipanqi.ops.cases.models import Case
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.jurisdictions.paging import page_by_key
from yipanqi.ops.jurisdictions.scoping import TIER_COLUMNS, scope_filter
from yipanqi.ops.moneybook.enums import CONTRA, Book, Kind, Part
from yipanqi.ops.moneybook.models import MoneyLeg
from yipanqi.ops.moneybook.queries import Balance, Key, Sums, balances_of_case, legs_in_scope, sums_by
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account, Person

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAGE = 20
EXPORT_MAX = 50_000
_BELOW = {Tier.PROVINCE: Tier.CITY, Tier.CITY: Tier.COUNTY, Tier.COUNTY: Tier.STATION}


@dataclass(frozen=True)
class PlaceBook:
    """What stands in a place below the officer's (`code`; the officer's own code for what lies at no place below)."""

    code: str
    sums: Sums
    agrees: bool


@dataclass(frozen=True)
class CaseBook:
    """What stands in a case."""

    case: Any
    sums: Sums
    agrees: bool


@dataclass(frozen=True)
class BookPage:
    """A page of cases and the key of the next."""

    rows: list[CaseBook]
    after: str


@dataclass(frozen=True)
class Balances:
    """The balances of a case with the accounts and victims they name, by id."""

    rows: list[Balance]
    agrees: bool
    accounts: dict[uuid.UUID, Any] = field(default_factory=dict)
    victims: dict[uuid.UUID, Any] = field(default_factory=dict)


def list_place_books(officer: "Officer") -> list[PlaceBook]:
    """The books by the places directly below the officer's; a station's is one row, its own."""
    column = _column_below(officer.scope_code)
    sums = sums_by(column, legs_in_scope(officer))
    rows = Case.objects.in_scope(officer.scope_code).exclude(status__in=WITHOUT_LOSS).order_by()
    losses = {code: int(minor or 0) for code, minor in rows.values_list(column).annotate(m=Sum("loss_minor"))}
    return [
        PlaceBook(
            code or officer.scope_code, sums.get(code, {}), _agree(sums.get(code, {}), losses.get(code, 0))
        )
        for code in sorted(sums.keys() | {code for code, minor in losses.items() if minor})
    ]


def list_case_books(officer: "Officer", place_code: str, *, after: str = "", number: str = "") -> BookPage:
    """The books of a place's cases of which anything was posted, the newest first.

    The officer's own place means what lies at no place below it. A case's number finds it wherever it lies in scope.
    """
    require(officer, "money.read")
    posted = MoneyLeg.objects.for_system("whether a case in scope has legs").filter(case_id=OuterRef("id"))
    rows = Case.objects.in_scope(officer.scope_code).filter(Exists(posted))
    if number:
        rows = rows.filter(number=number)
    elif place_code == officer.scope_code:
        own = {} if tier_of(place_code) is Tier.STATION else {_column_below(place_code): ""}
        rows = rows.filter(**own)
    else:
        rows = rows.filter(**scope_filter(place_code))
    page = page_by_key(rows.defer("text", "reason"), "reported_at", after, PAGE)
    sums = sums_by("case_id", legs_in_scope(officer).filter(case_id__in=[case.id for case in page.rows]))
    books = [
        CaseBook(case, found := sums.get(case.id, {}), _agree(found, loss_of(case))) for case in page.rows
    ]
    return BookPage(books, page.after)


def find_case(officer: "Officer", case_id: uuid.UUID) -> Any:
    """The case whose money the officer looks at. Raises YipanqiError `not_found`."""
    require(officer, "money.read")
    case = Case.objects.in_scope(officer.scope_code).filter(id=case_id).first()
    if case is None:
        raise YipanqiError(f"case {case_id} is not in your scope", code="not_found")
    return case


def find_broken(officer: "Officer", worst: str) -> Any | None:
    """The case that the worst key of a check names, if it names one of the officer's scope."""
    ids = []
    for word in worst.split():
        try:
            ids.append(uuid.UUID(word))
        except ValueError:
            continue
    return Case.objects.in_scope(officer.scope_code).filter(id__in=ids).first()


def balances(case: Any, *, account_id: uuid.UUID | None = None) -> Balances:
    """A case's balances, or those about one account in it; the caller has passed the gate of the case."""
    rows = balances_of_case(case.id)
    sums: Sums = {}
    for each in rows:
        place = (each.key.book, each.key.kind, each.key.part)
        sums[place] = sums.get(place, 0) + each.minor
    agrees = _agree(sums, loss_of(case)) and all(
        each.minor > 0 for each in rows if each.key.kind not in CONTRA
    )
    if account_id:
        rows = [each for each in rows if each.key.account_id == account_id]
    return Balances(
        rows,
        agrees,
        Account.objects.in_bulk({each.key.account_id for each in rows if each.key.account_id}),
        {
            person.id: person
            for person in Person.objects.for_system("the victims of a case whose gate was passed").filter(
                id__in={each.key.victim_id for each in rows if each.key.victim_id}
            )
        },
    )


def loss_of(case: Any) -> int:
    """What the books have to say that a case lost."""
    return 0 if case.status in WITHOUT_LOSS else int(case.loss_minor)


def totals(books: list[Any]) -> Sums:
    """The sums of rows that were listed, added up."""
    found: Sums = {}
    for each in books:
        for key, minor in each.sums.items():
            found[key] = found.get(key, 0) + minor
    return found


@transaction.atomic
def export_books(*, acting_officer: "Officer", now: datetime) -> list[tuple[Any, Balances]]:
    """Every balance of the officer's scope that is not zero, case by case, at most `EXPORT_MAX`; journaled."""
    keys = ("case_id", "book", "kind", "part", "victim_id", "account_id")
    legs = legs_in_scope(acting_officer).order_by(
        "case_id", "book", "account_id", "victim_id", "part", "kind"
    )
    found: dict[uuid.UUID, list[Balance]] = {}
    count = 0
    for case_id, book, kind, part, victim_id, account_id, minor in legs.values_list(*keys).annotate(
        minor=Sum("amount_minor")
    ):
        if minor and count < EXPORT_MAX:
            key = Key(Book(book), Kind(kind), Part(part), case_id, victim_id, account_id)
            found.setdefault(case_id, []).append(Balance(key, int(minor)))
            count += 1
    officer_id = str(acting_officer.id)
    payload: dict[str, object] = {"officer_id": officer_id, "rows": count}
    actor, place = as_actor(acting_officer), acting_officer.unit_id
    write_entry(Draft("money.exported", actor, "officer", officer_id, now, place, payload=payload))
    cases = Case.objects.in_scope(acting_officer.scope_code).defer("text", "reason").in_bulk(list(found))
    rows = [each for of_case in found.values() for each in of_case]
    accounts = Account.objects.in_bulk({each.key.account_id for each in rows if each.key.account_id})
    people = Person.objects.for_system("the victims of cases in scope").in_bulk(
        {each.key.victim_id for each in rows if each.key.victim_id}
    )
    return [(cases[key], Balances(found[key], True, accounts, people)) for key in found if key in cases]


def _column_below(scope_code: str) -> str:
    tier = tier_of(scope_code)
    return TIER_COLUMNS[_BELOW.get(tier, tier)]


def _agree(sums: Sums, loss_minor: int) -> bool:
    whole = {(book, part): 0 for book in Book for part in Part}
    for (book, _, part), minor in sums.items():
        whole[book, part] += minor
    lost = sums.get((Book.CLAIMS, Kind.LOSS, Part.PRINCIPAL), 0)
    below = any(minor < 0 and kind not in CONTRA for (_, kind, _), minor in sums.items())
    return not any(whole.values()) and not below and lost == -loss_minor
