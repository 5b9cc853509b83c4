"""What the stop plan learns of this centre reaches the suggestions: answers of banks, how long money stays, and since
when it lies there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.analytics.conftest import MULE, SECOND, VICTIM, Bank
from yipanqi.analytics.chase import Chase
from yipanqi.analytics.learning import LEARN_TASK, fire_due, known, learn
from yipanqi.analytics.models import Learned, StopSuggestion, TraceRun
from yipanqi.analytics.running import run_trace
from yipanqi.engine.tracing.planning import DEFAULT
from yipanqi.ops.measures.models import Order
from yipanqi.ops.measures.proposing import StopProposal, propose_stop
from yipanqi.rehearsal.world import World

Follow = Callable[..., Chase]
EVERY = timedelta(minutes=10)


@pytest.fixture
def case(world: World, bank: Bank, follow: Follow) -> Any:
    world.bank("ccb")
    found = world.case(payer_account=VICTIM, payer_bank="ccb")
    bank.post(bank.row(VICTIM, MULE, "50000.00", payee_name="周二"))
    follow(found)
    fire_due(now=world.now)
    return found


def told(number: str) -> tuple[StopSuggestion, dict[str, dict[str, Any]]]:
    """The open suggestion of an account, and its reasons by code."""
    rows = StopSuggestion.objects.for_system("the test looks").select_related("account")
    found = next(s for s in rows.filter(status="open") if s.account.number.reveal() == number)
    return found, {reason["code"]: reason["detail"] for reason in found.reasons}


def answered_orders(world: World, case: Any, *, count: int, after: timedelta) -> None:
    officer, payment = world.officer(roles=["funds_officer"]), case.payments.first()
    for number in range(count):
        proposal = StopProposal(
            target="suspect", ground="victim_report", account=f"62220216020011{number:05d}", bank="ccb",
            holder_name="吴三", asked_minor=payment.amount_minor, transfer_at=payment.paid_at, case_id=case.id,
        )  # fmt: skip
        propose_stop(proposal=proposal, acting_officer=officer, now=world.now)
    Order.objects.update(status="fulfilled", answered_at=world.now + after)


def test_the_tick_asks_for_it_when_it_is_time(world: World) -> None:
    jobs = ProcrastinateJob.objects.filter(task_name=LEARN_TASK)
    assert fire_due(now=world.now) == 0 and known().curves is DEFAULT
    assert fire_due(now=world.now + EVERY - timedelta(seconds=1)) == 0 and not jobs.exists()
    assert [fire_due(now=world.now + EVERY), fire_due(now=world.now + EVERY)] == [1, 0]
    assert jobs.count() == 1
    learn(now=world.now + EVERY)
    assert Learned.objects.get().learned_at == world.now + EVERY and known().curves is DEFAULT


def test_a_bank_that_answers_fast_leaves_more_to_be_saved(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    assumed, reasons = told(MULE)
    assert reasons["answer"] == {"minutes": 5}
    answered_orders(world, case, count=5, after=timedelta(seconds=61))
    learn(now=world.now)
    assert known().answers == {"ccb": 1.02}
    bank.post(bank.row(MULE, SECOND, "10.00", after=5))
    follow()
    learned, reasons = told(MULE)
    assert reasons["answer"] == {"minutes": 1} and "assumed" in reasons and learned.curves == "dwell-1"
    assert learned.chance_permille > assumed.chance_permille


def test_too_few_answers_tell_nothing(world: World, case: Any) -> None:
    answered_orders(world, case, count=4, after=timedelta(seconds=61))
    learn(now=world.now)
    assert known().answers == {}


def test_finished_traces_tell_how_long_money_stays(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    ways = [(f"62220216020066{number:05d}", f"62220216020077{number:05d}") for number in range(40)]
    bank.post(
        *(bank.row(MULE, first, "1000.00", after=1) for first, _ in ways),
        *(bank.row(first, second, "1000.00", after=31) for first, second in ways),
    )
    follow()
    assert told(ways[0][1])[0].curves == "dwell-1" and "assumed" in told(ways[0][1])[1]
    run_trace(TraceRun.objects.for_system("the test looks").get().id, now=world.now)
    learn(now=world.now)
    knowledge = known()
    assert knowledge.curves.traces == 1 and knowledge.named == f"dwell-1:{Learned.objects.get().digest}"
    bank.post(bank.row(MULE, SECOND, "1000.00", after=40))
    follow()
    found, reasons = told(SECOND)
    assert (found.level, found.curves) == (2, knowledge.named)
    assert reasons["learned_bank"] == {"count": 40} and "assumed" not in reasons
    learn(now=world.now)
    assert known().curves is knowledge.curves, "the same is learned and kept once"
    TraceRun.objects.for_system("poison tells no amounts").update(method="poison")
    learn(now=world.now)
    assert known().curves is DEFAULT


def test_a_trickle_does_not_make_old_money_fresh(world: World, bank: Bank, case: Any, follow: Follow) -> None:
    bank.post(bank.row(MULE, SECOND, "40000.00"))
    world.advance(timedelta(minutes=10))
    bank.post(bank.row(MULE, SECOND, "10.00"))
    follow()
    assert told(SECOND)[1]["age"] == {"minutes": 10}  # 11 of nearly all, 1 of the trickle
    bank.post(bank.row(SECOND, "6222021602009999999", "39999.00", after=20))
    bank.post(bank.row(MULE, SECOND, "4000.00", after=30))
    world.advance(timedelta(minutes=5))
    follow()
    assert told(SECOND)[0].held_minor == 401_100
    assert told(SECOND)[1]["age"] == {"minutes": 5}, "what came first has left first"
