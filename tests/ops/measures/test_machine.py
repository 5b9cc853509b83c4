"""The stop's life and the bank's over a network that loses, doubles and reorders: never two in effect, no end missed.

The bank is the simulator's own books and rules, without HTTP. `make long` runs it a thousand times.
"""

import os
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.measures.conftest import ACCOUNT, Desk
from yipanqi.casework.machine import TransitionRefused
from yipanqi.gateways.messages import OrderMessage
from yipanqi.gateways.sending import message_of
from yipanqi.gateways.simulators.books import Books
from yipanqi.gateways.simulators.rules import Decision, Terms, decide
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.measures.answering import BankAnswer, take_answer
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.models import UNDER_WAY, Order, PaymentStop, Signature
from yipanqi.ops.measures.ordering import Sent, claim_orders, note_sent
from yipanqi.ops.measures.proposing import propose_extension
from yipanqi.ops.measures.reconciling import BankStop, compare
from yipanqi.ops.measures.signing import decline, sign

RUNS = int(os.environ.get("YIPANQI_RUNS", "15"))
WAITS = [1, 20, 120, 601, 1801, 6 * 3600, 30 * 3600, 48 * 3600]
ACTS = [
    "propose", "propose", "sign", "sign", "decline", "lift", "extend", "wait", "wait", "tick", "send", "send",
    "send_lost", "deliver", "deliver", "deliver", "answer", "answer", "answer_twice", "answer_lost", "compare",
]  # fmt: skip


