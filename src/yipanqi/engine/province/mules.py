"""Mule rings (跑分): a victim's money lands at level 1, is split to levels 2 and 3 within minutes, and leaves.

Each arrival is sent on by itself 3 to 10 minutes after it came (`DWELL_MIN_S`..`DWELL_MAX_S`), less a small
commission that stays; it leaves as cash, to an exchange, or into a payment company's clearing. Leaves alone
why the victim paid.
"""

from dataclasses import dataclass
from typing import Final

from yipanqi.engine.province.banking import Market, Teller
from yipanqi.engine.province.book import Agenda, Book
from yipanqi.engine.province.people import name_for
from yipanqi.engine.province.records import Fraud, Ring, TaintedTransfer, Transfer
from yipanqi.engine.province.scenario import Scenario
from yipanqi.engine.province.streams import Draws, Weighted, stream

DWELL_MIN_S: Final = 180
DWELL_MAX_S: Final = 600
_LAST_LEVEL: Final = 3
_FORWARD_SPAN_S: Final = 3 * 60
_CASH_LIMIT_MINOR: Final = 2_000_000
_CASH_TIMES: Final = 5
_FEEDER_LOW_MINOR: Final = 5_000_000
_FEEDER_FILL_MINOR: Final = 20_000_000
_WAYS_OUT: Final = Weighted(("cash_out", "exchange", "clearing"), (45, 38, 17))


def open_rings(scenario: Scenario, teller: Teller, market: Market) -> list[Ring]:
    """Open the accounts of all rings: four and four more per unit of scale."""
    rings: list[Ring] = []
    for number in range(1, 4 + int(4 * scenario.scale) + 1):
        draws = stream(scenario.seed, "ring", number)
        feeder, *_ = _open_mules(teller, draws, f"M{number:03d}F", 1)
        levels = tuple(
            tuple(_open_mules(teller, draws, f"M{number:03d}{level}", draws.whole(*size)))
            for level, size in ((1, (3, 6)), (2, (5, 9)), (3, (5, 9)))
        )
        rings.append(
            Ring(f"G{number:03d}", feeder, (levels[0], levels[1], levels[2]), draws.pick(market.exchanges))
        )
    return rings


def _open_mules(teller: Teller, draws: Draws, prefix: str, count: int) -> list[str]:
    return [
        teller.open(
            f"{prefix}{n:02d}",
            name_for(draws, draws.pick("MF")),
            "personal",
            draws.whole(0, 30_000),
            days_open=draws.whole(5, 400),
        ).number
        for n in range(1, count + 1)
    ]


@dataclass(frozen=True, slots=True)
class _Trail:
    """The way of one payment's money: the fraud it was paid in, the payment, and the chances on the way."""

    fraud: Fraud
    payment_id: str
    draws: Draws


class MuleChain:
    """Moves frauds' money through the rings and notes each tainted transfer."""

    def __init__(self, scenario: Scenario, book: Book, agenda: Agenda, market: Market) -> None:
        self._scenario, self._book, self._agenda, self._market = scenario, book, agenda, market
        self.tainted: list[TaintedTransfer] = []

    def take_in(self, fraud: Fraud, payment: Transfer, at_s: int) -> None:
        """Note the victim's payment and have its money sent on."""
        draws = stream(self._scenario.seed, "chain", fraud.number, len(fraud.payments))
        trail = _Trail(fraud, payment.id, draws)
        self._note(trail, payment, 0)
        self._send_on(trail, payment, 1, at_s)

    def rebate(self, fraud: Fraud, task: int, amount_minor: int, at_s: int) -> None:
        """Pay a task's rebate from the feeder, filled from the ring's exchange when low; none if unpaid."""
        ring = fraud.ring
        if len(fraud.payments) < task:
            return
        if self._book.balances_minor[ring.feeder] < max(amount_minor, _FEEDER_LOW_MINOR):
            self._book.move(at_s, ring.exchange, ring.feeder, _FEEDER_FILL_MINOR, channel="mobile_bank")
        if self._book.move(at_s, ring.feeder, fraud.victim.account, amount_minor, channel="mobile_bank"):
            fraud.rebate_minor += amount_minor

    def _note(self, trail: _Trail, moved: Transfer, level: int) -> None:
        found = TaintedTransfer(trail.fraud.id, moved.id, level, moved.amount_minor, trail.payment_id)
        self.tainted.append(found)

    def _send_on(self, trail: _Trail, arrival: Transfer, level: int, at_s: int) -> None:
        draws = trail.draws
        left_minor = arrival.amount_minor - arrival.amount_minor * draws.whole(3, 12) // 1000
        leave_s = at_s + draws.whole(DWELL_MIN_S, DWELL_MAX_S - _FORWARD_SPAN_S)
        if level == _LAST_LEVEL or (level == 2 and draws.chance(0.35)):
            self._plan_leaving(trail, arrival.payee, left_minor, level, leave_s)
            return
        parts = _split(draws, left_minor, draws.whole(2, 4) if left_minor >= 300_000 else 1)
        payees = draws.distinct(trail.fraud.ring.levels[level], len(parts))
        for payee, part_minor in zip(payees, parts, strict=True):
            self._agenda.put(leave_s, self._forward, trail, arrival.payee, payee, part_minor, level)
            leave_s += draws.whole(5, _FORWARD_SPAN_S // 3)

    def _forward(
        self, trail: _Trail, payer: str, payee: str, amount_minor: int, level: int, at_s: int
    ) -> None:
        moved = self._book.move(at_s, payer, payee, amount_minor, channel="mobile_bank")
        if moved is not None:
            self._note(trail, moved, level)
            self._send_on(trail, moved, level + 1, at_s)

    def _plan_leaving(self, trail: _Trail, payer: str, amount_minor: int, level: int, leave_s: int) -> None:
        draws = trail.draws
        way = draws.weighted(_WAYS_OUT)
        if way == "cash_out":
            for _ in range(_CASH_TIMES):
                cash_minor = min(amount_minor, _CASH_LIMIT_MINOR) // 10_000 * 10_000
                if cash_minor:
                    self._agenda.put(leave_s, self._leave, trail, payer, cash_minor, level, way)
                    amount_minor -= cash_minor
                    leave_s += draws.whole(15, _FORWARD_SPAN_S // _CASH_TIMES)
            way = "exchange"
        if amount_minor >= 10_000:
            self._agenda.put(leave_s, self._leave, trail, payer, amount_minor, level, way)

    def _leave(self, trail: _Trail, payer: str, amount_minor: int, level: int, way: str, at_s: int) -> None:
        payee, channel = self._market.clearing, "quick_pay"
        if way == "cash_out":
            payee, channel = self._market.cash_by_bank[self._book.accounts[payer].bank_code], "atm"
        elif way == "exchange":
            payee, channel = trail.fraud.ring.exchange, "mobile_bank"
        moved = self._book.move(at_s, payer, payee, amount_minor, channel=channel, kind=way)
        if moved is not None:
            self._note(trail, moved, level)


def _split(draws: Draws, amount_minor: int, count: int) -> list[int]:
    """Split an amount into `count` unequal parts, all but the last in whole yuan."""
    parts: list[int] = []
    for left in range(count, 1, -1):
        even = amount_minor // left
        part = even * draws.whole(70, 130) // 100 // 100 * 100
        parts.append(part)
        amount_minor -= part
    return [*parts, amount_minor]
