"""Accounts of the province: numbers, banks, opening balances of residents, employers, shops and ways out.

Card numbers carry a valid Luhn digit behind the prefix 6299, with banks taken from the catalog. Leaves
balances after opening to `book`, and mule accounts to `mules`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from yipanqi import catalog
from yipanqi.engine.province.book import Book
from yipanqi.engine.province.people import Person
from yipanqi.engine.province.records import Account, Resident
from yipanqi.engine.province.scenario import Scenario
from yipanqi.engine.province.streams import Draws, Weighted, stream

DEEP_POCKET_MINOR: Final = 10**14
_SAVINGS: Final = Weighted(
    ((20_000, 300_000), (300_000, 3_000_000), (3_000_000, 15_000_000), (15_000_000, 80_000_000)),
    (22, 38, 30, 10),
)
_TRADES: Final = ("超市", "便利店", "餐馆", "药店", "水果行", "服装店", "五金店", "加油站")
_INDUSTRIES: Final = ("鞋业", "食品", "纺织", "电子", "石材", "茶业", "水产", "机械", "物流", "建筑")


@dataclass(frozen=True, slots=True)
class Market:
    """The counterparts of everyday money: employers, shops by county, and the ways out of the bank system."""

    employers: tuple[str, ...]
    shops_by_county: dict[str, tuple[str, ...]]
    cash_by_bank: dict[str, str]
    exchanges: tuple[str, ...]
    clearing: str


class Teller:
    """Opens accounts: one running number per province, so that no card number repeats."""

    def __init__(self, scenario: Scenario, book: Book, draws: Draws) -> None:
        self._scenario, self._book, self._draws = scenario, book, draws
        self._bank_codes = tuple(catalog.banks())

    def open(
        self, holder_id: str, holder_name: str, kind: str, opening_minor: int, *, days_open: int
    ) -> Account:
        """Open an account at a drawn bank, `days_open` days before the start, and enter it into the book."""
        place = self._draws.whole(0, len(self._bank_codes) - 1)
        body = f"6299{place:03d}{self._draws.whole(0, 99):02d}{len(self._book.accounts):09d}"
        account = Account(
            number=body + luhn_digit(body),
            bank_code=self._bank_codes[place],
            holder_id=holder_id,
            holder_name=holder_name,
            kind=kind,
            opened_date=self._scenario.start_date - timedelta(days=days_open),
            opening_minor=opening_minor,
        )
        self._book.open(account)
        return account

    def open_way_out(self, number: str, bank_code: str, name: str, kind: str, opening_minor: int) -> str:
        """Open an account that stands for a way out of the bank system, under a speaking number."""
        opened = date(self._scenario.start_date.year - 10, 1, 1)
        self._book.open(Account(number, bank_code, number, name, kind, opened, opening_minor))
        return number


def luhn_digit(body: str) -> str:
    """The check digit that makes `body` + digit pass the Luhn test (ISO/IEC 7812)."""
    doubled = (int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(body)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def open_residents(scenario: Scenario, teller: Teller, people: list[Person]) -> list[Resident]:
    """Give each person one account with savings."""
    draws = stream(scenario.seed, "savings", ahead=4096)
    residents: list[Resident] = []
    for person in people:
        low, high = draws.weighted(_SAVINGS)
        if person.age < 18:
            low, high = 5_000, 200_000
        savings_minor = draws.whole(low, high)
        account = teller.open(
            person.id, person.name, "personal", savings_minor, days_open=draws.whole(200, 4000)
        )
        residents.append(_resident(person, account))
    return residents


def _resident(person: Person, account: Account) -> Resident:
    return Resident(
        id=person.id,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        age=person.age,
        phone=person.phone,
        id_number=person.id_number,
        jurisdiction_code=person.home.station_code,
        place_name=person.home.place_name,
        account=account.number,
        bank_code=account.bank_code,
        payday=person.payday,
    )


def open_market(scenario: Scenario, teller: Teller, residents: list[Resident]) -> Market:
    """Open employers (one per 50 residents), three shops per inhabited county, and the ways out."""
    draws = stream(scenario.seed, "market", ahead=1024)
    employers = tuple(
        teller.open(
            f"C{n:05d}",
            f"{draws.pick(residents).place_name}{draws.pick(_INDUSTRIES)}{n}号公司",
            "company",
            DEEP_POCKET_MINOR,
            days_open=draws.whole(400, 6000),
        ).number
        for n in range(1, max(4, len(residents) // 50) + 1)
    )
    counties = sorted({(resident.jurisdiction_code[:6], resident.place_name) for resident in residents})
    shops = {
        county: tuple(
            teller.open(f"S{county}{n}", f"{name}{draws.pick(_TRADES)}{n}", "shop", 0, days_open=900).number
            for n in range(1, 4)
        )
        for county, name in counties
    }
    return Market(employers, shops, *_ways_out(teller))


def _ways_out(teller: Teller) -> tuple[dict[str, str], tuple[str, ...], str]:
    codes = tuple(catalog.banks())
    cash = {code: teller.open_way_out(f"CASH-{code}", code, "现金", "cash", 0) for code in codes}
    exchanges = tuple(
        teller.open_way_out(
            f"EXCHANGE-{n}", codes[n % len(codes)], f"虚拟币商{n}", "exchange", DEEP_POCKET_MINOR
        )
        for n in range(1, 4)
    )
    return cash, exchanges, teller.open_way_out("CLEARING-1", codes[0], "支付机构备付金", "clearing", 0)
