"""The clock of work orders: overdue once, said in the journal, and said again by all that follows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.ops.workorders.conftest import record
from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.deadlines import fire_due
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.visits import Told, record_visit, take_visit
from yipanqi.rehearsal.world import World

Line = Callable[..., list[Any]]
Take = Callable[[Any], WorkOrder]
SECOND = timedelta(seconds=1)


def order(**which: Any) -> Any:
    return WorkOrder.objects.for_system("the test looks").get(**which)


def late_entries() -> Any:
    return Entry.objects.filter(event="work_order.late")


def test_a_waiting_call_is_overdue_once(world: World, line: Line, take: Take) -> None:
    line({"level_hint": "high"})
    due_at = order().due_at
    world.advance(due_at - world.now)
    assert fire_due(now=world.now) == 0 and order().late_at is None
    world.advance(SECOND)
    assert fire_due(now=world.now) == 1
    assert order().late_at == world.now and order().version == 1, (
        "nobody has to look again because it is late"
    )
    entry = late_entries().get()
    assert (entry.before, entry.after, entry.payload["late"]) == ("waiting", "waiting", True)
    assert entry.payload["due_at"] == due_at.isoformat()
    world.advance(timedelta(hours=1))
    assert fire_due(now=world.now) == 0 and late_entries().count() == 1
    operator = world.officer()
    record(world, take(operator), "mismatch", operator)
    told = Entry.objects.filter(subject_id=str(order().id)).order_by("id")
    assert [(entry.event, entry.payload.get("late", False)) for entry in told] == [
        ("work_order.opened", False),
        ("work_order.late", True),
        ("work_order.taken", True),
        ("work_order.completed", True),
    ]


def test_a_call_in_hand_is_not_overdue_and_its_hold_lapses(world: World, line: Line, take: Take) -> None:
    line({"level_hint": "high"})
    take(world.officer())
    world.advance(timedelta(minutes=10))
    assert fire_due(now=world.now) == 0
    world.advance(catalog.windows()["take_hold"].duration)
    assert fire_due(now=world.now) == 2, "the hold lapses, and what waits again is overdue"
    assert (order().status, order().late_at) == ("waiting", world.now)


def test_a_visit_is_overdue_whoever_holds_it(world: World, line: Line, take: Take) -> None:
    line({"level_hint": "high"})
    operator, officer = world.officer(), world.officer("st", roles=["station_officer"])
    record(world, take(operator), "unreachable", operator)
    visit = order(kind="visit")
    take_visit(work_order_id=visit.id, version=visit.version, acting_officer=officer, now=world.now)
    world.advance(timedelta(hours=1) + SECOND)
    assert fire_due(now=world.now) == 1
    visit = order(kind="visit")
    assert visit.late_at == world.now and late_entries().get().before == "taken"
    told = Told("dissuaded", uuid4(), world.now)
    record_visit(
        work_order_id=visit.id, version=visit.version, told=told, acting_officer=officer, now=world.now
    )
    assert Entry.objects.get(event="work_order.completed", subject_id=str(visit.id)).payload["late"] is True


def test_it_does_a_limited_part_at_a_time(world: World, line: Line) -> None:
    line(*[{}] * 5)
    world.advance(timedelta(hours=1))
    assert [fire_due(now=world.now, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert late_entries().count() == 5
