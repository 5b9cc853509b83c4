"""A payment stop from proposal to its end: who signs, what leaves, what the bank says, and that it always ends."""

from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.ops.measures.conftest import OWN_CARD, Desk, held, refused, signed, waiting, waiting_count
from yipanqi.casework.machine import TransitionRefused
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.ending import supersede_stop
from yipanqi.ops.measures.models import Order, PaymentStop, Signature
from yipanqi.ops.measures.moving import lock_stop
from yipanqi.ops.measures.proposing import lean_on_stop, propose_extension
from yipanqi.ops.measures.signing import decline, sign

HOURS_48 = timedelta(hours=48)


def test_it_leaves_at_once_and_is_signed_within_half_an_hour(desk: Desk) -> None:
    stop = desk.propose()
    order = desk.order(stop)
    assert stop.status == "proposed" and stop.sign_due_at == desk.world.now + timedelta(minutes=30)
    assert stop.expires_at == desk.world.now + HOURS_48 and stop.counts == 1
    job = ProcrastinateJob.objects.get(task_name="gateways.send_orders")
    assert (job.args, job.lock) == ({"order_ids": [str(order.id)]}, "orders:ccb")
    assert desk.send(order) == 1
    assert desk.seen(stop).status == "sent" and desk.order(stop).status == "sent"
    desk.world.advance(timedelta(seconds=90))
    assert signed(desk, stop).status == "sent"
    assert waiting_count(stop) == 0 and Signature.objects.for_system("t").get(stop=stop).seconds_to_sign == 90
    assert desk.answer(order, balance_minor=1_234_500).effect == "applied"
    stopped = desk.seen(stop)
    assert (stopped.status, stopped.coverage, stopped.stopped_minor) == ("stopped", "short", 1_234_500)
    assert stopped.expires_at == desk.world.now + HOURS_48
    assert desk.order(stop).status == "fulfilled"
    entries = Entry.objects.filter(subject_id=str(stop.id)).order_by("id").values_list("event", flat=True)
    assert list(entries) == ["stop.proposed", "stop.sent", "stop.signed", "stop.stopped"]


def test_the_case_hears_of_its_first_order(desk: Desk) -> None:
    case = desk.case()
    desk.world.advance(timedelta(seconds=40))
    stop = desk.propose(case)
    assert case.stop_sent_at is None
    desk.send(desk.order(stop))
    case.refresh_from_db(from_queryset=type(case).objects.for_system("t"))
    assert case.stop_sent_at == desk.world.now and case.late_stop_at is None


def test_an_account_that_is_stopped_already_ends_the_clock_of_another_case(desk: Desk) -> None:
    stop, other, third = desk.propose(), desk.case(), desk.case(payee_account=OWN_CARD)
    given = {"stop_id": stop.id, "acting_officer": desk.funds, "now": desk.world.now}
    assert lean_on_stop(case_id=other.id, **given) is False  # not with the bank yet
    desk.send(desk.order(stop))
    assert lean_on_stop(case_id=other.id, **given) is True
    assert lean_on_stop(case_id=third.id, **given) is False  # its victim paid somebody else
    for case, sent_at in ((other, desk.world.now), (third, None)):
        case.refresh_from_db(from_queryset=type(case).objects.for_system("t"))
        assert case.stop_sent_at == sent_at


def test_nobody_signs_for_himself_and_only_once(desk: Desk) -> None:
    both = desk.world.officer("both", roles=["funds_officer", "approver"])
    stop = desk.propose()
    desk.funds.roles = ["funds_officer", "approver"]
    desk.funds.save()
    with refused("second_person_needed"):
        sign(signature_id=waiting(stop).id, acting_officer=desk.funds, now=desk.world.now)
    signature = waiting(stop)
    sign(signature_id=signature.id, acting_officer=both, now=desk.world.now)
    with refused("signature_decided"):
        sign(signature_id=signature.id, acting_officer=desk.approver, now=desk.world.now)


