"""What partners send: the same for the same seed and instant, in time order, and broken only where it is meant."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from yipanqi.rehearsal.messages import (
    LARGE_FIRST,
    LARGE_MINOR,
    LARGE_NOTICED,
    QUICK,
    RUSH,
    WINDUP,
    live_messages,
    plan_history,
)
from yipanqi.rehearsal.staging import FEED, PARTNERS
from yipanqi.rehearsal.world import World

UNTIL = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_the_same_seed_and_instant_give_the_same_rows() -> None:
    assert plan_history(7, UNTIL) == plan_history(7, UNTIL)
    assert plan_history(7, UNTIL).messages != plan_history(8, UNTIL).messages
    once, again = live_messages(7, UNTIL), live_messages(7, UNTIL)
    assert list(islice(once, 50)) == list(islice(again, 50))


@pytest.mark.parametrize("hour", [0, 9, 16, 23])
def test_a_history_is_of_two_days_in_order_and_ends_in_a_rush(hour: int) -> None:
    until = UNTIL.replace(hour=hour)
    plan = plan_history(3, until)
    instants = [message.sent_at for message in plan.messages]
    assert 300 <= len(instants) <= 700
    assert instants == sorted(instants)
    assert until - timedelta(hours=48) <= plan.starts_at <= until - timedelta(hours=24)
    assert plan.starts_at <= instants[0] and instants[-1] <= until - WINDUP
    assert len(plan.rush) >= 60
    assert all(until - RUSH < message.sent_at < until for message in plan.rush)


def test_a_rush_begins_with_large_payments_whose_money_can_go_on() -> None:
    plan = plan_history(3, UNTIL)
    large = plan.rush[:LARGE_FIRST]
    mules = {payment.move.payee.account for message in plan.messages for payment in message.payments}
    for message in large:
        (payment,) = message.payments
        assert payment.move.amount_minor >= LARGE_MINOR and payment.trail
        assert payment.at == message.sent_at - LARGE_NOTICED
        assert payment.move.payee.account not in mules


def test_some_senders_know_where_people_live() -> None:
    rows = [message.row for message in plan_history(3, UNTIL).messages]
    known = [row["person_address"] for row in rows if "person_address" in row]
    assert len(rows) / 5 < len(known) < len(rows) and all(text.startswith("福建省") for text in known)
    of_one: dict[str, set[str]] = {}
    for row in rows:
        if "person_address" in row and len(row["person_phone"]) == 11:
            of_one.setdefault(row["person_phone"], set()).add(row["person_address"])
    assert all(len(texts) == 1 for texts in of_one.values()), "one address each"


def test_a_quick_history_is_of_two_hours() -> None:
    plan = plan_history(3, UNTIL, quick=True)
    assert plan.starts_at == UNTIL - QUICK
    assert all(plan.starts_at <= message.sent_at for message in plan.messages)


def test_a_message_moved_moves_its_times_together() -> None:
    message = next(each for each in plan_history(3, UNTIL).messages if each.truth and each.truth.would_pay_at)
    later = message.at(message.sent_at + timedelta(hours=5), "x-")
    assert later.row["external_id"] == f"x-{message.row['external_id']}"
    before, after = (datetime.fromisoformat(each.row["occurred_at"]) for each in (message, later))
    assert after - before == timedelta(hours=5)
    assert message.truth and message.truth.would_pay_at and later.truth and later.truth.would_pay_at
    assert later.truth.would_pay_at - message.truth.would_pay_at == timedelta(hours=5)


def test_live_ids_differ_from_start_to_start() -> None:
    ids = [
        {message.row["external_id"] for message in islice(live_messages(7, at), 100)}
        for at in (UNTIL, UNTIL + timedelta(minutes=1))
    ]
    assert len(ids[0]) == 100 and not ids[0] & ids[1]


@pytest.mark.django_db
def test_the_centre_refuses_the_broken_rows_and_no_others() -> None:
    world = World(now=UNTIL).load()
    plan = plan_history(3, UNTIL)
    messages = plan.messages + plan.rush
    assert {message.sender for message in messages} == set(PARTNERS) - {FEED}
    fates = world.take_in([message.row for message in messages]).fates
    broken = [message.truth is None for message in messages]
    assert [fate.fate == "quarantined" for fate in fates] == broken
    assert 4 <= sum(broken) <= 40
    assert len({flaw.code for fate in fates for flaw in fate.flaws}) >= 3
