"""The wall by folding equals the wall counted fresh: over random acts, snapshots at random moments, and midnight."""

import random
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ops.indicators.orders import Orders
from tests.ops.indicators.stops import Stops
from tests.ops.measures.conftest import Desk
from yipanqi import catalog
from yipanqi.analytics.triage import triage_alerts
from yipanqi.kernel.days import day_of
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases import deadlines as case_clocks
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.indicators.folding import WallState, fold
from yipanqi.ops.indicators.proving import PROOFS
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.queries import list_feed
from yipanqi.ops.moneybook.proving import look
from yipanqi.ops.workorders.outcomes import record_outcome, undo_outcome
from yipanqi.ops.workorders.queries import find_taken
from yipanqi.ops.workorders.services import give_back, lapse_holds, take_next
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = ("350000", "350100", "350104", "350203")
PLACES = ("350104", "350102", "350203", "350104001", None)
BEFORE_MIDNIGHT = datetime(2026, 3, 2, 15, 55, tzinfo=UTC)  # 23:55 in the centre's zone


def figures(state: WallState) -> dict[str, Any]:
    """All the wall counts; which entries were counted ahead of the feed, and when, is each state's own matter."""
    return {name: value for name, value in asdict(state).items() if name not in {"seen", "as_of"}}


def caught_up(state: WallState, now: datetime) -> WallState:
    """The state after the feed's present end, as the hub keeps it: a new day is counted anew."""
    fold(state, list_feed(after=state.feed_no, limit=10_000))
    return state if state.day == day_of(now) else wall_snapshot(state.scope_code, now=now)


class Shift:
    """Three operators, and duty officers with their directives, who act at random."""

    def __init__(self, seed: int, *, with_stops: bool = False) -> None:
        self.draw = random.Random(seed)
        self.world = World(now=BEFORE_MIDNIGHT).load()
        self.officers = [self.world.officer(f"op{n}", unit=unit) for n, unit in enumerate(SCOPES[:3])]
        self.acts: list[Callable[[], Any]] = [
            self.warn,
            self.warn,
            self.take,
            self.take,
            self.record,
            self.record,
        ]
        self.acts += [self.record, self.undo, self.undo, self.back, self.wait]
        self.orders = Orders(self.world, self.draw)
        self.acts += [self.orders.issue, self.orders.issue, *[self.orders.act] * 6, self.orders.tick]
        if with_stops:
            stops = Stops(self.world, self.draw)
            self.acts += [stops.report, stops.move, stops.tick, stops.lift, *[stops.propose, stops.send] * 2]
            self.acts += [stops.answer, stops.answer, stops.sign, stops.sign]

    def step(self) -> None:
        self.draw.choice(self.acts)()

    def warn(self) -> None:
        rows = [
            self.world.row(
                person_phone=f"1510000{self.draw.randrange(8):04d}",
                jurisdiction_code=self.draw.choice(PLACES),
                amount=self.draw.choice(["100", "x", "900000"]),
                occurred_at=self.world.now.isoformat(),
            )
            for _ in range(self.draw.randrange(1, 4))
        ]
        fates = self.world.take_in(rows).fates
        luck = self.draw.random()
        if luck < 0.5:
            triage_alerts([fate.alert_id for fate in fates if fate.alert_id], now=self.world.now)
        elif luck < 0.8:  # else they wait, and a further warning may move them to a finer place
            self.world.triage()

    def take(self) -> None:
        take_next(acting_officer=self.draw.choice(self.officers), now=self.world.now)

    def record(self) -> None:
        officer = self.draw.choice(self.officers)
        held = find_taken(officer)
        if held:
            outcome = self.draw.choice(sorted(catalog.call_outcomes()))
            record_outcome(
                work_order_id=held.id,
                version=held.version,
                outcome=outcome,
                acting_officer=officer,
                now=self.world.now,
            )

    def undo(self) -> None:
        try:
            undo_outcome(acting_officer=self.draw.choice(self.officers), now=self.world.now)
        except YipanqiError as error:
            assert error.code == "undo_expired"

    def back(self) -> None:
        officer = self.draw.choice(self.officers)
        held = find_taken(officer)
        if held:
            give_back(work_order_id=held.id, version=held.version, acting_officer=officer, now=self.world.now)

    def wait(self) -> None:
        self.world.advance(timedelta(seconds=self.draw.choice([1, 4, 30, 200, 1000])))
        lapse_holds(now=self.world.now)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("with_stops", "wanted"),
    [(False, {"work_order.completed", "directive.accepted"}), (True, {"stop.stopped", "case.stop_ordered"})],
)
def test_a_snapshot_and_what_followed_equals_a_fresh_count(
    seed: int, with_stops: bool, wanted: set[str]
) -> None:
    shift = Shift(seed, with_stops=with_stops)
    kept: list[WallState] = [wall_snapshot(scope, now=shift.world.now) for scope in SCOPES]
    for turn in range(120):
        shift.step()
        if shift.draw.random() < 0.15:  # often while entries wait for their seal
            kept.append(wall_snapshot(shift.draw.choice(SCOPES), now=shift.world.now))
        if shift.draw.random() < 0.3:
            shift.world.seal()
        if shift.draw.random() < 0.1:
            kept = [caught_up(state, shift.world.now) for state in kept]
        if turn % 20 == 19:
            shift.world.seal()
            fresh = {scope: figures(wall_snapshot(scope, now=shift.world.now)) for scope in SCOPES}
            kept = [caught_up(state, shift.world.now) for state in kept]
            for state in kept:
                assert figures(state) == fresh[state.scope_code]
                assert not state.seen
    done = set(Entry.objects.values_list("event", flat=True))
    assert wanted <= done, "the walk did little"
    assert [check for check in look(PROOFS, "350000") if not check.ok] == []


