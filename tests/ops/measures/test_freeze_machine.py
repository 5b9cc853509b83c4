"""A freeze's life and the bank's over a network that loses, doubles and reorders: no fen invented, no end missed.

The bank is the simulator's own books and rules, without HTTP. `make long` runs it a thousand times.
"""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.measures.conftest import ACCOUNT, FreezeDesk, events_of
from yipanqi.casework.lifecycles.freeze import UNDER_WAY
from yipanqi.gateways.messages import FailureCode, Former, OrderKind, OrderMessage, answer_kind
from yipanqi.gateways.sending import message_of
from yipanqi.gateways.simulators.books import Books
from yipanqi.gateways.simulators.decisions import Decision
from yipanqi.gateways.simulators.freezing import standing, superseding
from yipanqi.gateways.simulators.rules import Terms, decide
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.measures.answering import BankAnswer, take_answer
from yipanqi.ops.measures.answering import Former as OurFormer
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.freezing.changing import ask_cut, ask_release, ask_renewal, let_lapse, note_interest
from yipanqi.ops.measures.freezing.reconciling import BankFreeze
from yipanqi.ops.measures.models import Freeze, Order, PaymentStop, Signature
from yipanqi.ops.measures.ordering import Sent, claim_orders, note_sent
from yipanqi.ops.measures.reconciling import BankStop, compare
from yipanqi.ops.measures.signing import decline, sign

RUNS = int(os.environ.get("YIPANQI_RUNS", "15"))
DAY = timedelta(days=1)
WAITS = [1, 601, 3600, 30 * 3600, 3 * 86400, 20 * 86400, 100 * 86400, 190 * 86400]
ACTS = [
    "propose", "stop", "sign", "sign", "sign", "decline", "renew", "renew", "cut", "cut", "release", "let_lapse",
    "interest", "foreign", "credit", "wait", "wait", "tick", "send", "send", "send_lost", "deliver", "deliver",
    "answer", "answer", "answer_twice", "answer_lost", "wire", "wire", "compare",
]  # fmt: skip
FROZEN = [("propose", 0), ("sign", 0), ("wire", 0)]
OPENINGS = [
    [],
    FROZEN,
    [("foreign", 11), *FROZEN],
    [("stop", 0), ("sign", 0), ("wire", 0), *FROZEN],
    [("stop", 1), ("sign", 0), ("wire", 0), *FROZEN],
    [("foreign", 1), *FROZEN, ("propose", 1), ("sign", 0), ("wire", 0)],
    [*FROZEN, ("propose", 1), ("sign", 0), ("send", 0)],
]


