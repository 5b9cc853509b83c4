"""One day of the synthetic province in which a centre stops accounts: mules and victims by the province's own rules.

A stopped account pays nothing, so what it would have sent on never arrives further down. The ring notices at once and
has a new account at the same bank take its place; hence nothing is saved but what lay there at that moment. Everyday
money is left out: it does not touch mule accounts. Leaves choosing accounts to `policies`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Final

import polars as pl

from yipanqi import catalog
from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.table import ledger_from_frame, micros
from yipanqi.engine.province.banking import Teller, open_market, open_residents
from yipanqi.engine.province.book import Agenda, Book
from yipanqi.engine.province.frauds import Plots
from yipanqi.engine.province.mules import MuleChain, open_rings
from yipanqi.engine.province.people import make_people
from yipanqi.engine.province.records import Transfer
from yipanqi.engine.province.scenario import DAY_SECONDS, Scenario
from yipanqi.engine.province.streams import stream
from yipanqi.engine.province.warnings import frauds_for
from yipanqi.engine.tracing import Trace, trace

WARNINGS_PER_DAY: Final = 200  # some 100 frauds and 370 payments a day
LEAST_MINOR: Final = 50_000  # what an account has to hold to be worth an order, whoever chooses
FIRST_MINUTES, NEXT_MINUTES = (
    3,
    1,
)  # of an operator and an approver, for an order and one more to the same bank
ANSWER_MINUTES: Final = {
    code: (1, 2, 4, 8)[n % 4] for n, code in enumerate(catalog.banks())
}  # half to 1.5 times
GLANCE_S: Final = 20  # until an idle desk sees news
LOOK_BACK_S: Final = 3600  # payments older than that are given up
END_S: Final = DAY_SECONDS + 8 * 3600  # by then the day's frauds have run out


@dataclass(frozen=True)
class Situation:
    """What an operator sees: the trace of the payments reported, accounts already ordered, the desk's last bank."""

    trace: Trace
    now: datetime
    ordered: frozenset[str]
    open_bank: str


Policy = Callable[[Situation], str | None]


@dataclass(frozen=True)
class Day:
    """How a day is played: seed, mean minutes from payment to report, operators, who chooses, how busy the day is."""

    seed: int
    delay_minutes: float = 5.0
    operators: int = 0
    policy: Policy | None = None
    warnings: int = WARNINGS_PER_DAY


@dataclass(frozen=True)
class Outcome:
    """What came of it, in minor units; `orders` were sent, `fruitful` of them found money worth an order."""

    paid_minor: int
    recovered_minor: int
    orders: int
    fruitful: int
    trace: Trace
    end: datetime


