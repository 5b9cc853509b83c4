"""What becomes of victims' money: every tainted transfer belongs to one payment; moving a payment moves its trail."""

from collections import Counter
from datetime import timedelta

import pytest

from yipanqi.engine.province import Province, generate
from yipanqi.rehearsal.moves import Payment, last_before, payments_of


@pytest.fixture(scope="module")
def province() -> Province:
    return generate(11, 2, scale=0.2, warnings_per_day=150)


@pytest.fixture(scope="module")
def payments(province: Province) -> list[Payment]:
    return [payment for found in payments_of(province).values() for payment in found]


def test_every_tainted_transfer_belongs_to_one_payment(province: Province, payments: list[Payment]) -> None:
    told = [move.id for payment in payments for move in (payment.move, *payment.trail)]
    assert sorted(told) == sorted(tainted.transfer_id for tainted in province.truth.tainted)
    assert len(told) > len(payments) > 50


def test_a_trail_passes_on_no_more_than_was_paid(payments: list[Payment]) -> None:
    for payment in payments:
        held = Counter({payment.move.payee.account: payment.move.amount_minor})
        assert [move.at for move in payment.trail] == sorted(move.at for move in payment.trail)
        for move in payment.trail:
            assert payment.at < move.at
            held[move.payer.account] -= move.amount_minor
            held[move.payee.account] += move.amount_minor
            assert held[move.payer.account] >= 0


def test_the_victim_pays_under_the_own_name(province: Province, payments: list[Payment]) -> None:
    residents = {resident.phone: resident for resident in province.residents}
    for payment in payments:
        victim = residents[payment.phone]
        assert (payment.move.payer.account, payment.move.payer.name) == (victim.account, victim.name)


def test_a_payment_moved_takes_its_trail_along(payments: list[Payment]) -> None:
    payment = next(each for each in payments if len(each.trail) > 3)
    later = payment.at + timedelta(days=3)
    moved = payment.moved(later, prefix="x-", speed=2)
    assert (moved.at, moved.move.id) == (later, f"x-{payment.move.id}")
    for before, after in zip(payment.trail, moved.trail, strict=True):
        assert after.at - later == (before.at - payment.at) / 2
        assert (after.id, after.amount_minor) == (f"x-{before.id}", before.amount_minor)


def test_the_last_payment_before_an_instant(payments: list[Payment]) -> None:
    in_order = sorted(payments, key=lambda each: each.at)
    assert last_before(payments, in_order[5].at) is in_order[5]
    assert last_before(payments, in_order[0].at - timedelta(seconds=1)) is None