class Play:
    """Our side with two cases, the bank, and what is on the wire between them."""

    def __init__(self, desk: FreezeDesk) -> None:
        self.desk, self.now = desk, desk.world.now
        self.books, self.decisions = Books(), dict[str, Decision]()
        self.further: dict[str, list[Decision]] = {}
        self.orders: dict[str, OrderMessage] = {}
        self.to_bank: list[OrderMessage] = []
        self.to_us: list[tuple[OrderMessage, Decision]] = []
        self.cases = [desk.filed(), desk.filed(amount="20000.00")]
        paid = [case.payments.get() for case in self.cases]
        credits_ = [(payment.amount_minor, payment.paid_at.isoformat()) for payment in paid]
        self.books.apply(
            {"open": {"number": ACCOUNT, "name": "周二", "balance_minor": 6_000_000, "credits": credits_}}
        )

    def freezes(self) -> list[Freeze]:
        return list(Freeze.objects.for_system("t").select_related("case").order_by("proposed_at", "id"))

    def chosen(self, pick: int) -> Freeze | None:
        live = [freeze for freeze in self.freezes() if freeze.status in UNDER_WAY]
        return live[pick % len(live)] if live else None

    def do(self, act: str, pick: int) -> None:
        """One act of somebody; what the rules refuse is no failure."""
        self.desk.world._now = self.now
        try:
            with transaction.atomic():
                getattr(self, act)(pick)
        except YipanqiError as error:
            assert error.code != "money_unbalanced", error

    def propose(self, pick: int) -> None:
        self.desk.freeze(self.cases[pick % 2])

    def stop(self, pick: int) -> None:
        self.desk.propose(self.cases[pick % 2])

    def sign(self, pick: int) -> None:
        rows = list(Signature.objects.for_system("t").filter(status="waiting").order_by("asked_at", "id"))
        if rows:
            key = rows[pick % len(rows)].id
            sign(signature_id=key, acting_officer=self.desk.approver, now=self.now)

    def decline(self, _: int) -> None:
        for signature in Signature.objects.for_system("t").filter(status="waiting")[:1]:
            decline(signature_id=signature.id, reason="不符", acting_officer=self.desk.approver, now=self.now)

    def change(self, act: Any, pick: int, **more: Any) -> None:
        freeze = self.chosen(pick)
        if freeze:
            self.desk.ask(act, freeze, **{name: of(freeze) for name, of in more.items()})

    def renew(self, pick: int) -> None:
        self.change(
            ask_renewal, pick, until_date=lambda freeze: freeze.until_date + (1 + pick * 15) * DAY,
            ground=lambda _: "still_investigating",
        )  # fmt: skip

    def cut(self, pick: int) -> None:
        minor = (pick + 1) * 300_000
        self.change(ask_cut, pick, minor=lambda _: minor, reason=lambda _: "part_involved",
                    due_at=lambda _: self.now + 3 * DAY)  # fmt: skip

    def release(self, pick: int) -> None:
        self.change(ask_release, pick, reason=lambda _: "unrelated")

    def let_lapse(self, pick: int) -> None:
        self.change(let_lapse, pick, reason=lambda _: "到期不再续冻")

    def interest(self, pick: int) -> None:
        self.change(note_interest, pick, interest_minor=lambda _: pick * 7)

    def foreign(self, pick: int) -> None:
        """Another authority freezes."""
        terms = {"asked_minor": (1 + pick) * 1_000_000, "is_full": pick % 5 == 0}
        until = {"starts_at": self.now.isoformat(), "ends_at": (self.now + (1 + pick * 12) * DAY).isoformat()}
        other = {
            "order_id": "",
            "number": ACCOUNT,
            "case_number": "",
            "department": "厦门市公安局",
            "told_minor": 0,
        }
        self.books.apply({"freeze": other | terms | until})

    def credit(self, pick: int) -> None:
        self.books.apply(
            {"credit": {"number": ACCOUNT, "minor": (1 + pick) * 100_000, "at": self.now.isoformat()}}
        )

    def wait(self, pick: int) -> None:
        self.now += timedelta(seconds=WAITS[pick % len(WAITS)])
        self.desk.world._now = self.now
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
        """The bank takes one order from the wire, whichever, and acts on it once; a repeat brings all answers again."""
        if not self.to_bank:
            return
        order = self.to_bank.pop(pick % len(self.to_bank))
        known = self.decisions.get(order.order_id)
        if known is None:
            known = decide(order, books=self.books, terms=Terms(), now=self.now)
            self.books.apply(known.act)
            balance = {"balance_minor": self.books.accounts[ACCOUNT].balance_minor}
            known = replace(known, told=balance | dict(known.told))
            self.decisions[order.order_id], self.orders[order.order_id] = known, order
        self.to_us += [(order, known), *((order, more) for more in self.further.get(order.order_id, ()))]

    def sweep(self) -> None:
        """The bank tells of freezes that hold more by now."""
        for place in self.books.grown(self.now):
            order_id, freeze = place.freeze.order_id, place.freeze
            starts_at = freeze.starts_at if freeze.told_minor else self.now
            told = standing(place, self.books, self.now)
            more = Decision({}, starts_at, freeze.ends_at, told=told)
            entered = {"order_id": order_id, "minor": place.frozen_minor, "starts_at": starts_at.isoformat()}
            entered |= {"answer_id": f"{order_id}-{len(freeze.further)}", "body": "", "due": True}
            self.books.apply(superseding(place, self.books, self.now) | {"told": entered})
            self.further.setdefault(order_id, []).append(more)
            self.to_us.append((self.orders[order_id], more))

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

    def wire(self, _: int) -> None:
        """For once everything arrives, in the order it was sent."""
        self.send(2)
        while self.to_bank:
            self.deliver(0)
        self.sweep()
        while self.to_us:
            self.answer(0)

    def compare(self, _: int) -> None:
        compare(partner=self.desk.bank, listed=self.bank_stops(), freezes=self.bank_freezes(), now=self.now)

    def bank_stops(self) -> list[BankStop]:
        held = [stop for stop in self.books.stops.values() if stop.ended_at(self.now) is None]
        return [BankStop(stop.order_id, stop.number, stop.starts_at, stop.ends_at) for stop in held]

    def bank_freezes(self) -> list[BankFreeze]:
        places = [place for place in self.books.line(ACCOUNT, self.now) if place.freeze.order_id]
        return [
            BankFreeze(
                each.freeze.order_id, ACCOUNT, each.freeze.starts_at, each.freeze.ends_at, each.frozen_minor
            )
            for each in places
        ]

    def _take(self, order: OrderMessage, decision: Decision) -> None:
        told, ok = dict(decision.told), decision.failure_code is None
        former: Former | None = told.get("former")  # type: ignore[assignment]
        answer = BankAnswer(
            order_id=UUID(order.order_id),
            kind=str(answer_kind(order.kind)),
            ok=ok,
            account=ACCOUNT,
            balance_minor=told.get("balance_minor") if ok else None,  # type: ignore[arg-type]
            starts_at=decision.starts_at,
            ends_at=decision.ends_at,
            failure=str(decision.failure_code or ""),
            frozen_minor=told.get("frozen_minor"),  # type: ignore[arg-type]
            released_minor=told.get("released_minor"),  # type: ignore[arg-type]
            former=OurFormer(former.department, former.frozen_minor, former.ends_at) if former else None,
        )
        taken = take_answer(answer=answer, raw=str(answer), partner=self.desk.bank, now=self.now)
        late = {"answer_after_answer"} if order.kind is OrderKind.FREEZE else set()
        assert taken.problem in {"", *late}, taken

    def check(self) -> None:
        """What must hold after every act."""
        self.sweep()
        self.desk.proves()
        freezes = self.freezes()
        stops = PaymentStop.objects.for_system("t").filter(status__in=["sent", "unanswered", "stopped"])
        stopped = {stop.case_id for stop in stops}
        for freeze in freezes:
            if freeze.status in UNDER_WAY:
                assert (
                    freeze.expires_at and freeze.signed_by_id and freeze.signed_by_id != freeze.proposed_by_id
                )
                assert freeze.document and freeze.paper_id
            if freeze.status == "frozen":
                assert freeze.case_id not in stopped, "stopped and frozen for one case"
            lapses = events_of(freeze, "freeze.lapsed")
            if lapses:
                assert len(lapses) <= 1 + len(events_of(freeze, "freeze.corrected"))
                assert len(events_of(freeze, "freeze.expiring")) >= 4 or events_of(
                    freeze, "freeze.release_ordered"
                )
        held = sum(freeze.frozen_minor for freeze in freezes)
        assert held <= self.books.accounts[ACCOUNT].balance_minor, "more than there is"

    def settle(self) -> None:
        """Everything arrives at last and the clock does its part: both sides agree."""
        for _ in range(40):
            self.tick(0)
            self.wire(0)
            self._tell_again()
            if not Order.objects.filter(status__in=["waiting", "sent", "unanswered"]).exists():
                break
            self.now += timedelta(minutes=10)
        self.tick(0)
        self.check()
        theirs = {line.order_id: line.frozen_minor for line in self.bank_freezes()}
        for freeze in self.freezes():
            order = freeze.orders.filter(kind="freeze").first()
            there = theirs.pop(str(order.id), None) if order else None
            if freeze.status in {"queued", "frozen"}:
                assert there == freeze.frozen_minor, (freeze.status, there, freeze.frozen_minor)
            elif freeze.status != "releasing":
                assert there is None, (freeze.status, there)
        assert not theirs

    def _tell_again(self) -> None:
        """A bank sends an answer until it is taken: what was lost comes once more, in the order it was said."""
        for order_id, known in self.decisions.items():
            order = self.orders[order_id]
            for decision in (known, *self.further.get(order_id, ())):
                self._take(order, decision)


def test_both_sides_hold_the_same_and_no_end_is_missed(freezing: FreezeDesk) -> None:
    start: datetime = freezing.world.now

    @settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(OPENINGS),
        st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 11)), min_size=12, max_size=30),
    )
    def play(opening: list[tuple[str, int]], script: list[tuple[str, int]]) -> None:
        with transaction.atomic():
            freezing.world._now = start
            run = Play(freezing)
            for act, pick in [*opening, *script]:
                run.do(act, pick)
                run.check()
            run.settle()
            transaction.set_rollback(True)

    play()


def test_a_case_cannot_freeze_twice_at_the_bank(freezing: FreezeDesk) -> None:
    run = Play(freezing)
    for _ in range(2):
        run.do("propose", 0)
        run.do("sign", 0)
        run.do("send", 0)
        run.do("deliver", 0)
    assert len(run.freezes()) == len(run.bank_freezes()) == 1
    assert all(decision.failure_code is not FailureCode.ALREADY_FROZEN for decision in run.decisions.values())
