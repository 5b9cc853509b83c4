"""Triage: type and level from what was said, one call each, safe to repeat, and nothing decided is undone by it."""

from datetime import timedelta
from typing import Any

import pytest

from yipanqi import catalog
from yipanqi.analytics.tasks import triage
from yipanqi.analytics.triage import triage_alerts
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome
from yipanqi.ops.workorders.services import take_next
from yipanqi.rehearsal.world import World

SHUADAN = "客户称在网上做刷单任务，先小额返利，现要求连单垫付本金后才能提现"
POLICE = "自称公安局民警，称其涉嫌洗钱，要求把钱转到安全账户配合调查"


def alert(world: World, **row: Any) -> Any:
    fate = world.take_in([world.row(**row)]).fates[0]
    triage_alerts([fate.alert_id], now=world.now)
    return Alert.objects.for_system("the test looks").get(id=fate.alert_id)


def call_of(found: Any) -> Any:
    return WorkOrder.objects.for_system("the test looks").get(alert=found)


@pytest.mark.parametrize(
    ("row", "fraud_type"),
    [
        ({"text": SHUADAN}, "T01"),
        ({"text": POLICE}, "T08"),
        ({"text": "", "fraud_type_hint": "冒充公检法"}, "T08"),
        ({"text": POLICE, "fraud_type_hint": "刷单返利"}, "T08"),
        ({"text": "客户来电咨询"}, "T99"),
    ],
)
def test_the_type_is_the_surest(world: World, row: dict[str, str], fraud_type: str) -> None:
    found = alert(world, **row)
    assert (found.fraud_type, found.triaged_type, found.status) == (fraud_type, fraud_type, "triaged")
    assert found.rules_version and call_of(found).fraud_type == fraud_type
    assert (found.fraud_score_permille > 0) == (fraud_type != "T99")


def test_no_class_without_its_reasons(world: World) -> None:
    spoken = alert(world, text=SHUADAN).fraud_reasons
    assert {"刷单", "连单"} <= {reason["phrase"] for reason in spoken}
    assert all(reason["rule"] for reason in spoken)
    hinted = alert(world, text="", fraud_type_hint="冒充公检法")
    assert hinted.fraud_reasons == [{"rule": "sender", "phrase": hinted.source}]


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ({}, "mid"),
        ({"level_hint": "low"}, "low"),
        ({"level_hint": "low", "paid": "true"}, "high"),
        ({"amount": "49999.99"}, "mid"),
        ({"amount": "50000"}, "high"),
    ],
)
def test_the_level_and_its_deadline(world: World, row: dict[str, str], level: str) -> None:
    found = alert(world, **row)
    call = call_of(found)
    assert (found.level, call.level) == (level, level)
    assert call.due_at == found.due_at == world.now + catalog.policy("CN").call_within(level)


def test_repeating_it_changes_nothing(world: World) -> None:
    found = alert(world)
    call, entries = call_of(found), Entry.objects.count()
    again = triage_alerts([found.id], now=world.now)
    assert (again.opened, again.reranked, again.reopened) == (0, 1, 0)
    same = call_of(found)
    assert (same.id, same.key_steady, same.due_at, same.facts) == (
        call.id,
        call.key_steady,
        call.due_at,
        call.facts,
    )
    assert Entry.objects.count() == entries


def test_a_further_warning_ranks_the_call_anew(world: World) -> None:
    found = alert(world, level_hint="low", amount="100", text="")
    before = call_of(found)
    world.advance(timedelta(minutes=5))
    world.take_in(
        [world.row(person_phone=found.person.phone.reveal(), amount="90000", paid="true", text=POLICE)]
    )
    triage_alerts([found.id], now=world.now)
    after = call_of(found)
    assert (after.level, after.fraud_type) == ("high", "T08")
    assert after.key_steady > before.key_steady and after.key_draining is not None
    assert after.due_at == min(before.due_at, world.now + catalog.policy("CN").call_within("high"))
    assert after.version == before.version  # the operator who holds it is not told to look again


def decided(world: World, outcome: str) -> Any:
    found, officer = alert(world), world.officer()
    taken = take_next(acting_officer=officer, now=world.now)
    assert taken
    order = taken[0]
    record_outcome(
        work_order_id=order.id, version=order.version, outcome=outcome, acting_officer=officer, now=world.now
    )
    return found


@pytest.mark.parametrize(("minutes", "status"), [(-5, "closed"), (5, "triaged")])
def test_only_news_of_after_the_closing_opens_it_again(world: World, minutes: int, status: str) -> None:
    found = decided(world, "dissuaded")
    occurred_at = world.now + timedelta(minutes=minutes)
    world.advance(timedelta(minutes=10))
    phone = found.person.phone.reveal()
    again = world.row(person_phone=phone, occurred_at=occurred_at.isoformat(), text=POLICE, level_hint="high")
    assert world.take_in([again]).fates[0].fate == "joined"
    result = triage_alerts([found.id], now=world.now)
    now = Alert.objects.for_system("the test looks").get(id=found.id)
    waiting = WorkOrder.objects.for_system("the test looks").filter(alert=found, status="waiting").count()
    assert (now.status, result.reopened, waiting) == (status, int(minutes > 0), int(minutes > 0))
    if minutes < 0:  # what was decided stays, in every part
        kept = ("fraud_type", "level", "fraud_score_permille", "rules_version", "outcome", "triaged_type")
        assert [getattr(now, name) for name in kept][:4] == [getattr(found, name) for name in kept][:4]
        assert now.outcome == "dissuaded"


def test_a_paid_alert_stays_paid(world: World) -> None:
    found = decided(world, "paid")
    world.advance(timedelta(minutes=10))
    world.take_in([world.row(person_phone=found.person.phone.reveal())])
    triage_alerts([found.id], now=world.now)
    assert Alert.objects.for_system("the test looks").get(id=found.id).status == "paid"


def test_the_task_takes_ids_as_text_and_the_centres_clock(world: World) -> None:
    fate = world.take_in([world.row()]).fates[0]
    triage(opened=[str(fate.alert_id)])
    found = Alert.objects.for_system("the test looks").get(id=fate.alert_id)
    assert found.triaged_at == world.now
    entry = Entry.objects.get(event="alert.triaged")
    assert entry.correlation_id and entry.actor_id == "system"
