"""The clocks of cases: noted once when they pass, silent when they were met, and telling when they end late."""

from datetime import timedelta
from typing import Any

from tests.ops.cases.conftest import facts, seen
from yipanqi.ops.cases.deadlines import fire_due
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.cases.queries import late_cases
from yipanqi.ops.cases.reading import read_report
from yipanqi.ops.cases.services import enter_payment, note_stop_sent, report_case
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.rehearsal.world import PROVINCE, World


def bare(world: World) -> Any:
    """A case of which nothing but the victim is known."""
    world.load()
    raw = {"occurred_at": world.now.isoformat(), "person_phone": "13800002207"}
    read = read_report(raw, scope_code=PROVINCE, now=world.now)
    return report_case(facts=read, source=CaseSource.REPORT, acting=SYSTEM, now=world.now)[0]


def late() -> list[tuple[str, bool, bool]]:
    rows = Entry.objects.filter(event="case.late").order_by("id").values_list("payload", flat=True)
    return [(row["clock"], row["late_stop"], row["late_entry"]) for row in rows]


def sent(case: Any, world: World) -> None:
    note_stop_sent(Case.objects.for_system("t").get(id=case.id), acting=SYSTEM, now=world.now)


def test_each_clock_is_noted_once(world: World) -> None:
    case = bare(world)
    world.advance(timedelta(minutes=1))
    assert fire_due(now=world.now) == 0
    world.advance(timedelta(seconds=1))
    assert [fire_due(now=world.now), fire_due(now=world.now)] == [1, 0]
    assert (seen(case).late_stop_at, seen(case).late_entry_at) == (world.now, None)
    world.advance(timedelta(minutes=30))
    assert [fire_due(now=world.now), fire_due(now=world.now)] == [1, 0]
    assert late() == [("first_stop", True, False), ("level1_entry", True, True)]
    assert seen(case).version == 1, "the clock's own note is no officer's act"


def test_what_was_met_in_time_is_never_late(world: World) -> None:
    funds = world.officer("funds", roles=["funds_officer"])
    case = bare(world)
    enter_payment(case_id=case.id, facts=facts(world), acting_officer=funds, now=world.now)
    sent(case, world)
    world.advance(timedelta(hours=2))
    assert fire_due(now=world.now) == 0 and not late()
    ended = Entry.objects.get(event="case.stop_ordered").payload
    assert (ended["late"], ended["late_stop"], ended["late_entry"]) == (False, False, False)


def test_what_ends_late_says_so(world: World) -> None:
    funds = world.officer("funds", roles=["funds_officer"])
    case = bare(world)
    world.advance(timedelta(hours=1))
    assert fire_due(now=world.now) == 2
    sent(case, world)
    sent(case, world)
    enter_payment(case_id=case.id, facts=facts(world), acting_officer=funds, now=world.now)
    ordered = Entry.objects.get(event="case.stop_ordered").payload
    entered = Entry.objects.get(event="case.payment_entered").payload
    assert (ordered["late"], ordered["late_stop"], ordered["late_entry"]) == (True, False, True)
    assert (entered["late"], entered["late_stop"], entered["late_entry"]) == (True, False, False)


def test_a_case_that_has_ended_has_no_clock(world: World) -> None:
    duty = world.officer("duty", roles=["duty_officer"])
    case = bare(world)
    move_case(case_id=case.id, version=1, act="withdraw", reason="误登", acting_officer=duty, now=world.now)
    world.advance(timedelta(hours=1))
    assert fire_due(now=world.now) == 0 and not list(late_cases(duty, now=world.now))


def test_the_limit_leaves_the_rest_for_the_next_tick(world: World) -> None:
    for _ in range(3):
        bare(world)
    world.advance(timedelta(minutes=2))
    assert [fire_due(now=world.now, limit=2) for _ in range(3)] == [2, 1, 0]
