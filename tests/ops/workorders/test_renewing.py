"""Call-backs after a dissuasion, and what a further warning does while the station has the alert in hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.ops.workorders.conftest import record
from yipanqi import catalog
from yipanqi.analytics.triage import TriageResult, triage_alerts
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.outcomes import undo_outcome
from yipanqi.ops.workorders.queries import tally
from yipanqi.ops.workorders.services import VersionConflict, take_next
from yipanqi.ops.workorders.visits import Told, record_visit, take_visit
from yipanqi.rehearsal.world import World

Line = Callable[..., list[Any]]
Take = Callable[[Any], WorkOrder]
PHONE = "14000009999"
AFTER, DUE = (catalog.windows()[name].duration for name in ("callback_after", "callback_due"))


def orders(**which: Any) -> Any:
    return WorkOrder.objects.for_system("the test looks").filter(**which)


def alert() -> Any:
    return Alert.objects.for_system("the test looks").get()


def open_work() -> list[tuple[str, str, str]]:
    rows = orders(status__in=["waiting", "taken"]).order_by("kind")
    return [(order.kind, order.purpose, order.status) for order in rows]


def warn_again(world: World, **row: Any) -> TriageResult:
    """A further warning about the same person, triaged; and triaged once more, which must change nothing."""
    world.take_in([world.row(person_phone=PHONE, occurred_at=world.now.isoformat(), **row)])
    result = triage_alerts([alert().id], now=world.now)
    kept = {(order.id, order.due_at, order.status) for order in orders()}
    triage_alerts([alert().id], now=world.now)
    assert {(order.id, order.due_at, order.status) for order in orders()} == kept
    return result


def at_the_door(world: World, outcome: str, officer: Any) -> Any:
    visit = orders(kind="visit").latest("opened_at")
    return record_visit(
        work_order_id=visit.id,
        version=visit.version,
        told=Told(outcome, uuid4(), world.now),
        acting_officer=officer,
        now=world.now,
    )


@pytest.fixture
def dissuaded(world: World, line: Line, take: Take) -> Any:
    """An operator who has dissuaded a person of high level."""
    line({"person_phone": PHONE, "level_hint": "high"})
    operator = world.officer()
    record(world, take(operator), "dissuaded", operator)
    return operator


@pytest.fixture
def handed_over(world: World, line: Line, take: Take) -> Any:
    """An operator who has handed a person of medium level to the station, an hour ago."""
    line({"person_phone": PHONE})
    operator = world.officer()
    record(world, take(operator), "refused", operator)
    world.advance(timedelta(hours=1))
    return operator


@pytest.mark.parametrize("level", ["high", "mid", "low"])
def test_only_who_was_in_high_danger_is_called_again(
    world: World, line: Line, take: Take, level: str
) -> None:
    line({"level_hint": level, "amount": "100"})
    operator = world.officer()
    record(world, take(operator), "dissuaded", operator)
    assert open_work() == [("call", "callback", "waiting")] * (level == "high")


def test_a_callback_waits_for_the_next_day_and_behind_the_others(
    world: World, dissuaded: Any, line: Line, take: Take
) -> None:
    callback = orders(purpose="callback").get()
    assert (callback.not_before_at, callback.due_at) == (world.now + AFTER, world.now + DUE)
    assert callback.key_pressing is None and callback.key_steady is None, "it has no rank"
    assert wall_snapshot("350000", now=world.now).waiting == 0
    world.advance(AFTER - timedelta(seconds=1))
    assert take_next(acting_officer=dissuaded, now=world.now) is None
    world.advance(timedelta(seconds=1))
    (first,) = line({"amount": "1", "level_hint": "low"})
    assert take(world.officer("other")).id == first
    taken = take(dissuaded)
    assert taken.id == callback.id and taken.alert.status == "contacting"
    entry = Entry.objects.get(event="work_order.taken", subject_id=str(callback.id))
    assert (entry.payload["purpose"], entry.payload["seconds_to_call"]) == ("callback", 0)


def test_every_fifth_call_may_be_an_overdue_callback(
    world: World, dissuaded: Any, line: Line, take: Take
) -> None:
    world.advance(DUE + timedelta(minutes=1))
    line(*[{"amount": "900000", "paid": "true", "level_hint": "high"}] * 6)
    purposes = []
    for _ in range(5):
        order = take(dissuaded)
        purposes.append(order.purpose)
        record(world, order, "mismatch", dissuaded)
    assert purposes == ["dissuade"] * 4 + ["callback"]


# outcome of the call-back: status and outcome of the alert, what is open then
AFTERWARDS = {
    "dissuaded": ("closed", "dissuaded", []),
    "mismatch": ("closed", "mismatch", []),
    "paid": ("paid", "paid", []),
    "not_found_yet": ("contacting", "", [("call", "callback", "waiting")]),
    "unreachable": ("contacting", "", [("visit", "dissuade", "waiting")]),
    "refused": ("contacting", "", [("visit", "dissuade", "waiting")]),
}


@pytest.mark.parametrize("outcome", AFTERWARDS)
def test_what_a_callback_finds(world: World, dissuaded: Any, take: Take, outcome: str) -> None:
    world.advance(AFTER)
    before = tally(dissuaded, world.now)
    order = take(dissuaded)
    record(world, order, outcome, dissuaded)
    assert (alert().status, alert().outcome, open_work()) == AFTERWARDS[outcome]
    after = tally(dissuaded, world.now)
    assert (after.my_calls - before.my_calls, after.my_dissuaded - before.my_dissuaded) == (1, 0)
    assert after.my_saved_minor == before.my_saved_minor, "saved once, not twice"
    assert wall_snapshot("350000", now=world.now).outcomes.get("dissuaded", 0) == 0, "that was yesterday"
    undo_outcome(acting_officer=dissuaded, now=world.now)
    assert (alert().status, open_work()) == ("contacting", [("call", "callback", "taken")])


def test_a_new_warning_takes_the_place_of_a_callback(world: World, dissuaded: Any) -> None:
    world.advance(timedelta(hours=2))
    assert warn_again(world).reopened == 1
    assert open_work() == [("call", "dissuade", "waiting")] and alert().status == "triaged"
    assert Entry.objects.get(event="work_order.cancelled").payload["reason"] == "superseded"


def test_a_callback_in_hand_goes_on_and_one_given_back_gives_way(
    world: World, dissuaded: Any, take: Take
) -> None:
    world.advance(AFTER)
    order = take(dissuaded)
    world.advance(timedelta(minutes=1))
    assert warn_again(world).renewed == 0 and open_work() == [("call", "callback", "taken")]
    record(world, order, "not_found_yet", dissuaded)
    world.advance(timedelta(minutes=1))
    assert warn_again(world).renewed == 1 and open_work() == [("call", "dissuade", "waiting")]


def test_a_new_warning_hurries_the_visit_and_has_the_seat_call(world: World, handed_over: Any) -> None:
    visit = orders(kind="visit").get()
    within = policy_in_force(world.now).duration("dissuade.visit.high")
    assert visit.due_at > world.now + within
    triage_alerts([alert().id], now=world.now)
    assert open_work() == [("visit", "dissuade", "waiting")], "without a new warning nothing happens"
    result = warn_again(world, paid="true")
    assert (result.renewed, result.reopened) == (1, 0)
    hurried = orders(kind="visit").get()
    assert (hurried.due_at, hurried.level) == (world.now + within, "high")
    assert open_work() == [("call", "dissuade", "waiting"), ("visit", "dissuade", "waiting")]
    world.advance(timedelta(minutes=5))
    assert warn_again(world).renewed == 0 and orders(kind="visit").get().due_at == hurried.due_at


def test_the_phone_ends_the_visit_nobody_took(world: World, handed_over: Any, take: Take) -> None:
    warn_again(world)
    visit = orders(kind="visit").get()
    record(world, take(handed_over), "mismatch", handed_over)
    assert alert().status == "closed" and open_work() == []
    undo_outcome(acting_officer=handed_over, now=world.now)
    assert open_work() == [("call", "dissuade", "taken"), ("visit", "dissuade", "waiting")]
    assert orders(kind="visit", status="waiting").get().due_at == visit.due_at


def test_who_is_still_speaking_concludes(world: World, handed_over: Any, take: Take) -> None:
    warn_again(world)
    officer = world.officer("st", roles=["station_officer"])
    visit = orders(kind="visit").get()
    take_visit(work_order_id=visit.id, version=visit.version, acting_officer=officer, now=world.now)
    record(world, take(handed_over), "dissuaded", handed_over)
    assert alert().status == "contacting" and open_work() == [("visit", "dissuade", "taken")]
    assert at_the_door(world, "mismatch", officer).kept_because == ""
    assert (alert().status, alert().outcome) == ("closed", "mismatch")


def test_found_paid_ends_all_the_rest(world: World, handed_over: Any, take: Take) -> None:
    warn_again(world)
    officer = world.officer("st", roles=["station_officer"])
    held = take(handed_over)
    at_the_door(world, "paid", officer)
    assert alert().status == "paid" and open_work() == []
    with pytest.raises(VersionConflict):
        record(world, held, "dissuaded", handed_over)


def test_undo_leaves_a_visit_that_was_there_before(world: World, handed_over: Any, take: Take) -> None:
    warn_again(world)
    record(world, take(handed_over), "unreachable", handed_over)
    assert open_work() == [("visit", "dissuade", "waiting")]
    undo_outcome(acting_officer=handed_over, now=world.now)
    assert open_work() == [("call", "dissuade", "taken"), ("visit", "dissuade", "waiting")]
