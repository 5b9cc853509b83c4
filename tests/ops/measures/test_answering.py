"""What a bank answers, late, twice, out of order or not at all, and what a stop makes of it."""

from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.ops.measures.conftest import Desk, held, signed
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.models import Answer, Difference, Order
from yipanqi.ops.measures.ordering import MOST_ASKS
from yipanqi.ops.measures.queries import answer_minutes

HOURS_48 = timedelta(hours=48)


def test_an_answer_faster_than_the_acknowledgement_ends_the_clock_too(desk: Desk) -> None:
    case = desk.case()
    stop = desk.propose(case)
    assert desk.answer(desk.order(stop)).effect == "applied"
    case.refresh_from_db(from_queryset=type(case).objects.for_system("t"))
    assert case.stop_sent_at == desk.seen(stop).sent_at == desk.order(stop).sent_at == desk.world.now
    assert desk.send(desk.order(stop)) == 0 and desk.seen(stop).status == "stopped"


def test_no_answer_is_noticed_asked_again_and_a_late_stop_is_accepted(desk: Desk) -> None:
    stop = desk.propose()
    order = desk.order(stop)
    desk.send(order)
    signed(desk, stop)
    ProcrastinateJob.objects.all().delete()
    for asks in range(1, MOST_ASKS + 3):
        desk.world.advance(desk.order(stop).due_at - desk.world.now)
        fire_due(now=desk.world.now)
        assert desk.seen(stop).status == desk.order(stop).status == "unanswered"
        assert ProcrastinateJob.objects.count() == min(asks, MOST_ASKS)
    began = desk.world.now - timedelta(minutes=3)
    assert desk.answer(order, starts_at=began, ends_at=began + HOURS_48).effect == "applied"
    now = desk.seen(stop)
    assert (now.status, now.stopped_at, now.expires_at) == ("stopped", began, began + HOURS_48)


def test_an_unanswered_stop_ends_too(desk: Desk) -> None:
    stop = desk.propose()
    desk.send(desk.order(stop))
    signed(desk, stop)
    desk.world.advance(HOURS_48)
    fire_due(now=desk.world.now)
    assert desk.seen(stop).status == "expired" and desk.order(stop).status == "cancelled"
    late = desk.answer(desk.order(stop), starts_at=desk.world.now, ends_at=desk.world.now + HOURS_48)
    now = desk.seen(stop)
    assert late.effect == "applied" and now.status == "lifting"  # held without reason: lifted at once
    assert desk.order(stop, "lift").status == "waiting" and now.expires_at == desk.world.now + HOURS_48
    assert Difference.objects.get().kind == "answer"


def test_lifting_waits_for_an_order_that_may_have_arrived(desk: Desk) -> None:
    stop = desk.propose()
    order = desk.order(stop)
    desk.send(order, error="timeout")  # it may have arrived all the same
    lift_stop(
        stop_id=stop.id, version=desk.seen(stop).version, reason="safe",
        acting_officer=desk.funds, now=desk.world.now,
    )  # fmt: skip
    assert desk.seen(stop).status == "lifting"
    lift = desk.order(stop, "lift")
    desk.send(lift)
    desk.answer(lift, ok=False, failure="unknown_stop")
    now = desk.seen(stop)
    assert (now.status, now.counts, now.end_reason) == ("lifted", 1, "safe")  # the bank may act yet
    assert desk.answer(order).effect == "applied"  # the first order arrives after all, and holds
    assert desk.seen(stop).status == "lifting" and desk.order(stop, "lift").id != lift.id


def test_answers_out_of_order_end_in_the_same_state(desk: Desk) -> None:
    stop = desk.propose()
    order = desk.order(stop)
    desk.send(order)
    signed(desk, stop)
    lift_stop(
        stop_id=stop.id, version=desk.seen(stop).version, reason="safe",
        acting_officer=desk.funds, now=desk.world.now,
    )  # fmt: skip
    lift = desk.order(stop, "lift")
    desk.send(lift)
    began = desk.world.now
    desk.world.advance(timedelta(seconds=5))
    desk.answer(lift, starts_at=began, ends_at=desk.world.now)
    desk.answer(order, starts_at=began, ends_at=began + HOURS_48)
    now = desk.seen(stop)
    assert (now.status, now.counts, now.stopped_at) == ("lifted", 1, began)


def test_a_repeated_answer_changes_nothing(desk: Desk) -> None:
    stop = held(desk)
    before = desk.seen(stop)
    again = desk.answer(desk.order(stop))
    assert again.effect == "repeated" and desk.seen(stop).version == before.version
    assert Answer.objects.get().repeats == 1


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"kind": "lift"}, "answer_of_other_kind"),
        ({"account": "6222021602009999999"}, "answer_account_differs"),
        ({"starts_at": None}, "answer_without_start"),
        ({"starts_at": "late"}, "answer_start_impossible"),
        ({"starts_at": "early"}, "answer_start_impossible"),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing_and_is_kept(
    desk: Desk, wrong: Any, problem: str
) -> None:
    stop = desk.propose()
    desk.send(desk.order(stop))
    now = desk.world.now
    given = {"late": now + timedelta(hours=1), "early": now - timedelta(hours=1)}
    wrong = {name: given.get(value, value) for name, value in wrong.items()}
    taken = desk.answer(desk.order(stop), **wrong)
    assert (taken.effect, taken.problem) == ("kept", problem)
    assert desk.seen(stop).status == "sent" and desk.order(stop).status == "sent"
    assert Answer.objects.get().problem == problem


def test_another_banks_answer_is_not_ours(desk: Desk) -> None:
    stop = desk.propose()
    desk.bank = desk.world.bank("icbc")
    assert desk.answer(desk.order(stop)).problem == "order_unknown"
    assert desk.seen(stop).status == "proposed"


def test_the_order_to_lift_stays_behind_the_order_to_stop(desk: Desk) -> None:
    stop = desk.propose()
    desk.send(desk.order(stop), error="timeout")
    lift_stop(
        stop_id=stop.id, version=desk.seen(stop).version, reason="safe",
        acting_officer=desk.funds, now=desk.world.now,
    )  # fmt: skip
    assert desk.order(stop).status == "cancelled"  # what may have arrived is undone by the lift
    assert desk.send(desk.order(stop, "lift")) == 1


def test_how_fast_a_bank_answers_is_the_median_of_its_orders(desk: Desk) -> None:
    case, orders = desk.case(), []
    assert answer_minutes(now=desk.world.now) == {}
    for number in range(5):
        stop = desk.propose(case, account=f"62220216020077{number:05d}")
        orders.append(desk.order(stop))
    for order, minutes in zip(orders, (1, 2, 4, 8), strict=False):
        at = order.created_at + timedelta(minutes=minutes)
        Order.objects.filter(id=order.id).update(status="fulfilled", answered_at=at)
    now = desk.world.now + timedelta(hours=1)
    assert answer_minutes(now=now) == {}, "one that was just sent says nothing yet"
    Order.objects.filter(id=orders[4].id).update(status="unanswered")
    assert answer_minutes(now=now) == {"ccb": 4.0}
    assert answer_minutes(now=now + timedelta(days=7)) == {}
