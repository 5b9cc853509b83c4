"""Whatever is posted in whatever order, the four laws of the books hold; and each law finds what breaks it."""

import contextlib
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.moneybook.conftest import PLACE, Books
from yipanqi.kernel.places import PlaceError
from yipanqi.ops.moneybook.enums import CONTRA, SHIFTS, Book, Kind, Part
from yipanqi.ops.moneybook.models import MoneyEntry, MoneyLeg
from yipanqi.ops.moneybook.proving import PROOFS, look, statement
from yipanqi.ops.moneybook.queries import balances_of_case
from yipanqi.ops.moneybook.services import MoneyUnbalanced

ALONE = sorted(
    (book, source, target)
    for book, pairs in SHIFTS.items()
    for source, target in pairs
    if not {source, target} & {Kind.ATTRIBUTED, Kind.RETURNED}
)
BOTH = [
    ((Kind.FROZEN, Kind.ATTRIBUTED), (Kind.OUTSTANDING, Kind.ATTRIBUTED)),
    ((Kind.ATTRIBUTED, Kind.FROZEN), (Kind.ATTRIBUTED, Kind.OUTSTANDING)),
    ((Kind.ATTRIBUTED, Kind.RETURNED), (Kind.ATTRIBUTED, Kind.RETURNED)),
    ((Kind.LAPSED, Kind.RETURNED), (Kind.OUTSTANDING, Kind.RETURNED)),
]
STEPS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(ALONE), st.sampled_from(BOTH)), st.integers(0, 500), st.integers(0, 1)
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_shifts_conserve(books: Books, steps: list[Any]) -> None:
    """Random shifts, refused or posted: nothing is made or lost, nothing falls below zero, every law holds."""
    with transaction.atomic():
        posted = 0
        books.begin(1000, 600)
        for step, minor, account in steps:
            over = {"account_id": books.accounts[account]}
            legs = (
                books.shift(*step, minor, **over)
                if len(step) == 3
                else books.shift(Book.HOLDINGS, *step[0], minor, **over)
                + books.shift(Book.CLAIMS, *step[1], minor, **over)
            )
            with contextlib.suppress(MoneyUnbalanced):
                posted += books.post(*legs)
        found = balances_of_case(books.case_id)
        for book in Book:
            assert sum(each.minor for each in found if each.key.book == book) == 0
        assert all(each.minor > 0 for each in found if each.key.kind not in CONTRA)
        assert [check for check in look(PROOFS, "350000") if not check.ok] == []
        assert MoneyEntry.objects.for_system("a test").count() == posted + 1
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        transaction.set_rollback(True)  # the next example begins with empty books


def add_loose_leg(books: Books, book: Book, kind: Kind, minor: int) -> None:
    """A leg by itself; the database looks at commit, and the test takes it back before."""
    entry = MoneyEntry.objects.for_system("a test").latest("id")
    leg = MoneyLeg(
        entry=entry,
        book=book,
        kind=kind,
        part=Part.PRINCIPAL,
        case_id=books.case_id,
        victim_id=books.victim_id,
        account_id=books.accounts[0],
        amount_minor=minor,
    )
    leg.put_at(PLACE)
    leg.save(force_insert=True)


@pytest.mark.parametrize(
    ("broken", "legs"),
    [
        ("entries_balance", [(Book.HOLDINGS, Kind.RELEASED, 1)]),
        ("nothing_below_zero", [(Book.HOLDINGS, Kind.RELEASED, -1), (Book.HOLDINGS, Kind.LAPSED, 1)]),
        ("books_agree", [(Book.HOLDINGS, Kind.BANK, -1), (Book.HOLDINGS, Kind.ATTRIBUTED, 1)]),
        ("within_loss", [(Book.CLAIMS, Kind.OUTSTANDING, -1001), (Book.CLAIMS, Kind.REPAID, 1001)]),
    ],
)
def test_each_law_finds_what_breaks_it(books: Books, broken: str, legs: list[Any]) -> None:
    books.begin(1000, 800)
    assert [check.ok for check in look(PROOFS, "350000")] == [True] * len(PROOFS)
    with transaction.atomic():
        for leg in legs:
            add_loose_leg(books, *leg)
        found = {check.name: check for check in look(PROOFS, "350000")}
        assert not found[broken].ok and found[broken].worst
        assert all(check.ok and check.left_minor == 0 for check in look(PROOFS, "350200"))
        transaction.set_rollback(True)  # the database would refuse it at commit


def test_a_statement_is_for_one_place(books: Books) -> None:
    assert "county_code = '350104'" in statement(PROOFS[0], "350104")
    with pytest.raises(PlaceError):
        statement(PROOFS[0], "350104' OR true --")
