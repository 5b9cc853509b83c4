"""What victims say of their payments: the warning's own facts, and the rest drawn from the seed, always alike."""

from datetime import UTC, datetime, timedelta

import pytest

from yipanqi import catalog
from yipanqi.ops.cases.reading import read_payment
from yipanqi.rehearsal.clerks import payment_of
from yipanqi.rehearsal.world import PROVINCE, World

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_a_warnings_facts_are_kept() -> None:
    at = NOW - timedelta(minutes=5)
    row = {
        "person_phone": "14000000001",
        "suspect_account": "6222021602001234567",
        "suspect_bank": catalog.banks()["ccb"].name.zh,
        "amount": "3.5万",
        "occurred_at": at.isoformat(),
    }
    paid = payment_of(7, row, NOW)
    assert (paid.account, paid.bank, paid.amount, paid.at) == ("6222021602001234567", "ccb", "35000.00", at)
    assert payment_of(7, row, NOW) == paid


@pytest.mark.django_db
def test_what_is_drawn_can_be_entered() -> None:
    World().load()
    for number in range(20):
        paid = payment_of(7, {"person_phone": f"140{number:08}"}, NOW)
        assert paid.at < NOW and paid.bank in catalog.banks()
        row = {
            "payee_account": paid.account,
            "payee_name": paid.name,
            "payee_bank": paid.bank,
            "amount": paid.amount,
            "paid_at": paid.at.isoformat(),
        }
        assert read_payment(row, scope_code=PROVINCE, now=NOW).amount_minor > 0
