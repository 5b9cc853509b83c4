"""The simulated station reads the visits desk as it is written, pays the pressing ones and leaves the newest."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from yipanqi import catalog
from yipanqi.ops.workorders.models import VisitReport, WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome
from yipanqi.ops.workorders.services import take_next
from yipanqi.rehearsal.doors import NOTES, OUTCOMES, Doors
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db


def test_every_outcome_of_the_station_is_known() -> None:
    assert set(OUTCOMES) == NOTES.keys() < catalog.visit_outcomes().keys()


@pytest.fixture
def phone(client: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[[World], Doors]:
    """The station's phone, on the test's own server."""

    def make(world: World) -> Doors:
        client.force_login(world.officer("st", roles=["station_officer"]))
        doors = Doors(7, "http://127.0.0.1:1")
        monkeypatch.setattr(doors, "_look", lambda path: client.get(path).content.decode())
        monkeypatch.setattr(doors, "_act", lambda path, fields: client.post(path, fields))
        return doors

    return make


def test_it_pays_what_waits_and_leaves_the_newest(phone: Any) -> None:
    world = World().load()
    world.take_in([world.row() for _ in range(9)])
    world.triage()
    operator = world.officer()
    while taken := take_next(acting_officer=operator, now=world.now):
        record_outcome(work_order_id=taken[0].id, version=taken[0].version, outcome="unreachable",
                       acting_officer=operator, now=world.now)  # fmt: skip
    doors = phone(world)
    visits = WorkOrder.objects.for_system("look").filter(kind="visit")
    assert doors.turn(leave=4) == 5
    reports = list(VisitReport.objects.for_system("look"))
    assert len(reports) == 5 and all(report.kept_because == "" for report in reports)
    later = visits.filter(status="waiting", not_before_at__gt=world.now).count()
    assert visits.filter(status="waiting").count() == 4 + later
    assert doors.turn(leave=4) == 0, "nobody knocks twice before the time"
    world.advance(timedelta(hours=5))
    assert doors.turn() == 4 + later