class Play:
    """Our side, the bank, and what is on the wire between them."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.now = desk, desk.world.now
        self.books, self.decisions = Books(), dict[str, Decision]()
        self.to_bank: list[OrderMessage] = []
        self.to_us: list[tuple[OrderMessage, Decision]] = []
        self.case = desk.case()
        payment = self.case.payments.get()
        credit = [(payment.amount_minor, payment.paid_at.isoformat())]
        self.books.apply(
            {"open": {"number": ACCOUNT, "name": "周二", "balance_minor": 3_000_000, "credits": credit}}
        )

    def stops(self) -> list[PaymentStop]:
        return list(PaymentStop.objects.for_system("t").order_by("proposed_at", "id"))

    def do(self, act: str, pick: int) -> None:
        """One act of somebody; what the rules refuse is no failure."""
        try:
            with transaction.atomic():
                getattr(self, act)(pick)
        except YipanqiError:
            pass

    def propose(self, _: int) -> None:
        self.desk.world._now = self.now
        self.desk.propose(self.case)

    def sign(self, _: int) -> None:
        for signature in Signature.objects.for_system("t").filter(status="waiting")[:1]:
            sign(signature_id=signature.id, acting_officer=self.desk.approver, now=self.now)

    def decline(self, _: int) -> None:
        for signature in Signature.objects.for_system("t").filter(status="waiting")[:1]:
            decline(signature_id=signature.id, reason="不符", acting_officer=self.desk.approver, now=self.now)

    def lift(self, pick: int) -> None:
        stops = self.stops()
        if stops:
            stop = stops[-1 - pick % len(stops)]
            lift_stop(
                stop_id=stop.id, version=stop.version, reason="safe", acting_officer=self.desk.funds, now=self.now
            )  # fmt: skip

    def extend(self, _: int) -> None:
        for stop in self.stops()[-1:]:
            propose_extension(
                stop_id=stop.id, version=stop.version, ground="not_yet_verified",
                acting_officer=self.desk.funds, now=self.now,
            )  # fmt: skip

    def wait(self, pick: int) -> None:
        self.now += timedelta(seconds=WAITS[pick % len(WAITS)])
        self.tick(0)

    def tick(self, _: int) -> None:
        fire_due(now=self.now)

    def send(self, pick: int, *, lost: bool = False) -> None:
        """The worker sends what waits; with `lost` it dies, or the line does, after the bank has taken it."""
        ids = list(Order.objects.filter(status__in=["waiting", "unanswered"]).values_list("id", flat=True))
        for order_id in ids[: 1 + pick % 3]:
            orders = claim_orders([order_id], now=self.now)
            self.to_bank += [message_of(order) for order in orders]
            if not lost:
                note_sent([Sent(order.id) for order in orders], now=self.now)
            elif pick % 2:
                note_sent([Sent(order.id, "timeout") for order in orders], now=self.now)

    def send_lost(self, pick: int) -> None:
        self.send(pick, lost=True)

    def deliver(self, pick: int) -> None:
        """The bank takes one order from the wire, whichever, and acts on it once."""
        if not self.to_bank:
            return
        order = self.to_bank.pop(pick % len(self.to_bank))
        decision = self.decisions.get(order.order_id)
        if decision is None:
            decision = decide(order, books=self.books, terms=Terms(), now=self.now)
            self.books.apply(decision.act)
            self.decisions[order.order_id] = decision
        self.to_us.append((order, decision))

    def answer(self, pick: int, *, keep: bool = False) -> None:
        if not self.to_us:
            return
        place = pick % len(self.to_us)
        order, decision = self.to_us[place]
        if not keep:
            self.to_us.pop(place)
        self._take(order, decision)

    def answer_twice(self, pick: int) -> None:
        self.answer(pick, keep=True)

    def answer_lost(self, pick: int) -> None:
        if self.to_us:
            self.to_us.pop(pick % len(self.to_us))

    def compare(self, _: int) -> None:
        held = [stop for stop in self.books.stops.values() if stop.ended_at(self.now) is None]
        listed = [BankStop(stop.order_id, stop.number, stop.starts_at, stop.ends_at) for stop in held]
        compare(partner=self.desk.bank, listed=listed, now=self.now)

    def _take(self, order: OrderMessage, decision: Decision) -> None:
        ok = decision.failure_code is None
        answer = BankAnswer(
            order_id=UUID(order.order_id),
            kind=str(order.kind),
            ok=ok,
            account=ACCOUNT,
            balance_minor=3_000_000 if ok else None,
            starts_at=decision.starts_at,
            ends_at=decision.ends_at,
            failure=str(decision.failure_code or ""),
        )
        taken = take_answer(answer=answer, raw=str(answer), partner=self.desk.bank, now=self.now)
        assert taken.problem == "", taken

    def held_at_bank(self) -> list[Any]:
        return [stop for stop in self.books.stops.values() if stop.ended_at(self.now) is None]

    def check(self) -> None:
        """What must hold after every act."""
        stops = self.stops()
        live = [stop for stop in stops if stop.status in {"proposed", *UNDER_WAY}]
        assert len(live) <= 1
        assert len(self.held_at_bank()) <= 1
        taken = Counter(stop.number for stop in self.books.stops.values())
        taken.update(stop.number for stop in self.books.stops.values() if stop.is_extended)
        assert taken[ACCOUNT] <= 2, "stopped more often than allowed"
        assert sum(stop.counts for stop in stops) >= taken[ACCOUNT]
        for stop in stops:
            if stop.status in UNDER_WAY:
                assert stop.expires_at and (stop.signed_by_id or stop.sign_due_at)
                assert stop.signed_by_id != stop.proposed_by_id
            if stop.stopped_at and stop.expires_at:
                assert stop.expires_at <= stop.stopped_at + timedelta(hours=48) * max(1, stop.periods)

    def settle(self) -> None:
        """Everything arrives at last and the clock does its part: both sides agree."""
        for _ in range(40):
            self.tick(0)
            self.send(2)
            while self.to_bank:
                self.deliver(0)
            while self.to_us:
                self.answer(0)
            if not Order.objects.filter(status__in=["waiting", "sent", "unanswered"]).exists():
                break
            self.now += timedelta(minutes=10)
        self.tick(0)
        self.check()
        ours = {
            str(stop.orders.get(kind="stop").id): stop for stop in self.stops() if stop.status == "stopped"
        }
        theirs = {stop.order_id: stop for stop in self.held_at_bank()}
        assert set(theirs) <= set(ours), "the bank holds what we know nothing of"
        for order_id, stop in ours.items():
            assert order_id in theirs and theirs[order_id].ends_at == stop.expires_at
            assert stop.signed_by_id or stop.sign_due_at > self.now


@pytest.mark.parametrize("second_person", ["within", "before"])
def test_never_two_in_effect_and_no_end_missed(
    desk: Desk, second_person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if second_person == "before":
        monkeypatch.setattr("yipanqi.catalog.packs.PolicyPack.second_person", lambda self, key: None)
    start: datetime = desk.world.now

    @settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 11)), min_size=4, max_size=30))
    def play(script: list[tuple[str, int]]) -> None:
        with transaction.atomic():
            desk.world._now = start
            run = Play(desk)
            for act, pick in script:
                run.do(act, pick)
                run.check()
            run.settle()
            transaction.set_rollback(True)

    play()


def test_what_is_not_allowed_is_refused(desk: Desk) -> None:
    stop = desk.propose()
    lift = {"stop_id": stop.id, "reason": "safe", "acting_officer": desk.funds, "now": desk.world.now}
    lift_stop(version=desk.seen(stop).version, **lift)
    with pytest.raises(TransitionRefused):
        lift_stop(version=desk.seen(stop).version, **lift)
