"""What a case lost stands in the book of claims with the act that says so, and falls below nothing that is settled."""

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.cases.conftest import facts, seen
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.losses import MoneyAttributed
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.cases.services import correct_payment, enter_payment
from yipanqi.ops.indicators.proving import prove
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.models import MoneyEntry, MoneyLeg
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import post, shift
from yipanqi.rehearsal.world import World


class Desk:
    """A case of 50,000 yuan and the officers who enter, correct and end it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.duty = world.officer("duty", roles=["duty_officer", "investigator"])
        self.approver = world.officer("boss", roles=["approver"])
        self.prover = world.officer("audit", roles=["auditor"])
        self.case = world.case()

    def enter(self, amount: str) -> Payment:
        return enter_payment(
            case_id=self.case.id, facts=self.facts(amount), acting_officer=self.duty, now=self.world.now
        )

    def correct(self, amount: str, payment: Any = None) -> Payment:
        payment = payment or self.case.payments.get(replaced_at__isnull=True)
        return correct_payment(
            case_id=self.case.id, payment_id=payment.id, facts=self.facts(amount), acting_officer=self.duty,
            now=self.world.now,
        )  # fmt: skip

    def facts(self, amount: str) -> Any:
        return facts(self.world, amount=amount)

    def move(self, act: str) -> Case:
        officer = self.approver if act in {"refuse", "file"} else self.duty
        return move_case(
            case_id=self.case.id, version=seen(self.case).version, act=act, reason="核查", acting_officer=officer,
            now=self.world.now,
        )  # fmt: skip

    def settle(self, minor: int) -> None:
        """So much of the loss is attributed, as a return's decision posts it; no freeze stands behind it."""
        account = self.case.payments.first().payee_id
        given = {"case_id": self.case.id, "place_code": self.case.place_code, "account_id": account}
        victim = {"victim_id": self.case.victim_id}
        legs = shift(Book.CLAIMS, Kind.OUTSTANDING, Kind.ATTRIBUTED, minor, **given, **victim)
        legs += shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, minor, **given)
        legs += shift(Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, minor, **given, **victim)
        post(
            "test", legs, once=str(new_id(self.world.now)), case_id=self.case.id, place_code=self.case.place_code,
            ref=("case", self.case.id), acting=SYSTEM, now=self.world.now,
        )  # fmt: skip

    def standing(self, kind: Kind) -> int:
        return balance(Book.CLAIMS, kind, case_id=self.case.id)

    def losses_agree(self) -> bool:
        return next(check.ok for check in prove(self.prover) if check.name == "losses_agree")


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_payment_that_is_entered_is_lost_in_the_same_moment(desk: Desk) -> None:
    assert (desk.standing(Kind.LOSS), desk.standing(Kind.OUTSTANDING)) == (-5_000_000, 5_000_000)
    payment = desk.enter("30000")
    entry = MoneyEntry.objects.for_system("look").get(ref_id=payment.id)
    assert (entry.act, entry.ref_kind, entry.case_id, entry.once) == (
        "payment",
        "payment",
        desk.case.id,
        f"payment:{payment.id}",
    )
    legs = MoneyLeg.objects.for_system("look").filter(entry=entry)
    assert {(leg.victim_id, leg.account_id, leg.place_code) for leg in legs} == {
        (desk.case.victim_id, None, desk.case.place_code)
    }
    assert desk.standing(Kind.OUTSTANDING) == seen(desk.case).loss_minor == 8_000_000
    assert Entry.objects.filter(event="money.posted", payload__case_id=str(desk.case.id)).count() == 2
    assert desk.losses_agree()


def test_a_correction_is_one_posting_of_both_sums(desk: Desk) -> None:
    payment = desk.correct("42000.50")
    assert desk.standing(Kind.OUTSTANDING) == -desk.standing(Kind.LOSS) == 4_200_050
    entry = MoneyEntry.objects.for_system("look").get(ref_id=payment.id)
    assert entry.act == "payment_replaced" and entry.legs.for_system("look").count() == 4
    assert desk.losses_agree()


def test_a_correction_reaches_down_to_what_is_settled_and_no_further(desk: Desk) -> None:
    desk.settle(4_000_000)
    with pytest.raises(MoneyAttributed), transaction.atomic():
        desk.correct("39999.99")
    assert seen(desk.case).loss_minor == 5_000_000 and desk.standing(Kind.OUTSTANDING) == 1_000_000
    desk.correct("40000")
    assert desk.standing(Kind.OUTSTANDING) == 0 and desk.standing(Kind.ATTRIBUTED) == 4_000_000
    assert desk.losses_agree()


@pytest.mark.parametrize("act", ["withdraw", "refuse"])
def test_a_case_that_is_put_away_takes_its_loss_along(desk: Desk, act: str) -> None:
    assert desk.move(act).loss_minor == 5_000_000
    assert (desk.standing(Kind.LOSS), desk.standing(Kind.OUTSTANDING)) == (0, 0)
    assert desk.losses_agree()


def test_a_case_with_settled_money_is_not_put_away(desk: Desk) -> None:
    desk.settle(1)
    with pytest.raises(MoneyAttributed), transaction.atomic():
        desk.move("refuse")
    assert seen(desk.case).status == "reported"


def test_a_case_that_goes_on_keeps_its_loss(desk: Desk) -> None:
    for act in ("accept", "file", "solve", "close"):
        desk.move(act)
    assert desk.standing(Kind.OUTSTANDING) == 5_000_000 and desk.losses_agree()


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "correct", "settle", "move"]),
        st.integers(1, 9_000_000),
        st.sampled_from(["accept", "file", "withdraw", "refuse", "solve", "close"]),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_is_done_with_a_case_the_books_say_what_it_says(desk: Desk, acts: list[Any]) -> None:
    with transaction.atomic():
        for act, minor, move in acts:
            desk.world.advance(timedelta(seconds=1))
            amount = f"{minor // 100}.{minor % 100:02}"
            try:
                with transaction.atomic():
                    if act == "move":
                        desk.move(move)
                    elif act == "settle":
                        desk.settle(min(minor, desk.standing(Kind.OUTSTANDING)))
                    elif act == "correct":
                        desk.correct(amount, desk.case.payments.filter(replaced_at__isnull=True).last())
                    else:
                        desk.enter(amount)
            except YipanqiError:
                continue
        assert [
            check.name for check in prove(desk.prover) if not check.ok and check.name != "freezes_agree"
        ] == []
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_losses_from_before_there_were_books_are_opened_once(world: World) -> None:
    standing, withdrawn = world.case(), world.case()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE moneybook_moneyentry CASCADE")
        cursor.execute("UPDATE cases_case SET status = 'withdrawn' WHERE id = %s", [withdrawn.id])
    opening = import_module("yipanqi.ops.cases.migrations.0003_opening_losses").OPENING
    for _ in range(2):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(opening)
    assert balance(Book.CLAIMS, Kind.OUTSTANDING) == 5_000_000
    entry = MoneyEntry.objects.for_system("look").get()
    assert (entry.case_id, entry.recorded_at) == (standing.id, world.now)
    assert entry.once == f"payment:{uuid.UUID(str(entry.ref_id))}"
    assert all(check.ok for check in prove(world.officer("audit", roles=["auditor"])))
