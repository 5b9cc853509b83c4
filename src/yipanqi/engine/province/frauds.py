"""The three frauds that are played: T01 paid tasks, T04 false customer service, T08 false police.

Who is led on, when, by which ring, and how payments follow each other. Amounts are what the plot asks for,
at most most of what the victim has at that moment. Leaves the money's further way to `mules` and who
notices to `warnings`.
"""

from typing import Final

from yipanqi import catalog
from yipanqi.engine.province.book import Agenda, Book
from yipanqi.engine.province.mules import MuleChain
from yipanqi.engine.province.records import Fraud, Payment, Resident, Ring
from yipanqi.engine.province.scenario import Scenario, daytime_s
from yipanqi.engine.province.streams import Draws, Weighted, stream

PLAYED_TYPES: Final = ("T01", "T04", "T08")
_VICTIM_BANDS: Final = Weighted(((0, 17), (18, 40), (41, 65), (66, 200)), (13, 621, 331, 35))
_MOST_PERCENT: Final = 92
_LEAST_MINOR: Final = 5_000


class Plots:
    """Starts the frauds of each day and lets victims pay."""

    def __init__(
        self,
        scenario: Scenario,
        book: Book,
        agenda: Agenda,
        chain: MuleChain,
        residents: list[Resident],
        rings: list[Ring],
    ) -> None:
        self._scenario, self._book, self._agenda, self._chain = scenario, book, agenda, chain
        self._rings = rings
        self.frauds: list[Fraud] = []
        self._queues = _VictimQueues(stream(scenario.seed, "victims", ahead=1024), residents)
        self._types = Weighted(
            PLAYED_TYPES, [catalog.fraud_types()[code].prior_cases for code in PLAYED_TYPES]
        )

    def plan_day(self, day: int, count: int) -> None:
        """Start `count` frauds on `day`."""
        draws = stream(self._scenario.seed, "frauds", day, ahead=1024)
        for _ in range(count):
            number = len(self.frauds) + 1
            fraud = Fraud(
                id=f"F{number:07d}",
                number=number,
                fraud_type=draws.weighted(self._types),
                victim=self._queues.next_victim(),
                ring=draws.pick(self._rings),
                contact_s=daytime_s(draws, day),
                payments=[],
            )
            self.frauds.append(fraud)
            self._plan_payments(fraud)

    def _plan_payments(self, fraud: Fraud) -> None:
        draws = stream(self._scenario.seed, "plot", fraud.number)
        level1 = draws.distinct(fraud.ring.levels[0], 2)
        plan = {"T01": self._tasks, "T04": self._service, "T08": self._police}[fraud.fraud_type]
        for at_s, amount_minor in plan(fraud, draws):
            self._agenda.put(at_s, self._pay, fraud, draws.pick(level1), amount_minor)

    def _tasks(self, fraud: Fraud, draws: Draws) -> list[tuple[int, int]]:
        """Small tasks paid back with a rebate, then top-ups that grow two- to threefold."""
        at_s, plan = fraud.contact_s, []
        amount_minor = draws.whole(1, 5) * 10_000
        for task in range(1, draws.whole(1, 3) + 1):
            at_s += draws.whole(600, 2_400)
            plan.append((at_s, amount_minor))
            rebate_minor = amount_minor * draws.whole(105, 130) // 100
            self._agenda.put(at_s + draws.whole(180, 600), self._chain.rebate, fraud, task, rebate_minor)
            amount_minor += draws.whole(0, 2) * 10_000
        amount_minor = draws.whole(8, 30) * 10_000
        for _ in range(draws.whole(2, 6)):
            at_s += draws.whole(1_200, 10_800)
            plan.append((at_s, amount_minor))
            amount_minor = amount_minor * draws.whole(18, 32) // 10 // 10_000 * 10_000
        return plan

    def _service(self, fraud: Fraud, draws: Draws) -> list[tuple[int, int]]:
        """One or two large transfers while the screen is shared."""
        at_s, plan = fraud.contact_s, []
        for _ in range(draws.whole(1, 2)):
            at_s += draws.whole(1_500, 4_500)
            plan.append((at_s, draws.whole(50, 800) * 10_000 + draws.whole(0, 9_999)))
        return plan

    def _police(self, fraud: Fraud, draws: Draws) -> list[tuple[int, int]]:
        """Large transfers to a 'safe account' over hours."""
        at_s, plan = fraud.contact_s, []
        for _ in range(draws.whole(2, 5)):
            at_s += draws.whole(2_400, 14_400)
            plan.append((at_s, draws.whole(100, 2_000) * 10_000))
        return plan

    def _pay(self, fraud: Fraud, payee: str, asked_minor: int, at_s: int) -> None:
        most_minor = self._book.balances_minor[fraud.victim.account] * _MOST_PERCENT // 100 // 100 * 100
        amount_minor = min(asked_minor, most_minor)
        if amount_minor < _LEAST_MINOR:
            return
        moved = self._book.move(at_s, fraud.victim.account, payee, amount_minor, channel="mobile_bank")
        if moved is not None:
            fraud.payments.append(Payment(moved.id, at_s, amount_minor, payee))
            self._chain.take_in(fraud, moved, at_s)


class _VictimQueues:
    """Hands out victims by age band; nobody comes twice before all of the band had their turn."""

    def __init__(self, draws: Draws, residents: list[Resident]) -> None:
        self._draws, self._residents = draws, residents
        self._waiting: dict[tuple[int, int], list[Resident]] = {}

    def next_victim(self) -> Resident:
        band = self._draws.weighted(_VICTIM_BANDS)
        if not self._waiting.get(band):
            fitting = [resident for resident in self._residents if band[0] <= resident.age <= band[1]]
            self._waiting[band] = self._draws.shuffled(fitting or self._residents)
        return self._waiting[band].pop()
