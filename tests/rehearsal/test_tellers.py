"""The banks' counters: transfers in order and once, and a stop in time ends a trail."""

from datetime import UTC, datetime, timedelta

from yipanqi.rehearsal.moves import Move, Party, Payment
from yipanqi.rehearsal.tellers import Counters

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PHONE = "14000000001"
LATER = NOW + timedelta(hours=1)


def move(name: str, minute: float, payer: str, payee: str, yuan: int, kind: str = "transfer") -> Move:
    at = NOW + timedelta(minutes=minute)
    return Move(name, at, Party(payer, "ccb", payer), Party(payee, "icbc", payee), yuan * 100, kind, "atm")


def payment(minute: float = 0) -> Payment:
    """A victim pays 100 to a; 99 go on to b, and from there 90 as cash."""
    return Payment(
        PHONE,
        move("pay", minute, "victim", "a", 100),
        (
            move("on", minute + 4, "a", "b", 99),
            move("cash", minute + 8, "b", "CASH-ccb", 90, "cash_out"),
        ),
    )


def names(counters: Counters, until: datetime, *stopped: str) -> list[str]:
    return [each.id for each in counters.happen(until, stopped=set(stopped))]


def test_what_is_due_happens_once_and_in_order() -> None:
    counters = Counters()
    counters.expect([payment(), payment()])
    assert not counters.is_due(NOW - timedelta(seconds=1)) and counters.paid_by(PHONE) is None
    assert names(counters, NOW + timedelta(minutes=5)) == ["pay", "on"]
    counters.expect([payment()])
    assert names(counters, LATER) == ["cash"]
    found = counters.paid_by(PHONE)
    assert found is not None and found.id == "pay"


def test_a_stop_in_time_ends_the_trail() -> None:
    counters = Counters()
    counters.expect([payment()])
    assert names(counters, NOW) == ["pay"]
    assert names(counters, LATER, "a") == [], "nothing came to b, so nothing leaves it"


def test_a_stop_of_the_victims_card_keeps_the_money() -> None:
    counters = Counters()
    counters.expect([payment()])
    assert names(counters, LATER, "victim") == [] and counters.paid_by(PHONE) is None


def test_who_was_warned_pays_no_more_until_they_are_said_to_have_paid() -> None:
    counters = Counters()
    counters.expect([payment(30)])
    counters.warn(PHONE)
    assert names(counters, LATER) == []
    counters.expect([payment(61)])
    assert names(counters, LATER + timedelta(minutes=1)) == ["pay"]


def test_a_payment_expected_anew_happens_at_the_new_instant_alone() -> None:
    counters = Counters()
    counters.expect([payment(30)])
    counters.expect([payment(50)])
    assert names(counters, NOW + timedelta(minutes=40)) == []
    assert names(counters, NOW + timedelta(minutes=50)) == ["pay"]
