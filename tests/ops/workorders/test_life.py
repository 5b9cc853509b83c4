"""Alerts and their calls live through random acts of the real services; each time what must hold is looked at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

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
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome, undo_outcome
from yipanqi.ops.workorders.queries import find_taken, tally
from yipanqi.ops.workorders.services import give_back, lapse_holds, take_next
from yipanqi.rehearsal.world import World

LIFECYCLES = {"alert": ALERT, "work_order": WORK_ORDER}
OFFICERS = st.integers(0, 2)


class Centre(RuleBasedStateMachine):
    """Three operators at the seats, a few residents, one clock."""

    fresh: Callable[[], tuple[World, list[Any]]]

    @initialize()
    def open_doors(self) -> None:
        self.world, self.officers = type(self).fresh()

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
        held = find_taken(self.officers[who])
        if held:
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

    @rule(seconds=st.sampled_from([1, 9, 60, 600, 900, 5 * 86_400]))
    def pass_time(self, seconds: int) -> None:
        self.world.advance(timedelta(seconds=seconds))
        lapse_holds(now=self.world.now)

    @invariant()
    def what_always_holds(self) -> None:
        alerts = list(Alert.objects.for_system("the test looks"))
        orders = list(WorkOrder.objects.for_system("the test looks"))
        for alert in alerts:
            calls = [o for o in orders if o.alert_id == alert.id and o.kind == "call"]
            live = [o for o in calls if o.status in {"waiting", "taken"}]
            visits = [
                o for o in orders if o.alert_id == alert.id and o.kind == "visit" and o.status == "waiting"
            ]
            assert len(live) <= 1 and calls
            if alert.status == "triaged":
                assert [o.status for o in live] == ["waiting"]
            if alert.status in {"closed", "paid"}:
                assert not live and alert.outcome
            if alert.status == "contacting":
                assert live or visits
            assert bool(alert.closed_at) == (alert.status == "closed")
        waiting = [o for o in orders if o.kind == "call" and o.status == "waiting"]
        ready = [o for o in waiting if o.not_before_at <= self.world.now]
        assert tally(self.officers[0], self.world.now).waiting == len(ready)
        for order in orders:
            assert (order.status == "taken") == bool(
                order.hold_until_at and order.taken_by_id and not order.done_at
            )
        self._journal_matches({str(a.id): a.status for a in alerts}, {str(o.id): o.status for o in orders})

    def _journal_matches(self, alerts: dict[str, str], orders: dict[str, str]) -> None:
        """Every change of status is one declared transition, written once, and they lead to where the row stands."""
        at: dict[tuple[str, str], str] = {}
        for entry in Entry.objects.filter(subject_kind__in=LIFECYCLES).order_by("id"):
            life, key = LIFECYCLES[entry.subject_kind], (entry.subject_kind, entry.subject_id)
            if entry.event in {"alert.opened", "work_order.opened", "alert.joined"}:
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
            return world, [world.officer(f"op{n}") for n in range(3)]

        def __init__(self) -> None:
            super().__init__()
            self._sandbox = transaction.atomic()
            self._sandbox.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self._sandbox.__exit__(None, None, None)

    profile = settings(max_examples=15, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Sandboxed, settings=profile)
