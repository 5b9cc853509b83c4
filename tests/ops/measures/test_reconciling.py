"""Comparing books with a bank: what disagrees becomes work, what agrees again is settled by that."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ops.measures.conftest import ACCOUNT, Desk, FreezeDesk, held, refused
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.freezing.reconciling import BankFreeze
from yipanqi.ops.measures.models import Answer, Difference, Freeze, PaymentStop
from yipanqi.ops.measures.queries import open_differences, open_problems
from yipanqi.ops.measures.reconciling import BankStop, compare, settle_difference, settle_problem


def line(desk: Desk, stop: PaymentStop, **more: object) -> BankStop:
    """The stop as the bank lists it."""
    given = {
        "order_id": str(desk.order(stop).id),
        "account": ACCOUNT,
        "starts_at": stop.stopped_at,
        "ends_at": stop.expires_at,
    } | more
    return BankStop(**given)  # type: ignore[arg-type]


@pytest.fixture
def stop(desk: Desk) -> PaymentStop:
    """A stop in effect for an hour."""
    found = held(desk)
    desk.world.advance(timedelta(hours=1))
    return found


def test_equal_books_differ_in_nothing(desk: Desk, stop: PaymentStop) -> None:
    run = compare(partner=desk.bank, listed=[line(desk, stop)], now=desk.world.now)
    assert (run.ours, run.theirs, run.differences) == (1, 1, 0)
    assert Entry.objects.filter(event="bank.reconciled").count() == 1


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        (None, "only_ours"),
        ({"account": "6222021602009999999"}, "account_differs"),
        ({"ends_at": 3600}, "end_differs"),
        ({"order_id": str(uuid.uuid4())}, "only_theirs"),
        ({"order_id": ""}, "only_theirs"),
    ],
)
def test_each_way_to_disagree(desk: Desk, stop: PaymentStop, theirs: dict | None, kind: str) -> None:
    listed = []
    if theirs is not None:
        if "ends_at" in theirs:
            theirs = {"ends_at": stop.expires_at + timedelta(seconds=theirs["ends_at"])}
        listed = [line(desk, stop, **theirs)]
    compare(partner=desk.bank, listed=listed, now=desk.world.now)
    kinds = set(Difference.objects.values_list("kind", flat=True))
    assert kind in kinds and kinds <= {kind, "only_ours"}
    compare(partner=desk.bank, listed=listed, now=desk.world.now)
    assert Difference.objects.filter(kind=kind).count() == 1  # found again, noted once
    compare(partner=desk.bank, listed=[line(desk, stop)], now=desk.world.now)
    assert not Difference.objects.filter(status="open").exists()


def test_what_is_on_its_way_is_no_difference(desk: Desk) -> None:
    stop = held(desk)
    desk.world.advance(timedelta(seconds=30))
    assert compare(partner=desk.bank, listed=[], now=desk.world.now).differences == 0
    desk.world.advance(timedelta(seconds=31))
    assert compare(partner=desk.bank, listed=[], now=desk.world.now).differences == 1
    assert Difference.objects.get().stop_id == stop.id


def test_a_stop_that_is_being_lifted_may_be_gone_already(desk: Desk, stop: PaymentStop) -> None:
    lift_stop(
        stop_id=stop.id, version=stop.version, reason="safe", acting_officer=desk.funds, now=desk.world.now
    )
    assert compare(partner=desk.bank, listed=[], now=desk.world.now).differences == 0


def test_a_difference_is_settled_with_a_note_by_who_may(desk: Desk, stop: PaymentStop) -> None:
    compare(partner=desk.bank, listed=[], now=desk.world.now)
    difference = open_differences(desk.funds).get()
    given = {"difference_id": difference.id, "now": desk.world.now}
    with refused("reason_missing"):
        settle_difference(note=" ", acting_officer=desk.funds, **given)
    elsewhere = desk.world.officer("far", roles=["funds_officer"], unit="350203")
    with refused("not_found"):
        settle_difference(note="已核对", acting_officer=elsewhere, **given)
    settled = settle_difference(note="已与银行核对", acting_officer=desk.funds, **given)
    assert settled.status == "settled" and settled.note.reveal() == "已与银行核对"
    with refused("not_found"):
        settle_difference(note="再次", acting_officer=desk.funds, **given)


def test_an_unusable_answer_leaves_the_desk_once_seen_to(desk: Desk, stop: PaymentStop) -> None:
    desk.answer(desk.order(stop), account="6222021602009999999", balance_minor=1)
    problem = open_problems(desk.funds).get()
    settle_problem(answer_id=problem.id, acting_officer=desk.funds, now=desk.world.now)
    assert not open_problems(desk.funds).exists() and Answer.objects.filter(id=problem.id).exists()


def listed(freezing: FreezeDesk, freeze: Freeze, **more: Any) -> BankFreeze:
    """The bank's line of a freeze."""
    order = freezing.freeze_order(freeze)
    given = {"order_id": str(order.id), "account": ACCOUNT, "starts_at": freeze.frozen_at}
    return BankFreeze(**given | {"ends_at": freeze.expires_at, "frozen_minor": freeze.frozen_minor} | more)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, ""),
        ({"frozen_minor": 1}, "amount_differs"),
        ({"ends_at": datetime(2027, 1, 1, tzinfo=UTC)}, "end_differs"),
        ({"account": "6222021602009999999"}, "account_differs"),
        ({"order_id": ""}, "only_theirs"),
    ],
)
def test_a_banks_freezes_against_ours(freezing: FreezeDesk, more: dict[str, Any], kind: str) -> None:
    freeze = freezing.frozen()
    now = freezing.world.advance(timedelta(minutes=2))
    given = {"partner": freezing.bank, "listed": [], "now": now}
    compare(freezes=[listed(freezing, freeze, **more)], **given)
    found = set(Difference.objects.filter(status="open").values_list("kind", flat=True))
    assert found == ({kind} | ({"only_ours"} if more.get("order_id") == "" else set())) - {""}
    compare(freezes=None, **given)
    assert Difference.objects.filter(status="open").count() == len(found), "without a list nothing is said"
    compare(freezes=[listed(freezing, freeze)], **given)
    assert not Difference.objects.filter(status="open").exists()


def test_a_freeze_that_the_bank_does_not_list(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    now = freezing.world.advance(timedelta(minutes=2))
    compare(partner=freezing.bank, listed=[], freezes=[], now=now)
    difference = Difference.objects.get()
    assert (difference.kind, difference.freeze_id) == ("only_ours", freeze.id)
    assert list(open_differences(freezing.funds)) == [difference]


def test_a_stop_that_became_a_freeze_may_run_out(freezing: FreezeDesk) -> None:
    case = freezing.filed()
    stop = held(freezing, case=case)
    order, ends_at = freezing.order(stop), freezing.seen(stop).expires_at
    freeze = freezing.frozen(case)
    now = freezing.world.advance(timedelta(minutes=2))
    line = BankStop(str(order.id), ACCOUNT, stop.stopped_at, ends_at)
    compare(partner=freezing.bank, listed=[line], freezes=[listed(freezing, freeze)], now=now)
    assert not Difference.objects.exists()
