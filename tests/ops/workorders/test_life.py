"""Alerts, calls and visits live through random acts of the real services; each time what must hold is looked at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from yipanqi import catalog
from yipanqi.analytics.triage import triage_alerts
from yipanqi.casework.lifecycles.alert import ALERT
from yipanqi.casework.lifecycles.work_order import WORK_ORDER
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.deadlines import fire_due
from yipanqi.ops.workorders.models import VisitReport, WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome, undo_outcome
from yipanqi.ops.workorders.queries import find_taken, list_visits, tally
from yipanqi.ops.workorders.services import give_back, take_next
from yipanqi.ops.workorders.visits import Told, cancel_visit, give_back_visit, record_visit, take_visit
from yipanqi.rehearsal.world import World

LIFECYCLES = {"alert": ALERT, "work_order": WORK_ORDER}
OFFICERS = st.integers(0, 2)
STATION = st.integers(3, 4)


class Centre(RuleBasedStateMachine):
    """Three operators at the seats, two officers of the station, who may cancel visits too, a few residents, one clock.

    A station officer's phone shows the visits as they were when it last had a signal.
    """

    fresh: Callable[[], tuple[World, list[Any]]]

    @initialize()
    def open_doors(self) -> None:
        self.world, self.officers = type(self).fresh()
        self.phones: dict[int, list[Any]] = {3: [], 4: []}
        for person, paid in ((1, False), (2, True), (3, True)):
            self.warn(person, paid)

    @rule(person=st.integers(1, 3), paid=st.booleans())
    def warn(self, person: int, paid: bool) -> None:
        row = self.world.row(person_phone=f"1500000000{person}", paid=str(paid).lower())
        result = self.world.take_in([row | {"occurred_at": self.world.now.isoformat()}])
        triage_alerts([fate.alert_id for fate in result.fates if fate.alert_id], now=self.world.now)

    @rule(who=OFFICERS)
    def take(self, who: int) -> None:
        take_next(acting_officer=self.officers[who], now=self.world.now)

    @rule(who=OFFICERS, outcome=st.sampled_from(sorted(catalog.call_outcomes())))
    def record(self, who: int, outcome: str) -> None:
        taken = take_next(acting_officer=self.officers[who], now=self.world.now)
        if taken:
            held = taken[0]
            record_outcome(
                work_order_id=held.id,
                version=held.version,
                outcome=outcome,
                acting_officer=self.officers[who],
                now=self.world.now,
            )

    @rule(who=OFFICERS)
    def undo(self, who: int) -> None:
        try:
            undo_outcome(acting_officer=self.officers[who], now=self.world.now)
        except YipanqiError as error:
            assert error.code == "undo_expired"

    @rule(who=OFFICERS)
    def return_call(self, who: int) -> None:
        held = find_taken(self.officers[who])
        if held:
            give_back(
                work_order_id=held.id,
                version=held.version,
                acting_officer=self.officers[who],
                now=self.world.now,
            )

    @rule(who=STATION)
    def look(self, who: int) -> None:
        self.phones[who] = list_visits(self.officers[who], limit=9)

    @rule(who=STATION, act=st.sampled_from([take_visit, give_back_visit, cancel_visit]))
    def act_on_a_visit(self, who: int, act: Any) -> None:
        more = {"reason": "x"} if act is cancel_visit else {}
        for seen in self.phones[who][:1]:
            try:
                act(work_order_id=seen.id, version=seen.version, acting_officer=self.officers[who],
                    now=self.world.now, **more)  # fmt: skip
            except YipanqiError as error:
                assert error.code in {"version_conflict", "transition_refused", "visit_in_hand"}

    @rule(who=STATION, outcome=st.sampled_from(sorted(catalog.visit_outcomes())), times=st.integers(1, 2))
    def report(self, who: int, outcome: str, times: int) -> None:
        self.phones[who] = self.phones[who] or list_visits(self.officers[who], limit=9)
        for seen in self.phones[who][:1]:
            told = Told(outcome, uuid4(), self.world.now)
            sent = [
                record_visit(work_order_id=seen.id, version=seen.version, told=told, now=self.world.now,
                             acting_officer=self.officers[who])
                for _ in range(times)
            ]  # fmt: skip
            assert len({report.id for report in sent}) == 1

    @rule(seconds=st.sampled_from([1, 9, 60, 600, 900, 21 * 3600, 5 * 86_400]))
    def pass_time(self, seconds: int) -> None:
        self.world.advance(timedelta(seconds=seconds))
        fire_due(now=self.world.now)

    @invariant()
    def what_always_holds(self) -> None:
        alerts = list(Alert.objects.for_system("the test looks"))
        orders = list(WorkOrder.objects.for_system("the test looks"))
        for alert in alerts:
            own = [o for o in orders if o.alert_id == alert.id]
            live = [o for o in own if o.status in {"waiting", "taken"}]
            assert len({o.kind for o in live}) == len(live) and [o for o in own if o.kind == "call"]
            if alert.status == "triaged":
                assert [(o.kind, o.purpose, o.status) for o in live] == [("call", "dissuade", "waiting")]
            if alert.status == "closed":
                assert alert.outcome and all(o.purpose == "callback" and o.status == "waiting" for o in live)
            if alert.status == "paid":
                assert alert.outcome and not live
            if alert.status == "contacting":
                assert live
            assert bool(alert.closed_at) == (alert.status == "closed")
        waiting = [o for o in orders if o.kind == "call" and o.status == "waiting"]
        ready = [o for o in waiting if o.not_before_at <= self.world.now]
        assert tally(self.officers[0], self.world.now).waiting == len(ready)
        for order in orders:
            assert (order.status == "taken") == bool(
                order.hold_until_at and order.taken_by_id and not order.done_at
            )
            assert (order.key_steady is None) == (order.purpose == "callback")
        self._journal_matches({str(a.id): a.status for a in alerts}, {str(o.id): o.status for o in orders})
        told = Entry.objects.filter(event="work_order.late").values_list("subject_id", flat=True)
        assert sorted(told) == sorted(str(o.id) for o in orders if o.late_at)
        kept = VisitReport.objects.for_system("the test looks").exclude(kept_because="").count()
        assert kept == Entry.objects.filter(event="visit.report_kept").count()

    def _journal_matches(self, alerts: dict[str, str], orders: dict[str, str]) -> None:
        """Every change of status is one declared transition, written once, and they lead to where the row stands."""
        at: dict[tuple[str, str], str] = {}
        for entry in Entry.objects.filter(subject_kind__in=LIFECYCLES).order_by("id"):
            life, key = LIFECYCLES[entry.subject_kind], (entry.subject_kind, entry.subject_id)
            if entry.event == "visit.report_kept":
                continue
            if entry.event == "work_order.late":
                assert entry.before == entry.after == at[key]
            elif entry.event in {"alert.opened", "work_order.opened", "alert.joined"}:
                assert entry.after == at.get(key, life.initial)
            else:
                ways = {(s, t.target, t.event) for t in life.transitions for s in t.sources}
                assert entry.before == at[key] and (entry.before, entry.after, entry.event) in ways
            at[key] = entry.after
        assert at == {("alert", k): v for k, v in alerts.items()} | {
            ("work_order", k): v for k, v in orders.items()
        }


@pytest.mark.django_db
def test_random_days_at_the_seats() -> None:
    class Sandboxed(Centre):
        """Each example in a transaction of its own that is rolled back."""

        @staticmethod
        def fresh() -> tuple[World, list[Any]]:
            world = World().load()
            station = {"roles": ["station_officer", "duty_officer"]}
            seats = [world.officer(f"op{n}") for n in range(3)]
            return world, seats + [world.officer(f"st{n}", **station) for n in range(2)]

        def __init__(self) -> None:
            super().__init__()
            self._sandbox = transaction.atomic()
            self._sandbox.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self._sandbox.__exit__(None, None, None)

    profile = settings(max_examples=20, stateful_step_count=40, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Sandboxed, settings=profile)
