"""Rows into the ledger: one transfer told twice is one, a bank's word replaces a report's, and the folder can be made
anew."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.analytics.conftest import MULE, SECOND, VICTIM, Bank
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.models import LedgerRow, Seed
from yipanqi.analytics.settling import settle_all
from yipanqi.engine.tracing import trace
from yipanqi.ops.cases.models import Payment
from yipanqi.ops.cases.reading import read_payment
from yipanqi.ops.cases.services import correct_payment
from yipanqi.rehearsal.world import PROVINCE, World

Follow = Callable[..., Any]


def amounts() -> list[int]:
    """What really moves in the ledger, in its order."""
    ledger = fresh_store().ledger()
    return [int(minor) for minor, flags in zip(ledger.amount, ledger.flags, strict=True) if not flags & 0x10]


def seed_of(case: Any) -> LedgerRow:
    return Seed.objects.get(case=case).row


def test_rows_wait_until_they_are_settled_and_are_settled_once(world: World, bank: Bank) -> None:
    bank.post(bank.row(VICTIM, MULE, "500.00"), bank.row(MULE, SECOND, "400.00", after=5))
    assert LedgerRow.objects.filter(ledger_no=None).count() == 2
    assert settle_all(now=world.now).rows == 2
    assert settle_all(now=world.now).rows == 0
    assert sorted(LedgerRow.objects.values_list("ledger_no", flat=True)) == [1, 2]
    assert amounts() == [50_000, 40_000]


def test_both_banks_tell_one_transfer(world: World, bank: Bank) -> None:
    other = Bank(world, "icbc")
    bank.post(bank.row(MULE, SECOND, "400.00"), bank.row(MULE, SECOND, "400.00", after=30))
    other.post(other.row(MULE, SECOND, "400.00", after=40), other.row(MULE, SECOND, "400.00", after=599.9))
    settle_all(now=world.now)
    assert amounts() == [40_000, 40_000]
    pairs = dict(
        LedgerRow.objects.exclude(merged_into=None).values_list("external_id", "merged_into__external_id")
    )
    assert pairs == {"icbc-0001": "ccb-0002", "icbc-0002": "ccb-0001"}
    other.post(other.row(MULE, SECOND, "400.00", after=45))
    settle_all(now=world.now)
    assert len(amounts()) == 3, "each bank tells a transfer once"


@pytest.mark.parametrize(
    "more", [{"after": 601}, {"amount": "400.01"}, {"payee": VICTIM}, {"kind": "cash_out"}]
)
def test_what_differs_is_another_transfer(world: World, bank: Bank, more: dict[str, Any]) -> None:
    other = Bank(world, "icbc")
    told: dict[str, Any] = {"payer": MULE, "payee": SECOND, "amount": "400.00"}
    bank.post(bank.row(**told))
    other.post(other.row(**(told | more)))
    settle_all(now=world.now)
    assert len(amounts()) == 2


def test_a_report_stands_in_until_the_bank_tells(world: World, bank: Bank, follow: Follow) -> None:
    case = world.case(payer_account=VICTIM, payer_bank="ccb")
    follow(case)
    assert seed_of(case).sender == "report" and amounts() == [5_000_000]
    bank.post(bank.row(VICTIM, MULE, "50000.00", after=-300), bank.row(MULE, SECOND, "49000.00", after=-200))
    follow()
    assert seed_of(case).transfer_id == "ccb:ccb-0001"
    assert amounts() == [5_000_000, 4_900_000], "the report's row is out of the ledger"
    found = trace(fresh_store().ledger(), ["ccb:ccb-0001"])
    assert [account.level for account in found.accounts] == [1, 2], "the bank knows when it was"


def test_a_bank_that_told_first_gives_the_seed(world: World, bank: Bank, follow: Follow) -> None:
    bank.post(
        bank.row(VICTIM, MULE, "50000.00", after=-400),
        bank.row(VICTIM, MULE, "50000.00", after=20),
        bank.row(SECOND, MULE, "50000.00", after=1),
    )
    case = world.case(payer_account=VICTIM, payer_bank="ccb")
    follow(case)
    assert seed_of(case).external_id == "ccb-0002" and len(amounts()) == 3
    follow(case)
    assert Seed.objects.count() == 1


def test_a_payment_without_its_payer_is_known_by_payee_amount_and_time(
    world: World, bank: Bank, follow: Follow
) -> None:
    case = world.case()
    follow(case)
    assert not seed_of(case).payer_known
    bank.post(bank.row(SECOND, MULE, "49999.00"), bank.row(VICTIM, MULE, "50000.00", after=90))
    follow()
    assert seed_of(case).external_id == "ccb-0002" and sorted(amounts()) == [4_999_900, 5_000_000]


def test_two_reports_of_one_payment_put_it_in_once(world: World, follow: Follow) -> None:
    first, second = (world.case(payer_account=VICTIM, payer_bank="ccb") for _ in range(2))
    follow(first, second)
    assert seed_of(first) == seed_of(second) and amounts() == [5_000_000]


@pytest.mark.parametrize("settled", [True, False])
def test_a_corrected_payment_takes_the_place_of_the_first(
    world: World, follow: Follow, settled: bool
) -> None:
    case, officer = world.case(payer_account=VICTIM, payer_bank="ccb"), world.officer(roles=["funds_officer"])
    if settled:
        follow(case)
    raw = {
        "payee_account": MULE,
        "payee_name": "周二",
        "payee_bank": "ccb",
        "amount": "5000.00",
        "paid_at": (world.now - timedelta(minutes=1)).isoformat(),
    }
    correct_payment(
        case_id=case.id,
        payment_id=Payment.objects.get().id,
        facts=read_payment(raw, scope_code=PROVINCE, now=world.now),
        acting_officer=officer,
        now=world.now,
    )
    follow(case)
    assert amounts() == [500_000] and seed_of(case).amount_minor == 500_000


def test_a_reversal_names_the_row_that_stands(world: World, bank: Bank) -> None:
    other = Bank(world, "icbc")
    bank.post(bank.row(MULE, SECOND, "400.00"))
    other.post(other.row(MULE, SECOND, "400.00", after=3))
    other.post(other.row(SECOND, MULE, "400.00", after=60, kind="reversal", reverses="icbc-0001"))
    settle_all(now=world.now)
    assert amounts() == []


def test_a_folder_that_is_gone_is_made_anew(world: World, bank: Bank, follow: Follow) -> None:
    case = world.case(payer_account=VICTIM, payer_bank="ccb")
    follow(case)
    bank.post(bank.row(VICTIM, MULE, "50000.00", after=2), bank.row(MULE, SECOND, "400.00", after=5))
    follow()
    before = amounts()
    shutil.rmtree(settings.LEDGER_DIR)
    assert amounts() == before == [5_000_000, 40_000]


def test_a_crash_after_the_append_does_no_harm(world: World, bank: Bank) -> None:
    bank.post(bank.row(VICTIM, MULE, "500.00"))
    settle_all(now=world.now)
    store = fresh_store()
    (store.folder / "written").unlink()
    assert amounts() == [50_000] and (store.folder / "written").read_text() == "1"


def test_an_old_folder_catches_up(world: World, bank: Bank, follow: Follow, tmp_path: Path) -> None:
    case = world.case(payer_account=VICTIM, payer_bank="ccb")
    follow(case)
    assert amounts() == [5_000_000]
    shutil.copytree(settings.LEDGER_DIR, tmp_path / "old")
    bank.post(bank.row(VICTIM, MULE, "50000.00", after=2), bank.row(MULE, SECOND, "400.00", after=5))
    follow()
    shutil.rmtree(settings.LEDGER_DIR)
    (tmp_path / "old").rename(settings.LEDGER_DIR)
    assert amounts() == [5_000_000, 40_000]
