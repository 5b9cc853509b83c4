"""The ledger as it is looked at: by the places below the officer's, by case, and month by month."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.indicators.books import (
    balances,
    export_books,
    find_broken,
    find_case,
    list_case_books,
    list_place_books,
    totals,
)
from yipanqi.ops.indicators.rates import Rates, list_rates, rates
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.services import post, shift
from yipanqi.rehearsal.world import World

LOST = (Book.CLAIMS, Kind.LOSS, Part.PRINCIPAL)


def give(world: World, case: Any, minor: int, *steps: tuple[Kind, Kind]) -> None:
    """Move so much of a case's claim along these steps, as returns do."""
    for source, target in steps:
        legs = shift(
            Book.CLAIMS, source, target, minor, case_id=case.id, place_code=case.place_code,
            victim_id=case.victim_id, account_id=case.payments.get().payee_id,
        )  # fmt: skip
        post(
            "test", legs, once=str(new_id(world.now)), case_id=case.id, place_code=case.place_code,
            ref=("case", case.id), acting=SYSTEM, now=world.now,
        )  # fmt: skip


@pytest.fixture
def auditors(world: World) -> dict[str, Any]:
    return {
        code: world.officer(f"a{code}", roles=["auditor"], unit=code)
        for code in ("350000", "350100", "350104", "350200")
    }


def test_each_tier_sees_the_places_right_below_it(world: World, auditors: dict[str, Any]) -> None:
    world.case()
    world.case(amount="10000.00")
    seen = {
        code: [(each.code, each.sums[LOST], each.agrees) for each in list_place_books(officer)]
        for code, officer in auditors.items()
    }
    assert seen == {
        "350000": [("350100", -6_000_000, True)],
        "350100": [("350104", -6_000_000, True)],
        "350104": [("350104", -6_000_000, True)],  # known to no station: the county's own
        "350200": [],
    }
    with pytest.raises(NotAllowed):
        list_place_books(world.officer("op"))


def test_a_row_that_does_not_agree_with_its_cases_says_so(world: World, auditors: dict[str, Any]) -> None:
    case = world.case()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET loss_minor = loss_minor + 1 WHERE id = %s", [case.id])
    assert [each.agrees for each in list_place_books(auditors["350000"])] == [False]
    page = list_case_books(auditors["350000"], "350100")
    assert [each.agrees for each in page.rows] == [False]
    assert find_broken(auditors["350000"], f"nothing {case.id}").id == case.id
    assert find_broken(auditors["350200"], str(case.id)) is None


def test_cases_of_a_place_or_by_number(world: World, auditors: dict[str, Any]) -> None:
    cases = []
    for _ in range(3):
        cases.append(world.case())
        world.advance(timedelta(minutes=1))
    province, county = auditors["350000"], auditors["350104"]
    assert [each.case.id for each in list_case_books(province, "350100").rows] == [
        one.id for one in cases[::-1]
    ]
    assert list_case_books(province, "350000").rows == []  # what lies at no city
    assert len(list_case_books(county, "350104").rows) == 3
    assert [each.case.id for each in list_case_books(county, "", number=cases[1].number).rows] == [
        cases[1].id
    ]
    assert list_case_books(auditors["350200"], "", number=cases[1].number).rows == []
    assert totals(list_case_books(county, "350104").rows)[LOST] == -15_000_000
    assert find_case(county, cases[0].id).id == cases[0].id
    for officer, case_id in ((auditors["350200"], cases[0].id), (county, uuid.uuid4())):
        with pytest.raises(YipanqiError, match="not in your scope"):
            find_case(officer, case_id)


def test_one_case_names_its_accounts_and_victims(world: World) -> None:
    case = world.case()
    give(world, case, 300, (Kind.OUTSTANDING, Kind.ATTRIBUTED))
    found = balances(case)
    assert found.agrees and set(found.victims) == {case.victim_id}
    account = case.payments.get().payee_id
    assert set(found.accounts) == {account}
    narrowed = balances(case, account_id=account)
    assert [(each.key.kind, each.minor) for each in narrowed.rows] == [(Kind.ATTRIBUTED, 300)]


def test_months_by_the_centres_days(world: World, auditors: dict[str, Any]) -> None:
    """World begins on 2 March 2026."""
    case, officer = world.case(), auditors["350000"]
    give(world, case, 2_000_000, (Kind.OUTSTANDING, Kind.ATTRIBUTED))
    world.advance(
        timedelta(days=29, hours=13, minutes=59)
    )  # the last minute of 31 March in the centre's zone
    give(world, case, 500_000, (Kind.ATTRIBUTED, Kind.RETURNED))
    world.advance(timedelta(minutes=1))
    give(world, case, 500_000, (Kind.ATTRIBUTED, Kind.RETURNED))
    give(world, case, 250_000, (Kind.ATTRIBUTED, Kind.OUTSTANDING))  # taken back
    april, march, february = list_rates(officer, now=world.now)[:3]
    assert march == Rates(date(2026, 3, 1), loss=5_000_000, recovered=2_000_000, returned=500_000)
    assert (march.recovered_ratio, march.return_ratio) == (0.4, 0.25)
    assert april == Rates(date(2026, 4, 1), loss=0, recovered=-250_000, returned=500_000)
    assert (april.recovered_ratio, april.return_ratio) == (None, None)
    assert february == Rates(date(2026, 2, 1))
    assert rates(officer, date(2026, 3, 17)) == march
    assert rates(auditors["350200"], date(2026, 3, 1)) == Rates(date(2026, 3, 1))
    assert len(list_rates(officer, now=world.now)) == 12


def test_the_export_is_of_the_scope_and_in_the_journal(world: World, auditors: dict[str, Any]) -> None:
    case = world.case()
    ((found, rows),) = export_books(acting_officer=auditors["350104"], now=world.now)
    assert found.id == case.id and sorted(each.minor for each in rows.rows) == [-5_000_000, 5_000_000]
    assert export_books(acting_officer=auditors["350200"], now=world.now) == []
    entry = Entry.objects.filter(event="money.exported").order_by("id").first()
    assert entry and entry.payload == {"officer_id": str(auditors["350104"].id), "rows": 2}