class _Bank(Book):
    """The province's book, in which accounts can be stopped."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.mules: set[str] = set()
        self.stopped: set[str] = set()
        self.flows: list[Transfer] = []
        self.on_flow: Callable[[Transfer], None] = lambda transfer: None
        self._heirs: dict[str, str] = {}

    def move(
        self, at_s: int, payer: str, payee: str, amount_minor: int, *, channel: str, kind: str = "transfer"
    ) -> Transfer | None:
        """As the book does, but a stopped account pays nothing and its heir is paid in its place."""
        if payer in self.stopped:
            return None
        while payee in self.stopped:
            payee = self._heir(payee)
        moved = super().move(at_s, payer, payee, amount_minor, channel=channel, kind=kind)
        if moved is not None and (payer in self.mules or payee in self.mules):
            self.flows.append(moved)
            self.on_flow(moved)
        return moved

    def _heir(self, account: str) -> str:
        if account not in self._heirs:
            self._heirs[account] = f"{account}'"
            self.open(replace(self.accounts[account], number=f"{account}'", opening_minor=0))
            self.mules.add(f"{account}'")
        return self._heirs[account]


@dataclass
class _Desk:
    bank: str = ""
    done_s: int = -1


@dataclass
class _Centre:
    """Operators who hear of payments and stop accounts."""

    day: Day
    scenario: Scenario
    bank: _Bank
    agenda: Agenda
    reported: dict[str, int] = field(default_factory=dict)  # transfer, second of the payment
    ordered: set[str] = field(default_factory=set)
    orders: int = 0

    def __post_init__(self) -> None:
        self._free = [_Desk() for _ in range(self.day.operators)]
        self._chance: dict[str, Random] = {}
        self._looking = False

    def note(self, transfer: Transfer) -> None:
        """A mule account was paid or paid: news for idle desks; a victim's payment will be reported after a while."""
        at_s = transfer.booked_s
        if transfer.payer not in self.bank.mules and self.day.operators:
            chance = self._chance.setdefault(transfer.payer, Random(f"{self.day.seed} {transfer.payer}"))
            wait_s = int(chance.expovariate(1 / (60 * self.day.delay_minutes)))
            self.agenda.put(at_s + wait_s, self._hear, transfer)
        self._wake(at_s)

    def _hear(self, payment: Transfer, at_s: int) -> None:
        self.reported[payment.id] = payment.booked_s
        self._wake(at_s)

    def _wake(self, at_s: int) -> None:
        if self._free and self.reported and not self._looking:
            self._looking = True
            self.agenda.put(at_s + GLANCE_S, self._look)

    def _look(self, at_s: int) -> None:
        self._looking = False
        self._work(at_s)

    def _work(self, at_s: int) -> None:
        while self._free and (account := self._choose(self._free[0], at_s)):
            desk, bank = self._free.pop(0), self.bank.accounts[account].bank_code
            along = desk.bank == bank and desk.done_s == at_s
            self.ordered.add(account)
            desk.bank, desk.done_s = bank, at_s + 60 * (NEXT_MINUTES if along else FIRST_MINUTES)
            self.agenda.put(desk.done_s, self._send, desk, account)

    def _choose(self, desk: _Desk, at_s: int) -> str | None:
        since_s = at_s - LOOK_BACK_S
        seeds = [transfer for transfer, paid_s in self.reported.items() if paid_s >= since_s]
        if not seeds or self.day.policy is None:
            return None
        flows = [each for each in self.bank.flows if each.booked_s >= since_s]
        open_bank = desk.bank if desk.done_s == at_s else ""
        now = self.scenario.instant(at_s)
        return self.day.policy(Situation(_trace(flows, seeds), now, frozenset(self.ordered), open_bank))

    def _send(self, desk: _Desk, account: str, at_s: int) -> None:
        self.orders += 1
        self._free.insert(0, desk)
        wait_s = 60 * ANSWER_MINUTES[desk.bank] * Random(f"{self.day.seed} {account}").uniform(0.5, 1.5)
        self.agenda.put(at_s + int(wait_s), self._stop, account)
        self._work(at_s)

    def _stop(self, account: str, at_s: int) -> None:
        self.bank.stopped.add(account)


def play(day: Day) -> Outcome:
    """Play the day; the same arguments give the same outcome."""
    scenario = Scenario(day.seed, 1, warnings_per_day=day.warnings)
    bank, agenda = _Bank(scenario), Agenda()
    teller = Teller(scenario, bank, stream(scenario.seed, "banks", ahead=4096))
    residents = open_residents(scenario, teller, make_people(scenario))
    market = open_market(scenario, teller, residents)
    rings = open_rings(scenario, teller, market)
    bank.mules.update(account for ring in rings for level in ring.levels for account in level)
    centre = _Centre(day, scenario, bank, agenda)
    bank.on_flow = centre.note
    plots = Plots(scenario, bank, agenda, MuleChain(scenario, bank, agenda, market), residents, rings)
    plots.plan_day(0, frauds_for(scenario, stream(scenario.seed, "pace")))
    agenda.run_until(END_S)
    return _outcome(bank, centre, scenario)


def _outcome(bank: _Bank, centre: _Centre, scenario: Scenario) -> Outcome:
    payments = [each for each in bank.flows if each.payer not in bank.mules]
    found = _trace(bank.flows, [each.id for each in payments])
    held = {each.account: each.held_minor or 0 for each in found.accounts}
    stopped = [held.get(account, 0) for account in bank.stopped]
    return Outcome(
        paid_minor=sum(each.amount_minor for each in payments),
        recovered_minor=sum(stopped),
        orders=centre.orders,
        fruitful=sum(minor >= LEAST_MINOR for minor in stopped),
        trace=found,
        end=scenario.instant(END_S),
    )


def _trace(flows: list[Transfer], seeds: list[str]) -> Trace:
    columns = {
        "id": [each.id for each in flows],
        "booked_at": [micros(each.booked_at) for each in flows],
        "serial": [each.serial for each in flows],
        "payer": [each.payer for each in flows],
        "payee": [each.payee for each in flows],
        "currency": ["CNY"] * len(flows),
        "amount_minor": [each.amount_minor for each in flows],
        "kind": [each.kind for each in flows],
        "payer_bank": [each.payer_bank for each in flows],
        "payee_bank": [each.payee_bank for each in flows],
        "channel": [each.channel for each in flows],
        "reverses": [None] * len(flows),
    }
    return trace(ledger_from_frame(pl.DataFrame(columns, schema=SCHEMA)), seeds)
