"""What a freeze may start from: the newest whole trace, else payments and the stop; and which accounts at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.analytics.conftest import MULE, SECOND, THIRD, VICTIM, Bank
from tests.ops.measures.conftest import Desk, held, refused
from yipanqi.analytics.freezing import amount_for, find_freezable
from yipanqi.analytics.models import TraceRun
from yipanqi.analytics.running import run_trace
from yipanqi.analytics.tracing import ask_trace
from yipanqi.ops.cases.models import Case
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import blind_index
from yipanqi.rehearsal.world import World


def account(number: str) -> Account:
    return Account.objects.get(number_index=blind_index("account", number))


@pytest.fixture
def desk(world: World) -> Desk:
    """A funds officer and an approver, with one bank connected."""
    return Desk(world)


@pytest.fixture
def case(desk: Desk) -> Case:
    """A case of 50,000 yuan."""
    found: Case = desk.case(payer_account=VICTIM, payer_bank="ccb")
    return found


def traced(desk: Desk, case: Case, **more: object) -> TraceRun:
    """A trace that is finished."""
    given = {"method": "haircut", "until": None} | more
    run = ask_trace(case_id=case.id, acting_officer=desk.funds, now=desk.world.now, **given)
    run_trace(run.id, now=desk.world.now)
    done: TraceRun = TraceRun.objects.for_system("the test looks").get(id=run.id)
    assert done.status == "done"
    return done


def test_without_a_trace_payments_count_and_no_more_than_the_stop_holds(desk: Desk, case: Case) -> None:
    payee = account(MULE)
    found = amount_for(case.id, payee.id)
    assert (found.minor, found.trace_id, found.as_of) == (5_000_000, None, case.payments.get().paid_at)
    stop = held(desk, case=case, asked_minor=5_000_000)
    type(stop).objects.for_system("t").filter(id=stop.id).update(stopped_minor=1_200_000)
    assert amount_for(case.id, payee.id).minor == 1_200_000
    other = desk.case(payee_account="6222021602000000005")
    assert amount_for(other.id, payee.id).minor == 0


def test_the_newest_whole_trace_says_what_is_there(
    desk: Desk, case: Case, bank: Bank, follow: Callable[..., object]
) -> None:
    bank.post(
        bank.row(VICTIM, MULE, "50000.00", payee_name="周二"),
        bank.row(MULE, SECOND, "30000.00", after=20, payee_name="吴三"),
        bank.row(SECOND, THIRD, "12000.00", after=25),
    )
    follow(case)
    run = traced(desk, case)
    sums = {number: amount_for(case.id, account(number).id) for number in (MULE, SECOND, THIRD)}
    assert {number: each.minor for number, each in sums.items()} == {
        MULE: 2_000_000,
        SECOND: 1_800_000,
        THIRD: 1_200_000,
    }
    assert {each.trace_id for each in sums.values()} == {run.id}
    assert {each.as_of for each in sums.values()} == {run.ended_at}
    desk.world.advance(timedelta(minutes=1))
    traced(desk, case, until=desk.world.now - timedelta(minutes=2, seconds=-10))
    traced(desk, case, method="fifo")
    assert amount_for(case.id, account(MULE).id).trace_id == run.id


def test_what_is_known_of_an_account_is_told(
    desk: Desk, case: Case, bank: Bank, follow: Callable[..., object]
) -> None:
    bank.post(
        bank.row(VICTIM, MULE, "50000.00", payee_name="周二"),
        bank.row(MULE, SECOND, "30000.00", after=20, payee_name="吴三"),
    )
    with refused("not_found"):
        find_freezable(desk.funds, case.id, account(SECOND).id)
    follow(case)
    traced(desk, case)
    far = find_freezable(desk.funds, case.id, account(SECOND).id)
    assert (far.holder.reveal(), far.bank, far.is_payee, far.stop) == ("吴三", "ccb", False, None)
    near = find_freezable(desk.funds, case.id, account(MULE).id)
    assert near.is_payee and near.holder.reveal() == "周二" and near.freeze is None
    away = desk.world.officer("away", roles=["funds_officer"], unit="350203")
    with refused("not_found"):
        find_freezable(away, case.id, account(MULE).id)
    with refused("not_allowed"):
        find_freezable(desk.approver, case.id, account(MULE).id)
