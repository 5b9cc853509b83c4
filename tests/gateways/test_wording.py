"""What an order about a freeze says: its notice's terms, who asked and who signed just this order."""

from datetime import timedelta

import pytest

from tests.ops.measures.conftest import ACCOUNT, FreezeDesk, held
from yipanqi.gateways.messages import FreezeKind, OrderKind, OrderMessage
from yipanqi.gateways.risk_platform import read_order, write_order
from yipanqi.gateways.wording import message_of
from yipanqi.ops.measures.freezing.changing import ask_cut, ask_release, ask_renewal
from yipanqi.ops.measures.models import Order
from yipanqi.ops.measures.ordering import claim_orders
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> FreezeDesk:
    return FreezeDesk(World().load())


def told(desk: FreezeDesk, order: Order) -> OrderMessage:
    """The message of an order, after a way over the wire and back."""
    (claimed,) = claim_orders([order.id], now=desk.world.now)
    return read_order(write_order(message_of(claimed)), institution="ccb")


def test_a_freeze_says_its_terms_and_the_stop_it_follows(desk: FreezeDesk) -> None:
    case = desk.filed()
    stop = held(desk, case=case)
    freeze = desk.freeze(case)
    desk.sign_freeze(freeze)
    message, kept = told(desk, desk.freeze_order(freeze)), desk.look(freeze)
    assert message.kind is OrderKind.FREEZE and message.original_order_id == str(desk.order(stop).id)
    assert (message.account.number, message.account.name, message.account.bank_code) == (
        ACCOUNT,
        "周二",
        "ccb",
    )
    terms = message.freeze
    assert terms and (terms.kind, terms.asked_minor, terms.document) == (
        FreezeKind.AMOUNT,
        5_000_000,
        kept.document,
    )
    assert terms.until_at == kept.expires_at and terms.from_at < desk.world.now < terms.until_at
    assert message.case_number == case.number and message.expires_at < terms.until_at
    assert message.investigator and (message.operator.id, message.investigator.id) == ("funds", "boss")


def test_changes_name_the_freeze_and_who_signed_them(desk: FreezeDesk) -> None:
    freeze = desk.frozen()
    asked = str(desk.freeze_order(freeze).id)
    desk.ask(ask_cut, freeze, minor=1_234_500, reason="part_involved")
    desk.sign_freeze(freeze, desk.world.officer("second", roles=["approver"]))
    cut = told(desk, desk.freeze_order(freeze, "cut"))
    assert (cut.original_order_id, cut.release_minor, cut.freeze) == (asked, 1_234_500, None)
    assert (
        cut.investigator and cut.investigator.id == "second" and cut.reason == "仅部分资金涉案，解除其余部分"
    )
    desk.reply(freeze, "cut", frozen_minor=3_765_500, released_minor=1_234_500)
    last = desk.look(freeze).until_date
    assert last
    until = last + timedelta(days=30)
    change = desk.ask(ask_renewal, freeze, until_date=until, ground="still_investigating")
    desk.sign_freeze(freeze)
    renewal = told(desk, desk.freeze_order(freeze, "renew"))
    change.refresh_from_db()
    assert renewal.freeze and renewal.freeze.document == change.document != desk.look(freeze).document
    before = desk.look(freeze).expires_at
    assert before and renewal.freeze.until_at == before + timedelta(days=30)


def test_a_release_gives_all_back(desk: FreezeDesk) -> None:
    freeze = desk.frozen()
    desk.ask(ask_release, freeze, reason="unrelated")
    desk.sign_freeze(freeze)
    release = told(desk, desk.freeze_order(freeze, "release"))
    assert release.kind is OrderKind.RELEASE and release.release_minor is None
    assert release.original_order_id == str(desk.freeze_order(freeze).id)
