"""The wall by folding equals the wall counted fresh while visits are paid, call-backs are made and clocks run."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.ops.indicators.test_folding import SCOPES, Shift, caught_up, figures
from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.deadlines import fire_due
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.queries import list_visits
from yipanqi.ops.workorders.services import take_next
from yipanqi.ops.workorders.visits import Told, give_back_visit, record_visit, take_visit

pytestmark = pytest.mark.django_db(transaction=True)


class Doors(Shift):
    """A shift with a station officer beside the seats, who sees all."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.station = self.world.officer("st", roles=["station_officer", "duty_officer"])
        self.acts = [
            self.warn,
            *[self.call_first] * 4,
            *[self.at_the_door] * 3,
            self.take_or_leave,
            self.undo,
        ]
        self.acts += [self.back, self.wait, self.next_day]

    def _visit(self) -> Any:
        visits = list_visits(self.station, limit=20)
        return self.draw.choice(visits) if visits else None

    def at_the_door(self) -> None:
        visit = self._visit()
        if visit:
            outcome = self.draw.choice(sorted(catalog.visit_outcomes()))
            record_visit(
                work_order_id=visit.id,
                version=visit.version,
                told=Told(outcome, uuid4(), self.world.now),
                acting_officer=self.station,
                now=self.world.now,
            )

    def take_or_leave(self) -> None:
        visit = self._visit()
        act = self.draw.choice([take_visit, give_back_visit])
        try:
            if visit:
                act(
                    work_order_id=visit.id,
                    version=visit.version,
                    acting_officer=self.station,
                    now=self.world.now,
                )
        except YipanqiError as error:
            assert error.code in {"version_conflict", "transition_refused"}

    def call_first(self) -> None:
        """Take and record, so that work goes on to the station and to call-backs."""
        take_next(acting_officer=self.officers[0], now=self.world.now)
        self.record()

    def tick(self) -> None:
        fire_due(now=self.world.now)

    def next_day(self) -> None:
        self.world.advance(timedelta(hours=self.draw.choice([1, 3, 21])))
        self.tick()


@pytest.mark.parametrize("seed", range(4))
def test_visits_and_callbacks_fold_as_they_count(seed: int) -> None:
    shift = Doors(seed)
    kept = [wall_snapshot(scope, now=shift.world.now) for scope in SCOPES]
    for turn in range(180):
        shift.step()
        if shift.draw.random() < 0.15:
            kept.append(wall_snapshot(shift.draw.choice(SCOPES), now=shift.world.now))
        if shift.draw.random() < 0.3:
            shift.world.seal()
        if turn % 20 == 19:
            shift.world.seal()
            fresh = {scope: figures(wall_snapshot(scope, now=shift.world.now)) for scope in SCOPES}
            kept = [caught_up(state, shift.world.now) for state in kept]
            assert [figures(state) for state in kept] == [fresh[state.scope_code] for state in kept]
    done = WorkOrder.objects.for_system("look").filter(kind="visit", status="done")
    assert done.exists() and Entry.objects.filter(event="work_order.late").exists(), "the walk did little"
