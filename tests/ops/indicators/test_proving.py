"""The proof over all tables: each law finds what breaks it, in the officer's scope, and the nightly one is loud."""

from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from tests.ops.measures.conftest import Desk
from yipanqi import catalog
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import Tier
from yipanqi.ops.indicators import tasks
from yipanqi.ops.indicators.proving import PROOFS, prove, prove_all, statement_of
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.services import post, shift
from yipanqi.rehearsal.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def hold(desk: Desk, case: Any, kind: Kind, minor: int, *, source: Kind = Kind.BANK) -> None:
    """Money on the payee's account in the books, and nowhere else."""
    legs = shift(
        Book.HOLDINGS, source, kind, minor, case_id=case.id, place_code=case.place_code,
        account_id=case.payments.get().payee_id,
    )  # fmt: skip
    post(
        "test", legs, once=str(new_id(desk.world.now)), case_id=case.id, place_code=case.place_code,
        ref=("case", case.id), acting=SYSTEM, now=desk.world.now,
    )  # fmt: skip


def lose_more(desk: Desk, case: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET loss_minor = loss_minor + 7 WHERE id = %s", [case.id])


def return_unpaid(desk: Desk, case: Any) -> None:
    """Both books say that a bank has paid, and no payout does."""
    given = {
        "case_id": case.id, "place_code": case.place_code, "victim_id": case.victim_id,
        "account_id": case.payments.get().payee_id,
    }  # fmt: skip
    ways = {
        Book.CLAIMS: (Kind.OUTSTANDING, Kind.ATTRIBUTED, Kind.RETURNED),
        Book.HOLDINGS: (Kind.BANK, Kind.FROZEN, Kind.ATTRIBUTED, Kind.RETURNED),
    }
    for book, kinds in ways.items():
        for source, target in pairwise(kinds):
            legs = shift(book, source, target, 7, **given)
            post(
                "test", legs, once=str(new_id(desk.world.now)), case_id=case.id, place_code=case.place_code,
                ref=("case", case.id), acting=SYSTEM, now=desk.world.now,
            )  # fmt: skip


BREAKS: dict[str, Any] = {
    "payouts_agree": return_unpaid,
    "repayments_agree": lambda desk, case: hold(desk, case, Kind.ESCROW, 7, source=Kind.ACCUSED),
    "losses_agree": lose_more,
    "stops_agree": lambda desk, case: hold(desk, case, Kind.STOPPED, 7),
    "freezes_agree": lambda desk, case: hold(desk, case, Kind.FROZEN, 7),
}


def by_name(officer: Any) -> dict[str, Any]:
    return {check.name: check for check in prove(officer)}


@pytest.mark.parametrize("broken", sorted(BREAKS))
def test_each_law_against_a_table_finds_what_breaks_it(desk: Desk, broken: str) -> None:
    case = desk.case()
    officer = desk.world.officer("prover", roles=["auditor"])
    elsewhere = desk.world.officer("xm", roles=["auditor"], unit="350200")
    assert all(check.ok for check in by_name(officer).values())
    BREAKS[broken](desk, case)
    found = by_name(officer)
    assert [name for name, check in found.items() if not check.ok] == [broken]
    check = found[broken]
    assert abs(check.left_minor - check.right_minor) == 7 and check.worst
    assert all(
        check.ok and check.left_minor == check.right_minor == 0 for check in by_name(elsewhere).values()
    )


def test_the_proof_is_for_those_who_read_the_books(world: World) -> None:
    with pytest.raises(NotAllowed):
        prove(world.officer("op", roles=["operator"]))


def test_every_law_has_a_name_and_a_statement_that_can_be_run(world: World) -> None:
    officer = world.officer("prover", roles=["auditor"], unit="350104")
    assert {f"money_law.{proof.name}" for proof in PROOFS} == {
        code for code in catalog.statuses() if code.startswith("money_law.")
    }
    for proof in PROOFS:
        sql = statement_of(proof.name, officer)
        assert f"{Tier.COUNTY}_code = '350104'" in sql and "{" not in sql
        with connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_nightly_proof_is_silent_while_all_holds_and_loud_when_it_does_not(desk: Desk) -> None:
    case = desk.case()
    assert prove_all(now=desk.world.now) == []
    assert not Entry.objects.filter(event="money.unbalanced").exists()
    hold(desk, case, Kind.FROZEN, 7)
    with pytest.raises(tasks.MoneyProofFailed, match="freezes_agree"):
        tasks.prove(0)
    entry = Entry.objects.get(event="money.unbalanced")
    assert (entry.payload, entry.place_code) == ({"reason": "freezes_agree", "amount_minor": 7}, "350000")
