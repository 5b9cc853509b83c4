"""Taking the next call: never two with the same, in the order of the ranking, nobody forgotten."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.workorders.conftest import record
from yipanqi import catalog
from yipanqi.analytics.triage import triage_alerts
from yipanqi.casework.authority import NotAllowed
from yipanqi.casework.machine import TransitionRefused
from yipanqi.casework.routing import FAIR_EVERY, savable_minor
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome
from yipanqi.ops.workorders.queries import NotFound, find_taken, tally
from yipanqi.ops.workorders.ranking import kept_facts
from yipanqi.ops.workorders.services import VersionConflict, give_back, lapse_holds, take_next
from yipanqi.rehearsal.world import World

Line = Callable[..., list[Any]]
Take = Callable[[Any], WorkOrder]
Threads = Callable[[list[Callable[[], Any]]], list[Any]]


def orders() -> Any:
    return WorkOrder.objects.for_system("the test looks")


def take_all(world: World, officers: list[Any], threads: Threads) -> list[Any]:
    def one(officer: Any) -> Any:
        taken = take_next(acting_officer=officer, now=world.now)
        return taken and taken[0].id

    return threads([lambda o=officer: one(o) for officer in officers])


@pytest.mark.django_db(transaction=True)
def test_twenty_operators_never_get_the_same_call(world: World, line: Line, in_threads: Threads) -> None:
    line(*[{}] * 30)
    officers = [world.officer(f"op{n}") for n in range(20)]
    got = take_all(world, officers, in_threads)
    assert None not in got and len(set(got)) == 20
    held = {order.taken_by_id: order.id for order in orders().filter(status="taken")}
    assert held == {officer.id: id_ for officer, id_ in zip(officers, got, strict=True)}
    assert Entry.objects.filter(event="work_order.taken").count() == 20


@pytest.mark.django_db(transaction=True)
def test_one_call_goes_to_one_of_twenty(world: World, line: Line, in_threads: Threads) -> None:
    (only,) = line({})
    officers = [world.officer(f"op{n}") for n in range(20)]
    assert sorted(take_all(world, officers, in_threads), key=bool) == [None] * 19 + [only]


@pytest.mark.django_db(transaction=True)
def test_two_windows_of_one_officer_share_one_call(world: World, line: Line, in_threads: Threads) -> None:
    line(*[{}] * 8)
    officer = world.officer()
    got = take_all(world, [officer] * 6, in_threads)
    assert None not in got and len(set(got)) == 1
    assert orders().filter(status="taken").count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_call_is_skipped_while_its_warning_is_being_judged(
    world: World, line: Line, in_threads: Threads
) -> None:
    """Triage holds alerts and then their calls; taking must not hold a call and wait for its alert."""

    line(*[{}] * 12)
    alerts = [order.alert_id for order in orders()]
    officers = [world.officer(f"op{n}") for n in range(6)]

    def one(officer: Any) -> Any:
        taken = take_next(acting_officer=officer, now=world.now)
        return taken and taken[0].id

    work: list[Any] = [lambda: triage_alerts(alerts, now=world.now)] * 2
    got = in_threads([*work, *[lambda o=officer: one(o) for officer in officers]])[2:]
    assert len(set(got)) == 6


@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_that_of_the_money_still_savable(
    world: World, line: Line, take: Take, seed: int
) -> None:
    draw = random.Random(seed)
    for _ in range(8):
        world.advance(timedelta(seconds=draw.randrange(1, 240)))
        line({
            "amount": str(draw.choice([50, 900, 20_000, 400_000, 3_000_000])),
            "paid": draw.choice(["true", "false"]),
            "payment_count": draw.choice([0, 1, 3]),
            "level_hint": draw.choice(["high", "mid", "low"]),
            "text": draw.choice(["冒充公安要求转到安全账户", "刷单返利，先垫付再返现", "无"]),
            "occurred_at": (world.now - timedelta(minutes=draw.randrange(30))).isoformat(),
        })  # fmt: skip
    world.advance(timedelta(seconds=draw.randrange(240)))
    officer = world.officer()
    for turn in range(1, 9):
        waiting = list(orders().filter(status="waiting", purpose="dissuade"))
        if turn % FAIR_EVERY:
            wanted = max(savable_minor(kept_facts(order), world.now) for order in waiting)
        else:
            overdue = min(waiting, key=lambda order: order.due_at)
        got = take(officer)
        if turn % FAIR_EVERY == 0 and overdue.due_at < world.now:
            assert got.id == overdue.id
        elif turn % FAIR_EVERY:
            assert savable_minor(kept_facts(got), world.now) >= wanted - 1
        record(world, got, "dissuaded", officer)


def test_every_fifth_call_is_the_most_overdue(world: World, line: Line, take: Take) -> None:
    (forgotten,) = line({"amount": "1", "level_hint": "low", "text": "无"})
    world.advance(timedelta(hours=30))
    line(*[{"amount": "900000", "paid": "true", "level_hint": "high"}] * 6)
    officer = world.officer()
    got = []
    for _ in range(FAIR_EVERY):
        order = take(officer)
        got.append(order.id)
        reasons = take_next(acting_officer=officer, now=world.now)
        assert reasons and reasons[0].id == order.id  # asked again: the same call
        record(world, order, "mismatch", officer)
    assert got.index(forgotten) == FAIR_EVERY - 1


def test_the_fair_turn_says_why(world: World, line: Line, take: Take) -> None:
    line(*[{"amount": "900000", "paid": "true"}] * FAIR_EVERY)
    officer = world.officer()
    world.advance(timedelta(hours=2))
    for _ in range(FAIR_EVERY - 1):
        order = take(officer)
        record(world, order, "mismatch", officer)
    taken = take_next(acting_officer=officer, now=world.now)
    assert taken and [reason.code for reason in taken[1]] == ["waited_longest", "overdue"]


def test_only_calls_of_the_own_scope(world: World, line: Line, take: Take) -> None:
    here, there = line({"jurisdiction_code": "350104"}, {"jurisdiction_code": "350203"})
    county, city = world.officer("county", unit="350104"), world.officer("city", unit="350200")
    assert take(county).id == here and take(city).id == there
    other = world.officer("other", unit="350102")
    assert take_next(acting_officer=other, now=world.now) is None
    with pytest.raises(NotFound):
        give_back(work_order_id=here, version=2, acting_officer=other, now=world.now)


def test_who_has_no_seat_takes_nothing(world: World, line: Line) -> None:
    line({})
    with pytest.raises(NotAllowed):
        take_next(acting_officer=world.officer(roles=["commander"]), now=world.now)


def test_a_forgotten_call_goes_back_by_the_clock(world: World, line: Line, take: Take) -> None:
    line({})
    officer, hold = world.officer(), catalog.windows()["take_hold"].duration
    taken = take(officer)
    world.advance(hold - timedelta(seconds=1))
    assert lapse_holds(now=world.now) == 0 and find_taken(officer)
    world.advance(timedelta(seconds=1))
    assert lapse_holds(now=world.now) == 1
    order = orders().get()
    assert (order.status, order.taken_by_id, order.version) == ("waiting", None, taken.version + 1)
    assert Entry.objects.get(event="work_order.lapsed").subject_id == str(order.id)
    with pytest.raises(VersionConflict):
        record_outcome(
            work_order_id=order.id,
            version=taken.version,
            outcome="dissuaded",
            acting_officer=officer,
            now=world.now,
        )
    assert take(world.officer("next")).id == order.id


def test_given_back_it_waits_for_the_next(world: World, line: Line, take: Take) -> None:
    line({})
    officer, other = world.officer(), world.officer("other")
    order = take(officer)
    with pytest.raises(VersionConflict):
        give_back(work_order_id=order.id, version=order.version, acting_officer=other, now=world.now)
    with pytest.raises(VersionConflict):
        give_back(work_order_id=order.id, version=order.version - 1, acting_officer=officer, now=world.now)
    give_back(work_order_id=order.id, version=order.version, acting_officer=officer, now=world.now)
    assert find_taken(officer) is None and tally(other, world.now).waiting == 1
    with pytest.raises(TransitionRefused):
        give_back(work_order_id=order.id, version=order.version + 1, acting_officer=officer, now=world.now)
    assert take(other).id == order.id


def test_a_deferred_call_is_not_offered_before_its_time(world: World, line: Line, take: Take) -> None:
    line({})
    officer = world.officer()
    order = take(officer)
    record(world, order, "not_found_yet", officer)
    again = catalog.call_outcomes()["not_found_yet"].retry_after
    assert again is not None
    world.advance(again - timedelta(seconds=1))
    assert take_next(acting_officer=officer, now=world.now) is None and tally(officer, world.now).waiting == 0
    world.advance(timedelta(seconds=1))
    assert tally(officer, world.now).waiting == 1 and take(officer).id == order.id
