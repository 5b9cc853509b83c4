"""The books balance whatever is posted: the database refuses what does not, by whatever way it comes."""

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.ops.moneybook.conftest import Books, open_books
from yipanqi import catalog
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import KEPT_BY, SHIFTS, Book, Kind, Part
from yipanqi.ops.moneybook.models import MoneyEntry, MoneyLeg
from yipanqi.ops.moneybook.queries import (
    balance,
    balances_of_case,
    flow_between,
    legs_in_scope,
    list_postings,
    sums_by,
)
from yipanqi.ops.moneybook.services import MoneyUnbalanced, take_back
from yipanqi.ops.subjects.models import Account
from yipanqi.rehearsal.world import World

ENTRY = """
INSERT INTO moneybook_moneyentry (id, xid, act, case_id, ref_kind, ref_id, once, actor_kind, actor_id, recorded_at,
    place_code, province_code, city_code, county_code, station_code)
VALUES (%s, pg_current_xact_id()::text::bigint, 'raw', %s, 'case', %s, %s, 'system', '', '2026-03-02Z',
    '350104', '350000', '350100', '350104', '')
"""
LEG = """
INSERT INTO moneybook_moneyleg (entry_id, book, kind, part, case_id, amount_minor,
    place_code, province_code, city_code, county_code, station_code)
VALUES (%s, %s, %s, 'P', %s, %s, %s, '350000', '350100', '350104', '')
"""


def write_raw(books: Books, *legs: tuple[str, str, int, str]) -> uuid.UUID:
    """An entry with these (book, kind, sum, place) legs, past all of our code."""
    entry_id = new_id(books.world.now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ENTRY, [entry_id, books.case_id, books.case_id, str(entry_id)])
        for book, kind, minor, place in legs:
            cursor.execute(LEG, [entry_id, book, kind, books.case_id, minor, place])
    return entry_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "legs",
    [
        (),
        (("H", "frozen", 5, "350104"),),
        (("H", "bank", -5, "350104"), ("H", "frozen", 4, "350104")),
        (("C", "loss", -5, "350104"), ("H", "frozen", 5, "350104")),
        (("H", "bank", -5, "350104"), ("H", "frozen", 5, "350105")),
    ],
    ids=["no legs", "one leg", "a fen short", "two books", "two places"],
)
def test_the_database_refuses_an_unbalanced_entry(world: World, legs: Any) -> None:
    books = open_books(world)
    with pytest.raises(DatabaseError, match="unbalanced"):
        write_raw(books, *legs)
    assert not MoneyEntry.objects.for_system("a test").exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_changed_deleted_or_added_later(world: World) -> None:
    books = open_books(world)
    entry_id = write_raw(books, ("H", "bank", -5, "350104"), ("H", "frozen", 5, "350104"))
    with pytest.raises(DatabaseError, match="insert-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE moneybook_moneyleg SET amount_minor = amount_minor * 2")
    with pytest.raises(DatabaseError, match="insert-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM moneybook_moneyentry")
    with (
        pytest.raises(DatabaseError, match="no more legs"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        for kind, minor in (("bank", -1), ("frozen", 1)):
            cursor.execute(LEG, [entry_id, "H", kind, books.case_id, minor, "350104"])
    assert books.standing(Book.HOLDINGS, Kind.FROZEN) == 5


@pytest.mark.django_db(transaction=True)
def test_the_triggers_go_and_come_back(world: World) -> None:
    books = open_books(world)
    balanced = import_module("yipanqi.ops.moneybook.migrations.0002_balanced")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(balanced.OPEN)
        assert MoneyLeg.objects.for_system("a test").update(kind="frozen") == 0
        cursor.execute(balanced.CLOSE)
    with pytest.raises(DatabaseError, match="unbalanced"):
        write_raw(books, ("H", "frozen", 5, "350104"))


def test_a_posting_moves_money_once_and_says_so(books: Books) -> None:
    legs = books.shift(Book.HOLDINGS, Kind.BANK, Kind.STOPPED, 700)
    assert books.post(*legs, act="stop", once="stop:1") is True
    assert books.post(*legs, act="stop", once="stop:1") is False
    assert books.post(act="stop", once="stop:2") is False  # nothing moved, nothing posted
    assert books.standing(Book.HOLDINGS, Kind.STOPPED) == 700
    entry = Entry.objects.get(event="money.posted")
    assert entry.payload == {
        "kind": "stop",
        "case_id": str(books.case_id),
        "amount_minor": 700,
        "rows": 2,
    }


def test_a_posting_says_what_came_under_a_freeze_and_what_was_returned(books: Books) -> None:
    books.begin(1000, 800)
    books.attribute(300)
    books.post(*books.shift(Book.HOLDINGS, Kind.ATTRIBUTED, Kind.RETURNED, 100))
    books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.RELEASED, 200))
    books.post(*books.shift(Book.HOLDINGS, Kind.RELEASED, Kind.FROZEN, 50))
    books.post(*books.shift(Book.HOLDINGS, Kind.ACCUSED, Kind.ESCROW, 70))
    books.post(*books.shift(Book.HOLDINGS, Kind.ESCROW, Kind.ATTRIBUTED, 70, account_id=None))
    told = [
        (entry.payload.get("frozen_minor", 0), entry.payload.get("returned_minor", 0))
        for entry in Entry.objects.filter(event="money.posted").order_by("id")
    ]
    assert told == [(800, 0), (0, 0), (0, 100), (0, 0), (50, 0), (0, 0), (0, 0)]
    day = books.world.now - timedelta(hours=1), books.world.now + timedelta(hours=1)
    assert flow_between("350104", *day) == (850, 100)
    assert (
        flow_between("350200", *day) == flow_between("350104", day[1], day[1] + timedelta(days=1)) == (0, 0)
    )


