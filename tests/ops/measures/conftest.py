"""A centre with a connected bank, officers of both hands, and a case whose payee account can be stopped."""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.indicators.proving import prove
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.answering import BankAnswer, Taken, take_answer
from yipanqi.ops.measures.freezing.proposing import FreezeProposal, propose_freeze
from yipanqi.ops.measures.models import Freeze, Order, PaymentStop, Signature
from yipanqi.ops.measures.ordering import Sent, claim_orders, note_sent
from yipanqi.ops.measures.proposing import StopProposal, propose_stop
from yipanqi.ops.measures.signing import sign
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import balance
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


class FreezeDesk(Desk):
    """The same desk with a filed case: proposing, signing, answering and changing freezes."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.detective = world.officer("detective", roles=["investigator"])
        self.city = world.officer("city", roles=["approver"], unit="350100")
        self.county = world.officer("county", roles=["approver"], unit="350104")

    def filed(self, **more: Any) -> Any:
        """A case that was accepted and filed."""
        case = self.case(**more)
        for act, officer in (("accept", self.detective), ("file", self.approver)):
            case.refresh_from_db()
            given = {"case_id": case.id, "version": case.version, "acting_officer": officer}
            case = move_case(act=act, now=self.world.now, **given)
        return case

    def freeze(self, case: Any = None, **more: Any) -> Freeze:
        """Propose to freeze the payee's account of a filed case."""
        case = case or self.filed()
        payment = case.payments.first()
        given = {
            "case_id": case.id,
            "account_id": payment.payee_id,
            "bank": "ccb",
            "holder_name": "周二",
            "asked_minor": payment.amount_minor,
            "ground": "victim_paid",
        } | more
        return propose_freeze(proposal=FreezeProposal(**given), acting_officer=self.funds, now=self.world.now)

    def look(self, freeze: Freeze) -> Freeze:
        """The freeze as it stands in the table."""
        return Freeze.objects.for_system("the test looks").select_related("case", "account").get(id=freeze.id)

    def sign_freeze(self, freeze: Freeze, officer: Any = None) -> Freeze:
        """Sign what waits on a freeze."""
        rows = Signature.objects.for_system("the test looks")
        key = rows.get(freeze=freeze, status="waiting").id
        sign(signature_id=key, acting_officer=officer or self.approver, now=self.world.now)
        return self.look(freeze)

    def freeze_order(self, freeze: Freeze, kind: str = "freeze") -> Order:
        """The latest order of a kind about a freeze."""
        found = Order.objects.filter(freeze=freeze, kind=kind).order_by("-created_at", "-id").first()
        assert found, f"no {kind} order"
        return found

    def reply(self, freeze: Freeze, kind: str = "freeze", **more: Any) -> Taken:
        """Let the bank answer the latest order of a kind; by default that it freezes all that was asked."""
        given: dict[str, Any] = {
            "kind": "release" if kind == "cut" else kind,
            "frozen_minor": freeze.asked_minor,
            "ends_at": self.look(freeze).expires_at,
        } | more
        return self.answer(self.freeze_order(freeze, kind), **given)

    def frozen(self, case: Any = None, **more: Any) -> Freeze:
        """A freeze in effect."""
        freeze = self.freeze(case, **more)
        self.sign_freeze(freeze)
        self.send(self.freeze_order(freeze))
        assert self.reply(freeze).effect == "applied"
        return self.look(freeze)

    def ask(self, act: Any, freeze: Freeze, **more: Any) -> Any:
        """Ask for a change of a freeze, by one of the functions of `changing`."""
        version = self.look(freeze).version
        given = {"freeze_id": freeze.id, "version": version, "acting_officer": self.funds}
        return act(now=self.world.now, **given, **more)

    def booked(self, kind: str, measure: Any, part: str = "P") -> int:
        """What stands on a kind of the book of holdings for a measure's case and account."""
        account = measure.account_id
        return balance(
            Book.HOLDINGS, Kind(kind), case_id=measure.case_id, account_id=account, part=Part(part)
        )

    def proves(self) -> None:
        """The books agree with the tables."""
        broken = [check for check in prove(self.approver) if not check.ok]
        assert not broken, broken


@pytest.fixture
def freezing(world: World) -> FreezeDesk:
    """The desk with a filed case."""
    return FreezeDesk(world)


def events_of(subject: Any, *names: str) -> list[str]:
    """The journal's events of a subject, oldest first; of these names only, where some are given."""
    rows = Entry.objects.filter(subject_id=str(subject.id)).order_by("id")
    found = list(rows.values_list("event", flat=True))
    return [each for each in found if not names or each in names]
