"""What each outcome does to the call, the alert and the station, and that undo leaves all as it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.workorders.conftest import record
from yipanqi import catalog
from yipanqi.analytics.triage import triage_alerts
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import Attempt, WorkOrder
from yipanqi.ops.workorders.outcomes import OutcomeUnknown, UndoExpired, undo_outcome
from yipanqi.ops.workorders.queries import find_taken, tally
from yipanqi.ops.workorders.services import VersionConflict, give_back, take_next
from yipanqi.rehearsal.world import World

Line = Callable[..., list[Any]]
Take = Callable[[Any], WorkOrder]

# outcome: status of the call, status and outcome of the alert, whether the station is sent
EFFECTS = {
    "dissuaded": ("done", "closed", "dissuaded", False),
    "paid": ("done", "paid", "paid", False),
    "not_found_yet": ("waiting", "contacting", "", False),
    "unreachable": ("done", "contacting", "", True),
    "mismatch": ("done", "closed", "mismatch", False),
    "duplicate": ("done", "closed", "duplicate", False),
    "refused": ("done", "contacting", "", True),
}


def call() -> Any:
    return WorkOrder.objects.for_system("the test looks").get(kind="call", purpose="dissuade")


def callbacks() -> list[str]:
    rows = WorkOrder.objects.for_system("the test looks").filter(kind="call", purpose="callback")
    return [order.status for order in rows]


def visits() -> list[Any]:
    return list(WorkOrder.objects.for_system("the test looks").filter(kind="visit"))


def alert() -> Any:
    return Alert.objects.for_system("the test looks").get()


def test_the_table_names_every_outcome() -> None:
    assert set(EFFECTS) == set(catalog.call_outcomes())


@pytest.mark.parametrize("outcome", EFFECTS)
def test_each_outcome(world: World, line: Line, take: Take, outcome: str) -> None:
    line({"amount": "50000"})
    officer = world.officer()
    world.advance(timedelta(seconds=30))
    attempt = record(world, take(officer), outcome, officer, note="说明")
    order_status, alert_status, alert_outcome, visited = EFFECTS[outcome]
    order, found = call(), alert()
    assert (order.status, found.status, found.outcome) == (order_status, alert_status, alert_outcome)
    assert bool(found.closed_at) == (alert_status == "closed") and bool(found.paid_at) == (
        alert_status == "paid"
    )
    assert found.handler_id == officer.id and order.attempts == 1
    assert [visit.status for visit in visits()] == ["waiting"] * visited
    assert callbacks() == ["waiting"] * (outcome == "dissuaded")  # the level is high
    assert (attempt.outcome, attempt.seconds_to_call, attempt.note.reveal()) == (outcome, 30, "说明")
    assert (attempt.saved_minor > 0) == (outcome == "dissuaded")
    mine = tally(officer, world.now)
    assert (mine.my_calls, mine.my_dissuaded) == (1, int(outcome == "dissuaded"))
    assert mine.my_saved_minor == attempt.saved_minor
    if outcome == "not_found_yet":
        again = catalog.call_outcomes()[outcome].retry_after
        assert order.not_before_at == world.now + again and order.due_at >= order.not_before_at


def test_the_third_time_not_found_sends_the_station(world: World, line: Line, take: Take) -> None:
    line({})
    officer = world.officer()
    for turn in (1, 2, 3):
        record(world, take(officer), "not_found_yet", officer)
        assert (call().status, len(visits())) == (("waiting", 0) if turn < 3 else ("done", 1))
        world.advance(timedelta(minutes=10))
    assert alert().status == "contacting"
    undone = Entry.objects.filter(event="work_order.completed").get()
    assert undone.payload["attempt"] == 3


def test_a_further_warning_brings_a_put_off_call_forward(world: World, line: Line, take: Take) -> None:
    phone = "14000009999"
    (order_id,) = line({"person_phone": phone})
    officer = world.officer()
    record(world, take(officer), "not_found_yet", officer)
    world.advance(timedelta(minutes=1))
    assert take_next(acting_officer=officer, now=world.now) is None
    world.take_in([world.row(person_phone=phone, paid=True)])
    triage_alerts([alert().id], now=world.now)
    assert take(officer).id == order_id


KEPT_OF_ORDER = (
    "status",
    "outcome",
    "attempts",
    "taken_by_id",
    "due_at",
    "done_at",
    "level",
    "fraud_type",
    "facts",
)
KEPT_OF_ALERT = ("status", "outcome", "handler_id", "closed_at", "paid_at", "due_at", "level", "fraud_type")


def state() -> dict[str, Any]:
    order, found = call(), alert()
    return {f"order.{n}": getattr(order, n) for n in KEPT_OF_ORDER} | {
        f"alert.{n}": getattr(found, n) for n in KEPT_OF_ALERT
    }


@pytest.mark.parametrize("outcome", [*EFFECTS, "not_found_yet thrice"])
def test_undo_leaves_all_as_it_was(world: World, line: Line, take: Take, outcome: str) -> None:
    line({"level_hint": "high"})  # due sooner than a deferred call comes back
    officer = world.officer()
    outcome, _, thrice = outcome.partition(" ")
    for _ in range(2 if thrice else 0):
        record(world, take(officer), outcome, officer)
        world.advance(timedelta(minutes=10))
    order = take(officer)
    before, figures = state(), tally(officer, world.now)
    record(world, order, outcome, officer)
    assert state() != before
    world.advance(timedelta(seconds=10))
    undo_outcome(acting_officer=officer, now=world.now)
    assert state() == before and tally(officer, world.now) == figures
    assert [visit.status for visit in visits()] in ([], ["cancelled"])
    assert callbacks() == ["cancelled"] * (outcome == "dissuaded")
    held = find_taken(officer)
    assert held and held.id == order.id
    with pytest.raises(UndoExpired):  # once only
        undo_outcome(acting_officer=officer, now=world.now)
    record(world, call(), "dissuaded", officer)
    assert alert().status == "closed"


def test_after_ten_seconds_it_stands(world: World, line: Line, take: Take) -> None:
    line({})
    officer = world.officer()
    record(world, take(officer), "dissuaded", officer)
    world.advance(timedelta(seconds=10, microseconds=1))
    with pytest.raises(UndoExpired):
        undo_outcome(acting_officer=officer, now=world.now)
    assert call().status == "done"


def test_undo_gives_the_next_call_back(world: World, line: Line, take: Take) -> None:
    first, second = line({"amount": "900000", "paid": "true"}, {})
    officer = world.officer()
    record(world, take(officer), "dissuaded", officer)
    assert take(officer).id == second
    undo_outcome(acting_officer=officer, now=world.now)
    rows = WorkOrder.objects.for_system("the test looks").filter(purpose="dissuade")
    assert {order.id: order.status for order in rows} == {first: "taken", second: "waiting"}


def test_undo_is_each_officers_own(world: World, line: Line, take: Take) -> None:
    line({})
    officer, other = world.officer(), world.officer("other")
    record(world, take(officer), "dissuaded", officer)
    with pytest.raises(UndoExpired):
        undo_outcome(acting_officer=other, now=world.now)


def test_undo_of_two_at_one_instant_takes_the_latest(world: World, line: Line, take: Take) -> None:
    line({"amount": "900000", "paid": "true"}, {})
    officer = world.officer()
    record(world, take(officer), "dissuaded", officer)
    latest = take(officer)
    record(world, latest, "mismatch", officer)
    assert undo_outcome(acting_officer=officer, now=world.now).id == latest.id


def test_a_new_warning_meanwhile_makes_undo_too_late(world: World, line: Line, take: Take) -> None:
    line({})
    officer, phone = world.officer(), "14000000001"
    record(world, take(officer), "dissuaded", officer)
    world.advance(timedelta(seconds=5))
    again = world.row(person_phone=phone, occurred_at=(world.now - timedelta(seconds=1)).isoformat())
    joined = world.take_in([again]).fates[0]
    triage_alerts([joined.alert_id], now=world.now)
    assert joined.fate == "joined" and alert().status == "triaged"
    with pytest.raises(UndoExpired):
        undo_outcome(acting_officer=officer, now=world.now)
    record(world, take(officer), "paid", officer)
    assert alert().status == "paid"


def test_a_visit_taken_by_the_station_cannot_be_undone(world: World, line: Line, take: Take) -> None:
    line({})
    officer = world.officer()
    record(world, take(officer), "refused", officer)
    WorkOrder.objects.for_system("the station takes it").filter(kind="visit").update(status="taken")
    with pytest.raises(UndoExpired):
        undo_outcome(acting_officer=officer, now=world.now)
    assert call().status == "done"


def test_what_is_stale_or_anothers_is_refused(world: World, line: Line, take: Take) -> None:
    line({})
    officer, other = world.officer(), world.officer("other")
    order = take(officer)
    with pytest.raises(VersionConflict):
        record(world, order, "dissuaded", other)
    give_back(work_order_id=order.id, version=order.version, acting_officer=officer, now=world.now)
    take(officer)
    with pytest.raises(VersionConflict):
        record(world, order, "dissuaded", officer)
    with pytest.raises(OutcomeUnknown):
        record(world, call(), "won", officer)
    with pytest.raises(YipanqiError) as refused:
        record(world, call(), "dissuaded", officer, note="长" * 501)
    assert refused.value.code == "field_too_long"
    assert Attempt.objects.for_system("the test looks").count() == 0 and alert().status == "contacting"