def test_a_balance_keeps_what_its_kind_is_kept_by(books: Books) -> None:
    books.begin(1000, 800)
    books.attribute(300)
    found = {(each.key.book, each.key.kind): each for each in balances_of_case(books.case_id)}
    assert {key: each.minor for key, each in found.items()} == {
        (Book.CLAIMS, Kind.LOSS): -1000,
        (Book.CLAIMS, Kind.OUTSTANDING): 700,
        (Book.CLAIMS, Kind.ATTRIBUTED): 300,
        (Book.HOLDINGS, Kind.BANK): -800,
        (Book.HOLDINGS, Kind.FROZEN): 500,
        (Book.HOLDINGS, Kind.ATTRIBUTED): 300,
    }
    frozen, attributed = (found[Book.HOLDINGS, kind].key for kind in (Kind.FROZEN, Kind.ATTRIBUTED))
    assert (frozen.victim_id, frozen.account_id) == (None, books.accounts[0])
    assert (attributed.victim_id, attributed.account_id) == (books.victim_id, books.accounts[0])


def test_no_balance_falls_below_zero(books: Books) -> None:
    books.begin(1000, 800)
    with pytest.raises(MoneyUnbalanced) as refusal, transaction.atomic():
        books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.RELEASED, 801))
    assert refusal.value.facts == {"book": "H", "kind": "frozen", "minor": 1}
    with pytest.raises(MoneyUnbalanced), transaction.atomic():  # the other account holds nothing
        books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.RELEASED, 1, account_id=books.accounts[1]))
    books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.RELEASED, 800))
    assert books.standing(Book.HOLDINGS, Kind.FROZEN) == 0


@pytest.mark.parametrize(
    ("book", "source", "target", "minor", "over"),
    [
        (Book.CLAIMS, Kind.LOSS, Kind.RETURNED, 1, {}),
        (Book.HOLDINGS, Kind.RETURNED, Kind.FROZEN, 1, {}),
        (Book.HOLDINGS, Kind.BANK, Kind.FROZEN, -1, {}),
        (Book.HOLDINGS, Kind.BANK, Kind.FROZEN, 1, {"account_id": None}),
        (Book.CLAIMS, Kind.LOSS, Kind.OUTSTANDING, 1, {"victim_id": None}),
        (Book.CLAIMS, Kind.LOSS, Kind.OUTSTANDING, 1, {"part": Part.INTEREST}),
    ],
)
def test_a_shift_that_does_not_exist_is_refused(
    books: Books, book: Book, source: Kind, target: Kind, minor: int, over: dict[str, Any]
) -> None:
    with pytest.raises(ValueError):
        books.shift(book, source, target, minor, **over)


def test_every_shift_is_between_kinds_of_its_book_and_every_kind_has_a_name() -> None:
    for book, pairs in SHIFTS.items():
        assert {(book, kind) for pair in pairs for kind in pair} == {key for key in KEPT_BY if key[0] == book}
    assert {f"money_kind.{kind}" for kind in Kind} <= catalog.statuses().keys()