def made(world: World, outcome: str, officer: Any) -> None:
    taken = take_next(acting_officer=officer, now=world.now)
    assert taken
    record_outcome(
        work_order_id=taken[0].id,
        version=taken[0].version,
        outcome=outcome,
        acting_officer=officer,
        now=world.now,
    )


def test_a_county_sees_its_own_and_those_above_see_it_too() -> None:
    world = World().load()
    world.take_in([world.row(jurisdiction_code=code) for code in ("350104", "350104001", "350203")])
    world.triage()
    officer = world.officer(unit="350104")
    made(world, "paid", officer)
    world.seal()
    seen = {scope: wall_snapshot(scope, now=world.now) for scope in (*SCOPES, "350102", "350104001")}
    assert {scope: sum(state.classes.values()) for scope, state in seen.items()} == {
        "350000": 3, "350100": 2, "350104": 2, "350203": 1, "350102": 0, "350104001": 1,
    }  # fmt: skip
    assert {scope: state.waiting for scope, state in seen.items() if state.waiting} == {
        "350000": 2, "350100": 1, "350104": 1, "350203": 1,
    } | ({"350104001": 1} if seen["350104001"].waiting else {})  # fmt: skip
    assert sum(seen["350104"].cases_today) == 1 and sum(seen["350203"].cases_today) == 0
    assert not seen["350102"].ticker and seen["350104"].ticker


def test_a_late_clock_that_left_the_wall_with_its_case_leaves_it_once() -> None:
    """An order that reaches its bank after the case was solved ends no clock that the wall still counts."""
    world = World().load()
    desk = Desk(world)
    state = wall_snapshot("350000", now=world.now)
    case = desk.case()
    stop = desk.propose(case)
    duty = world.officer("duty9", roles=["duty_officer", "investigator"])
    world.advance(timedelta(seconds=61))
    case_clocks.fire_due(now=world.now)
    world.seal()
    late = caught_up(state, world.now).money.late
    assert late["first_stop"] == 1
    for act, officer in (("accept", duty), ("file", desk.approver), ("solve", duty)):
        case = type(case).objects.for_system("t").get(id=case.id)
        move_case(
            case_id=case.id, version=case.version, act=act, reason="", acting_officer=officer, now=world.now
        )
    desk.send(desk.order(stop))
    world.seal()
    state = caught_up(state, world.now)
    assert state.money.late["first_stop"] == 0 and state.money.first_stops == {"in_time": 0, "late": 1}
    assert figures(state) == figures(wall_snapshot("350000", now=world.now))