def test_a_station_signs_nothing(desk: Desk) -> None:
    stop = desk.propose()
    Signature.objects.for_system("t").filter(stop=stop).update(station_code="350104001")
    small = desk.world.officer("small", roles=["approver"], unit="350104001")
    with refused("tier_too_low"):
        sign(signature_id=waiting(stop).id, acting_officer=small, now=desk.world.now)


@pytest.mark.parametrize("reached", [False, True])
def test_without_a_signature_it_comes_back(desk: Desk, reached: bool) -> None:
    stop = desk.propose()
    if reached:
        desk.send(desk.order(stop))
        desk.answer(desk.order(stop))
    desk.world.advance(timedelta(minutes=29, seconds=59))
    fire_due(now=desk.world.now)
    assert waiting_count(stop) == 1
    desk.world.advance(timedelta(seconds=1))
    fire_due(now=desk.world.now)
    now = desk.seen(stop)
    assert now.end_reason == "unsigned" and waiting_count(stop) == 0
    if not reached:
        assert (now.status, now.counts) == ("lifted", 0) and desk.order(stop).status == "cancelled"
        return
    assert now.status == "lifting"
    lift = desk.order(stop, "lift")
    desk.send(lift)
    desk.answer(lift, ends_at=desk.world.now)
    assert desk.seen(stop).status == "lifted"


def test_declining_needs_a_reason_and_takes_back(desk: Desk) -> None:
    stop = desk.propose()
    desk.send(desk.order(stop))
    with refused("reason_missing"):
        decline(signature_id=waiting(stop).id, reason=" ", acting_officer=desk.approver, now=desk.world.now)
    decline(
        signature_id=waiting(stop).id, reason="户名不符", acting_officer=desk.approver, now=desk.world.now
    )
    assert desk.seen(stop).status == "lifting" and desk.order(stop, "lift").status == "waiting"


def test_one_live_stop_per_account_and_two_in_all(desk: Desk) -> None:
    first = held(desk)
    with refused("stop_already_live"):
        desk.propose()
    desk.world.advance(HOURS_48)
    fire_due(now=desk.world.now)
    assert desk.seen(first).status == "expired"
    second = held(desk)
    desk.world.advance(HOURS_48)
    fire_due(now=desk.world.now)
    assert desk.seen(second).status == "expired"
    with refused("stop_count_exceeded"):
        desk.propose()


def test_a_refused_stop_does_not_count(desk: Desk) -> None:
    for _ in range(3):
        stop = desk.propose()
        desk.send(desk.order(stop))
        desk.answer(desk.order(stop), ok=False)
        now = desk.seen(stop)
        assert (now.status, now.end_reason, now.counts) == ("refused", "mismatch", 0)
        assert waiting_count(stop) == 0


def test_it_ends_to_the_second_and_by_itself(desk: Desk) -> None:
    stop = held(desk)
    desk.world.advance(HOURS_48 - timedelta(seconds=1))
    assert fire_due(now=desk.world.now) == 0 and desk.seen(stop).status == "stopped"
    desk.world.advance(timedelta(seconds=1))
    assert fire_due(now=desk.world.now) == 1
    now = desk.seen(stop)
    assert (now.status, now.end_reason, now.ended_at) == ("expired", "term_over", desk.world.now)


def test_an_extension_adds_one_period_and_needs_its_own_signature(desk: Desk) -> None:
    stop = held(desk)
    ends_at = stop.expires_at
    desk.world.advance(timedelta(hours=40))
    given = {"stop_id": stop.id, "ground": "not_yet_verified", "acting_officer": desk.funds}
    propose_extension(version=desk.seen(stop).version, now=desk.world.now, **given)
    order = desk.order(stop, "extend")
    with refused("stop_count_exceeded"):
        propose_extension(version=desk.seen(stop).version, now=desk.world.now, **given)
    signed(desk, stop)
    desk.send(order)
    desk.answer(order, starts_at=stop.stopped_at, ends_at=ends_at + HOURS_48)
    now = desk.seen(stop)
    assert (now.status, now.periods, now.counts) == ("stopped", 2, 2)
    assert now.expires_at == ends_at + HOURS_48