def test_what_was_attributed_is_taken_back_to_both_books(books: Books) -> None:
    books.begin(1000, 800)
    interest = books.shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, 9, part=Part.INTEREST)
    books.post(*interest)
    books.attribute(300)
    books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, 4, part=Part.INTEREST))
    paid = [books.shift(book, Kind.ATTRIBUTED, Kind.RETURNED, 100) for book in Book]
    books.post(*paid[0], *paid[1])

    def again() -> int:
        return take_back(
            case_id=books.case_id,
            account_id=books.accounts[0],
            ref=("freeze", books.case_id),
            acting=SYSTEM,
            now=books.world.now,
        )

    assert again() == 200
    assert again() == 0
    assert books.standing(Book.HOLDINGS, Kind.FROZEN) == 700
    assert books.standing(Book.HOLDINGS, Kind.FROZEN, Part.INTEREST) == 9
    assert books.standing(Book.CLAIMS, Kind.OUTSTANDING) == 900
    assert [books.standing(book, Kind.ATTRIBUTED) for book in Book] == [0, 0]
    assert [books.standing(book, Kind.RETURNED) for book in Book] == [100, 100]


def test_what_is_attributed_in_one_book_only_is_not_taken_back(books: Books) -> None:
    books.begin(1000, 800)
    books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, 300))
    with pytest.raises(MoneyUnbalanced, match="books differ"):
        take_back(
            case_id=books.case_id,
            account_id=books.accounts[0],
            ref=("freeze", books.case_id),
            acting=SYSTEM,
            now=books.world.now,
        )


def test_sums_by_city_end_at_the_officers_district(books: Books) -> None:
    books.begin(1000, 800)
    fuzhou = books.world.officer("fz", roles=["funds_officer"], unit="350100")
    xiamen = books.world.officer("xm", roles=["funds_officer"], unit="350200")
    sums = sums_by("city_code", legs_in_scope(fuzhou))["350100"]
    assert sums[Book.HOLDINGS, Kind.FROZEN, Part.PRINCIPAL] == 800 and sum(sums.values()) == 0
    assert sums_by("city_code", legs_in_scope(xiamen)) == {}
    with pytest.raises(NotAllowed):
        legs_in_scope(books.world.officer("op", roles=["operator"]))


def test_postings_are_told_shift_by_shift_the_newest_first(books: Books) -> None:
    books.begin(1000, 800)
    books.world.advance(timedelta(minutes=1))
    books.attribute(300)
    attribute, begin = list_postings(books.case_id)
    assert (attribute.act, begin.act) == ("attribute", "begin")
    assert attribute.recorded_at - begin.recorded_at == timedelta(minutes=1)
    assert [(each.book, each.source, each.target, each.minor) for each in attribute.shifts] == [
        (Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, 300),
        (Book.CLAIMS, Kind.OUTSTANDING, Kind.ATTRIBUTED, 300),
    ]
    assert {each.account_id for each in attribute.shifts} == {books.accounts[0]}
    assert list_postings(books.case_id, account_id=books.accounts[1]) == []


@pytest.mark.django_db(transaction=True)
def test_two_that_post_the_same_post_once(world: World, in_threads: Any) -> None:
    books = open_books(world)
    legs = books.shift(Book.HOLDINGS, Kind.BANK, Kind.STOPPED, 700)
    done = in_threads([lambda: books.post(*legs, once="stop:1")] * 4)
    assert sorted(done) == [False, False, False, True]
    assert books.standing(Book.HOLDINGS, Kind.STOPPED) == 700


@pytest.mark.django_db(transaction=True)
def test_two_that_take_the_same_money_follow_each_other(world: World, in_threads: Any) -> None:
    """Under the caller's lock, as every act posts: what is there is given once."""
    books = open_books(world)
    books.begin(1000, 800)

    def release() -> bool:
        try:
            with transaction.atomic():
                list(Account.objects.filter(id=books.accounts[0]).select_for_update(no_key=True))
                return books.post(*books.shift(Book.HOLDINGS, Kind.FROZEN, Kind.RELEASED, 500))
        except MoneyUnbalanced:
            return False

    assert sorted(in_threads([release] * 3)) == [False, False, True]
    assert balance(Book.HOLDINGS, Kind.FROZEN) == 300
