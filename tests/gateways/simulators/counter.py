"""A simulated bank as the tests of freezes meet it: one account, a clock by hand, orders, answers and lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.gateways.stand_in import CentreStandIn, Simulators, an_order
from yipanqi.gateways.messages import AnswerMessage, FreezeKind, FreezeTerms, OrderKind, OrderMessage

CARD, OTHER = "6222021602001234567", "6222021602007654321"
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TERM = timedelta(days=184)


def a_freeze(bank: str, number: str = CARD, *, now: datetime, **changes: Any) -> OrderMessage:
    """An order to freeze 50,000.00 of the account for half a year; `asked`, `scope` and `term` change that."""
    terms = FreezeTerms(
        changes.pop("scope", FreezeKind.AMOUNT),
        changes.pop("asked", 5_000_000),
        now,
        now + changes.pop("term", TERM),
        True,
        "刑冻字〔2026〕12号",
    )
    return about(None, bank, number, now=now, kind=OrderKind.FREEZE, freeze=terms, **changes)


def about(
    first: OrderMessage | None, bank: str, number: str, *, now: datetime, **changes: Any
) -> OrderMessage:
    """An order that names a freeze, valid for an hour from `now`."""
    plain: dict[str, Any] = {"amount_minor": None, "transfer_at": None, "applied_at": now}
    plain |= {"original_order_id": first.order_id} if first else {}
    return an_order(bank, number, **(plain | {"expires_at": now + timedelta(hours=1)} | changes))


class Bank:
    """The test's bank with an account of 60,000.00 in it and its clock by hand."""

    def __init__(self, simulators: Simulators, centre: CentreStandIn, code: str) -> None:
        self.simulators, self.centre, self.code = simulators, centre, code
        simulators.open(code, CARD)
        self.stand_at(AT)

    def stand_at(self, at: datetime) -> None:
        self.now = at
        self.simulators.control(self.code, clock={"at": at.isoformat()})

    def ask(self, order: OrderMessage) -> AnswerMessage:
        assert self.simulators.post(order).status_code == 202
        return self.centre.answer(order)

    def freeze(self, **given: Any) -> tuple[OrderMessage, AnswerMessage]:
        order = a_freeze(self.code, now=self.now, **given)
        return order, self.ask(order)

    def change(self, first: OrderMessage, kind: OrderKind, **given: Any) -> AnswerMessage:
        return self.ask(about(first, self.code, first.account.number, now=self.now, kind=kind, **given))

    def renew(self, freeze: OrderMessage, until: datetime) -> AnswerMessage:
        terms = FreezeTerms(FreezeKind.AMOUNT, 5_000_000, self.now, until, True, "刑冻字〔2026〕99号")
        return self.change(freeze, OrderKind.RENEW, freeze=terms)

    def foreign(self, amount: str | None = None, days: int = 30) -> dict[str, Any]:
        asked: dict[str, Any] = {"number": CARD, "department": "厦门市公安局"}
        asked |= {"ends_at": (self.now + timedelta(days=days)).isoformat()} | (
            {"amount": amount} if amount else {}
        )
        [frozen] = self.simulators.control(self.code, foreign_freeze=[asked])["frozen"]
        return dict(frozen)

    def move_out(self, **asked: str) -> dict[str, Any]:
        [moved] = self.simulators.control(self.code, move_out=[{"number": CARD, **asked}])["moved"]
        return dict(moved)

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        found = self.simulators.ask("GET", f"/{self.code}/freezes{query}")
        assert found.status_code == 200, found.text
        return list(found.json()["freezes"])

    def answers(self, order: OrderMessage, count: int) -> list[AnswerMessage]:
        """The answers to an order that can be read, once there are so many."""
        self.centre.wait(order.order_id, count)
        return [each.answer for each in self.centre.of(order.order_id) if each.answer]
