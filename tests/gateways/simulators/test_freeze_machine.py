"""A bank's books over random lives: no fen is made or lost, freezes hold in their order, and the answers say it all.

The institution is the real one with its file, orders go in as bytes, and what it answers is read as the centre would.
Only the wire is a stand-in: it keeps what is sent. `make long` runs it a thousand times.
"""

import json
import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.gateways.stand_in import NAME, an_order, seed_of
from yipanqi.gateways.messages import (
    Account,
    AnswerMessage,
    FreezeKind,
    FreezeTerms,
    OrderKind,
    OrderMessage,
    Organisation,
    PayLine,
    Result,
    Target,
)
from yipanqi.gateways.reading import minor_text
from yipanqi.gateways.risk_platform import read_answer, write_order
from yipanqi.gateways.simulators.bookfile import BookFile
from yipanqi.gateways.simulators.config import InstitutionConfig
from yipanqi.gateways.simulators.control import control
from yipanqi.gateways.simulators.faults import Dice, Faults
from yipanqi.gateways.simulators.institution import Institution
from yipanqi.gateways.simulators.rules import Terms

RUNS = int(os.environ.get("YIPANQI_RUNS", "40"))
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CARDS = ("6222021602000000001", "6222021602000000002")
CASES = ("A1", "A2", "A3")
WAITS = [
    timedelta(seconds=1),
    timedelta(hours=5),
    timedelta(hours=48),
    timedelta(days=20),
    timedelta(days=190),
]

card = st.sampled_from(CARDS)
minor = st.integers(1, 900_000)
pick = st.integers(0, 20)


class Wire:
    """What a bank sends, kept; the real one posts it."""

    def __init__(self) -> None:
        self.sent: list[AnswerMessage] = []
        self.counts: Counter[str] = Counter()

    def send(
        self, *, order_id: str, body: str, arrival: int, faults: Faults, delivered: Callable[[], None]
    ) -> None:
        self.sent.append(read_answer(body.encode()))
        delivered()