def test_who_proposed_the_stop_signs_no_extension_of_it(desk: Desk) -> None:
    stop = held(desk)
    second = desk.world.officer("second", roles=["funds_officer"])
    desk.funds.roles = ["funds_officer", "approver"]
    desk.funds.save()
    given = {"stop_id": stop.id, "ground": "not_yet_verified", "acting_officer": second}
    propose_extension(version=stop.version, now=desk.world.now, **given)
    with refused("second_person_needed"):
        sign(signature_id=waiting(stop).id, acting_officer=desk.funds, now=desk.world.now)


@pytest.mark.parametrize("answered", [False, True])
def test_an_extension_nobody_signs_takes_the_stop_back(desk: Desk, answered: bool) -> None:
    stop = held(desk)
    given = {"stop_id": stop.id, "ground": "not_yet_verified", "acting_officer": desk.funds}
    propose_extension(version=stop.version, now=desk.world.now, **given)
    order = desk.order(stop, "extend")
    desk.send(order)
    if answered:
        desk.answer(order, ends_at=stop.expires_at + HOURS_48)
    desk.world.advance(timedelta(minutes=30))
    fire_due(now=desk.world.now)
    assert desk.seen(stop).status == "lifting"


def test_an_extension_dropped_before_it_left_leaves_the_stop(desk: Desk) -> None:
    stop = held(desk)
    given = {"stop_id": stop.id, "ground": "not_yet_verified", "acting_officer": desk.funds}
    propose_extension(version=stop.version, now=desk.world.now, **given)
    decline(signature_id=waiting(stop).id, reason="已查清", acting_officer=desk.approver, now=desk.world.now)
    now = desk.seen(stop)
    assert (now.status, now.counts, now.expires_at) == ("stopped", 1, stop.expires_at)
    assert desk.order(stop, "extend").status == "cancelled"


def test_a_freeze_takes_its_place(desk: Desk) -> None:
    stop = held(desk)
    supersede_stop(lock_stop(stop.id), acting=SYSTEM, now=desk.world.now)
    assert desk.seen(stop).status == "superseded"
    with pytest.raises(TransitionRefused):
        supersede_stop(lock_stop(stop.id), acting=SYSTEM, now=desk.world.now)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"target": "both"}, "target_not_allowed"),
        ({"ground": "nothing"}, "ground_unknown"),
        ({"ground": "imminent_payment"}, "ground_of_other_target"),
        ({"bank": "icbc"}, "bank_not_connected"),
        ({"holder_name": ""}, "element_missing"),
        ({"asked_minor": None}, "element_missing"),
        ({"transfer_at": None}, "element_missing"),
        ({"case_id": None}, "origin_missing"),
        ({"note": "长" * 501}, "field_too_long"),
    ],
)
def test_a_proposal_names_what_it_lacks(desk: Desk, wrong: Any, code: str) -> None:
    with refused(code):
        desk.propose(**wrong)
    assert not PaymentStop.objects.for_system("t").exists() and not Order.objects.exists()


def test_the_residents_own_card_from_an_alert(desk: Desk) -> None:
    alert_id = desk.world.take_in([desk.world.row()]).fates[0].alert_id
    desk.world.triage()
    stop = desk.propose(
        desk.case(), target="protective", ground="imminent_payment", account=OWN_CARD, holder_name="林晓梅",
        asked_minor=None, transfer_at=None, case_id=None, payment_id=None, alert_id=alert_id,
    )  # fmt: skip
    assert stop.case_id is None and stop.person_id == stop.alert.person_id
    desk.send(desk.order(stop))
    desk.answer(desk.order(stop), account=OWN_CARD, balance_minor=880_000)
    now = desk.seen(stop)
    assert (now.status, now.stopped_minor, now.coverage) == ("stopped", 880_000, "covered")
