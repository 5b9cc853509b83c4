"""A centre with a connected bank, officers of both hands, and a case whose payee account can be stopped."""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.measures.answering import BankAnswer, Taken, take_answer
from yipanqi.ops.measures.models import Order, PaymentStop, Signature
from yipanqi.ops.measures.ordering import Sent, claim_orders, note_sent
from yipanqi.ops.measures.proposing import StopProposal, propose_stop
from yipanqi.ops.measures.signing import sign
from yipanqi.rehearsal.world import World

ACCOUNT = "6222021602001234567"
OWN_CARD = "6217000010001234567"


@pytest.fixture
def desk(world: World) -> "Desk":
    """The desk of a funds officer and an approver, with one bank connected."""
    return Desk(world)


class Desk:
    """One proposer, one signer, one bank; each word is one act, done by the services themselves."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = world.bank("ccb")
        self.funds = world.officer("funds", roles=["funds_officer"])
        self.approver = world.officer("boss", roles=["approver"])

    def case(self, **more: Any) -> Any:
        """A reported case with one payment of 50,000 yuan to `ACCOUNT`."""
        return self.world.case(**more)

    def propose(self, case: Any = None, **more: Any) -> PaymentStop:
        """Propose to stop the payee's account of a case."""
        case = case or self.case()
        payment = case.payments.first()
        given = {
            "target": "suspect",
            "ground": "victim_report",
            "account": ACCOUNT,
            "bank": "ccb",
            "holder_name": "周二",
            "asked_minor": payment.amount_minor,
            "transfer_at": payment.paid_at,
            "case_id": case.id,
            "payment_id": payment.id,
        } | more
        return propose_stop(proposal=StopProposal(**given), acting_officer=self.funds, now=self.world.now)

    def order(self, stop: PaymentStop, kind: str = "stop") -> Order:
        """The latest order of a kind about a stop."""
        found = Order.objects.filter(stop=stop, kind=kind).order_by("-created_at", "-id").first()
        assert found, f"no {kind} order"
        return found

    def send(self, *orders: Order, error: str = "") -> int:
        """Claim these orders and report them as sent, or as failed with `error`."""
        claimed = claim_orders([order.id for order in orders], now=self.world.now)
        return note_sent([Sent(order.id, error) for order in claimed], now=self.world.now)

    def answer(self, order: Order, *, ok: bool = True, **more: Any) -> Taken:
        """Let the bank answer an order now."""
        at = self.world.now
        given: dict[str, Any] = {
            "order_id": order.id,
            "kind": str(order.kind),
            "ok": ok,
            "account": ACCOUNT,
            "balance_minor": 5_000_000,
            "starts_at": at if ok else None,
            "ends_at": at + timedelta(hours=48) if ok else None,
            "failure": "" if ok else "mismatch",
        } | more
        return take_answer(answer=BankAnswer(**given), raw=str(given), partner=self.bank, now=at)

    def seen(self, stop: PaymentStop | uuid.UUID) -> PaymentStop:
        """The stop as it stands in the table."""
        key = stop if isinstance(stop, uuid.UUID) else stop.id
        return PaymentStop.objects.for_system("the test looks").get(id=key)


def waiting(stop: PaymentStop) -> Signature:
    """The signature a stop waits for."""
    return Signature.objects.for_system("the test looks").get(stop=stop, status="waiting")


def signed(desk: Desk, stop: PaymentStop) -> PaymentStop:
    """Sign a stop second."""
    return sign(signature_id=waiting(stop).id, acting_officer=desk.approver, now=desk.world.now)


def held(desk: Desk, **more: Any) -> PaymentStop:
    """A stop that left, was signed and holds."""
    stop = desk.propose(**more)
    desk.send(desk.order(stop))
    signed(desk, stop)
    assert desk.answer(desk.order(stop)).effect == "applied"
    return desk.seen(stop)


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """Expects a refusal with this code."""
    with pytest.raises(YipanqiError) as caught:
        yield
    assert caught.value.code == code


def waiting_count(stop: PaymentStop) -> int:
    """How many signatures a stop waits for."""
    return Signature.objects.for_system("t").filter(stop=stop, status="waiting").count()
