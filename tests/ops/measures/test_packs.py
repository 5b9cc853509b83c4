"""The same machine under another law: Singapore restricts the victim's own account, after a second signature."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ops.measures.conftest import OWN_CARD, Desk, refused, signed
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.models import PaymentStop, Signature
from yipanqi.ops.measures.proposing import propose_extension

DAYS_30 = timedelta(days=30)


@pytest.fixture
def desk_sg(settings: Any, desk: Desk) -> Desk:
    """The desk under the pack SG."""
    settings.POLICY_PACK = "SG"
    return desk


def restrict(desk: Desk) -> PaymentStop:
    return desk.propose(
        target="protective", ground="may_pay_again", account=OWN_CARD, holder_name="林晓梅",
        asked_minor=None, transfer_at=None, payment_id=None,
    )  # fmt: skip


def test_nothing_leaves_before_the_second_signature(desk_sg: Desk) -> None:
    stop = restrict(desk_sg)
    assert (stop.status, stop.ordered_at, stop.expires_at, stop.counts) == ("proposed", None, None, 0)
    assert not stop.orders.exists()
    signed(desk_sg, stop)
    now = desk_sg.seen(stop)
    assert (now.status, now.pack_id, now.counts) == ("approved", "SG", 1)
    assert now.expires_at == desk_sg.world.now + DAYS_30 and stop.orders.count() == 1


def test_a_suspects_account_is_no_business_of_this_law(desk_sg: Desk) -> None:
    case = desk_sg.case()
    assert case.pack_id == "SG" and case.entry_due_at is None
    with refused("target_not_allowed"):
        desk_sg.propose(case)


def test_a_restriction_runs_thirty_days_and_five_times_more(desk_sg: Desk) -> None:
    desk, stop = desk_sg, restrict(desk_sg)
    signed(desk, stop)
    began = desk.world.now
    desk.send(desk.order(stop))
    desk.answer(desk.order(stop), account=OWN_CARD, ends_at=began + DAYS_30)
    for times in range(1, 6):
        desk.world.advance(timedelta(days=29))
        now = desk.seen(stop)
        given = {"stop_id": stop.id, "ground": "not_yet_verified", "acting_officer": desk.funds}
        propose_extension(version=now.version, now=desk.world.now, **given)
        assert not stop.orders.filter(kind="extend", status="waiting").exists()  # not before it is signed
        signed(desk, stop)
        order = desk.order(stop, "extend")
        desk.send(order)
        desk.answer(order, account=OWN_CARD, starts_at=began, ends_at=began + DAYS_30 * (times + 1))
    assert desk.seen(stop).expires_at == began + timedelta(days=180)
    with refused("stop_count_exceeded"):
        propose_extension(version=desk.seen(stop).version, now=desk.world.now, **given)
    desk.world.advance(began + timedelta(days=180) - desk.world.now)
    fire_due(now=desk.world.now)
    assert desk.seen(stop).status == "expired"


def test_a_law_that_wants_the_case_filed_first_is_obeyed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yipanqi.catalog.packs.PolicyPack.flag", lambda self, key: key != "stop.pre_filing")
    case = desk.case()
    with refused("case_not_filed"):
        desk.propose(case)
    type(case).objects.for_system("t").filter(id=case.id).update(status="filed", filed_at=desk.world.now)
    assert desk.propose(case).status == "proposed"


def test_a_proposal_nobody_signs_does_not_live_for_ever(desk_sg: Desk) -> None:
    stop = restrict(desk_sg)
    desk_sg.world.advance(timedelta(hours=24))
    fire_due(now=desk_sg.world.now)
    assert (desk_sg.seen(stop).status, desk_sg.seen(stop).end_reason) == ("declined", "unsigned")
    assert Signature.objects.for_system("t").get(stop=stop).status == "lapsed"