def test_an_undone_outcome_leaves_the_wall() -> None:
    world = World().load()
    world.take_in([world.row(amount="50000")])
    world.triage()
    officer = world.officer()
    states = []
    for outcome in ("dissuaded", "paid"):
        before = wall_snapshot("350000", now=world.now)
        made(world, outcome, officer)
        after = wall_snapshot("350000", now=world.now)
        assert after.outcomes == {outcome: 1}
        assert (after.saved_minor > 0) == (outcome == "dissuaded")
        assert sum(after.cases_today) == (outcome == "paid")
        undo_outcome(acting_officer=officer, now=world.now)
        undone = wall_snapshot("350000", now=world.now)
        assert (undone.outcomes, undone.saved_minor, sum(undone.cases_today)) == ({}, 0, 0)
        states += [before, after, undone]
    world.seal()
    fresh = figures(wall_snapshot("350000", now=world.now))
    assert [figures(caught_up(state, world.now)) for state in states] == [fresh] * len(states)


def test_after_midnight_yesterdays_curve_stays_and_today_starts_empty() -> None:
    world = World(now=BEFORE_MIDNIGHT).load()
    world.take_in([world.row(), world.row(), world.row()])
    world.triage()
    officer = world.officer()
    made(world, "paid", officer)
    made(world, "dissuaded", officer)
    state = wall_snapshot("350000", now=world.now)
    assert (state.cases_today[23], sum(state.outcomes.values())) == (1, 2)
    world.advance(timedelta(minutes=10))
    made(world, "mismatch", officer)
    world.seal()
    fresh = wall_snapshot("350000", now=world.now)
    assert figures(caught_up(state, world.now)) == figures(fresh)
    assert (fresh.cases_yesterday[23], sum(fresh.cases_today)) == (1, 0)
    assert (fresh.outcomes, fresh.classes, fresh.saved_minor) == ({"mismatch": 1}, {}, 0)


def test_an_act_of_yesterday_that_is_sealed_today_is_yesterdays() -> None:
    """Entries are sealed in the order of their transactions: one with an earlier instant may follow a later one."""
    world = World(now=BEFORE_MIDNIGHT).load()
    world.take_in([world.row(), world.row()])
    world.triage()
    officer, other, early = world.officer(), world.officer("other"), world.now
    state = wall_snapshot("350000", now=early)
    late = take_next(acting_officer=other, now=early)
    world.advance(timedelta(minutes=10))
    made(world, "mismatch", officer)
    assert late
    record_outcome(
        work_order_id=late[0].id, version=late[0].version, outcome="paid", acting_officer=other, now=early
    )
    world.seal()
    assert figures(caught_up(state, world.now)) == figures(wall_snapshot("350000", now=world.now))


def test_a_copy_is_independent() -> None:
    world = World().load()
    world.take_in([world.row()])
    world.directive(world.officer(roles=["duty_officer"]))
    world.triage()
    world.seal()
    state = WallState("350000", day_of(world.now), world.now)
    kept = figures(state.copy())
    copy = state.copy()
    fold(state, list_feed(after=0))
    assert figures(copy) == kept != figures(state)


def test_folding_again_changes_nothing() -> None:
    world = World().load()
    world.take_in([world.row()])
    world.triage()
    world.seal()
    state = fold(WallState("350000", day_of(world.now), world.now), list_feed(after=0))
    once = figures(state.copy())
    assert figures(fold(state, list_feed(after=0))) == once