class BankLife(RuleBasedStateMachine):
    """One bank, what came in and went out of it, and what the centre knows from its answers alone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="yipanqi-bank-"))
        self.now, self.came_in, self.went_out = START, 0, 0
        self.orders: list[OrderMessage] = []
        self.known: dict[str, int] = {}
        self.open_bank()

    def teardown(self) -> None:
        self.file.close()
        shutil.rmtree(self.folder)

    def open_bank(self) -> None:
        self.wire, self.file = Wire(), BookFile(self.folder / "b.jsonl")
        config = InstitutionConfig("b", "乙银行", Target.ACCOUNT, "b", seed_of("b"), Terms(), Faults())
        self.bank = Institution(
            config, file=self.file, answering=self.wire, dice=Dice("1"), centre=("yipanqi", "00" * 32)
        )  # type: ignore[arg-type]

    def tell(self, **asked: Any) -> dict[str, Any]:
        """Something at the control door, at the machine's instant."""
        return control(json.dumps({"institution": "b", **asked}).encode(), {"b": self.bank})

    def order(self, kind: OrderKind, number: str, **given: Any) -> AnswerMessage:
        """Send an order and read its answer; what the centre knows follows from it."""
        valid = {"applied_at": self.now, "expires_at": self.now + timedelta(minutes=30)}
        plain = {"amount_minor": None, "transfer_at": None, "account": Account(number, NAME, "b")}
        order = an_order("b", number, kind=kind, **(plain | valid | given))
        self.orders.append(order)
        before = len(self.wire.sent)
        self.bank.take_order(write_order(order))
        answer = next(each for each in self.wire.sent[before:] if each.order_id == order.order_id)
        freeze = order.order_id if kind is OrderKind.FREEZE else order.original_order_id
        if answer.result is Result.OK and answer.frozen_minor is not None and freeze:
            self.known[freeze] = answer.frozen_minor
        self.hear(before)
        return answer

    def hear(self, since: int) -> None:
        """Further answers to orders to freeze: each says more than was known."""
        for answer in self.wire.sent[since:]:
            if answer.answer_id in self.bank.books.further:
                assert answer.frozen_minor is not None and answer.frozen_minor > self.known[answer.order_id]
                self.known[answer.order_id] = answer.frozen_minor
        self.wire.sent.clear()

    @initialize()
    def open_accounts(self) -> None:
        self.tell(clock={"at": self.now.isoformat()})
        for number in CARDS:
            self.tell(open=[{"number": number, "name": NAME, "balance": "3000.00"}])
            self.came_in += 300_000
        self.hear(0)

    @rule(number=card, amount=minor)
    def credit(self, number: str, amount: int) -> None:
        self.tell(credit=[{"number": number, "amount": minor_text(amount)}])
        self.came_in += amount
        self.hear(0)

    @rule(number=card, amount=st.none() | minor)
    def move_out(self, number: str, amount: int | None) -> None:
        asked = {} if amount is None else {"amount": minor_text(amount)}
        available = self.bank.books.available_minor(number, self.now)
        [moved] = self.tell(move_out=[{"number": number, **asked}])["moved"]
        assert 0 <= moved["moved_minor"] <= available, "frozen money went out"
        self.went_out += moved["moved_minor"]
        self.hear(0)

    @rule(number=card)
    def stop(self, number: str) -> None:
        self.order(OrderKind.STOP, number)

    @rule(
        number=card,
        case=st.sampled_from(CASES),
        kind=st.sampled_from(FreezeKind),
        asked=minor,
        days=st.sampled_from([1, 40, 181]),
    )
    def freeze(self, number: str, case: str, kind: FreezeKind, asked: int, days: int) -> None:
        live = self.bank.books.live_stop(number, self.now)
        available = self.bank.books.available_minor(number, self.now)
        notice = FreezeTerms(kind, asked, self.now, self.now + timedelta(days=days), True, "刑冻字1号")
        named = {"original_order_id": live.order_id} if live else {}
        answer = self.order(OrderKind.FREEZE, number, case_number=case, freeze=notice, **named)
        if answer.result is Result.FAILED:
            assert answer.failure_code == "already_frozen"
            return
        assert answer.frozen_minor == (available if kind is FreezeKind.FULL else min(available, asked))
        waits = answer.frozen_minor == 0 and answer.former is not None
        assert (self.bank.books.live_stop(number, self.now) is not None) == (waits and live is not None)

    @rule(number=card, amount=st.none() | minor, days=st.sampled_from([1, 40]))
    def foreign_freeze(self, number: str, amount: int | None, days: int) -> None:
        asked = {} if amount is None else {"amount": minor_text(amount)}
        ends_at = (self.now + timedelta(days=days)).isoformat()
        self.tell(
            foreign_freeze=[{"number": number, "ends_at": ends_at, "department": "外地公安局", **asked}]
        )
        self.hear(0)

    def some_freeze(self, which: int) -> str:
        ids = list(self.bank.books.freezes)
        return ids[-1 - which % len(ids)] if ids else str(uuid.UUID(int=7))

    def about(self, kind: OrderKind, which: int, **given: Any) -> AnswerMessage:
        freeze_id = self.some_freeze(which)
        freeze = self.bank.books.freezes.get(freeze_id)
        number = freeze.number if freeze else CARDS[0]
        answer = self.order(kind, number, original_order_id=freeze_id, **given)
        if freeze is None:
            assert answer.failure_code == "unknown_freeze"
        return answer

    @rule(which=pick)
    def release(self, which: int) -> None:
        answer = self.about(OrderKind.RELEASE, which)
        assert answer.result is Result.FAILED or answer.frozen_minor == 0
        ended = self.bank.books.freezes.get(self.some_freeze(which))
        assert ended is None or ended.ended_at(self.now) is not None

    @rule(which=pick, amount=minor)
    def cut(self, which: int, amount: int) -> None:
        before = self.known.get(self.some_freeze(which))
        answer = self.about(OrderKind.CUT, which, release_minor=amount)
        if answer.result is Result.OK:
            assert answer.released_minor == amount and before == answer.frozen_minor + amount

    @rule(which=pick, days=st.sampled_from([1, 60, 400]))
    def renew(self, which: int, days: int) -> None:
        until = self.now + timedelta(days=days)
        notice = FreezeTerms(FreezeKind.AMOUNT, 1, self.now, until, True, "刑冻字2号")
        answer = self.about(OrderKind.RENEW, which, freeze=notice)
        assert answer.result is Result.FAILED or answer.ends_at == until

    @rule(
        which=pick,
        lines=st.lists(
            st.tuples(st.sampled_from(["other", *CARDS, "nobody", "misnamed"]), minor, st.integers(0, 900)),
            min_size=1,
            max_size=3,
        ),
    )
    def return_money(self, which: int, lines: list[tuple[str, int, int]]) -> None:
        pay = []
        for place, (payee, principal, interest) in enumerate(lines):
            account = {"other": "6217000000000001", "nobody": "6222029999999999", "misnamed": CARDS[0]}
            name, bank = ("别人" if payee == "misnamed" else NAME), ("ccb" if payee == "other" else "b")
            pay.append(PayLine(str(place), account.get(payee, payee), name, bank, principal, interest))
        answer = self.about(OrderKind.RETURN_MONEY, which, lines=tuple(pay))
        if answer.result is Result.FAILED:
            return
        assert [each.ref for each in answer.lines] == [each.ref for each in pay]
        for line, told in zip(pay, answer.lines, strict=True):
            payable = line.bank == "ccb" or (line.account in CARDS and line.name == NAME)
            assert (told.result is Result.OK) == payable
            if line.bank == "ccb":
                self.went_out += line.principal_minor + line.interest_minor

    @rule(which=pick)
    def repeat(self, which: int) -> None:
        """The centre repeats an order: nothing changes, and the same answers come again."""
        if not self.orders:
            return
        order = self.orders[-1 - which % len(self.orders)]
        before = self.state()
        self.bank.take_order(write_order(order))
        freeze = self.bank.books.freezes.get(order.order_id)
        assert len(self.wire.sent) == 1 + (len(freeze.further) if freeze else 0)
        self.wire.sent = []
        assert self.state() == before

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: timedelta) -> None:
        self.now += wait
        self.tell(clock={"at": self.now.isoformat()})
        self.hear(0)

    @rule()
    def restart(self) -> None:
        before = self.state()
        self.file.close()
        self.open_bank()
        assert self.state() == before

    def state(self) -> Any:
        books = self.bank.books
        kept = books.accounts, books.stops, books.all_freezes(), books.answers, books.further
        return deepcopy(kept), self.bank.list_freezes(None)

    @invariant()
    def no_fen_is_made_or_lost(self) -> None:
        held = sum(account.balance_minor for account in self.bank.books.accounts.values())
        assert held + self.went_out == self.came_in

    @invariant()
    def freezes_hold_in_their_order(self) -> None:
        for number, account in self.bank.books.accounts.items():
            line = self.bank.books.line(number, self.now)
            assert 0 <= sum(each.frozen_minor for each in line) <= account.balance_minor
            short = False
            for place in line:
                assert place.freeze.released_at is None and self.now < place.freeze.ends_at
                assert place.frozen_minor >= 0
                assert not (short and place.frozen_minor), "one behind holds what one before it lacks"
                if not place.freeze.is_full:
                    assert place.frozen_minor <= place.freeze.asked_minor
                short |= place.freeze.is_full or place.frozen_minor < place.freeze.asked_minor

    @invariant()
    def the_answers_say_what_is_held(self) -> None:
        for order_id, freeze in self.bank.books.freezes.items():
            if freeze.ended_at(self.now) is None:
                [held] = [
                    each.frozen_minor
                    for each in self.bank.books.line(freeze.number, self.now)
                    if each.freeze is freeze
                ]
                assert self.known[order_id] == freeze.told_minor == held


def test_a_bank_s_books_over_random_lives() -> None:
    run_state_machine_as_test(
        BankLife,
        settings=settings(
            max_examples=RUNS, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("case_name", ["", "   "])
def test_a_unit_without_a_name_is_named_by_its_number(case_name: str) -> None:
    life = BankLife()
    life.open_accounts()
    notice = FreezeTerms(FreezeKind.FULL, 1, START, START + timedelta(days=9), True, "刑冻字1号")
    unit = Organisation("350100000000", case_name)
    life.order(OrderKind.FREEZE, CARDS[0], freeze=notice, organisation=unit)
    second = life.order(OrderKind.FREEZE, CARDS[0], case_number="A2", freeze=replace(notice, document="2"))
    life.teardown()
    assert second.former is not None and second.former.department == "350100000000"
