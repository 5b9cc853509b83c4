"""Visits: who may take them, what each outcome does, and that a phone without signal loses and doubles no report."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.workorders.conftest import record
from yipanqi import catalog
from yipanqi.casework.authority import NotAllowed
from yipanqi.casework.machine import TransitionRefused
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import VisitReport, WorkOrder
from yipanqi.ops.workorders.outcomes import undo_outcome
from yipanqi.ops.workorders.queries import (
    NotFound,
    list_reports_of_alert,
    list_told_of_alert,
    list_visits,
)
from yipanqi.ops.workorders.services import VersionConflict, give_back, lapse_holds, take_next
from yipanqi.ops.workorders.visits import Told, cancel_visit, give_back_visit, record_visit, take_visit
from yipanqi.rehearsal.world import World

Line = Callable[..., list[Any]]
Threads = Callable[[list[Callable[[], Any]]], list[Any]]

# outcome: status of the visit, status and outcome of the alert, what waits then (kind, purpose)
EFFECTS: dict[str, tuple[str, str, str, list[tuple[str, str]]]] = {
    "dissuaded": ("done", "closed", "dissuaded", [("call", "callback")]),
    "paid": ("done", "paid", "paid", []),
    "not_home": ("waiting", "contacting", "", [("visit", "dissuade")]),
    "wrong_address": ("done", "contacting", "", [("call", "dissuade")]),
    "refused": ("done", "contacting", "", [("call", "dissuade")]),
    "mismatch": ("done", "closed", "mismatch", []),
}


def orders(**which: Any) -> Any:
    return WorkOrder.objects.for_system("the test looks").filter(**which)


def visit() -> Any:
    return orders(kind="visit").get()


def alert() -> Any:
    return Alert.objects.for_system("the test looks").get()


def reports() -> list[Any]:
    return list(VisitReport.objects.for_system("the test looks").order_by("recorded_at", "id"))


@pytest.fixture
def sent_out(world: World, line: Line) -> Callable[..., list[Any]]:
    """Alerts of high level whose phone is dead: their visits wait. One per row of overrides."""

    def make(*rows: dict[str, Any]) -> list[Any]:
        line(*[{"amount": "50000"} | row for row in rows or ({},)])
        operator = world.officer(f"op{uuid4().hex[:6]}")
        while take_next(acting_officer=operator, now=world.now):
            held = orders(taken_by=operator, status="taken").get()
            record(world, held, "unreachable", operator)
        return list(orders(kind="visit").order_by("opened_at", "id"))

    return make


def station(world: World, name: str = "st", **more: Any) -> Any:
    return world.officer(name, roles=["station_officer"], **more)


def send(
    world: World,
    order: Any,
    outcome: str,
    officer: Any,
    *,
    submission_id: UUID | None = None,
    made_at: datetime | None = None,
    version: int | None = None,
    **more: Any,
) -> VisitReport:
    """What the phone sends of a visit, at the version it saw."""
    told = Told(outcome, submission_id or uuid4(), made_at or world.now, **more)
    return record_visit(
        work_order_id=order.id,
        version=order.version if version is None else version,
        told=told,
        acting_officer=officer,
        now=world.now,
    )


def take(world: World, order: Any, officer: Any) -> Any:
    take_visit(work_order_id=order.id, version=order.version, acting_officer=officer, now=world.now)
    return orders(id=order.id).get()


def test_the_table_names_every_outcome() -> None:
    assert set(EFFECTS) == set(catalog.visit_outcomes())


@pytest.mark.parametrize("outcome", EFFECTS)
@pytest.mark.parametrize("taken", [True, False])
def test_each_outcome(world: World, sent_out: Any, outcome: str, taken: bool) -> None:
    (order,) = sent_out()
    officer = station(world)
    world.advance(timedelta(minutes=30))
    order = take(world, order, officer) if taken else order
    world.advance(timedelta(minutes=20))
    report = send(world, order, outcome, officer, note="门口见面", made_at=world.now - timedelta(minutes=5))
    order_status, alert_status, alert_outcome, waits = EFFECTS[outcome]
    order, found = visit(), alert()
    assert (order.status, found.status, found.outcome) == (order_status, alert_status, alert_outcome)
    assert [(each.kind, each.purpose) for each in orders(status="waiting")] == waits
    assert not orders(status="taken").exists() and found.handler_id == officer.id
    assert (report.kept_because, report.note.reveal(), report.officer_id) == ("", "门口见面", officer.id)
    assert (report.made_at, report.recorded_at) == (world.now - timedelta(minutes=5), world.now)
    assert (report.saved_minor > 0) == (outcome == "dissuaded")
    entry = Entry.objects.filter(subject_id=str(order.id)).order_by("-id")[0]
    assert (entry.occurred_at, entry.recorded_at) == (report.made_at, world.now)
    assert (entry.payload["outcome"], entry.payload["attempt"], entry.actor_id) == (
        outcome,
        1,
        str(officer.id),
    )


def test_not_home_three_times_goes_back_to_the_seat(world: World, sent_out: Any) -> None:
    sent_out()
    officer, again = station(world), catalog.visit_outcomes()["not_home"].retry_after
    assert again
    for turn in (1, 2, 3):
        send(world, visit(), "not_home", officer)
        order = visit()
        if turn < 3:
            assert (order.status, order.attempts, order.not_before_at) == ("waiting", turn, world.now + again)
            assert order.due_at >= order.not_before_at
            world.advance(again)
    call = orders(kind="call", status="waiting").get()
    assert order.status == "done" and call.due_at == world.now + timedelta(minutes=5)
    assert alert().status == "contacting"
    assert Entry.objects.get(event="alert.handed_to_seat").payload["work_order_id"] == str(call.id)


def test_who_refuses_at_the_door_is_called_on_the_next_day(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer, operator = station(world), world.officer("next")
    send(world, order, "refused", officer)
    assert take_next(acting_officer=operator, now=world.now) is None
    world.advance(catalog.windows()["callback_after"].duration)
    taken = take_next(acting_officer=operator, now=world.now)
    assert taken and taken[0].purpose == "dissuade"
    assert taken[0].due_at == order.opened_at + catalog.windows()["callback_due"].duration


def test_an_officer_holds_several_and_sees_own_and_waiting_ones(world: World, sent_out: Any) -> None:
    visits = sent_out({"jurisdiction_code": "350104001"}, {"jurisdiction_code": "350104001"}, {}, {})
    own = [each for each in visits if each.place_code == "350104001"]
    first, second = station(world, unit="350104001"), station(world, "st2", unit="350104001")
    duty = world.officer("duty", roles=["duty_officer"], unit="350104")
    assert [each.id for each in list_visits(first, limit=9)] == [each.id for each in own]
    for each in own:
        take(world, each, first)
    assert len(list_visits(first, limit=9)) == 2 and list_visits(second, limit=9) == []
    assert len(list_visits(duty, limit=9)) == 4
    away = station(world, "away", unit="350203")
    assert list_visits(away, limit=9) == []
    with pytest.raises(NotFound):
        take(world, next(each for each in visits if each.place_code == "350104"), away)
    with pytest.raises(NotFound):
        send(world, own[0], "dissuaded", away)
    with pytest.raises(NotAllowed):
        take(world, visits[-1], duty)


def test_the_faster_one_has_it(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer, other = station(world), station(world, "st2")
    taken = take(world, order, officer)
    for seen in (order, taken):
        with pytest.raises(VersionConflict):
            take(world, seen, other)
    with pytest.raises(VersionConflict):
        give_back_visit(work_order_id=taken.id, version=taken.version, acting_officer=other, now=world.now)
    give_back_visit(work_order_id=taken.id, version=taken.version, acting_officer=officer, now=world.now)
    with pytest.raises(TransitionRefused):
        back = visit()
        give_back_visit(work_order_id=back.id, version=back.version, acting_officer=officer, now=world.now)
    assert take(world, visit(), other).taken_by_id == other.id


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_take_it_one_has_it(world: World, sent_out: Any, in_threads: Threads) -> None:
    (order,) = sent_out()
    officers = [station(world, f"st{n}") for n in range(10)]

    def one(officer: Any) -> bool:
        try:
            take_visit(work_order_id=order.id, version=order.version, acting_officer=officer, now=world.now)
        except VersionConflict:
            return False
        return True

    assert sorted(in_threads([lambda o=officer: one(o) for officer in officers])) == [False] * 9 + [True]


@pytest.mark.django_db(transaction=True)
def test_one_report_sent_ten_times_at_once_is_one(world: World, sent_out: Any, in_threads: Threads) -> None:
    (order,) = sent_out()
    officer, submission_id = station(world), uuid4()
    same = [lambda: send(world, order, "dissuaded", officer, submission_id=submission_id).id] * 10
    assert len(set(in_threads(same))) == 1 and len(reports()) == 1
    assert Entry.objects.filter(event="work_order.completed", payload__kind="visit").count() == 1


def test_a_report_of_somebody_else_is_not_handed_out(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer, other, submission_id = station(world), station(world, "st2"), uuid4()
    send(world, order, "dissuaded", officer, submission_id=submission_id)
    with pytest.raises(VersionConflict):
        send(world, order, "paid", other, submission_id=submission_id)


def test_a_hold_that_lapsed_meanwhile_loses_nothing(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer = station(world)
    order = take(world, order, officer)
    made_at = world.now
    world.advance(catalog.windows()["visit_hold"].duration)
    assert lapse_holds(now=world.now) == 1 and visit().status == "waiting"
    report = send(world, order, "dissuaded", officer, made_at=made_at)
    assert report.kept_because == "" and alert().status == "closed"


def test_two_visits_made_without_signal_both_count(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer, first_at = station(world), world.now
    world.advance(timedelta(hours=5))
    send(world, order, "not_home", officer, made_at=first_at)
    second = send(world, order, "dissuaded", officer, made_at=world.now - timedelta(minutes=1))
    assert second.kept_because == "" and (visit().attempts, alert().status) == (2, "closed")


KEPT = {
    "cancelled": lambda world, order, other, duty: cancel_visit(
        work_order_id=order.id, version=order.version, reason="电话已核实", acting_officer=duty, now=world.now
    ),
    "done": lambda world, order, other, duty: send(world, order, "mismatch", other),
    "taken_over": lambda world, order, other, duty: take(world, order, other),
    "reported": lambda world, order, other, duty: send(world, order, "not_home", other),
}


@pytest.mark.parametrize("reason", KEPT)
def test_what_comes_too_late_is_kept_and_told(world: World, sent_out: Any, reason: str) -> None:
    (order,) = sent_out()
    officer, other = station(world), station(world, "st2")
    duty = world.officer("duty", roles=["duty_officer"])
    KEPT[reason](world, order, other, duty)
    before, entries = (visit().status, alert().status, alert().outcome), Entry.objects.count()
    report = send(world, order, "dissuaded", officer, note="人在亲戚家，已说清")
    assert report.kept_because == reason and f"visit_kept.{reason}" in catalog.statuses()
    assert (visit().status, alert().status, alert().outcome) == before
    assert Entry.objects.count() == entries + 1
    entry = Entry.objects.get(event="visit.report_kept")
    assert (entry.subject_id, entry.payload["reason"]) == (str(alert().id), reason)
    on_timeline = list_reports_of_alert(duty, alert().id)
    assert on_timeline[-1].note.reveal() == "人在亲戚家，已说清"


def test_phone_and_door_stand_in_one_line_of_time_without_what_was_undone(
    world: World, sent_out: Any
) -> None:
    (order,) = sent_out()
    operator, officer = world.officer("op"), station(world)
    world.advance(timedelta(hours=1))
    send(world, order, "wrong_address", officer)
    world.advance(timedelta(hours=1))
    take_next(acting_officer=operator, now=world.now)
    record(world, orders(taken_by=operator, status="taken").get(), "mismatch", operator)
    undo_outcome(acting_officer=operator, now=world.now)
    record(world, orders(taken_by=operator, status="taken").get(), "refused", operator)
    told = list_told_of_alert(officer, alert().id)
    assert [each.outcome for each in told] == ["unreachable", "wrong_address", "refused"]


def test_what_cannot_be_used_is_refused_and_changes_nothing(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer = station(world)
    world.advance(timedelta(minutes=1))
    for code, told in {
        "outcome_unknown": {"outcome": "unreachable"},
        "field_too_long": {"outcome": "dissuaded", "note": "长" * 501},
        "occurred_in_future": {"outcome": "dissuaded", "made_at": world.now + timedelta(minutes=11)},
        "made_before_opening": {"outcome": "dissuaded", "made_at": order.opened_at - timedelta(seconds=1)},
        "photo_kind_unknown": {"outcome": "dissuaded", "photo": b"GIF89a"},
        "photo_too_large": {"outcome": "dissuaded", "photo": b"\xff\xd8\xff" + bytes(8 * 1024 * 1024)},
    }.items():
        with pytest.raises(YipanqiError) as refused:
            send(world, order, officer=officer, **told)  # type: ignore[arg-type]
        assert refused.value.code == code and code in catalog.errors()
    assert not reports() and visit().status == "waiting"
    assert send(world, order, "dissuaded", officer, made_at=world.now + timedelta(minutes=10))


def test_a_call_is_no_visit(world: World, line: Line, take: Any) -> None:
    (call,) = line({})
    both = world.officer("both", roles=["station_officer", "operator"])
    with pytest.raises(NotFound):
        take_visit(work_order_id=call, version=1, acting_officer=both, now=world.now)
    record(world, take(both), "refused", both)
    held = take_visit(work_order_id=visit().id, version=1, acting_officer=both, now=world.now)
    with pytest.raises(NotFound):
        give_back(work_order_id=held.id, version=held.version, acting_officer=both, now=world.now)
    with pytest.raises(NotFound):
        record(world, visit(), "dissuaded", both)


def test_a_visit_nobody_took_is_cancelled_with_a_reason(world: World, sent_out: Any) -> None:
    (order,) = sent_out()
    officer, duty = station(world), world.officer("duty", roles=["duty_officer"])

    def cancel(by: Any = duty, reason: str = "已电话核实", version: int = 1) -> None:
        cancel_visit(work_order_id=order.id, version=version, reason=reason, acting_officer=by, now=world.now)

    with pytest.raises(NotAllowed):
        cancel(officer)
    held = take(world, order, officer)
    for code, more in {
        "reason_required": {"reason": ""},
        "field_too_long": {"reason": "长" * 201},
        "visit_in_hand": {"version": held.version},
    }.items():
        with pytest.raises(YipanqiError) as refused:
            cancel(**more)  # type: ignore[arg-type]
        assert refused.value.code == code
    give_back_visit(work_order_id=held.id, version=held.version, acting_officer=officer, now=world.now)
    cancel(version=visit().version)
    assert (visit().status, visit().cancel_reason.reveal()) == ("cancelled", "已电话核实")
    assert (alert().status, alert().outcome) == ("closed", "dismissed")


# What happens to a report on its way: three visits, one report each, sent in any order and as often as you like.
SENDING = st.permutations([0, 1, 2]).flatmap(
    lambda first: st.lists(st.sampled_from([0, 1, 2]), max_size=6).map(lambda again: [*first, *again])
)


@pytest.mark.django_db
def test_sent_in_any_order_and_repeated_it_ends_the_same(world: World, sent_out: Any) -> None:
    visits = sent_out({}, {}, {})
    officer = station(world)
    made_at = world.now
    world.advance(timedelta(hours=5))

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(
        SENDING,
        st.lists(st.sampled_from(sorted(EFFECTS)), min_size=3, max_size=3),
        st.randoms(use_true_random=False),
    )
    def ends_the_same(sending: list[int], outcomes: list[str], luck: Any) -> None:
        ids = [uuid4() for _ in visits]

        def play(turns: list[int]) -> dict[str, Any]:
            with transaction.atomic():
                for turn in turns:
                    send(
                        world, visits[turn], outcomes[turn], officer, submission_id=ids[turn], made_at=made_at
                    )
                state = {
                    str(each.alert_id) + each.kind + each.purpose: (
                        each.status,
                        each.outcome,
                        each.attempts,
                        each.due_at,
                        each.not_before_at,
                    )
                    for each in orders()
                } | {str(each.id): (each.status, each.outcome) for each in Alert.objects.for_system("look")}
                state["reports"] = {(r.submission_id, r.kept_because, r.outcome) for r in reports()}
                transaction.set_rollback(True)
                return state

        assert play(sending) == play([0, 1, 2])

    ends_the_same()
