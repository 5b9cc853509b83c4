"""Everyday money: salaries on paydays, shop spending, money between friends.

It is the clean water in which the fraud's money swims. Leaves frauds and mules alone.
"""

from typing import Final

from yipanqi.engine.province.banking import Market
from yipanqi.engine.province.book import Agenda, Book
from yipanqi.engine.province.records import Resident
from yipanqi.engine.province.scenario import DAY_SECONDS, Scenario, daytime_s
from yipanqi.engine.province.streams import Draws, Weighted, stream

_SPENDING_MINOR: Final = Weighted(
    ((300, 3_000), (3_000, 9_000), (9_000, 30_000), (30_000, 150_000), (150_000, 600_000)), (44, 32, 17, 6, 1)
)
_PURCHASES: Final = Weighted((0, 1, 2, 3), (38, 36, 18, 8))
_FRIEND_RATIO: Final = 0.12
_FRIENDS: Final = 6


class Livelihood:
    """Puts a day of everyday money on the agenda."""

    def __init__(
        self, scenario: Scenario, book: Book, agenda: Agenda, residents: list[Resident], market: Market
    ) -> None:
        self._scenario, self._book, self._agenda = scenario, book, agenda
        self._residents, self._market = residents, market

    def plan_day(self, day: int) -> None:
        """Put down the salaries, purchases and friends' transfers of `day`, from the day's own stream."""
        draws = stream(self._scenario.seed, "livelihood", day, ahead=8192)
        day_of_month = self._scenario.instant(day * DAY_SECONDS + DAY_SECONDS // 2).day
        for place, resident in enumerate(self._residents):
            if resident.payday == day_of_month and 20 <= resident.age <= 65:
                self._plan_salary(draws, day, place, resident)
            for _ in range(draws.weighted(_PURCHASES)):
                self._plan_purchase(draws, day, resident)
            if draws.chance(_FRIEND_RATIO):
                self._plan_gift(draws, day, place, resident)

    def _plan_salary(self, draws: Draws, day: int, place: int, resident: Resident) -> None:
        employer = self._market.employers[place % len(self._market.employers)]
        at_s = day * DAY_SECONDS + draws.whole(9 * 3600, 11 * 3600)
        self._agenda.put(
            at_s, self._pay, employer, resident.account, draws.whole(350_000, 1_800_000), "batch", "transfer"
        )

    def _plan_purchase(self, draws: Draws, day: int, resident: Resident) -> None:
        low, high = draws.weighted(_SPENDING_MINOR)
        shop = draws.pick(self._market.shops_by_county[resident.jurisdiction_code[:6]])
        at_s = daytime_s(draws, day)
        channel = draws.pick(("pos", "quick_pay", "quick_pay"))
        self._agenda.put(
            at_s, self._pay, resident.account, shop, draws.whole(low, high), channel, "card_payment"
        )

    def _plan_gift(self, draws: Draws, day: int, place: int, resident: Resident) -> None:
        friend = self._residents[(place + draws.whole(1, _FRIENDS)) % len(self._residents)]
        if friend.account != resident.account:
            at_s, amount = daytime_s(draws, day), draws.whole(10, 2_000) * 100
            self._agenda.put(
                at_s, self._pay, resident.account, friend.account, amount, "mobile_bank", "transfer"
            )

    def _pay(self, payer: str, payee: str, amount_minor: int, channel: str, kind: str, at_s: int) -> None:
        self._book.move(at_s, payer, payee, amount_minor, channel=channel, kind=kind)
